"""From what, and how, a data set of one's own is made."""

import math
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ...cams.expected_area import parse_areas
from ...errors import UserError
from ...formats.class_list import BACKGROUND
from ...formats.images.white_level import check_white_level

#: The value of ``image_size`` that lets the data choose.
AUTO_SIZE = 'auto'
#: The largest view of a preset, beside its ``image_size``: that of standard, see cls_cam_own.py.
LARGEST_VIEW = 8 / 3
VERSION = 2  # an empty label means that a photo shows none of the classes
# Settings that came later. At its default each is None in a record, so older records still agree.
_NEWER = tuple('rgb_bands value_range image_size background keep_others split_near_copies'.split())


@dataclass(frozen=True)
class OwnDataSettings:
    """What a data set is made from, and how.

    The fields are the options of ``own_data.py``, see :func:`.add_data_options`, with the same
    defaults. ``mask_values`` are meanings by value, see :class:`.MaskValues`; ``background`` is
    False where every pixel belongs to a class; ``expected_area`` says how much of an image objects
    cover, as '1-5%' or 'crack=0.1-1%,hole=2-5%', which an ``image_size`` of 'auto' reads.
    """

    photos: Path
    out: Path
    labels: Path | None = None
    val_labels: Path | None = None
    label_pattern: str = ''
    class_folder: str = ''
    negatives: Path | None = None
    negative_names: tuple[str, ...] = ()
    masks: Path | None = None
    classes: tuple[str, ...] = ()
    keep_others: bool = False
    val_share: float = 0.1
    val_list: Path | None = None
    seed: int = 0
    max_long_side: int = 2048
    link: bool = False
    mask_values: dict[int, str] = field(default_factory=dict)
    mask_overlap: str = 'later'
    white_level: int | None = None
    rgb_bands: tuple[int, ...] = ()
    value_range: tuple[float, ...] = ()
    image_size: int | str = AUTO_SIZE
    expected_area: str = ''
    background: bool = True
    split_near_copies: bool = False

    @property
    def size_limit(self) -> int:
        """The long side to which photos are shrunk, never below what a network sees; 0 for none."""
        if not self.max_long_side or self.image_size == AUTO_SIZE:
            return self.max_long_side
        return max(self.max_long_side, math.ceil(LARGEST_VIEW * int(self.image_size)))

    def record(self) -> dict:
        """Return all but the folder itself, in JSON's types."""
        settings = {
            key: os.path.abspath(value) if isinstance(value, Path) else value
            for key, value in asdict(self).items()
            if key not in ('out', 'expected_area')  # the latter changes no file
        }
        for key in ('classes', 'negative_names', 'rgb_bands', 'value_range'):
            settings[key] = list(settings[key])
        settings['mask_values'] = [f'{key}={value}' for key, value in self.mask_values.items()]
        settings |= {
            name: None for name in _NEWER if getattr(self, name) == getattr(type(self), name)
        }
        return dict(version=VERSION, **settings)

    def check(self) -> None:
        """Raise a UserError for a value out of range, and for options that exclude others."""
        self._check_numbers()
        self._check_labels()
        if self.expected_area:
            parse_areas(self.expected_area)
        if self.masks and not self.masks.is_dir():
            raise UserError(f'{self.masks}: the folder of masks is missing; check --masks')
        if self.white_level and self.value_range:
            raise UserError('--white-level and --value-range both say what is white; give one')
        if not self.background and BACKGROUND in self.mask_values.values():
            raise UserError(
                '--mask-values: names background, and --no-background says that there is none; use '
                'void for pixels that nobody has drawn'
            )
        if self.mask_values and not self.masks:
            raise UserError('--mask-values: there are no masks; give --masks')

    def _check_numbers(self) -> None:
        _require(
            '--val-share', self.val_share, 0 < self.val_share <= 0.5, 'above 0 and at most 0.5'
        )
        side, size = self.max_long_side, self.image_size
        no_limit = 'at least 32 pixels, or 0 for no limit'
        _require('--max-long-side', side, side == 0 or side >= 32, no_limit)
        check_white_level(self.white_level)
        bands, low_high = self.rgb_bands, self.value_range
        _require('--rgb-bands', bands, min(bands, default=1) >= 1, 'three bands, counted from 1')
        rises = not low_high or -math.inf < low_high[0] < low_high[1] < math.inf
        _require('--value-range', low_high, rises, 'two numbers, the smaller one first')
        known = size == AUTO_SIZE or size in range(64, 4097)
        _require('--image-size', size, known, "'auto', or 64 to 4096 pixels")

    def _check_labels(self) -> None:
        if self.val_labels and not self.labels:
            raise UserError('--val-labels: the other photos have no labels; give --labels')
        if self.val_labels and self.val_list:
            raise UserError('--val-labels and --val-list both name photos; give one of them')
        if self.label_pattern and self.labels:
            raise UserError('--label-pattern and --labels both give labels; give one of them')
        if self.class_folder and (self.labels or self.label_pattern):
            raise UserError('--class-folder: folders are not the classes here; leave it out')
        for option, given in (
            ('--negatives', self.negatives),
            ('--negative-name', self.negative_names),
            ('--keep-others', self.keep_others),
        ):
            if given and not self.background:
                raise UserError(
                    f'{option}: with --no-background every image shows a class; leave one out'
                )
        if self.keep_others and not self.classes:
            raise UserError('--keep-others: all classes are kept; name some with --classes')
        both = sorted(set(self.classes) & set(self.negative_names))
        if both:
            raise UserError(f'--negative-name {both[0]}: is also one of --classes; keep one')


def _require(option: str, value: object, fits: bool, wanted: str) -> None:
    """Refuse the value of an option that does not fit."""
    if not fits:
        shown = ' '.join(map(str, value)) if isinstance(value, tuple) else value
        raise UserError(f'{option} is {shown}; it must be {wanted}')
