"""Data sets whose images have bands: what they are, and how they are seen.

Such images are TIFFs of 1 to 32 bands, of integers or floats. Their values are kept. The data set
says in ``image_values.json`` which range of them is read: ``low`` to ``high`` become 0 to 255, as
floats. Networks see all bands; persons, refiners and pictures see three of them as red, green and
blue. A single band becomes three equal ones, as grey photos do.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from ...errors import UserError
from .tiff_bands import MOST_BANDS, is_tiff, read_bands


@dataclass(frozen=True)
class ImageBands:
    """The bands of a data set's images.

    Args:
        count: How many each file has.
        low: The value that becomes 0; smaller ones, too.
        high: The value that becomes 255; larger ones, too.
        mean: Mean of each band, in 0 to 255. Pixels without a value (NaN) get it.
        std: Standard deviation of each band, in 0 to 255.
        rgb_bands: The bands that are seen as red, green and blue, counted from 1.
    """

    count: int
    low: float
    high: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    rgb_bands: tuple[int, ...]

    def check(self) -> None:
        """Raise a UserError for values that do not fit each other."""
        numbers = (self.low, self.high, *self.mean, *self.std)
        for fits, wanted in (
            (1 <= self.count <= MOST_BANDS, f'count must be from 1 to {MOST_BANDS}'),
            (np.isfinite(numbers).all() and self.low < self.high, 'low must be below high'),
            (len(self.mean) == len(self.std) == self.count, 'mean and std need a value a band'),
            (all(deviation > 0 for deviation in self.std), 'std must be above 0'),
            (
                len(self.rgb_bands) == 3
                and all(1 <= band <= self.count for band in self.rgb_bands),
                f'rgb_bands must be three bands from 1 to {self.count}',
            ),
        ):
            if not fits:
                raise UserError(f'bands: {wanted}')

    @property
    def channels(self) -> int:
        """How many channels a network sees."""
        return 3 if self.count == 1 else self.count

    def record(self) -> dict:
        """Return all of it in JSON's types, for :meth:`from_record`."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_record(cls, record: Mapping) -> 'ImageBands':
        """Return the bands of a record; refuse one that is damaged."""
        try:
            values: dict = {k: tuple(v) if isinstance(v, list) else v for k, v in record.items()}
            found = cls(**values)
            found.check()
        except (AttributeError, TypeError, ValueError) as error:
            text = str(error) if isinstance(error, UserError) else 'bands: a value is missing'
            raise UserError(f'{text}; make the data set again with own_data.py') from None
        return found

    def read(self, content: bytes) -> np.ndarray:
        """Return what a network sees of a file, by its bytes; see :meth:`scale`."""
        return self.scale(self.stored(content))

    def stored(self, content: bytes) -> np.ndarray:
        """Return the values of a file as they are stored, by its bytes; see :func:`read_bands`."""
        if not is_tiff(content):
            raise UserError(f'not a TIFF; the data set has TIFFs of {self.count} bands')
        return read_bands(content)

    def scale(self, values: np.ndarray) -> np.ndarray:
        """Return what a network sees of values (H, W, count) as they are stored.

        Returns:
            float32 in 0 to 255, shape (H, W, channels).

        Raises:
            UserError: There is another number of bands, or no value at all.
        """
        if values.shape[2] != self.count:
            raise UserError(
                f'has {values.shape[2]} bands, but the data set has {self.count}; all images of '
                'a data set need the same bands'
            )
        scaled = values.astype(np.float32)
        missing = ~np.isfinite(scaled)
        if missing.all():
            raise UserError('has no value, only NaN; leave it out')
        scaled -= np.float32(self.low)
        scaled *= np.float32(255 / (self.high - self.low))
        np.clip(scaled, 0, 255, out=scaled)
        if missing.any():
            scaled = np.where(missing, np.array(self.mean, np.float32), scaled)
        return np.repeat(scaled, 3, axis=2) if self.count == 1 else scaled

    def picture(self, scaled: np.ndarray) -> np.ndarray:
        """Return what persons and refiners see of :meth:`scale`'s result: RGB, uint8 (H, W, 3)."""
        return np.rint(scaled[..., [band - 1 for band in self.rgb_bands]]).astype(np.uint8)
