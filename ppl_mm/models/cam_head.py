"""The classifier whose weights make the class activation map."""

from collections.abc import Sequence

import torch
from mmpretrain.models.heads import MultiLabelClsHead
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from ..errors import UserError
from ..registry import MODELS
from ..utils.text import counted
from .cam_pooling import build_pooling


@MODELS.register_module()
class CAMHead(MultiLabelClsHead):
    """A 1x1 convolution to the classes; its output is the CAM.

    Pooled over its cells it gives the logits, so the CAM needs no gradient and no second pass
    (Zhou et al., CVPR 2016, in the form of PSA, CVPR 2018). With the branches of patch learning,
    the map that is pooled is the sum of theirs.

    Args:
        num_classes: Number of foreground classes; the background is not one.
        in_channels: Channels of the input map. :class:`CAMClassifier` fills it in.
        branches: How many maps of equal channels are concatenated in the input, the global one
            first. :class:`CAMClassifier` fills it in.
        loss: Any loss of mmpretrain for multi-label targets. By default binary cross entropy as a
            **mean over images and classes**, which equals ``F.multilabel_soft_margin_loss``: the
            learning rates of PSA, IRN and SEAM assume it. (mmpretrain's own heads sum over the
            classes: 20 times larger on PASCAL VOC.) To balance classes give the loss a
            ``class_weight`` or ``pos_weight``, or wrap the data set in mmengine's
            ``ClassBalancedDataset``.
        dropout: Probability of dropping a channel of the input in training (ResNet38d: 0.5).
        pool: How the cells of a map make its logit: 'mean' (the published methods), 'lse', 'topk'
            or 'wildcat', or a dict with the options of one, see
            :func:`~.cam_pooling.build_pooling`. All but the mean look at the strongest
            cells: better for small objects, worse for large ones.
        class_shares: For each class the share of the training images that show it, between 0 and 1.
            Its log-odds are added to the pooled map, which then need not say how rare the class is,
            but only what the image adds. Otherwise a short training leaves the maps of rare classes
            below 0 everywhere, on their own objects, too, and a ReLU leaves nothing of them; those
            of frequent classes are above 0 everywhere. As the initial bias of RetinaNet (Lin et
            al., ICCV 2017, sec. 4.1) and logit adjustment (Menon et al., ICLR 2021, arXiv
            2007.07314). Defaults to None: nothing is added, as published.
        thr: Score above which a class counts as predicted.
        init_cfg: By default a normal distribution with standard deviation 0.01.

    Raises:
        UserError: If there are not as many shares as classes, or one is not between 0 and 1.
    """

    log_odds: Tensor

    def __init__(
        self,
        num_classes: int,
        in_channels: int | None = None,
        branches: int = 1,
        loss: dict | None = None,
        dropout: float = 0.0,
        pool: str | dict = 'mean',
        class_shares: Sequence[float] | None = None,
        thr: float = 0.5,
        init_cfg: dict | None = None,
    ) -> None:
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
        self.branches = branches
        self.pool = build_pooling(pool)
        # Not in checkpoints: the config says it.
        odds = log_odds(class_shares, num_classes)
        self.register_buffer('log_odds', odds, persistent=False)
        self.dropout = nn.Dropout2d(dropout)
        # No bias, as in PSA: a constant would raise the whole map.
        self.classifier = nn.Conv2d(in_channels, num_classes, 1, bias=False)

    def cam(self, feats: tuple[Tensor, ...]) -> Tensor:
        """Return the raw maps (B, num_classes, H, W), of any sign, of features (B, C, H, W)."""
        return self.classifier(self.dropout(self.pre_logits(feats)))

    def branch_cams(self, feats: tuple[Tensor, ...]) -> Tensor:
        """Return what each branch adds to the maps.

        Returns:
            Maps (B, branches, num_classes, H, W); summed over branches they are :meth:`cam`.
        """
        x = self.dropout(self.pre_logits(feats))
        weights = self.classifier.weight.chunk(self.branches, dim=1)
        parts = x.chunk(self.branches, dim=1)
        return torch.stack(list(map(nn.functional.conv2d, parts, weights)), dim=1)

    def forward(self, feats: tuple[Tensor, ...]) -> Tensor:
        """Return the logits (B, num_classes), see :meth:`score`."""
        return self.score(self.cam(feats))

    def score(self, cam: Tensor) -> Tensor:
        """Return the logits (B, num_classes) of maps (B, num_classes, H, W), pooled."""
        return self.pool(cam) + self.log_odds

    def maps(self, branch_cams: Tensor) -> Tensor:
        """Return the CAM (B, num_classes, H, W) that prediction gives, from :meth:`branch_cams`."""
        return branch_cams.sum(dim=1)

    def logits(self, branch_cams: Tensor) -> Tensor:
        """Return the logits (B, num_classes) that prediction gives, from :meth:`branch_cams`."""
        return self.score(branch_cams.sum(dim=1))

    def predict(
        self, feats: tuple[Tensor, ...], data_samples: list[DataSample] | None = None
    ) -> list[DataSample]:
        """Return scores, predicted classes and CAM of each image.

        Returns:
            Samples with ``pred_score`` (num_classes,), ``pred_label`` and the raw ``cam``
            (num_classes, H, W).
        """
        return self.predict_from(self.branch_cams(feats), data_samples)

    def predict_from(
        self, cams: Tensor, data_samples: list[DataSample] | None = None
    ) -> list[DataSample]:
        """Return what :meth:`predict` does, from :meth:`branch_cams`."""
        data_samples = self._get_predictions(self.logits(cams), data_samples)
        for sample, cam in zip(data_samples, self.maps(cams), strict=True):
            sample.set_field(cam, 'cam')
        return data_samples

    def _get_loss(
        self, cls_score: Tensor, data_samples: list[DataSample], **kwargs
    ) -> dict[str, Tensor]:
        target = multi_hot(data_samples, cls_score)
        return dict(loss=self.loss_module(cls_score, target, **kwargs))


def log_odds(shares: Sequence[float] | None, num_classes: int) -> Tensor:
    """Return the log-odds (num_classes,) of shares of the images; 0 if they are not known.

    Raises:
        UserError: If there are not as many shares as classes, or one is not between 0 and 1.
    """
    if shares is None:
        return torch.zeros(num_classes)
    if len(shares) != num_classes or not all(0 < share < 1 for share in shares):
        raise UserError(
            f'CAMHead: class_shares={list(shares)}: give the share of the training images that '
            f'show it, between 0 and 1, for each of {counted(num_classes, "class", "classes")}'
        )
    return torch.tensor(shares).logit()


def multi_hot(data_samples: list[DataSample], logits: Tensor) -> Tensor:
    """Return targets (B, num_classes), as the logits: 1 for the classes that an image shows.

    Samples have a ``gt_label``, empty for a negative, or ``gt_score`` (num_classes,).

    Raises:
        UserError: The classes of an image are not known.
    """
    target = logits.new_zeros(logits.shape)
    for row, sample in zip(target, data_samples, strict=True):
        if 'gt_score' in sample:  # set by mixup and the like
            row.copy_(sample.gt_score)
        elif 'gt_label' in sample:
            row[sample.gt_label.long()] = 1
        else:
            raise UserError(
                f'{sample.get("img_path", "an image")}: its classes are not known; train on a '
                'data set with image-level labels (ann_file)'
            )
    return target
