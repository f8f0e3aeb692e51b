"""The data sets of the study, and options that many rows share."""

from dataclasses import replace

from studies.engine.data_set import DataSet
from studies.engine.row import Row

DATA = dict(
    # Few epochs: the plain CAM is as good after two as after six.
    voc6=DataSet(
        root='data/voc6', masked='train_official', val='val', epochs=dict(screen=1, half=2, final=3)
    ),
    demo=DataSet(
        root='data/demo',
        masked='train',
        val='val',
        epochs=dict(screen=3, half=6, final=9),
        make=('tools/dataset_converters/make_demo_data.py', '--seed', '0'),
    ),
)
PLAIN_CONFIG = dict(voc6='configs/voc6/cls_cam_voc6.py', demo='configs/demo/cls_cam_demo.py')
#: Cuts from low to high: blocks of MobileNetV2, and of a ResNet-18.
CUTS = dict(voc6=(6, 10, 13), demo=(2, 4, 6))
#: Loads the variants of the method that are not part of the product.
VARIANTS = {'custom_imports': dict(imports=['studies.variants'], allow_failed_imports=False)}
_META_KEYS = (
    'image_id',
    'img_path',
    'seg_map_path',
    'ori_shape',
    'img_shape',
    'scale_factor',
    'flip',
    'flip_direction',
)


def neck(position: int, grid: int, kind: str = 'PatchLearning') -> dict:
    """Return patch learning at one position, as options of a row."""
    return {'model.neck': dict(type=f'ppl_mm.{kind}', position=position, grid=grid)}


def stages(*cuts: tuple[int, int, int], **hook) -> dict:
    """Return progressive patch learning, as options of a row.

    Args:
        cuts: Position, grid and share of the budget of each stage.
        hook: More settings of the ProgressiveStageHook.
    """
    parts = [dict(position=position, grid=grid, epochs=share) for position, grid, share in cuts]
    stage_hook = dict(type='ppl_mm.ProgressiveStageHook', stages=parts, **hook)
    return neck(*cuts[0][:2]) | dict(custom_hooks=[stage_hook])


def together(data: str) -> dict:
    """Return a training loop that steps all stages in each iteration, as options of a row."""
    return dict(
        train_cfg=dict(
            type='ppl_mm.AllStagesTrainLoop',
            _delete_=True,
            max_epochs=1,
            stages=[dict(position=position, grid=2) for position in CUTS[data]],
        )
    )


def views(*scales: float, flips: tuple[float, ...] = (0.0, 1.0)) -> dict:
    """Return the scales of the export, each also flipped, as test options of a row."""
    return dict(
        tta_pipeline=[
            dict(type='ppl_mm.LoadImage'),
            dict(
                type='TestTimeAug',
                transforms=[
                    [dict(type='Resize', scale_factor=scale, keep_ratio=True) for scale in scales],
                    [dict(type='RandomFlip', prob=prob, direction='horizontal') for prob in flips],
                    [dict(type='PackInputs', meta_keys=_META_KEYS)],
                ],
            ),
        ]
    )


def at(row: Row, round_name: str, *seeds: int, **changes) -> Row:
    """Return the same row in a later round."""
    return replace(row, round=round_name, seeds=seeds or (0,), **changes)
