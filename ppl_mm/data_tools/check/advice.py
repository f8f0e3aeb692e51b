"""What to expect of a data set, which options fit it, and what to type next."""

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...formats.data_record import read_box_shares
from ...formats.image_labels.label_file import LABEL_FILES
from ...formats.voc_layout import VOCLayout
from ...utils.project import command_line
from ...utils.text import counted, per_cent
from ..own.presets import PRESETS, usual_preset
from .content_findings import SMALL_OBJECT, TINY_OBJECT
from .object_share import object_share
from .scan import DatasetScan, ScanOptions

#: With so many masks, the threshold that they choose is within 0.3 points of mIoU of the best.
ENOUGH_MASKS = 20
#: With so many negatives, weak maps are dimmed.
ENOUGH_NEGATIVES = 10
# Where configs/own looks without OWN_DATA.
_USUAL_ROOT = 'data/mine'
# The list of training images with a mask, which the pipelines choose thresholds by.
_MASKED_LIST = 'train_masks'
# From so many masks on, a network that learns from them is better.
_MANY_MASKS = 300
# Long side of an image and side of a cell of the maps, as a network of configs/own sees them.
_SEEN, _CELL = 512, 16
# Smaller objects than so many cells wide get masks of the right place only.
_CELLS = 2
# An area that is known from masks may be so many times larger or smaller.
_MARGIN = 1.5


@dataclass(frozen=True)
class Advice:
    """Something that fits the data.

    Args:
        option: As it is typed for ``make_masks.py``; or, in words, what to do.
        reason: Why.
        setting: The same for a pipeline's ``--cfg-options``. Defaults to '': it is up to the user.
    """

    option: str
    reason: str
    setting: str = ''


def recommend(scan: DatasetScan) -> list[Advice]:
    """Return the options that fit a data set, and what would help it most."""
    cut = (_threshold, _parts, _negatives) if scan.background else ()
    makers = (_many_masks, _preset, *cut, _rgb_bands)
    return [advice for make in makers for advice in make(scan)]


def expectation(scan: DatasetScan) -> str:
    """Return what masks of such data are like, by docs/expectations.md."""
    if not scan.background:
        return 'every pixel belongs to a class; docs/no_background.md says what helps such data'
    share = object_share(scan)
    if share is None:
        boxes = read_box_shares(scan.options.root).all
        known = _covered(boxes) if boxes else 'no mask says how large the objects are'
        return f'{known}; docs/expectations.md has figures by kind of data'
    if share.median < TINY_OBJECT:
        found = 'a blob around the place, not an outline'
    elif share.median < SMALL_OBJECT:
        found = 'masks at the right place, but too large'
    else:
        found = 'usable masks, if objects differ from their background in colour or texture'
    return (
        f'objects cover {share} of an image in {counted(share.images, "mask")}, median and 10 % to '
        f'90 % of the images: {found}; see docs/expectations.md'
    )


def next_command(scan: DatasetScan) -> str:
    """Return the command that trains on a data set without an error, or where to look for it."""
    if not _fits_own_configs(scan):
        return 'docs/recipes.md lists the configs for data sets of this kind'
    root = os.fspath(scan.options.root)
    variable = f'OWN_DATA={shlex.quote(root)} ' * (Path(root) != Path(_USUAL_ROOT))
    settings = [advice.setting for advice in recommend(scan) if advice.setting]
    options = f' --cfg-options {" ".join(settings)}' * bool(settings)
    return f'{variable}{command_line("pipeline")} {PRESETS[usual_preset()]}{options}'


def _fits_own_configs(scan: DatasetScan) -> bool:
    """Return whether ``configs/own`` reads it: these configs name no file of their own."""
    options, layout = scan.options, VOCLayout(scan.options.root)
    return (
        layout.has_class_file
        and scan.ann_file == LABEL_FILES[0]
        and scan.train == 'train'
        and 'train' in scan.lists
        and options == ScanOptions(options.root, options.ann_file, train=options.train)
    )


