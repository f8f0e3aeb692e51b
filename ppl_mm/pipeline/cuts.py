"""Where the maps of an export are cut, as arguments of its command."""

from dataclasses import dataclass

from ..cams.threshold_choice import AUTO
from ..formats.voc_layout import VOCLayout
from .settings import PipelineSettings
from .step import Step


@dataclass(frozen=True)
class Cut:
    """What tells an export its threshold; nothing where the configs, or the classes, say it.

    Args:
        arguments: Of ``tools/export_cam.py``.
        by_corrections: Whether the masks that a user has corrected choose it.
        needs: The export whose threshold it is, if it is that of another one.
    """

    arguments: tuple[object, ...] = ()
    by_corrections: bool = False
    needs: tuple[Step, ...] = ()


def cut_of_train(settings: PipelineSettings, choose: bool) -> Cut:
    """Return the cut of maps on train: as the pipeline is given it, else where masks say.

    Args:
        settings: Where every pixel belongs to a class, nothing is cut.
        choose: Whether masks may choose it.
    """
    if not _has_background(settings):
        return Cut()
    if settings.expected_area:
        return Cut(('--threshold', AUTO, '--expected-area', settings.expected_area))
    if settings.threshold:
        return Cut(('--threshold', settings.threshold))
    if choose and (masks := settings.choosing_masks()):
        split, folder = masks
        return Cut(('--threshold-split', split), by_corrections=folder == VOCLayout.CORRECTED)
    return Cut()


def cut_as(settings: PipelineSettings, export: Step) -> Cut:
    """Return the cut of another export."""
    arguments = ('--threshold', export.outputs[0]) if _has_background(settings) else ()
    return Cut(arguments, needs=(export,))


def _has_background(settings: PipelineSettings) -> bool:
    return VOCLayout(settings.data_root).has_background
