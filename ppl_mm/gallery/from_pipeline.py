"""The folder of a finished pipeline as a gallery."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import UserError
from ..formats.corrected_masks import correction_files, held_out
from ..formats.export_folder import ExportFolder
from ..formats.image_list import read_ids
from ..formats.photo_names import SOURCES, images_of, mask_names
from ..formats.result_folder import ResultFolder
from ..formats.voc_layout import VOCLayout
from ..utils.files import read_json
from .source import PREDICTION, REFINED, TRUTH, GallerySource, Layer, masks_of, splits_of

# What the scores call corrected masks that nothing has learnt from.
HELD_OUT = 'corrected, not learnt from'


def read_pipeline(work_dir: Path, predictions: Path | None = None) -> GallerySource:
    """Return what a pipeline has made.

    Args:
        work_dir: Its folder.
        predictions: What the segmentation network predicts, ``<image id>.png`` for every image.
            Defaults to None: what the pipeline tested.

    Raises:
        UserError: If it is not the folder of a pipeline that got as far as pseudo-labels, or its
            data set is not where it was.
    """
    run = read_run(work_dir)
    paths, root = run['paths'], Path(run['data_root'])
    folder = work_dir / paths['labels']
    if not ExportFolder(folder).record_path.is_file():
        raise UserError(f'{folder}: has no pseudo-labels yet; run the pipeline to its end')
    if not root.is_dir():
        raise UserError(
            f'{root}: no such folder; the pipeline of {work_dir} read its images there, so '
            'run this in the same folder as the pipeline'
        )
    truth, measured = _ground_truth(root, run['splits'])
    layers = [*_maps(work_dir, run), *_labels(work_dir, run, predictions)]
    record, own = ExportFolder(folder).read(), _is_results(work_dir)
    return GallerySource(
        title=work_dir.resolve().parent.name if own else run['name'],
        data_root=root,
        classes=record.classes,
        background=record.background,
        splits=splits_of(
            root, [run['splits'][role] for role in ('train', 'val') if role in run['splits']]
        ),
        layers=tuple(filter(None, [*layers, truth])),
        measured=measured,
        trained=(run['splits']['train'],),
        folder=folder,
        work_dir=work_dir,
        photos=_by_image(images_of(root)) if (root / SOURCES).is_file() else {},
        masks=_by_image(mask_names(root)) if own else {},
    )


def _by_image(images: Mapping[str, str]) -> dict[str, str]:
    """Return the names of a user's files by image id."""
    return {image: name for name, image in images.items()}


def _is_results(work_dir: Path) -> bool:
    """Return whether a pipeline works in the folder of make_masks.py."""
    return (work_dir.parent / ResultFolder.RECORD).is_file()


def read_run(work_dir: Path) -> dict:
    """Return what ``pipeline.json`` in the folder of a pipeline says.

    Raises:
        UserError: If it is missing, or not of a pipeline of this version.
    """
    path = work_dir / 'pipeline.json'
    try:
        run = read_json(path)
        run['paths']['labels'], run['methods'][-1]['key'], run['splits']['train']
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise UserError(
            f'{path}: missing or not readable; give the work folder of tools/pipeline.py'
        ) from error
    return run


def _ground_truth(
    root: Path, splits: Mapping[str, str]
) -> tuple[Layer | None, dict[str, Sequence[str]]]:
    """Return the masks of a data set, else those that a user has corrected, and what they measure.

    Corrected masks of training images are learnt from, so those of other images measure.
    """
    if masks := masks_of(root):
        return Layer(TRUTH, 'ground truth', (masks,)), _measured(root, splits)
    if not correction_files(root):
        return None, {}
    corrected = Layer(TRUTH, 'corrected mask', (VOCLayout(root).corrected_dir,))
    return corrected, {HELD_OUT: held_out(root)}


def _maps(work_dir: Path, run: Mapping) -> list[Layer]:
    """Return the maps of each method, and the labels cut from them."""
    layers = []
    for method in run['methods']:
        key, short = method['key'], method['short']
        exports = _exports(work_dir / run['paths']['maps'][key])
        maps, labels = (one.cam_dir for one in exports), (one.label_dir for one in exports)
        layers += [
            Layer(f'cam_{key}', f'{short} map', tuple(maps), is_map=True),
            Layer(f'label_{key}', f'{short} label', tuple(labels)),
        ]
    return layers


def _labels(work_dir: Path, run: Mapping, predictions: Path | None) -> list[Layer]:
    """Return the refined labels and the predictions, where there are any."""
    layers, paths = [], run['paths']
    if paths['labels'] not in paths['maps'].values():
        folders = [one.label_dir for one in _exports(work_dir / paths['labels'])]
        layers.append(Layer(REFINED, 'refined label', tuple(folders)))
    tested = [work_dir / one / 'predictions' for one in paths.get('tests', {}).values()]
    folders = [predictions] if predictions else tested
    if folders:
        layers.append(Layer(PREDICTION, 'network', tuple(folders), flat=True))
    return layers


def _exports(folder: Path) -> list[ExportFolder]:
    """Return what a step made of train, and of val, where that is made as well."""
    return [ExportFolder(folder), ExportFolder(folder.with_name(f'{folder.name}_val'))]


def _measured(root: Path, splits: Mapping[str, str]) -> dict[str, Sequence[str]]:
    """Return the images that the pipeline measures on, by the names of its report."""
    layout = VOCLayout(root)
    return {
        splits[role]: read_ids(layout.split_path(splits[role]))
        for role in ('masked', 'val')
        if role in splits and layout.split_path(splits[role]).is_file()
    }
