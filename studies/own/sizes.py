"""At which sizes the rows see images, as options of a row."""

from collections.abc import Sequence

from studies.ppl.rows.setting import views

#: Sides of crops, of the smallest and largest images, and of views, of the presets of before.
_SIDES = {320: (288, 256, 352, (256, 384)), 448: (416, 352, 496, (352, 544))}


def sides(side: int, first: int = 1) -> dict:
    """Return the sizes of crops and views, as options of a row.

    Args:
        side: A key of _SIDES.
        first: Where the training's pipeline resizes. Defaults to 1.
    """
    return _sized(*_SIDES[side], first=first)


def preset_sides(side: int, first: int = 1, views: Sequence[float] = (4 / 3,)) -> dict:
    """Return the sizes that the preset itself has where images are seen at a long side.

    Args:
        side: Its ``--image-size``.
        first: Where the training's pipeline resizes. Defaults to 1.
        views: Those of an export, as parts of the side.
    """
    seen = [round(side * view) for view in views]
    return _sized(side, round(side * 0.875), round(side * 29 / 24), seen, first=first)


def _sized(crop: int, smallest: int, largest: int, seen: Sequence[int], first: int) -> dict:
    pipeline = 'train_dataloader.dataset.pipeline'
    tta = views()['tta_pipeline']
    tta[1]['transforms'][0] = [
        dict(type='Resize', scale=(one, one), keep_ratio=True) for one in seen
    ]
    return {
        f'{pipeline}.{first}.min_size': smallest,
        f'{pipeline}.{first}.max_size': largest,
        f'{pipeline}.{first + 2}.crop_size': crop,
        'tta_pipeline': tta,
    }