def _many_masks(scan: DatasetScan) -> Iterator[Advice]:
    share = object_share(scan, 'train')
    if share is not None and share.images >= _MANY_MASKS:
        yield Advice(
            'a network that learns from your masks',
            f'train has {share.images}; on photographs, such a network was 3 to 6 points of mIoU '
            'better than one that learns from labels (docs/expectations.md)',
        )


def _covered(boxes: float) -> str:
    return f'boxes around the objects cover {per_cent(boxes)} % of an image on average'


def _preset(scan: DatasetScan) -> Iterator[Advice]:
    preset = usual_preset()
    reason = (
        'there is a GPU; best learns from its own maps once more, in half as much time again'
        if preset == 'standard'
        else 'there is no GPU here, and standard would take many hours'
    )
    yield Advice(f'--preset {preset}', reason)


def _threshold(scan: DatasetScan) -> Iterator[Advice]:
    train = object_share(scan, 'train')
    boxes = read_box_shares(scan.options.root).all
    if not train and boxes:
        yield Advice(
            '--masks DIR with 5 to 20 masks of train',
            f'{_covered(boxes)}, and labels cover no more: masks say how much less',
        )
    elif not train:
        yield Advice(
            '--expected-area LOW-HIGH%',
            'about how much of an image the objects cover on average, of each class if classes '
            'differ (CLASS=LOW-HIGH%,CLASS=LOW-HIGH%): without it, labels of small things are up '
            'to ten times too large. Or draw 5 to 20 masks of training images '
            '(--masks DIR)',
        )
    elif _MASKED_LIST not in scan.lists:
        low, high = (f'{min(max(100 * share, 0.01), 99):.2g}' for share in (
            train.mean / _MARGIN, train.mean * _MARGIN,
        ))  # fmt: skip
        area = f'{low}-{high}%'
        yield Advice(
            f'--expected-area {area}',
            f'objects cover {train.mean:.2%} of an image on average, in '
            f'{counted(train.images, "mask")} of train',
            f'expected_area={area}',
        )
    elif train.images < ENOUGH_MASKS:
        yield Advice(
            f'--masks DIR with {ENOUGH_MASKS} masks of train',
            f'{counted(train.images, "chooses", "choose")} the threshold together with the maps; '
            f'{ENOUGH_MASKS} choose it more surely',
        )


def _parts(scan: DatasetScan) -> Iterator[Advice]:
    """Recommend to cut large images, unless their objects are large, too."""
    sides = list(map(max, scan.sizes().values()))
    share = object_share(scan, 'train')
    long_side = float(np.median(sides)) if sides else 0.0
    cell = _CELL * long_side / _SEEN
    if long_side <= 2 * _SEEN or (share and share.median**0.5 * long_side >= _CELLS * cell):
        return
    yield Advice(
        f'cut_images.py --size {_SEEN}: parts of the images'
        + ', if objects are small' * (share is None),
        f'a network sees {long_side:.0f} pixels as {_SEEN}. Objects of less than '
        f'{_CELLS * cell:.0f} pixels are then below {_CELLS} cells of a map, and get blobs',
    )


def _negatives(scan: DatasetScan) -> Iterator[Advice]:
    count = sum(scan.labels.get(image) == () for image in scan.split('train'))
    if count >= ENOUGH_NEGATIVES:
        return
    yield Advice(
        '--negatives DIR',
        f'{count} training images show none of the classes: add {ENOUGH_NEGATIVES} or more of the '
        'same background, if there are any. Less is painted where nothing is',
    )


def _rgb_bands(scan: DatasetScan) -> Iterator[Advice]:
    if scan.bands is not None and scan.bands.count > 3 and tuple(scan.bands.rgb_bands) == (1, 2, 3):
        yield Advice(
            '--rgb-bands 3 2 1',
            'if the colours of classes.jpg look wrong: many satellites store blue first. Refiners '
            'follow these three bands',
        )
