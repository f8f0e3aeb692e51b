"""The image classifier whose activation maps become pseudo-labels."""

from collections.abc import Callable, Mapping

from mmpretrain.models import ImageClassifier
from mmpretrain.registry import MODELS as MMPRETRAIN_MODELS
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from ..registry import MODELS
from ..utils.tiles import MAX_PIXELS, TileGrid
from .block_chain import block_chain
from .cam_head import CAMHead
from .cell_features import CellFeatures, reference_blocks
from .linear_probe import LinearProbe
from .negative_reference import NegativeReference
from .patch_learning import ChainNeck

#: What reads the features of cells, by the name of what it makes: a map of them (B, .., h, w).
Readers = Mapping[str, Callable[[CellFeatures], Tensor]]


@MODELS.register_module()
class CAMClassifier(ImageClassifier):
    """mmpretrain's ImageClassifier, with necks that see the block chain.

    An ordinary neck gets the features of whole stages; patch learning has to cut in between and
    run the rest of the backbone itself. So this class gives it the image and the backbone's
    :class:`BlockChain`. The chain is derived anew at each call and never kept: a kept one would
    run the wrong modules after a deepcopy (EMA) or a conversion of norm layers.

    Args:
        backbone: A backbone that has a block chain.
        neck: ``ppl_mm.PatchLearning``, ``ppl_mm.MultiGranularityFusion``, or None for a plain CAM.
        head: ``ppl_mm.CAMHead``; its ``in_channels`` and ``branches`` are filled in.
        data_preprocessor: Defaults to mmpretrain's.
        kwargs: See mmpretrain's ``ImageClassifier``.
    """

    def __init__(
        self,
        backbone: dict,
        neck: dict | None = None,
        head: dict | None = None,
        data_preprocessor: dict | None = None,
        **kwargs,
    ) -> None:
        if isinstance(backbone, dict):
            backbone = MMPRETRAIN_MODELS.build(backbone)
        if isinstance(neck, dict):
            neck = MMPRETRAIN_MODELS.build(neck)
        chain = block_chain(backbone)
        channels = chain.channels
        if isinstance(neck, ChainNeck):
            neck.resolve(chain)  # a position outside is an error here
            channels = neck.out_channels(channels)
        if isinstance(head, dict):
            head = _filled(head, channels, neck)
        if not isinstance(data_preprocessor, nn.Module):
            # The type with its scope, to be found also from mmseg's.
            data_preprocessor = {
                'type': 'mmpretrain.ClsDataPreprocessor',
                **(data_preprocessor or {}),
            }
        super().__init__(
            backbone=backbone, neck=neck, head=head, data_preprocessor=data_preprocessor, **kwargs
        )
        # Else a backbone runs as its library has it, and hooks on it see what it returns.
        self._runs_chain = isinstance(self.neck, ChainNeck) or (
            not self.with_neck and chain[-1].own_form
        )
        #: Both are set for the export of maps, see :class:`CAMTTAModel`.
        self.reference: NegativeReference | None = None
        self.probe: LinearProbe | None = None
        #: Larger images are seen in tiles when maps are predicted.
        self.max_pixels = MAX_PIXELS

    def extract_feat(self, inputs: Tensor, stage: str = 'neck') -> tuple[Tensor, ...] | Tensor:
        """Return the features of images (B, 3, H, W), see mmpretrain's ImageClassifier.

        At 'neck' they are a tuple of one map (B, C, H_N, W_N), all branches concatenated.
        """
        if stage == 'backbone' or not self._runs_chain:
            return super().extract_feat(inputs, stage)
        chain = block_chain(self.backbone)
        feats = (chain(inputs) if self.neck is None else self.neck(inputs, chain),)
        return feats if stage == 'neck' else self.head.pre_logits(feats)

    def predict(
        self, inputs: Tensor, data_samples: list[DataSample] | None = None, **kwargs
    ) -> list[DataSample]:
        """Predict scores and CAMs, and say what part of the image each CAM covers.

        An image of more than ``max_pixels`` is seen in tiles, see :class:`.TileGrid`. Their maps
        are put together before they are pooled, so scores and maps are those of the whole image.

        Returns:
            What the head predicts of images (B, 3, H, W); beside a ``cam`` lies ``cam_extent``, see
            :meth:`BlockChain.extent`, with a ``reference`` ``unlike`` (h, w), see
            :class:`NegativeReference`, and with a ``probe`` ``probed`` (num_classes, h, w), see
            :class:`LinearProbe`.
        """
        if not isinstance(self.head, CAMHead):
            return super().predict(inputs, data_samples, **kwargs)
        samples, seen = self.predict_with_cells(inputs, data_samples, self.readers())
        for name, maps in seen.items():
            for sample, one in zip(samples, maps, strict=True):
                sample.set_field(one, name)
        return samples

    def readers(self) -> Readers:
        """Return what reads the features of cells when maps are exported."""
        readers: dict[str, Callable[[CellFeatures], Tensor]] = {}
        if (reference := self.reference) is not None:
            readers['unlike'] = lambda cells: reference(cells.averaged())
        if (probe := self.probe) is not None:
            readers['probed'] = lambda cells: probe(cells.merged())
        return readers

    def predict_with_cells(
        self, inputs: Tensor, data_samples: list[DataSample] | None, readers: Readers
    ) -> tuple[list[DataSample], dict[str, Tensor]]:
        """Predict scores and CAMs, and read the features of cells of the same forward pass.

        Args:
            inputs: Images (B, 3, H, W).
            data_samples: One per image, or None.
            readers: What reads them; if none, they are not looked at.

        Returns:
            The predictions, and the maps of the readers.
        """
        chain = block_chain(self.backbone)
        grid = TileGrid(inputs.shape[-2:], self.max_pixels, align=chain.stride)
        finer = chain[: reference_blocks(chain)[0] + 1].stride
        cams, *seen = grid.stitch_all(
            lambda window: self._maps(inputs[..., window[0], window[1]], readers),
            (chain.stride, *(finer for _ in readers)),
        )
        samples = self.head.predict_from(cams, data_samples)
        self._say_extent(samples, inputs, cams)
        return samples, dict(zip(readers, seen, strict=True))

    def _maps(self, inputs: Tensor, readers: Readers) -> list[Tensor]:
        """Return the maps of all branches, and what is read of the features of cells."""
        if not readers:
            return [self.head.branch_cams(self.extract_feat(inputs))]
        cells = CellFeatures(block_chain(self.backbone))
        feats: tuple[Tensor, ...] | Tensor
        if isinstance(self.neck, ChainNeck):
            feats = (self.neck(inputs, cells.chain),)
        elif not self.with_neck:
            feats = (cells.chain(inputs),)
        else:  # it may read stages that a chain does not return
            feats = self.extract_feat(inputs)
            cells.chain[: max(cells.blocks) + 1](inputs)
        return [self.head.branch_cams(feats), *(read(cells) for read in readers.values())]

    def loss(self, inputs: Tensor, data_samples: list[DataSample]) -> dict[str, Tensor]:
        """Return the head's losses of images (B, 3, H, W).

        Samples get a ``cam_extent``, which tells the head what part of the image a map covers.
        """
        feats = self.extract_feat(inputs)
        if feats[-1].ndim == 4:
            self._say_extent(data_samples, inputs, feats[-1])
        return self.head.loss(feats, data_samples)

    def _say_extent(self, samples: list[DataSample], inputs: Tensor, maps: Tensor) -> None:
        sizes = tuple(inputs.shape[-2:]), tuple(maps.shape[-2:])
        extent = block_chain(self.backbone).extent(*sizes)
        for sample in samples:
            sample.set_metainfo(dict(cam_extent=extent))


def _filled(head: dict, channels: int, neck: object) -> dict:
    """Return the head's settings with what the backbone and the neck decide."""
    known = dict(in_channels=channels)
    kind = MMPRETRAIN_MODELS.get(head['type']) if isinstance(head['type'], str) else head['type']
    if isinstance(neck, ChainNeck) and kind and issubclass(kind, CAMHead):
        known['branches'] = len(neck.positions) + 1
    return known | {key: value for key, value in head.items() if value is not None}
