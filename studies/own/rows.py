"""The rows of preset quick's study, each with what was expected of it before its run.

All start from configs/own/cls_cam_quick_own.py, with sizes and epochs of their own: those of the
preset have changed since, because of these rows. Rows named preset are of before its head knew
class shares, rows named shares of before its maps had a probe, rows named probe are of today. A row
is measured on all training images that have masks, and a final on val as well, once.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from studies.engine.data_set import DataSet
from studies.engine.row import PAPER, PLAIN, Row
from studies.ppl.rows.setting import neck, stages

from .sizes import preset_sides, sides

CONFIG = 'configs/own/cls_cam_quick_own.py'
SELF_TRAINED = 'studies/own/cls_self_trained_quick.py'
SETS = ('demo', 'voc6', 'tiles', 'tiles_defect', 'clothing')
#: Those that own_data.py makes.
OWN_SETS = ('tiles', 'tiles_defect', 'clothing')
#: About 500 steps, the preset's budget when the rows were run.
_EPOCHS = dict(demo=8, voc6=3, tiles=12, tiles_defect=12, clothing=14)
#: Blocks of EfficientNet-Lite0: after stride 8, after stride 16, inside the last layer.
CUTS = (5, 11, 14)
#: Longer, at about the cost of patch learning in stages.
_LONGER = 1.67

#: How much of an image the five defects of tiles cover, as a person might say it: ranges of train's
#: masks, halved and doubled.
AREAS = 'Blowhole=0.1-0.4%,Break=2-8%,Crack=0.3-1.1%,Fray=9-34%,Uneven=11-43%'
_ONCE = ('longer', 'areas', 'ppl_k2', 'self_trained', 'cross_entropy')
LSE4 = {'model.head.pool.scale': 4.0}
MEAN = {'model.head.pool': 'mean'}
TOP = {'model.head.pool': dict(_delete_=True, name='topk', share=0.3)}
#: The probe came last, before it the class shares of ppl_mm.CAMHead, and before them
#: ppl_mm.NegativeReference.
NO_PROBE = dict(export_probe=None)
NO_SHARES = {'model.head.class_shares': None} | NO_PROBE
NO_REFERENCE = dict(export_reference=None) | NO_SHARES
#: Negatives dim nothing, and 0.15 was the threshold.
BEFORE = MEAN | dict(export_negatives=None)
STRIDE_8 = {'model.backbone.strides': (1, 2, 2, 1, 1), 'model.backbone.dilations': (1, 1, 1, 2, 4)}


def data_sets(folder: str) -> dict[str, DataSet]:
    """Return the data sets by name; each is a folder of that name in ``folder``."""
    return {
        name: DataSet(
            root=f'{folder}/{name}',
            masked='train_official' if name == 'voc6' else 'train',
            val='val',
            epochs=dict.fromkeys(('screen', 'half', 'final'), _EPOCHS[name]),
        )
        for name in SETS
    }


def in_stages(grid: int) -> dict:
    """Return the paper's method, as options of a row."""
    return stages(*((position, grid, 1) for position in CUTS))


def _before(side: int) -> Callable[[int], dict]:
    return lambda first: sides(side, first) | NO_REFERENCE


def _plain(name: str, hypothesis: str, options: dict, longer: bool = False) -> list[Row]:
    options = sides(320) | NO_REFERENCE | options
    rows = [Row(name, data, CONFIG, PLAIN, hypothesis, options, measured='all') for data in SETS]
    if longer:
        rows = [replace(row, epochs=round(_LONGER * _EPOCHS[row.data])) for row in rows]
    return rows


def _patches(name: str, method: str, hypothesis: str, options: dict) -> list[Row]:
    return [replace(row, method=method) for row in _plain(name, hypothesis, options)]


