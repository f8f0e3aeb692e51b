"""The head of a stage that learns from the pseudo-labels of an earlier stage."""

import torch
from mmpretrain.structures import DataSample
from torch import Tensor

from ...errors import UserError
from ...registry import MODELS
from ..cam_head import CAMHead


@MODELS.register_module()
class SelfTrainedCAMHead(CAMHead):
    """A CAM head whose patch branches learn from pseudo-labels (ours, not the paper's).

    The image-level labels teach the global branch alone, and the scores are its. Pseudo-labels of
    an earlier stage, which the data set brings (``label_dir``), teach the patch branches, and the
    maps are theirs. A head without patch branches learns both in its one map.

    Args:
        num_classes: See :class:`CAMHead`.
        label_loss: The loss of the patch branches' maps. By default
            ``dict(type='ppl_mm.LabelLoss')``.
        **kwargs: See :class:`CAMHead`.
    """

    def __init__(self, num_classes: int, label_loss: dict | None = None, **kwargs) -> None:
        super().__init__(num_classes, **kwargs)
        self.label_loss = MODELS.build(label_loss or dict(type='ppl_mm.LabelLoss'))

    def forward(self, feats: tuple[Tensor, ...]) -> Tensor:
        """Return the logits (B, num_classes) of the global branch."""
        return self.logits(self.branch_cams(feats))

    def logits(self, branch_cams: Tensor) -> Tensor:
        """Return the logits (B, num_classes) of the global branch."""
        return self.score(branch_cams[:, 0])

    def maps(self, branch_cams: Tensor) -> Tensor:
        """Return the maps (B, num_classes, H, W) of the patch branches."""
        return branch_cams[:, 1:].sum(dim=1) if self.branches > 1 else branch_cams[:, 0]

    def loss(
        self, feats: tuple[Tensor, ...], data_samples: list[DataSample], **kwargs
    ) -> dict[str, Tensor]:
        """Return ``loss``, of the image-level labels, and ``loss_label``, of the pseudo-labels.

        Samples have ``gt_label`` or ``gt_score``, and ``gt_seg_map``; ``cam_extent`` if maps do not
        cover the image.
        """
        cams = self.branch_cams(feats)
        labels = torch.stack([_pseudo_label(sample) for sample in data_samples])  # (B, H, W)
        return dict(
            self._get_loss(self.logits(cams), data_samples, **kwargs),
            loss_label=self.label_loss(
                self.maps(cams), labels.to(cams.device), data_samples[0].get('cam_extent', (1, 1))
            ),
        )


def _pseudo_label(sample: DataSample) -> Tensor:
    """Return the pseudo-label of an image, (H, W)."""
    if 'gt_seg_map' not in sample:
        raise UserError(
            'SelfTrainedCAMHead needs the pseudo-labels of the images: give the training set '
            'label_dir, its pipeline ppl_mm.LoadLabel after loading the image, and PackInputs '
            "algorithm_keys=('gt_seg_map', )"
        )
    return torch.as_tensor(sample.gt_seg_map)
