"""Any folder of pseudo-labels as a gallery."""

import itertools
from pathlib import Path

from ..errors import UserError
from ..formats.class_list import NO_BACKGROUND, read_label_names
from ..formats.export_folder import ExportFolder, find_labels
from ..formats.export_record import ExportRecord, RefinementRecord
from ..formats.voc_layout import VOCLayout
from .source import PREDICTION, REFINED, TRUTH, GallerySource, Layer, masks_of, splits_of


def read_folders(
    labels: Path,
    data_root: Path | None = None,
    refined: Path | None = None,
    predictions: Path | None = None,
) -> GallerySource:
    """Return what an export made, with what was made of it.

    Args:
        labels: The folder of ``tools/export_cam.py`` or ``tools/refine.py``, or a folder of label
            PNGs.
        data_root: The data set, in VOC's layout. Defaults to None: the one that the export names.
        refined: Refined labels, such a folder as well. Defaults to None: those that
            ``export_cam.py --refine`` wrote, or none.
        predictions: What a segmentation network predicts, ``<image id>.png``.

    Raises:
        UserError: If a folder is missing or not finished, holds no label of the images, or nothing
            says where these are.
    """
    folder, record = find_labels(labels)
    layers = [Layer('label', 'pseudo-label', (folder,))]
    maps = _map_dir(labels, record)
    if maps:
        layers.insert(0, Layer('cam', 'map', (maps,), is_map=True))
    beside = ExportFolder(labels).refined
    if refined is None and beside.record_path.is_file():
        refined = beside.root
    if refined:
        layers.append(Layer(REFINED, 'refined label', (find_labels(refined)[0],)))
    if predictions:
        if not predictions.is_dir():
            raise UserError(f'{predictions}: no such folder; give the one with the predictions')
        layers.append(Layer(PREDICTION, 'network', (predictions,), flat=True))
    root = _data_root(labels, data_root, record)
    splits, masks = _splits(root, layers), masks_of(root)
    if masks:
        layers.append(Layer(TRUTH, 'ground truth', (masks,)))
    made = Path(refined or labels)
    names = record.label_names if record else read_label_names(VOCLayout(root).class_file)
    return GallerySource(
        title=labels.resolve().name,
        data_root=root,
        classes=names[1:],
        background=names[0] != NO_BACKGROUND,
        splits=splits,
        layers=tuple(layers),
        folder=made if ExportFolder(made).record_path.is_file() else None,
    )


def _map_dir(labels: Path, record: ExportRecord | None) -> Path | None:
    """Return the folder of the maps that labels were made from, None if it is not known."""
    source = record.source_dir if isinstance(record, RefinementRecord) else None
    folders = (ExportFolder(root).cam_dir for root in (labels, source) if root)
    return next((folder for folder in folders if folder.is_dir()), None)


def _data_root(labels: Path, given: Path | None, record: ExportRecord | None) -> Path:
    root = given or (Path(record.data_root) if record and record.data_root else None)
    if root is None:
        raise UserError(f'{labels}: does not say where its images are; give --data-root')
    if not VOCLayout(root).image_dir.is_dir():
        raise UserError(
            f'{VOCLayout(root).image_dir}: no such folder of images; give the data set with '
            '--data-root'
        )
    return root


def _splits(root: Path, layers: list[Layer]) -> dict[str, list[str]]:
    """Return the images that have a label of some kind, by split.

    Folders without a label of any image are refused: they belong to another data set.
    """
    every = splits_of(root)
    for layer in layers:
        if not layer.is_map and not any(map(layer.find, itertools.chain(*every.values()))):
            raise UserError(
                f'{layer.folders[0]}: holds no label of an image of {root}, as <image id>.png; '
                'give another folder'
            )
    splits = {
        name: [image for image in ids if any(layer.find(image) for layer in layers)]
        for name, ids in every.items()
    }
    return {name: ids for name, ids in splits.items() if ids}
