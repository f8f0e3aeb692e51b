"""The rows of the study: what is compared, each with what was expected.

A row that has results is not changed: another setting is another row.
"""
from dataclasses import replace

from study_numbers import PAPER, PLAIN
from study_plan import DataSet, Row

DATA = dict(
    # Few epochs: the plain CAM is as good after two as after six.
    voc6=DataSet(
        root='data/voc6', masked='train_official', val='val',
        epochs=dict(screen=1, half=2, final=3)),
    demo=DataSet(
        root='data/demo', masked='train', val='val',
        epochs=dict(screen=3, half=6, final=9),
        make=('tools/dataset_converters/make_demo_data.py', '--seed', '0')))
_PLAIN = dict(voc6='configs/voc6/cls_cam_voc6.py',
              demo='configs/demo/cls_cam_demo.py')
# Cuts from low to high: MobileNetV2's blocks, those of a ResNet-18.
_CUTS = dict(voc6=(6, 10, 13), demo=(2, 4, 6))
# Long sides of training images, and their crop, as in the configs.
_SIZES = dict(voc6=(224, 384, 224), demo=(80, 144, 96))


# Loads the variants of the method that are not part of the product.
_VARIANTS = {'custom_imports': dict(
    imports=['studies.variants'], allow_failed_imports=False)}


def neck(position: int, grid: int, kind: str = 'PatchLearning') -> dict:
    """Patch learning at one position, as options of a row."""
    return {'model.neck': dict(type=f'ppl_mm.{kind}',
                               position=position, grid=grid)}


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
        row('plain_2', 'longer training stops at the head, or does not',
            epochs=2),
        row('plain_3', 'as long as three stages of one epoch', epochs=3),
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
            method: str = 'PPL', epochs: int = 3) -> Row:
        # Three stages need three epochs; plain_3 stands beside them.
        return Row(name, data, _PLAIN[data], method, hypothesis, options,
                   epochs=epochs)
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
        row('ppl_k2_long_early', 'lengths matter little',
            stages((cuts[0], 2, 2), *low_high[1:]), epochs=4),
        row('ppl_k2_long_late', 'lengths matter little',
            stages(*low_high[:2], (cuts[2], 2, 2)), epochs=4),
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


def _crops(data: str) -> list[Row]:
    """Larger crops: patches of more cells, or a grid that divides them."""
    middle = _CUTS[data][1]
    paper = _progressive(data)[0]
    divided = 'as many cells as the grid divides leave no padding'

    def crop(side: int, largest: int) -> dict:
        pipeline = 'train_dataloader.dataset.pipeline.'
        return {pipeline + '1.min_size': side,
                pipeline + '1.max_size': largest,
                pipeline + '3.crop_size': side}

    def row(name: str, hypothesis: str, method: str, options: dict) -> Row:
        return Row(name, data, _PLAIN[data], method, hypothesis, options)
    large, even, odd = crop(320, 480), crop(256, 416), crop(240, 400)
    double = crop(448, 640)
    return [
        row('plain_crop_320', 'a larger crop is as good', PLAIN, large),
        row(f'pl_{middle}_k2_crop_320', 'a patch of more cells sees more of '
            'an object, and less of it is border', 'PL',
            neck(middle, 2) | large),
        replace(paper, name='ppl_k2_crop_320',
                hypothesis='what patches lack are cells',
                options=paper.options | large),
        row('plain_crop_256', 'a larger crop is as good', PLAIN, even),
        row(f'pl_{middle}_k4_crop_256', '16 cells are four patches without '
            'padding, 14 are not; that is what K = 4 loses by', 'PL',
            neck(middle, 4) | even),
        row(f'pl_{middle}_k2_crop_256', divided, 'PL', neck(middle, 2) | even),
        row('plain_crop_240', 'a larger crop is as good', PLAIN, odd),
        row(f'pl_{middle}_k3_crop_240', divided, 'PL', neck(middle, 3) | odd),
        row('plain_crop_448', 'a larger crop is as good', PLAIN, double),
        row(f'pl_{middle}_k4_crop_448', 'as many cells to a patch as 2 x 2 '
            'has at 224; it is their number that K = 4 loses by', 'PL',
            neck(middle, 4) | double),
    ]


def _moving(data: str) -> list[Row]:
    """A grid that moves, so that borders do."""
    middle = _CUTS[data][1]
    paper, mixed = _progressive(data)[0], _taught(data)[1]

    def moved(row: Row, hypothesis: str) -> Row:
        kind = row.options['model.neck']['type'].removeprefix('ppl_mm.')
        return replace(
            row, name=f'{row.name}_moving', hypothesis=hypothesis,
            options=row.options | _VARIANTS
            | {'model.neck.type': f'ppl_mm.Moving{kind}'})
    rim = 'no place is always at a border of zeros, so none is always dark'
    return [
        *(moved(Row(f'pl_{middle}_k{grid}', data, _PLAIN[data], 'PL',
                    options=neck(middle, grid)), rim) for grid in (2, 4)),
        moved(paper, rim),
        moved(mixed, 'strangers at other places teach the same'),
    ]


