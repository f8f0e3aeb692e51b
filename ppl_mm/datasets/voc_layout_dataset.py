"""Images and masks in VOC's layout, for mmseg's models."""

from collections.abc import Callable, Sequence
from pathlib import Path

from mmseg.datasets import BaseSegDataset

from ..errors import UserError
from ..formats.class_list import channel_names
from ..formats.ground_truth import read_negatives
from ..formats.image_folder import ImageFolder
from ..formats.image_list import normal_name, read_ids
from ..formats.images.image_file import image_size, read_image
from ..formats.images.stored_values import read_values
from ..formats.mask_file import check_labels, mask_size, read_mask, voc_colors
from ..formats.voc_layout import VOCLayout
from ..registry import DATASETS
from .pipelines import changed_steps, may_load_masks


@DATASETS.register_module()
class VOCLayoutDataset(BaseSegDataset):
    """A split of images with masks: 0 = background, 255 = void.

    A negative, an image whose label in the data set is empty, needs no mask: it is all background.
    Where every pixel belongs to a class, the network has a channel for each of them alone: labels
    are learnt less 1, and a 0 is void, which is mmseg's ``reduce_zero_label``.
    mmseg's ``BaseSegDataset``, which reads the classes from the data itself and says in one line
    what is wrong with it.

    Args:
        data_root: The folder of the data set.
        ann_file: List of the split, one image id per line, below ``data_root``. Defaults to '':
            every mask of the folder.
        data_prefix: Folders of images and masks below ``data_root``. Defaults to VOC's,
            ``JPEGImages`` and ``SegmentationClass``.
        metainfo: ``classes``, see :func:`.class_list.label_names`. Defaults to None: those of
            ``data_root/classes.txt``, which alone decide about ``reduce_zero_label``.
        pipeline: Transforms. In ``test_mode`` and without LoadAnnotations among them no
            mask is needed, as for VOC's test split.
        **kwargs: See mmseg's ``BaseSegDataset``.

    Raises:
        UserError: If a folder, a list or a file of it is missing, nothing is there, or the classes
            are unknown; later, if a sample cannot be read, its mask is of another size or has a
            label without a class.

    Examples:
        >>> val = VOCLayoutDataset(
        ...     'data/demo', 'ImageSets/Segmentation/val.txt')
        >>> val.metainfo['classes'][0]
        'background'
    """

    _mask = 'mask'

    def __init__(
        self,
        data_root: str,
        ann_file: str = '',
        data_prefix: dict | None = None,
        metainfo: dict | None = None,
        pipeline: Sequence[dict | Callable] = (),
        **kwargs,
    ) -> None:
        metainfo = dict(metainfo or {})
        names = tuple(metainfo.get('classes') or VOCLayout(data_root).read_label_names())
        classes = channel_names(names)
        metainfo.update(read_values(data_root).record(), classes=classes)
        kwargs['reduce_zero_label'] = classes != names
        palette = voc_colors()[: len(names)]
        metainfo.setdefault('palette', palette[-len(classes) :].tolist())
        data_prefix = dict(
            dict(img_path=VOCLayout.IMAGES, seg_map_path=VOCLayout.MASKS), **data_prefix or {}
        )
        self._needs_masks = not (
            kwargs.get('test_mode') and pipeline and not may_load_masks(pipeline) and ann_file
        )
        super().__init__(
            ann_file=ann_file,
            data_root=data_root,
            data_prefix=data_prefix,
            metainfo=metainfo,
            pipeline=changed_steps(pipeline, _own_masks),
            **kwargs,
        )

    def load_data_list(self) -> list[dict]:
        """Return the files of every image.

        Returns:
            ``image_id``, ``img_path``, ``seg_map_path``, '' where there is no mask, and what
            mmseg's transforms need beside them.
        """
        mask_dir = Path(self.data_prefix['seg_map_path'])
        if self._needs_masks and not mask_dir.is_dir():
            raise UserError(f'{mask_dir}: {self._no_masks()}')
        image_ids = self._image_ids(mask_dir)
        masks = self._find_masks(mask_dir, image_ids) if self._needs_masks else {}
        images = ImageFolder(self.data_prefix['img_path'])
        self._check_all('image', images, image_ids)
        return [
            dict(
                image_id=image_id,
                img_path=images.find_id(image_id),
                seg_map_path=masks.get(image_id) or '',
                label_map=self.label_map,
                reduce_zero_label=self.reduce_zero_label,
                seg_fields=[],
            )
            for image_id in image_ids
        ]

    def _find_masks(self, mask_dir: Path, image_ids: Sequence[str]) -> dict[str, str | None]:
        """Return the mask of each image; only negatives have none."""
        folder = ImageFolder(mask_dir, suffixes=(self.seg_map_suffix,))
        masks = {image_id: folder.find_id(image_id) for image_id in image_ids}
        if None in masks.values():
            negatives = read_negatives(self.data_root)
            self._check_all(self._mask, folder, [one for one in image_ids if one not in negatives])
        return masks

    def _no_masks(self) -> str:
        """Return what to tell a user whose folder of masks is missing or empty."""
        return 'no masks are there; check data_root and data_prefix'

    def _image_ids(self, mask_dir: Path) -> list[str]:
        """Return the images of the split, or all that have a mask."""
        if self.ann_file:
            return read_ids(self.ann_file)
        found = mask_dir.rglob(f'*{self.seg_map_suffix}')
        image_ids = sorted(
            normal_name(path.relative_to(mask_dir).as_posix().removesuffix(self.seg_map_suffix))
            for path in found
        )
        if not image_ids:
            raise UserError(f'{mask_dir}: {self._no_masks()}')
        return image_ids

    def _check_all(self, what: str, folder: ImageFolder, image_ids: Sequence[str]) -> None:
        """Raise a UserError unless the folder has a file for every image."""
        missing = [image_id for image_id in image_ids if folder.find_id(image_id) is None]
        if missing:
            raise UserError(
                f'{folder.root}: {len(missing)} of {len(image_ids)} images have '
                f'no {what} there, first {missing[0]}; add the files, or set '
                'ann_file to a list of images that have both'
            )

    def prepare_data(self, idx: int) -> dict:
        """Run the pipeline on one sample, and name what is wrong with it."""
        info = self.get_data_info(idx)
        has_mask = bool(info.get('seg_map_path'))
        if has_mask:
            self._check_sizes(info['img_path'], info['seg_map_path'])
        try:
            results = super().prepare_data(idx)
        except (OSError, SyntaxError, AssertionError):
            # Decoders speak of bytes. If a file is to blame, name it.
            read_image(info['img_path'])
            if has_mask:
                read_mask(info['seg_map_path'])
            raise
        if has_mask:
            self._check_labels(results, info['seg_map_path'])
        return results

    @staticmethod
    def _check_sizes(img_path: str, seg_map_path: str) -> None:
        """Refuse a mask of another size: it would be cropped elsewhere than its image."""
        sizes = [image_size(img_path), mask_size(seg_map_path)]
        if sizes[0] != sizes[1]:
            raise UserError(
                '{}: {} x {} pixels (width x height), but its image {} has '
                '{} x {}; make or export it again'.format(
                    seg_map_path, *sizes[1], img_path, *sizes[0]
                )
            )

    def _check_labels(self, results: dict, seg_map_path: str) -> None:
        """Refuse a label without a class: it would end in the loss, without a name."""
        sample = results.get('data_samples') if results else None
        if sample is None or 'gt_sem_seg' not in sample:
            return
        advice = 'give the class list that the masks were made for'
        label = sample.gt_sem_seg.data.numpy()
        check_labels(label, len(self.metainfo['classes']) - 1, seg_map_path, advice)


def _own_masks(step: dict) -> dict:
    """Return a transform that loads masks by :class:`LoadMask`.

    That alone knows whether label 0 is turned into 255.
    """
    if step.get('type') in ('LoadAnnotations', 'mmseg.LoadAnnotations'):
        step = dict(step, type='ppl_mm.LoadMask')
    return dict(step, reduce_zero_label=False) if step.get('reduce_zero_label') else step
