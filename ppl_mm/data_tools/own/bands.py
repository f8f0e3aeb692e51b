"""What a user's TIFFs with bands hold: one range of values for all of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import UserError
from ...formats.images.bands import ImageBands
from ...formats.images.checks import naming
from ...formats.images.tiff_bands import needs_bands, read_bands
from ...utils.processes.thread_pool import map_files
from .converter import OwnImage
from .settings import OwnDataSettings

# Of an image's values this part, in per cent, lies below and above its range: hot pixels.
_CUT = 0.1
# Values of an image that are looked at for its range, and that are kept for mean and std.
_LOOKED_AT, _KEPT = 200_000, 4096


@dataclass(frozen=True)
class _Look:
    """What one image holds: ``sample`` is (n, C); ``whole`` says that no value has a sign."""

    low: float
    high: float
    whole: bool
    sample: np.ndarray


def find_bands(
    images: Sequence[OwnImage], settings: OwnDataSettings, workers: int | None = None
) -> ImageBands | None:
    """Return the bands of images, if all of them are TIFFs that are more than photos.

    Integers without a sign are read from 0 to the most that the bits in use can hold, like photos
    of 16 bits; one value in a thousand may be larger. Of other values the range is from the lowest
    0.1 % to the highest 99.9 % of any image.

    Raises:
        UserError: ``rgb_bands`` names a band that is not there.
    """
    paths = [image.sources[0].path for image in images]
    if not paths or not all(map(needs_bands, paths)):
        for option in ('rgb_bands', 'value_range'):
            if getattr(settings, option):
                name = option.replace('_', '-')
                raise UserError(
                    f'--{name}: not all images are TIFFs with more than a photo has; leave it out'
                )
        return None
    found = [look for _, look in map_files(_look, paths, 'looking at bands', workers) if look]
    if not found:
        return None  # each image is named when it is converted
    # Images with other bands are named when they are converted.
    count = Counter(look.sample.shape[1] for look in found).most_common(1)[0][0]
    found = [look for look in found if look.sample.shape[1] == count]
    white = settings.white_level
    low, high = settings.value_range or ((0, white) if white else _range(found))
    values = np.concatenate([look.sample for look in found])  # (n, C)
    scaled = np.clip((values.astype(np.float64) - low) * (255 / (high - low)), 0, 255)
    spread = scaled.std(axis=0)
    rgb = settings.rgb_bands or tuple(min(band, count) for band in (1, 2, 3))
    if max(rgb) > count:
        raise UserError(f'--rgb-bands: there is no band {max(rgb)}; the images have {count}')
    return ImageBands(
        count=count,
        low=float(low),
        high=float(high),
        mean=tuple(scaled.mean(axis=0).round(3).tolist()),
        # A constant band has none; 1 keeps it at 0.
        std=tuple(np.where(spread < 0.01, 1, spread).round(3).tolist()),
        rgb_bands=rgb,
    )


def _look(path: Path) -> _Look | None:
    try:
        with naming(path):
            values = read_bands(path.read_bytes())
    except UserError:
        return None  # named when it is converted
    values = values.reshape(-1, values.shape[2])  # (H * W, C)
    finite = values[np.isfinite(values).all(axis=1)]
    if not len(finite):
        return None
    seen = finite[:: max(1, finite.size // _LOOKED_AT)]
    low, high = np.percentile(seen, [_CUT, 100 - _CUT])
    sample = seen[:: max(1, seen.size // _KEPT)].astype(np.float32)
    return _Look(float(low), float(high), values.dtype.kind == 'u', sample)


def _range(looks: Sequence[_Look]) -> tuple[float, float]:
    low, high = min(look.low for look in looks), max(look.high for look in looks)
    if all(look.whole for look in looks):
        return 0, (1 << max(8, int(high).bit_length())) - 1
    return low, high if high > low else low + 1
