"""The data set whose CAMs an export writes."""

from pathlib import Path

from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmengine.registry import DATASETS

from ...datasets import ImageLabelDataset
from ...errors import UserError
from ...formats.data_record import BoxShares, read_box_shares
from ...formats.ground_truth import GroundTruth
from ...formats.voc_layout import VOCLayout


class ExportedData:
    """The ``test_dataloader``'s data set of a classifier's config, in any of its splits.

    Raises:
        UserError: The data set has no image-level labels, which alone say whose maps to keep.
    """

    def __init__(self, cfg: Config) -> None:
        self._cfg, self._dataset = cfg, cfg.test_dataloader.dataset
        self._root = self._dataset.get('data_root', '')
        kind = self._dataset.type
        found = DATASETS.get(kind) if isinstance(kind, str) else kind
        if found and not issubclass(found, ImageLabelDataset):
            raise UserError(
                f'{cfg.filename}: test_dataloader.dataset is a {kind}, which has no image-level '
                'labels; exporting takes a ppl_mm.ImageLabelDataset (for a segmentation network '
                'see configs/voc6/maps_seg_voc6.py)'
            )

    @property
    def image_dir(self) -> Path:
        """The folder of its images."""
        return self._folder('img_path', VOCLayout.IMAGES)

    def config(self, split: str | None) -> dict:
        """Return the config of a split; None is the one of the classifier's config."""
        config = dict(self._dataset)
        if self._cfg.tta_model.get('classes') == 'predicted':
            config['ann_file'] = ''  # labels are not looked at
        if split is not None:
            config['split'] = split
        return config

    def build(self, split: str | None) -> BaseDataset:
        """Return the samples of a split, see :meth:`config`, without their images.

        Raises:
            UserError: The split or its labels cannot be read.
        """
        return DATASETS.build(dict(self.config(split), pipeline=[]))

    def box_shares(self) -> BoxShares:
        """Return how much of an image boxes cover, as far as that is known."""
        return read_box_shares(self._root)

    def ground_truth(self) -> GroundTruth:
        """Return the masks, and what the labels say of images without any."""
        labels = self._dataset.get('ann_file', VOCLayout.LABELS)
        path = Path(self._root, labels) if labels else None
        return GroundTruth(self._folder('seg_map_path', ''), path)

    def check_masks(self, split: str) -> None:
        """Refuse a split on which no threshold can be chosen: an image of it has no mask.

        Raises:
            UserError: It names the image.
        """
        dataset, truth = self.build(split), self.ground_truth()
        for k in range(len(dataset)):
            sample = dataset.get_data_info(k)
            if not truth.is_known(sample['image_id']):
                raise UserError(
                    f'split {split}: no threshold can be chosen on it, '
                    f'{sample["img_path"]} has no mask in {self._folder("seg_map_path", "")} '
                    '(test_dataloader.dataset.data_prefix.seg_map_path); give '
                    '--threshold, or a split with masks'
                )

    def _folder(self, key: str, default: str) -> Path:
        prefix = self._dataset.get('data_prefix') or {}
        return Path(self._root, prefix.get(key, default))
