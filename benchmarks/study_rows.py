"""The rows of the study: what is compared, each with what was expected.

A row that has results is not changed: another setting is another row.
"""
from dataclasses import replace

from study_numbers import PAPER, PLAIN
from study_plan import DataSet, Row

DATA = dict(
    voc6=DataSet(
        root='data/voc6', masked='train_official', val='val',
        epochs=dict(screen=3, half=6, final=9)),
    demo=DataSet(
        root='data/demo', masked='train', val='val',
        epochs=dict(screen=3, half=6, final=9),
        make=('tools/dataset_converters/make_demo_data.py', '--seed', '0')))
_PLAIN = dict(voc6='configs/voc6/cls_cam_voc6.py',
              demo='configs/demo/cls_cam_demo.py')
# Cuts from low to high: MobileNetV2's blocks, those of half a ResNet-18.
_CUTS = dict(voc6=(6, 10, 13), demo=(2, 4, 6))


def neck(position: int, grid: int, **options) -> dict:
    """Patch learning at one position, as options of a row."""
    return {'model.neck': dict(type='ppl_mm.PatchLearning',
                               position=position, grid=grid, **options)}


def stages(*cuts: tuple[int, int, int], **hook) -> dict:
    """Progressive patch learning, as options of a row.

    Args:
        cuts (tuple[int, int, int]): Position, grid and share of the budget of
            each stage.
        hook (dict): More settings of the ProgressiveStageHook.
    """
    first = cuts[0]
    return neck(*first[:2]) | dict(custom_hooks=[dict(
        type='ppl_mm.ProgressiveStageHook',
        stages=[dict(position=position, grid=grid, epochs=share)
                for position, grid, share in cuts], **hook)])


def _plain(data: str) -> list[Row]:
    """The plain CAM, with as many tried settings as patch learning."""
    def row(name: str, hypothesis: str, **changes) -> Row:
        return Row(name, data, _PLAIN[data], PLAIN, hypothesis,
                   **changes)
    return [
        row('plain', 'the baseline, with the settings of the recipe'),
        row('plain_lr_half', 'half the learning rate keeps more of ImageNet',
            options={'optim_wrapper.optimizer.lr': 5e-5}),
        row('plain_lr_double', 'twice the learning rate learns more in time',
            options={'optim_wrapper.optimizer.lr': 2e-4}),
    ]


def _single(data: str) -> list[Row]:
    """Patch learning at one position."""
    return [
        Row(f'pl_{position}_k{grid}', data, _PLAIN[data], 'PL',
            'which patch size, in cells, helps the maps most',
            options=neck(position, grid))
        for position in _CUTS[data] for grid in (2, 3, 4, 7)]


def _progressive(data: str) -> list[Row]:
    """Several positions, in turn or together."""
    cuts = _CUTS[data]
    low_high = [(position, 2, 1) for position in cuts]
    middle_first = [low_high[1], low_high[2], low_high[0]]

    def row(name: str, hypothesis: str, options: dict,
            method: str = 'PPL') -> Row:
        return Row(name, data, _PLAIN[data], method, hypothesis, options)
    together = dict(
        type='ppl_mm.AllStagesTrainLoop', _delete_=True, max_epochs=1,
        stages=[dict(position=position, grid=2) for position in cuts])
    return [
        row('ppl_k2', "the paper's form: low to high, fresh schedule",
            stages(*low_high), PAPER),
        row('ppl_k2_high_low', 'order matters little',
            stages(*low_high[::-1])),
        row('ppl_k2_random', 'order matters little', stages(*middle_first)),
        row('ppl_k2_one_schedule', 'one schedule over all stages forgets less',
            stages(*low_high, fresh_schedule=False)),
        row('ppl_k432', 'grids from fine to coarse fit the smaller tails',
            stages(*((position, grid, 1) for position, grid in
                     zip(cuts, (4, 3, 2), strict=True)))),
        row('ppl_k2_together', 'stages in each iteration do not forget',
            neck(cuts[0], 2) | dict(train_cfg=together)),
        row('explicit_k2', 'each granularity has its own half of the '
            'classifier', {'model.neck': dict(
                type='ppl_mm.MultiGranularityFusion', positions=list(cuts),
                grids=[2] * len(cuts))}, 'explicit fusion'),
    ]


def at(row: Row, round: str, *seeds: int, **changes) -> Row:
    """The same row in a later round."""
    return replace(row, round=round, seeds=seeds or (0, ), **changes)


ROWS = [*_plain('voc6'), *_single('voc6'), *_progressive('voc6')]
