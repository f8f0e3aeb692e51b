"""The classifier whose weights make the class activation map."""

import torch
from mmpretrain.models.heads import MultiLabelClsHead
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from ..errors import UserError
from ..registry import MODELS
from .self_training.branch_fusion import FUSIONS, fuse_branches


@MODELS.register_module()
class CAMHead(MultiLabelClsHead):
    """A 1x1 convolution to the classes; its output is the CAM.

    Its global average gives the logits, so the CAM needs no gradient and no
    second pass (Zhou et al., CVPR 2016, in the form of PSA, CVPR 2018).

    Args:
        num_classes (int): Foreground classes; the background is none.
        in_channels (int, optional): Channels of the input map.
            :class:`CAMClassifier` fills it in. Defaults to None.
        loss (dict): Any loss of mmpretrain for multi-label targets. By
            default binary cross entropy as a **mean over images and
            classes**, which equals ``F.multilabel_soft_margin_loss``: the
            learning rates of PSA, IRN and SEAM assume it. (mmpretrain's own
            heads sum over the classes: 20 times larger on PASCAL VOC.) To
            balance classes give the loss a ``class_weight`` or
            ``pos_weight``, or wrap the data set in mmengine's
            ``ClassBalancedDataset``.
        dropout (float): Probability of dropping a channel of the input in
            training (ResNet38d: 0.5). Defaults to 0.
        thr (float): Score above which a class counts as predicted.
            Defaults to 0.5.
        branch_loss (float): Weight of a loss for each branch of a patch
            learning neck on its own, beside that of their sum. Defaults to
            0, the paper's form.
        label_loss (dict, optional): ``dict(type='ppl_mm.LabelLoss', ..)``:
            the patch branches learn from the pseudo-labels of an earlier
            stage, which the data set brings (``label_dir``). The image's
            labels then teach the global branch alone, whose scores they are.
            A head without patch branches learns both in its one map.
            Defaults to None.
        fusion (str): How prediction makes one map of the branches',
            :func:`fuse_branches`; scores are always those of the sum.
            Defaults to 'sum', the paper's form.
        init_cfg (dict, optional): Defaults to a normal distribution with
            standard deviation 0.01.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int | None = None,
        loss: dict | None = None,
        dropout: float = 0.0,
        thr: float = 0.5,
        branch_loss: float = 0.0,
        label_loss: dict | None = None,
        fusion: str = 'sum',
        init_cfg: dict | None = None,
    ) -> None:
        if fusion not in FUSIONS:
            raise UserError(f'CAMHead: fusion={fusion!r}: use one of {", ".join(FUSIONS)}')
        if in_channels is None:
            raise ValueError(
                'CAMHead: in_channels is unknown; build the head as part of '
                'a ppl_mm.CAMClassifier, or give it'
            )
        super().__init__(
            loss=loss or dict(type='mmpretrain.CrossEntropyLoss', use_sigmoid=True),
            thr=thr,
            init_cfg=init_cfg or dict(type='Normal', layer='Conv2d', std=0.01),
        )
        self.num_classes = num_classes
        self.branch_loss = branch_loss
        self.label_loss = label_loss and MODELS.build(label_loss)
        self.fusion = fusion
        # Maps of as many branches lie in the input, CAMClassifier says.
        self.branches = 1
        self.dropout = nn.Dropout2d(dropout)
        # No bias, as in PSA: a constant would raise the whole map.
        self.classifier = nn.Conv2d(in_channels, num_classes, 1, bias=False)

    def cam(self, feats: tuple[Tensor, ...]) -> Tensor:
        """The raw class activation maps.

        Args:
            feats (tuple[Tensor]): The last is the map (B, C, H, W).

        Returns:
            Tensor: (B, num_classes, H, W), of any sign.
        """
        return self.classifier(self.dropout(self.pre_logits(feats)))

    def branch_cams(self, feats: tuple[Tensor, ...]) -> Tensor:
        """What each branch adds to the maps.

        Args:
            feats (tuple[Tensor]): The last is the map (B, C, H, W).

        Returns:
            Tensor: (B, branches, num_classes, H, W); summed over branches
            they are :meth:`cam`.
        """
        x = self.dropout(self.pre_logits(feats))
        weights = self.classifier.weight.chunk(self.branches, dim=1)
        return torch.stack(
            [
                nn.functional.conv2d(part, weight)
                for part, weight in zip(x.chunk(self.branches, dim=1), weights, strict=True)
            ],
            dim=1,
        )

    def forward(self, feats: tuple[Tensor, ...]) -> Tensor:
        """Logits (B, num_classes): the global average of the CAM."""
        if self.label_loss is not None:
            return self._score(self.branch_cams(feats))
        return self.cam(feats).mean(dim=(2, 3))

    def loss(
        self, feats: tuple[Tensor, ...], data_samples: list[DataSample], **kwargs
    ) -> dict[str, Tensor]:
        """Losses of a batch.

        Args:
            feats (tuple[Tensor]): The last is the map (B, C, H, W).
            data_samples (list[DataSample]): With ``gt_label`` or
                ``gt_score``.
            **kwargs: Of the loss.

        Returns:
            dict[str, Tensor]: ``loss``; of a neck with several branches also
            ``loss_branch``, if it is weighted; ``loss_label`` if labels
            teach.
        """
        if self.label_loss is not None:
            return self._losses_with_labels(feats, data_samples, **kwargs)
        if self.branches == 1 or not self.branch_loss:
            return super().loss(feats, data_samples, **kwargs)
        # (B, branches, num_classes)
        score = self.branch_cams(feats).mean(dim=(3, 4))
        target = self._target(score[:, 0], data_samples)
        # Scaled as if the branch were all that there is.
        alone = [
            self.loss_module(one * self.branches, target, **kwargs) for one in score.unbind(dim=1)
        ]
        return dict(
            loss=self.loss_module(score.sum(dim=1), target, **kwargs),
            loss_branch=self.branch_loss * sum(alone) / len(alone),
        )

    def _losses_with_labels(
        self, feats: tuple[Tensor, ...], data_samples: list[DataSample], **kwargs
    ) -> dict[str, Tensor]:
        """Images teach the global branch, pseudo-labels the others."""
        cams = self.branch_cams(feats)
        labels = torch.stack([_label_of(sample) for sample in data_samples])
        patches = cams[:, 1:] if self.branches > 1 else cams
        return dict(
            self._get_loss(self._score(cams), data_samples, **kwargs),
            loss_label=self.label_loss(patches.sum(dim=1), labels.to(cams.device)),
        )

    def _score(self, cams: Tensor) -> Tensor:
        """Logits (B, num_classes) of (B, branches, num_classes, H, W)."""
        if self.label_loss is not None:
            cams = cams[:, :1]
        return cams.sum(dim=1).mean(dim=(2, 3))

    def _get_loss(
        self, cls_score: Tensor, data_samples: list[DataSample], **kwargs
    ) -> dict[str, Tensor]:
        target = self._target(cls_score, data_samples)
        return dict(loss=self.loss_module(cls_score, target, **kwargs))

    @staticmethod
    def _target(cls_score: Tensor, data_samples: list[DataSample]) -> Tensor:
        """1 for classes that an image shows (B, num_classes)."""
        target = cls_score.new_zeros(cls_score.shape)
        for row, sample in zip(target, data_samples, strict=True):
            if 'gt_score' in sample:  # set by mixup and the like
                row.copy_(sample.gt_score)
            else:
                row[sample.gt_label] = 1
        return target

    def predict(
        self, feats: tuple[Tensor, ...], data_samples: list[DataSample] | None = None
    ) -> list[DataSample]:
        """Scores, predicted classes and CAM of each image.

        Args:
            feats (tuple[Tensor]): The last is the map (B, C, H, W).
            data_samples (list[DataSample], optional): Of the images.

        Returns:
            list[DataSample]: With ``pred_score`` (num_classes,),
            ``pred_label`` and the ``cam`` (num_classes, H, W), raw unless
            ``fusion`` normalises the branches.
        """
        cams = self.branch_cams(feats)
        data_samples = self._get_predictions(self._score(cams), data_samples)
        for sample, one in zip(data_samples, cams, strict=True):
            sample.set_field(fuse_branches(one, self.fusion), 'cam')
        return data_samples


def _label_of(sample: DataSample) -> Tensor:
    """The pseudo-label that came with an image, (H, W)."""
    if 'gt_seg_map' not in sample:
        raise UserError(
            'CAMHead: label_loss needs the pseudo-labels of the images: give '
            'the training set label_dir, its pipeline ppl_mm.LoadLabel after '
            'loading the image, and PackInputs '
            "algorithm_keys=('gt_seg_map', )"
        )
    return torch.as_tensor(sample.gt_seg_map)