def _self_trained(
    name: str,
    hypothesis: str,
    options: Callable[[int], dict],
    epochs: Callable[[str], int],
    **extra,
) -> list[Row]:
    """Return rows that learn from labels of a plain CAM that had a third of the budget.

    Options are by where a training's pipeline resizes; epochs of both trainings by data set.
    """
    rows = []
    for data in SETS:
        first = max(1, round(epochs(data) / 3))
        previous = dict(config=CONFIG, options=options(1), epochs=first)
        row = Row(
            name,
            data,
            SELF_TRAINED,
            'PPL-ST',
            hypothesis,
            options(2),
            measured='all',
            epochs=epochs(data) - first,
            kind='self_trained',
            extra=dict(
                previous=previous, views={}, refine='studies/own/confident_quick.py', **extra
            ),
        )
        rows.append(row)
    return rows


def without_shares() -> list[Row]:
    """Return the preset before it had class shares, and other methods with its sizes and steps."""
    claim = 'one more loss for the cost of more steps: '
    before = partial(_row_of_each, sizes=_two_views, options=NO_SHARES)
    return [
        *before('preset', 'below lse1_448 by a point: fewer steps', tasks=('labels', 'masks')),
        *_known_areas('preset_areas', before),
        *before('preset_longer', 'longer is not better', longer=True),
        *before(
            'preset_ppl_k2',
            claim + 'a point over preset_longer where objects are large, below it on tiles',
            options=in_stages(2) | NO_SHARES,
            method=PAPER,
        ),
        *_self_trained(
            'preset_self_trained',
            '+5 over preset_longer on voc6, as with MobileNetV2; sharpens clothing; on tiles the '
            'first labels are too large to help',
            lambda first: _two_views(384, first) | NO_SHARES,
            preset_epochs,
            networks=('labels',),
        ),
    ]


def without_probe() -> list[Row]:
    """Return the preset before its maps had a probe."""
    return _row_of_each(
        'shares',
        'rare classes have maps: +8 on tiles, as much with each random seed; elsewhere no loss',
        options=NO_PROBE,
        sizes=_two_views,
        tasks=('labels', 'masks'),
    )


def today() -> list[Row]:
    """Return the preset as it is now, and other methods with its sizes and steps."""
    return [
        *_row_of_each(
            'probe',
            'labels gain 3 points on tiles and voc6, 5 on clothing, where the view helps, 0 on '
            'demo; networks as much, by their new loss',
            tasks=('labels', 'masks'),
        ),
        *_by_cross_entropy(
            _row_of_each('probe_cross_entropy', 'networks: half of that', tasks=('labels', 'masks'))
        ),
        *_known_areas('probe_areas', _row_of_each),
        *_row_of_each('probe_longer', 'longer is not better', longer=True),
        *_row_of_each('probe_ppl_k2', 'as preset_ppl_k2: within noise', in_stages(2), method=PAPER),
        *_self_trained(
            'probe_self_trained',
            'voc6 less than the +9 of before, as the first labels are better: +5; on tiles the '
            'first labels are right now: +3',
            partial(preset_sides, 384),
            preset_epochs,
            networks=('labels',),
        ),
    ]


def _by_cross_entropy(rows: Sequence[Row]) -> list[Row]:
    """Return rows whose networks learn as those of before, when preset quick had no other loss."""
    loss = dict(loss=dict(type='CrossEntropyLoss'))
    return [replace(row, extra=row.extra and row.extra | loss) for row in rows]


def _two_views(side: int, first: int = 1) -> dict:
    """Return the sizes of before: maps were the mean of a smaller view and a larger one."""
    return preset_sides(side, first, views=(0.875, 4 / 3))


def _known_areas(name: str, rows_of: Callable[..., list[Row]]) -> list[Row]:
    """Return the preset where a person says how much of an image objects cover, see AREAS."""
    claim = 'labels of five defects gain 8 points, and the network follows them'
    rows = rows_of(name, claim, tasks=('labels',))
    return [
        replace(row, extra=row.extra | dict(areas=AREAS)) for row in rows if row.data == 'tiles'
    ]