def views(*scales: float, flips: tuple[float, ...] = (0., 1.)) -> dict:
    """Scales of the export, each also flipped, as test options of a row."""
    meta_keys = ('image_id', 'img_path', 'seg_map_path', 'ori_shape',
                 'img_shape', 'scale_factor', 'flip', 'flip_direction')
    return dict(tta_pipeline=[
        dict(type='ppl_mm.LoadImage'),
        dict(type='TestTimeAug', transforms=[
            [dict(type='Resize', scale_factor=scale, keep_ratio=True)
             for scale in scales],
            [dict(type='RandomFlip', prob=prob, direction='horizontal')
             for prob in flips],
            [dict(type='PackInputs', meta_keys=meta_keys)]])])


def _scales(data: str) -> list[Row]:
    """How large the images of a plain CAM are best, in training and export."""
    def row(name: str, hypothesis: str, **changes) -> Row:
        return Row(name, data, _PLAIN[data], 'plain CAM', hypothesis,
                   **changes)
    long_side = 'train_dataloader.dataset.pipeline.1.'
    near = {long_side + 'min_size': 320, long_side + 'max_size': 640}
    return [
        row('plain_views_1', 'a coarse map spills over the object',
            test_options=views(1.)),
        row('plain_views_2', 'a finer map is more precise',
            test_options=views(2.)),
        row('plain_near', 'a classifier that has seen parts of objects at '
            'twice the size covers more at twice the size',
            options=near),
        row('plain_near_views_2', 'the same, exported at that size',
            options=near, test_options=views(2.)),
    ]


def _branches(data: str) -> list[Row]:
    """Branches that are trained, padded and fused on their own."""
    early, _, late = _CUTS[data]
    trained = _VARIANTS | {'model.head.type': 'ppl_mm.BranchCAMHead',
                           'model.head.branch_loss': 1.}

    def rows(name: str, options: dict, rules: tuple[str, ...],
             hypothesis: str) -> list[Row]:
        return [
            Row(name if rule == 'sum' else f'{name}_{rule}', data,
                _PLAIN[data], 'PL, branches', hypothesis, options,
                {'model.head.fusion': rule} if rule != 'sum' else {})
            for rule in rules]
    return [
        *rows(f'pl_{late}_k4_alone', neck(late, 4) | trained,
              ('sum', 'mean', 'global', 'patches'),
              'the patch branch is weak because the global one does its work; '
              'with a loss of its own it is not'),
        *rows(f'pl_{late}_k4_replicate',
              neck(late, 4, 'ReplicatePatchLearning') | trained,
              ('sum', 'mean', 'global', 'patches'),
              "zeros at each patch's border shift what frozen norms expect"),
        *rows(f'pl_{early}_k4_alone', neck(early, 4) | trained,
              ('sum', 'mean', 'global', 'patches'),
              'small patches from early on see parts only, so their map '
              'covers all parts'),
    ]


def _taught(data: str) -> list[Row]:
    """The patch branch learns from the labels of an epoch of plain CAM."""
    early, middle, late = _CUTS[data]
    smallest, largest, crop = _SIZES[data]
    pipeline = 'train_dataloader.dataset.pipeline'
    taught = {
        'model.head.type': 'ppl_mm.SelfTrainedCAMHead',
        pipeline: [
            dict(type='ppl_mm.LoadImage'),
            dict(type='ppl_mm.LoadLabel'),
            dict(type='ppl_mm.RandomResizeLong', min_size=smallest,
                 max_size=largest),
            dict(type='RandomFlip', prob=0.5, direction='horizontal'),
            dict(type='ppl_mm.RandomFillCrop', crop_size=crop),
            dict(type='PackInputs', algorithm_keys=('gt_seg_map', ))],
    }
    # From scratch, an epoch is too short for a teacher.
    epochs = dict(voc6=1, demo=3)[data]
    extra = dict(
        teacher=dict(config=_PLAIN[data], epochs=epochs),
        views=views(1., 1.5, flips=(0., )),
        refine=f'configs/{data}/confident_{data}.py')

    def row(name: str, hypothesis: str, options: dict) -> Row:
        return Row(
            name, data, _PLAIN[data], 'PL, taught', hypothesis,
            options | taught, {'tta_model.softmax': True},
            epochs=epochs, kind='taught', extra=extra)
    return [
        row('taught_whole', 'sure regions, cut along the edges of the image, '
            'teach what else belongs to an object; no patches',
            neck(late, 1, 'MixedPatchLearning')),
        row(f'taught_{middle}_k2_mixed', 'patches among strangers learn '
            'neither the surroundings nor to spill over',
            neck(middle, 2, 'MixedPatchLearning')),
        row(f'taught_{early}_k2_mixed', 'the earlier they are mixed the more '
            'of the network learns it', neck(early, 2, 'MixedPatchLearning')),
        row(f'taught_{late}_k2_mixed', 'the same late',
            neck(late, 2, 'MixedPatchLearning')),
        row(f'taught_{middle}_k2', 'patches alone learn less: zeros are '
            'their neighbours', neck(middle, 2)),
    ]


