"""The record of an export or a refinement: what made its maps and labels."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from ..errors import UserError, first_line
from ..utils.class_values import join_classes
from ..utils.files import read_json, write_json
from ..utils.text import counted
from ..version import __version__
from .class_list import check_classes, label_names

Record = TypeVar('Record', bound='ExportRecord')
#: Where maps are cut: one score of the background, or one for each class of the classifier.
Threshold = float | list[float]


@dataclass(frozen=True, kw_only=True)
class ExportRecord:
    """What ``export.json`` says about a folder of ``tools/export_cam.py``.

    A field is None where the file does not say it.

    Args:
        classes: Foreground classes, in the order of the classifier's ids.
        background: False where every pixel belongs to a class: no label has a 0, and no map
            is cut. Defaults to True.
        ppl_mm: The version that wrote it.
        config: Path of the config of the classifier.
        checkpoint: Path of its weights.
        checkpoint_sha256: Their SHA-256.
        data_root: The data set.
        class_source: Whose maps are kept: 'labels' or 'predicted'.
        views: Transforms of the views, as in the config.
        cam_stride: Pixels of the image for each cell of a map.
        relu: See :class:`ppl_mm.models.cam_tta.CAMTTAModel`.
        softmax: See :class:`ppl_mm.models.cam_tta.CAMTTAModel`.
        full_scale: For each class the maximum from which on a map counts fully, see
            :class:`ppl_mm.models.cam_tta.CAMTTAModel`.
        reference: What the background was seen in by which maps are weighed, see
            :class:`ppl_mm.models.negative_reference.NegativeReference`: ``split`` and ``images``,
            how many.
        probe: What the probe was fitted to that put maps right, see
            :class:`ppl_mm.models.linear_probe.LinearProbe`, likewise.
        network: SHA-256 of the settings of the network.
        scale_unit: The unit of ``scale`` in the CAM files: 'logit' or 'probability'.
        threshold: Background score of the labels, 0..1; a list where each class has its own.
        threshold_from: Where it comes from; a dict with ``split``, ``mIoU`` and more where the
            masks of a split have chosen it, or with ``auto``, the rule, and what that saw where
            the maps have.
        split: What was exported last; None for the one of the config.
        num_images: How many images it has.
        label_summary: See :class:`.pseudo_label_summary.LabelSummary`.
        finished: Whether the labels are complete. Defaults to None: they are if there is a
            threshold.

    Raises:
        UserError: If a field is of the wrong type, or the threshold is not in 0..1, or not one
            for each class.
    """

    classes: tuple[str, ...]
    background: bool = True
    ppl_mm: str | None = __version__
    config: str | None = None
    checkpoint: str | None = None
    checkpoint_sha256: str | None = None
    data_root: str | None = None
    class_source: str | None = None
    views: list | None = None
    cam_stride: int | None = None
    relu: str | None = None
    softmax: bool | None = None
    full_scale: list | None = None
    reference: dict | None = None
    probe: dict | None = None
    network: str | None = None
    scale_unit: str | None = None
    threshold: float | list | None = None
    threshold_from: str | dict | None = None
    split: str | None = None
    num_images: int | None = None
    label_summary: dict | None = None
    finished: bool | None = None

    #: What the folder holds, for messages.
    what: ClassVar[str] = 'an export'
    _IDENTITY: ClassVar[tuple[str, ...]] = tuple(
        (
            'checkpoint_sha256 data_root classes class_source views cam_stride relu softmax '
            'full_scale reference probe network'
        ).split()
    )
    # What an interrupted run has reached, or an earlier one of another split.
    _PROGRESS: ClassVar[tuple[str, ...]] = tuple(
        'threshold threshold_from split num_images label_summary finished'.split()
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, 'classes', check_classes(self.classes, 'classes'))
        if self.finished is None:
            object.__setattr__(self, 'finished', self.threshold is not None)
        for declared in fields(self):
            _check_type(declared.name, getattr(self, declared.name), declared.type)
        if self.threshold is not None:
            _check_threshold(self.threshold, len(self.classes))

    @property
    def map_threshold(self) -> Threshold | None:
        """Where the maps of the folder are cut; None where a label rule decides."""
        return self.threshold

    @property
    def threshold_text(self) -> str:
        """The threshold as an option of a command says it."""
        return threshold_text(self.threshold, self.classes)

    @property
    def threshold_origin(self) -> str | None:
        """Where the threshold comes from, in a few words: the split, if masks chose it."""
        if not isinstance(self.threshold_from, dict):
            return self.threshold_from
        if 'auto' in self.threshold_from:
            return f'auto: {self.threshold_from["auto"]}'
        return self.threshold_from.get('split')

    @property
    def label_names(self) -> tuple[str, ...]:
        """What the values 0, 1, .. of its labels mean, see :func:`.class_list.label_names`."""
        return label_names(self.classes, self.background)

    def identity(self) -> dict:
        """Return what makes the folder's files what they are, of JSON's types."""
        identity = {name: getattr(self, name) for name in self._IDENTITY}
        # Only a record without a background says so, as those of before.
        identity['background'] = None if self.background else False
        return _plain(identity)

    def continuing(self: 'Record', found: 'ExportRecord') -> 'Record':
        """Return the record of a run that continues another one of the same identity."""
        return replace(self, **{name: getattr(found, name) for name in self._PROGRESS})

    def write(self, path: str | os.PathLike) -> None:
        """Write the record as JSON, whole or not at all."""
        values = asdict(self)
        if self.background:
            del values['background']
        write_json(path, _plain(values))


@dataclass(frozen=True, kw_only=True)
class RefinementRecord(ExportRecord):
    """What ``export.json`` says about a folder of ``tools/refine.py``.

    Args:
        source_dir: The folder whose maps were refined.
        source: What made those maps, see :meth:`ExportRecord.identity`.
        refine_config: Path of the config.
        refiners: The steps.
        label: The rule that makes a label.
        max_pixels: Larger images are refined at about this size.
        tiles: They are refined in tiles of this size instead. Defaults to None: no.
        least_left: The share of an object below which it was put back. Defaults to None: none was.
        custom_imports: Modules that the steps need.
        chain_from: How masks have chosen the steps, see :func:`.chain_choice.choose_chain`.
        files: SHA-256 of the files that the steps use, by path.
        failed: Why an image has no label, by its image id.
    """

    source_dir: str | None = None
    source: dict | None = None
    refine_config: str | None = None
    refiners: list = field(default_factory=list)
    label: dict | None = None
    max_pixels: int | None = None
    tiles: bool | None = None
    least_left: float | None = None
    custom_imports: dict | None = None
    chain_from: dict | None = None
    files: dict = field(default_factory=dict)
    failed: dict = field(default_factory=dict)

    what: ClassVar[str] = 'refined labels'
    _IDENTITY: ClassVar[tuple[str, ...]] = tuple(
        'checkpoint_sha256 data_root classes source refiners label max_pixels tiles least_left '
        'files'.split()
    )
    _PROGRESS: ClassVar[tuple[str, ...]] = ('failed',)

    @property
    def map_threshold(self) -> None:
        """None: the label rule has decided, no threshold cuts refined maps."""
        return None


def read_record(path: str | os.PathLike) -> ExportRecord:
    """Read the record of an export or a refinement.

    Raises:
        UserError: If it is missing, damaged, or says something impossible.
    """
    found = _read_object(Path(path))
    kind = RefinementRecord if 'refiners' in found else ExportRecord
    known = {declared.name for declared in fields(kind)}
    given = {name: value for name, value in found.items() if name in known}
    try:
        return kind(**{'classes': (), 'ppl_mm': None} | given)
    except UserError as error:
        raise UserError(f'{path}: {error}; export again into another folder') from error


def _read_object(path: Path) -> dict:
    try:
        return read_json(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UserError(
            f'{path}: no such file; give the folder that tools/export_cam.py wrote'
        ) from error
    except OSError as error:
        raise UserError(f'{path}: {first_line(error)}; make it readable') from error


def _check_type(name: str, value: object, expected: Any) -> None:
    """Refuse a value that the annotation of a field excludes."""
    if name == 'classes':  # checked by check_classes
        return
    fits = isinstance(value, expected)
    if isinstance(value, bool):  # which Python takes for an integer
        fits = isinstance(True, expected) and expected not in (int | None, float | None)
    elif isinstance(value, int):
        fits = fits or isinstance(float(value), expected)
    if not fits:
        raise UserError(f'{name} is {value!r}, which is of the wrong type')


def _check_threshold(threshold: Threshold, classes: int) -> None:
    numbers = threshold if isinstance(threshold, list) else [threshold]
    if isinstance(threshold, list) and len(numbers) != classes:
        raise UserError(
            f'threshold has {len(numbers)} numbers, for {counted(classes, "class", "classes")}'
        )
    for number in numbers:
        if not isinstance(number, int | float) or not 0 <= number <= 1:
            raise UserError(f'threshold is {number}, it must be in 0..1')


def threshold_text(threshold: Threshold | None, classes: Sequence[str]) -> str:
    """Return a threshold as an option of a command says it.

    Args:
        threshold: One for all classes, or one for each.
        classes: Their names.

    Examples:
        >>> threshold_text(0.3, ['cat', 'dog']), threshold_text([0.3, 0.5], ['cat', 'dog'])
        ('0.3', 'cat=0.3,dog=0.5')
    """
    if not isinstance(threshold, list):
        return '' if threshold is None else f'{threshold:g}'
    pairs = zip(classes, threshold, strict=True)
    return join_classes({name: f'{number:g}' for name, number in pairs})


def _plain(values: Mapping) -> dict:
    """Return values of JSON's types: as they are read back."""
    return json.loads(json.dumps(values))
