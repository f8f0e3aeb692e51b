"""Chapter 5: from maps to a segmentation network, weakly and fully supervised."""

from dataclasses import replace

from studies.engine.row import Row

_BETTER = 'better maps make better labels and a better network'


def path() -> list[Row]:
    """Return whole pipelines on voc6, and the same network on ground truth."""
    # As many iterations as both rounds of the pipeline have.
    longer = {
        'train_cfg.max_iters': 1200,
        'train_cfg.val_interval': 1200,
        'param_scheduler.0.end': 1200,
    }

    def pipeline(name: str, method: str, hypothesis: str, *seeds: int) -> Row:
        """Return the row of a pipeline of voc6."""
        config = f'configs/voc6/{name}.py'
        return Row(
            name, 'voc6', config, method, hypothesis, round='final', seeds=seeds, kind='pipeline'
        )

    masks = Row(
        'masks',
        'voc6',
        'configs/voc6/seg_deeplab_voc6.py',
        'ground truth',
        'what the same network reaches with full supervision',
        round='final',
        seeds=(0, 1, 2),
        kind='full',
    )
    learnt = (
        'on images that it has learnt from, a network is better than its labels, and better '
        'labels make a better one'
    )
    return [
        pipeline('pipeline', 'pseudo-labels', learnt, 0, 1, 2),
        pipeline('pipeline_one_round', 'pseudo-labels, one round', _BETTER, 0),
        pipeline('pipeline_self_trained_twice', 'pseudo-labels, self-trained twice', _BETTER, 0),
        masks,
        replace(
            masks,
            name='masks_1200',
            options=longer,
            seeds=(0,),
            method='ground truth, 1,200 iterations',
            hypothesis='longer training closes no gap',
        ),
    ]


def noise(data: str, seeds: tuple[int, ...]) -> list[Row]:
    """Return what may help a network to learn from labels that are partly wrong."""
    pipeline = dict(name='pipeline', config=f'configs/{data}/pipeline.py')

    def row(name: str, hypothesis: str, options: dict | None = None, **extra) -> Row:
        """Return the row of one network on the labels of the pipeline."""
        return Row(
            name,
            data,
            f'configs/{data}/seg_deeplab_{data}.py',
            'pseudo-labels, one network',
            hypothesis,
            options or {},
            round='final',
            seeds=seeds,
            kind='network',
            extra=dict(pipeline=pipeline, **extra),
        )

    balanced = dict(type='ppl_mm.BalancedCrossEntropyLoss', _delete_=True)
    average = dict(type='EMAHook', momentum=0.01)
    # The demo's recipe averages the weights, that of voc6 does not.
    name, hypothesis, hooks = (
        ('network_latest', 'the last weights follow the last labels, wrong or not', [])
        if data == 'demo'
        else (
            'network_average',
            'averaged weights smooth out what is wrong in the labels',
            [average],
        )
    )
    return [
        row('network', 'the recipe, on the first labels of the pipeline'),
        row(
            'network_band',
            'labels are wrong where the threshold decides; no label is better than a wrong one',
            refine=_band(data),
        ),
        row(
            'network_balanced',
            'the background does not drown small objects',
            {'model.decode_head.loss_decode': balanced},
        ),
        row(name, hypothesis, {'custom_hooks': hooks}),
    ]


def _band(data: str) -> dict:
    """Return the recipe's chain at two thresholds; where they differ the label is 255."""
    if data == 'demo':
        first, thresholds = [], (0.05, 0.12)
        last = [dict(type='ppl_mm.PAMR'), dict(type='ppl_mm.DenseCRF', preset='psa', scale=5.0)]
    else:
        walk = dict(
            type='ppl_mm.RandomWalk',
            beta=8,
            steps_log2=6,
            affinity_net='configs/voc6/affinity_voc6.py',
        )
        first, thresholds = [walk, dict(type='ppl_mm.Renormalize')], (0.3, 0.5)
        last = [dict(type='ppl_mm.DenseCRF', preset='irn', scale=500 / 320)]
    chains = [
        [dict(type='ppl_mm.ConstantBackground', threshold=threshold), *last]
        for threshold in thresholds
    ]
    return dict(refiners=first, label=dict(type='ppl_mm.Agreement', chains=chains))