def at(row: Row, round: str, *seeds: int, **changes) -> Row:
    """The same row in a later round."""
    return replace(row, round=round, seeds=seeds or (0, ), **changes)


def _finals(data: str) -> list[Row]:
    """What the last round compares, at three epochs in all."""
    plain = _plain(data)[0]
    progressive = {row.name: row for row in _progressive(data)}
    whole, mixed, early, late, _ = _taught(data)
    seeds = (0, 1, 2)
    return [
        at(plain, 'final', *seeds),
        # One epoch of a teacher, two of its own.
        at(mixed, 'final', *seeds, epochs=2),
        at(whole, 'final', *seeds, epochs=2),
        at(early, 'final', *seeds, epochs=2),
        at(late, 'final', *seeds, epochs=2),
        at(_all_cuts(mixed), 'final', *seeds, epochs=2),
        _twice(mixed, seeds),
        at(progressive['ppl_k2'], 'final', *seeds),
        at(progressive['ppl_k2_together'], 'final', *seeds),
        at(plain, 'final', *seeds, name='plain_equal_cost', epochs=6,
           hypothesis='it stops at the head, whatever it costs',
           equal_cost_to=mixed.name),
        at(plain, 'final', name='plain_equal_cost_twice', epochs=8,
           hypothesis='it stops at the head, whatever it costs',
           equal_cost_to='taught_twice'),
    ]


def _all_cuts(mixed: Row) -> Row:
    """Taught patches after each of the blocks, in each iteration."""
    loop = dict(
        type='ppl_mm.AllStagesTrainLoop', _delete_=True, max_epochs=1,
        stages=[dict(position=position, grid=2)
                for position in _CUTS[mixed.data]])
    return replace(mixed, name='taught_together_k2_mixed',
                   options=mixed.options | dict(train_cfg=loop),
                   hypothesis='what patches teach at one block they teach '
                   'better at three')


def _halves(data: str) -> list[Row]:
    """Who was best in the screen, on images that chose nothing."""
    plain, _, longer, *_ = _plain(data)
    progressive = {row.name: row for row in _progressive(data)}
    best = [plain, longer, progressive['ppl_k2'],
            progressive['ppl_k2_together'], *_taught(data)[:2]]
    return [at(row, 'half', hypothesis='the order of the screen holds')
            for row in best]


def _twice(mixed: Row, seeds: tuple[int, ...]) -> Row:
    """Plain CAM, taught, and taught by that: an epoch of each."""
    teacher = dict(config=mixed.config, options=mixed.options,
                   test_options=mixed.test_options, epochs=1, kind='taught',
                   extra=mixed.extra)
    return at(mixed, 'final', *seeds, name='taught_twice', epochs=1,
              hypothesis='better maps teach better ones', extra=dict(
                  mixed.extra, teacher=teacher,
                  refine='configs/voc6/confident_self_trained_voc6.py'))


def _again() -> list[Row]:
    """Rows trained once more with the same random seed."""
    plain, mixed = _plain('voc6')[0], _taught('voc6')[1]
    same = dict(method='once more', repeat=1,
                hypothesis='in one thread nothing differs but the clock')
    return [at(plain, 'screen', name='plain_again', **same),
            at(mixed, 'screen', name='taught_10_k2_mixed_again', **same)]


def _demo() -> list[Row]:
    """The drawn images: progressive patch learning beside the plain CAM."""
    seeds = (0, 1, 2)
    progressive = {row.name: row for row in _progressive('demo')}
    plain, paper = _plain('demo')[0], progressive['ppl_k2']
    together = progressive['ppl_k2_together']
    mixed = _taught('demo')[1]
    # As long as it takes for maps that a CRF can mend.
    long = dict(mixed.extra, refine='configs/demo/confident_long_demo.py',
                teacher=dict(mixed.extra['teacher'], epochs=9))
    return [
        *_plain('demo'), *_single('demo'), *progressive.values(),
        *_taught('demo'),
        at(mixed, 'final', *seeds, name='taught_long_4_k2_mixed', extra=long,
           hypothesis='better labels teach more, also from worse maps'),
        at(plain, 'final', *seeds),
        at(plain, 'final', *seeds, name='plain_3', epochs=3,
           hypothesis='from scratch it is best early'),
        # Three stages of three epochs.
        at(paper, 'final', *seeds, epochs=9),
        at(together, 'final', *seeds, name='ppl_k2_together_3', epochs=3,
           hypothesis='as many FLOPs as stages in turn, and none forgotten'),
        at(together, 'final', *seeds, epochs=9),
        at(plain, 'final', *seeds, name='plain_equal_cost', epochs=17,
           hypothesis='it stops at the head, whatever it costs',
           equal_cost_to=paper.name),
    ]


