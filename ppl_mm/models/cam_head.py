"""The classifier whose weights make the class activation map."""
from mmpretrain.models.heads import MultiLabelClsHead
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from ..registry import MODELS


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
        init_cfg (dict, optional): Defaults to a normal distribution with
            standard deviation 0.01.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int | None = None,
        loss: dict | None = None,
        dropout: float = 0.,
        thr: float = 0.5,
        init_cfg: dict | None = None,
    ) -> None:
        if in_channels is None:
            raise ValueError(
                'CAMHead: in_channels is unknown; build the head as part of '
                'a ppl_mm.CAMClassifier, or give it')
        super().__init__(
            loss=loss or dict(
                type='mmpretrain.CrossEntropyLoss', use_sigmoid=True),
            thr=thr,
            init_cfg=init_cfg or dict(
                type='Normal', layer='Conv2d', std=0.01))
        self.num_classes = num_classes
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

    def forward(self, feats: tuple[Tensor, ...]) -> Tensor:
        """Logits (B, num_classes): the global average of the CAM."""
        return self.cam(feats).mean(dim=(2, 3))

    def _get_loss(self, cls_score: Tensor, data_samples: list[DataSample],
                  **kwargs) -> dict[str, Tensor]:
        target = cls_score.new_zeros(cls_score.shape)
        for row, sample in zip(target, data_samples, strict=True):
            if 'gt_score' in sample:  # set by mixup and the like
                row.copy_(sample.gt_score)
            else:
                row[sample.gt_label] = 1
        return dict(loss=self.loss_module(cls_score, target, **kwargs))

    def predict(
            self,
            feats: tuple[Tensor, ...],
            data_samples: list[DataSample] | None = None
    ) -> list[DataSample]:
        """Scores, predicted classes and CAM of each image.

        Args:
            feats (tuple[Tensor]): The last is the map (B, C, H, W).
            data_samples (list[DataSample], optional): Of the images.

        Returns:
            list[DataSample]: With ``pred_score`` (num_classes,),
            ``pred_label`` and the raw ``cam`` (num_classes, H, W).
        """
        cam = self.cam(feats)
        data_samples = self._get_predictions(cam.mean(dim=(2, 3)),
                                             data_samples)
        for sample, one in zip(data_samples, cam, strict=True):
            sample.set_field(one, 'cam')
        return data_samples
