"""A head that trains and fuses the branches of patch learning on their own.

The paper's classifier adds the branches up: concatenated features and one 1x1 convolution are a sum
of one convolution for each branch (arXiv 2209.07828, Fig. 2). A branch with strong activations then
decides alone. The other rules give each branch the same weight, whatever its scale.
"""

import torch
from mmpretrain.structures import DataSample
from torch import Tensor

from ppl_mm.cams import normalize_cam
from ppl_mm.errors import UserError
from ppl_mm.models.cam_head import CAMHead, multi_hot
from ppl_mm.registry import MODELS

FUSIONS = ('sum', 'mean', 'geometric', 'global', 'patches')


def fuse_branches(cams: Tensor, rule: str) -> Tensor:
    """Fuse the maps of one image.

    Args:
        cams: Raw maps (branches, num_classes, H, W), the global branch first,
            whose sum is the classifier's map.
        rule: 'sum', the paper's; 'mean', of branches that are cut at 0 and divided by their
            maximum, for each class; 'geometric', the geometric mean of those, high only where all
            branches are; or 'global' and 'patches', one side alone (patches: their sum).

    Returns:
        A map (num_classes, H, W).
    """
    if rule == 'sum' or len(cams) == 1:
        return cams.sum(dim=0)
    if rule == 'global':
        return cams[0]
    if rule == 'patches':
        return cams[1:].sum(dim=0)
    cams = torch.stack([normalize_cam(cam) for cam in cams])
    if rule == 'mean':
        return cams.mean(dim=0)
    return cams.prod(dim=0).pow(1 / len(cams))


@MODELS.register_module()
class BranchCAMHead(CAMHead):
    """A CAM head with a loss for each branch, and other rules to fuse them.

    Args:
        num_classes: See :class:`ppl_mm.CAMHead`.
        branch_loss: Weight of a loss for each branch on its own, beside that
            of their sum. 0 is the paper's form.
        fusion: How prediction makes one map of the branches', see
            :func:`fuse_branches`; scores are always those of the sum.
        **kwargs: See :class:`ppl_mm.CAMHead`.
    """

    def __init__(
        self, num_classes: int, branch_loss: float = 0.0, fusion: str = 'sum', **kwargs
    ) -> None:
        if fusion not in FUSIONS:
            raise UserError(f'BranchCAMHead: fusion={fusion!r}: use one of {", ".join(FUSIONS)}')
        super().__init__(num_classes, **kwargs)
        self.branch_loss = branch_loss
        self.fusion = fusion

    def maps(self, branch_cams: Tensor) -> Tensor:
        """Return the fused maps (B, num_classes, H, W)."""
        return torch.stack([fuse_branches(cams, self.fusion) for cams in branch_cams])

    def loss(
        self, feats: tuple[Tensor, ...], data_samples: list[DataSample], **kwargs
    ) -> dict[str, Tensor]:
        """Return ``loss``, and ``loss_branch`` if it has a weight."""
        if self.branches == 1 or not self.branch_loss:
            return super().loss(feats, data_samples, **kwargs)
        cams = self.branch_cams(feats)
        score = self.pool(cams)  # (B, branches, num_classes)
        target = multi_hot(data_samples, score[:, 0])
        # Scaled as if the branch were all that there is.
        alone = [
            self.loss_module(part * self.branches, target, **kwargs) for part in score.unbind(dim=1)
        ]
        return dict(
            loss=self.loss_module(self.logits(cams), target, **kwargs),
            loss_branch=self.branch_loss * sum(alone) / len(alone),
        )