def _path() -> list[Row]:
    """The rest of the way on voc6, weakly and fully supervised."""
    network = 'configs/voc6/seg_deeplab_voc6.py'
    # As many as both rounds of the pipeline have.
    longer = {'train_cfg.max_iters': 1200, 'train_cfg.val_interval': 1200,
              'param_scheduler.0.end': 1200}
    masks = Row(
        'masks', 'voc6', network, 'true masks',
        'what the same network reaches with full supervision',
        round='final', seeds=(0, 1, 2), kind='full')
    return [
        Row('pipeline', 'voc6', 'configs/voc6/pipeline.py', 'pseudo-labels',
            'on images that it has learnt from, a network is better than its '
            'labels, and better labels make a better one',
            round='final', seeds=(0, 1, 2), kind='pipeline'),
        Row('pipeline_one_round', 'voc6',
            'configs/voc6/pipeline_one_round.py', 'pseudo-labels, one round',
            'better maps make better labels and a better network',
            round='final', kind='pipeline'),
        Row('pipeline_self_trained_twice', 'voc6',
            'configs/voc6/pipeline_self_trained_twice.py',
            'pseudo-labels, taught twice',
            'better maps make better labels and a better network',
            round='final', kind='pipeline'),
        masks,
        replace(masks, name='masks_1200', options=longer, seeds=(0, ),
                method='true masks, 1,200 iterations',
                hypothesis='longer training closes no gap'),
    ]


def _noise(data: str, seeds: tuple[int, ...]) -> list[Row]:
    """What may help a network to learn from labels that are partly wrong."""
    network = f'configs/{data}/seg_deeplab_{data}.py'
    pipeline = dict(name='pipeline', config=f'configs/{data}/pipeline.py')

    def row(name: str, hypothesis: str, options: dict | None = None,
            **extra) -> Row:
        return Row(name, data, network, 'pseudo-labels, one network',
                   hypothesis, options or {}, round='final', seeds=seeds,
                   kind='network', extra=dict(pipeline=pipeline, **extra))
    average = dict(type='EMAHook', momentum=0.01)
    # The demo's recipe averages the weights, that of voc6 does not.
    other = (row('network_latest', 'the last weights follow the last labels, '
                 'wrong or not', {'custom_hooks': []}) if data == 'demo' else
             row('network_average', 'averaged weights smooth out what the '
                 'labels have wrong', {'custom_hooks': [average]}))
    return [
        row('network', 'the recipe, on the first labels of the pipeline'),
        row('network_band', 'labels are wrong where the threshold decides; '
            'nothing is better than wrong', refine=_band(data)),
        row('network_balanced', 'small objects are not drowned by the '
            'background', {'model.decode_head.loss_decode': dict(
                type='ppl_mm.BalancedCrossEntropyLoss', _delete_=True)}),
        other,
    ]


def _band(data: str) -> dict:
    """The recipe's chain at a lower and a higher threshold; where they differ
    the label is 255."""
    if data == 'demo':
        first, thresholds = [], (0.05, 0.12)
        last = [dict(type='ppl_mm.PAMR'),
                dict(type='ppl_mm.DenseCRF', preset='psa', scale=5.)]
    else:
        first, thresholds = [
            dict(type='ppl_mm.RandomWalk', beta=8, steps_log2=6,
                 affinity_net='configs/voc6/affinity_voc6.py'),
            dict(type='ppl_mm.Renormalize')], (0.3, 0.5)
        last = [dict(type='ppl_mm.DenseCRF', preset='irn', scale=500 / 320)]
    chains = [[dict(type='ppl_mm.ConstantBackground', threshold=threshold),
               *last] for threshold in thresholds]
    return dict(refiners=first, label=dict(
        type='ppl_mm.Agreement', chains=chains))


ROWS = [*_plain('voc6'), *_scales('voc6'), *_single('voc6'),
        *_crops('voc6'), *_branches('voc6'), *_progressive('voc6'),
        *_moving('voc6'), *_taught('voc6'), *_halves('voc6'),
        *_finals('voc6'), *_again(), *_path(), *_noise('voc6', (0, )),
        *_demo(), *_noise('demo', (0, 1, 2))]
