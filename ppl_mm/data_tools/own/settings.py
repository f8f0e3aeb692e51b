"""From what, and how, a data set of one's own is made."""

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ...errors import UserError

VERSION = 1


@dataclass(frozen=True)
class OwnDataSettings:
    """What a data set is made from, and how.

    Args:
        photos (Path): The folder of photographs.
        out (Path): The data set to write.
        labels (Path, optional): A CSV or JSON. Defaults to None: the first
            folder of a photo's path is its class.
        masks (Path, optional): Folder of masks, laid out as the photos.
        classes (tuple[str, ...]): Foreground classes in order. Defaults to
            (): those of the labels.
        val_share (float): Part of the photos to validate on.
        val_list (Path, optional): The photos to validate on, one a line.
        seed (int): Of the choice of these photos.
        max_long_side (int): Larger photos are shrunk to it, in pixels; 0 for
            none.
        link (bool): Link files that need no change instead of copying them.
        mask_values (dict[int, str]): What values of masks mean, see
            :class:`MaskValues`.
        white_level (int): The white of grey photos of 16 bits.
    """

    photos: Path
    out: Path
    labels: Path | None = None
    masks: Path | None = None
    classes: tuple[str, ...] = ()
    val_share: float = 0.1
    val_list: Path | None = None
    seed: int = 0
    max_long_side: int = 2048
    link: bool = False
    mask_values: dict[int, str] = field(default_factory=dict)
    white_level: int = 65535

    def record(self) -> dict:
        """All but the folder itself, in JSON's types."""
        settings = {
            key: os.path.abspath(value) if isinstance(value, Path) else value
            for key, value in asdict(self).items()
            if key != 'out'
        }
        settings['classes'] = list(self.classes)
        settings['mask_values'] = [f'{key}={value}' for key, value in self.mask_values.items()]
        return dict(version=VERSION, **settings)

    def check(self) -> None:
        """Raise a UserError for a number that is out of its range."""
        for option, value, fits, wanted in (
            ('--val-share', self.val_share, 0 < self.val_share <= 0.5, 'above 0 and at most 0.5'),
            (
                '--max-long-side',
                self.max_long_side,
                self.max_long_side == 0 or self.max_long_side >= 32,
                'at least 32 pixels, or 0 for no limit',
            ),
            ('--white-level', self.white_level, 1 <= self.white_level <= 65535, 'in 1..65535'),
        ):
            if not fits:
                raise UserError(f'{option} is {value}; it must be {wanted}')
        if self.masks and not self.masks.is_dir():
            raise UserError(f'{self.masks}: the folder of masks is missing; check --masks')
        if self.mask_values and not self.masks:
            raise UserError('--mask-values: there are no masks; give --masks')
