"""What a pipeline asks of its data: folders, lists, and masks where it measures."""

from dataclasses import replace

from ..cams.threshold_choice import check_cut
from ..errors import UserError
from ..formats.ground_truth import GroundTruth
from ..formats.image_list import read_ids
from ..formats.voc_layout import VOCLayout
from .settings import MEASURED, PipelineSettings


def check_data(settings: PipelineSettings) -> None:
    """Refuse data on which the pipeline would fail later, or measure something else.

    Raises:
        UserError: If a folder, a list or a mask is missing, or the splits do not fit each other;
            or a threshold is given for maps that nothing cuts.
    """
    layout = VOCLayout(settings.data_root)
    for folder in (layout.root, layout.image_dir):
        if not folder.is_dir():
            raise UserError(
                f'{folder}: no such folder; data_root must '
                "be a data set in VOC's layout, see docs/data.md"
            )
    read_ids(settings.list_path('train'))
    classes = layout.read_classes() if layout.has_class_file else None
    check_cut(settings.threshold, settings.expected_area, classes, layout.has_background)
    if settings.is_measured:
        _check_masks(settings)


def fit_to_masks(settings: PipelineSettings) -> PipelineSettings:
    """Return settings for data that may have no masks, where the config allows for it.

    Without the masks of its lists nothing is measured, so no method is there to be compared with:
    the last one alone is trained.
    """
    if not settings.masks_optional or not settings.is_measured:
        return settings
    try:
        _check_masks(settings)
    except UserError as error:
        return replace(
            settings,
            splits=dict(train=settings.splits['train']),
            methods=settings.methods[-1:],
            not_measured=_why_not(settings, error),
        )
    return settings


def _why_not(settings: PipelineSettings, error: UserError) -> str:
    """Return why nothing is measured, and what to give so that it is."""
    if next(VOCLayout(settings.data_root).mask_dir.rglob('*.png'), None):
        return f'masks of some images are missing. {error}'
    return (
        'no masks were given, and training needs none. To measure IoU, draw masks of 20 images or '
        'more and give them to a new data set with --masks DIR, see docs/own_masks.md'
    )


def _check_masks(settings: PipelineSettings) -> None:
    """Refuse lists without masks, and masks of images that were not trained on."""
    image_ids = {split: read_ids(settings.list_path(split)) for split in ('train', *MEASURED)}
    outside = set(image_ids['masked']) - set(image_ids['train'])
    if outside:
        raise UserError(
            f'{settings.list_path("masked")}: {min(outside)} is not in '
            f'{settings.list_path("train")}; splits.masked must be a part of '
            'splits.train, whose pseudo-labels are measured on it'
        )
    truth = GroundTruth(VOCLayout(settings.data_root).mask_dir)
    for split in MEASURED:
        for image_id in image_ids[split]:
            if not truth.is_known(image_id):
                raise UserError(
                    f'{truth.path(image_id)}: no such mask, but '
                    f'splits.{split}={settings.splits[split]!r} needs one for each image; name a '
                    'split with masks'
                )