def _row_of_each(
    name: str,
    hypothesis: str,
    options: dict | None = None,
    method: str = PLAIN,
    longer: bool = False,
    tasks: Sequence[str] = (),
    sizes: Callable[[int], dict] = preset_sides,
) -> list[Row]:
    """Return a row of preset quick for each data set, see :class:`.Row`."""
    options = sizes(384) | (options or {})
    extra = dict(networks=tasks) if tasks else {}
    return [
        Row(
            name,
            data,
            CONFIG,
            method,
            hypothesis,
            options,
            measured='all',
            epochs=round(_LONGER * preset_epochs(data)) if longer else preset_epochs(data),
            equal_cost_to=name.replace('longer', 'ppl_k2') if longer else None,
            extra=extra,
        )
        for data in SETS
    ]


def preset_epochs(data: str) -> int:
    """Return how long the preset trains on a data set of so many images."""
    return max(3, round(0.4 * _EPOCHS[data]))


def cells() -> list[Row]:
    """Return patch learning on photographs where a patch has 13 cells (K 4) or 26 (K 2)."""
    fine = STRIDE_8 | sides(448)
    claim = 'patches move the map from parts to the object, says the paper: '
    rows = [
        *_patches('pl_11_k4_os8_448', 'PL', claim + '+3 over os8_448_longer', neck(11, 4) | fine),
        *_patches('ppl_k4_os8_448', PAPER, claim + 'more than one cut', in_stages(4) | fine),
        *_plain('os8_448_longer', 'equal cost: as lse1_os8_448', fine, longer=True),
    ]
    return [row for row in rows if row.data == 'voc6']


def screen() -> list[Row]:
    """Return the rows of random seed 0, the most important first."""
    large, fine = sides(448), STRIDE_8
    patch = 'a patch without the object learns that it has one'
    return [
        *today(),
        *_by_cross_entropy([*without_probe(), *without_shares()]),
        *_plain('baseline', 'mean pooling, and no negatives: floods at 0.15', BEFORE),
        *_plain(
            'lse1', 'the preset then: as with a frozen network, best in the mean of the sets', {}
        ),
        *_plain('lse1_448', 'more cells for each object: gains on tiles and clothing', large),
        *_plain('lse4', 'best on tiles, loses where objects are large', LSE4),
        *_plain('lse1_os8_448', 'stride 16 is what blurs: best on tiles, clothing', fine | large),
        *_self_trained(
            'self_trained',
            '+5 over the plain CAM on voc6, as with MobileNetV2; sharpens clothing; on tiles the '
            'first labels are too large to help',
            _before(320),
            _EPOCHS.__getitem__,
        ),
        *_patches(
            'ppl_k2',
            PAPER,
            f'a point over lse1_longer where objects are large, below it on tiles: {patch}',
            in_stages(2),
        ),
        *_plain('top30', 'close to lse1 on each set', TOP),
        *_plain('lse1_longer', 'longer is not better: maps narrow to parts', {}, longer=True),
        *cells(),
        *_plain('lse4_448', 'small objects gain most from both: best on tiles', LSE4 | large),
        *_self_trained(
            'self_trained_448',
            'as self_trained, on better first maps',
            _before(448),
            _EPOCHS.__getitem__,
        ),
        *_patches('ppl_k2_448', PAPER, 'patches of 13 cells: gains more', in_stages(2) | large),
        *_plain('lse1_os8', 'the stride helps as much as the side, on all sets', fine),
        *_patches('ppl_k4_448', PAPER, 'patches of 6.5 cells: below K 2', in_stages(4) | large),
        *_plain('mean', 'best on voc6 and demo, whose objects are large', MEAN),
        *_plain('lse1_448_longer', 'see lse1_longer', large, longer=True),
    ]


def finals() -> list[Row]:
    """Return the same rows, measured on val, too, mostly with three random seeds."""
    return [replace(row, round='final', seeds=_seeds(row)) for row in screen()]


def _seeds(row: Row) -> tuple[int, ...]:
    """Return one random seed for what the preset is only compared with."""
    once = row.name.partition('_')[2] in _ONCE and row.name.startswith(('preset', 'probe'))
    return (0,) if once and row.data != 'voc6' else (0, 1, 2)


ROWS = [*screen(), *finals()]
