"""Chapter 4: self-trained PPL. The patch branch learns from labels of a plain CAM's maps."""

from dataclasses import replace

from studies.engine.row import Row

from .setting import CUTS, PLAIN_CONFIG, at, neck, together, views

METHOD = 'PPL-ST'
# From scratch, an epoch is too short for maps that are worth labelling.
_EPOCHS = dict(voc6=1, demo=3)
# Long sides of training images, and their crop, as in the configs.
_SIZES = dict(voc6=(224, 384, 224), demo=(80, 144, 96))
_MIXED = 'MixedPatchLearning'


def self_trained(data: str) -> dict[str, Row]:
    """Return cuts with and without mixing, by name."""
    early, middle, late = CUTS[data]

    def row(name: str, hypothesis: str, options: dict) -> Row:
        """Return the row of a stage that learns from labels."""
        return Row(
            name,
            data,
            PLAIN_CONFIG[data],
            METHOD,
            hypothesis,
            options | _learns_labels(data),
            {'tta_model.softmax': True},
            epochs=_EPOCHS[data],
            kind='self_trained',
            extra=_first_round(data),
        )

    rows = [
        row(
            'self_trained_whole',
            'sure regions, cut along the edges of the image, show what else belongs to an '
            'object; no patches',
            neck(late, 1, _MIXED),
        ),
        row(
            f'self_trained_{middle}_k2_mixed',
            'patches mixed between images learn neither the surroundings nor to spill over',
            neck(middle, 2, _MIXED),
        ),
        row(
            f'self_trained_{early}_k2_mixed',
            'the earlier they are mixed, the more of the network learns it',
            neck(early, 2, _MIXED),
        ),
        row(f'self_trained_{late}_k2_mixed', 'the same late', neck(late, 2, _MIXED)),
        row(
            f'self_trained_{middle}_k2',
            'patches alone learn less: zeros are their neighbours',
            neck(middle, 2),
        ),
    ]
    return {row.name: row for row in rows}


def _learns_labels(data: str) -> dict:
    """Return the options of a stage that learns from labels."""
    smallest, largest, crop = _SIZES[data]
    return {
        'model.head.type': 'ppl_mm.SelfTrainedCAMHead',
        'train_dataloader.dataset.pipeline': [
            dict(type='ppl_mm.LoadImage'),
            dict(type='ppl_mm.LoadLabel'),
            dict(type='ppl_mm.RandomResizeLong', min_size=smallest, max_size=largest),
            dict(type='RandomFlip', prob=0.5, direction='horizontal'),
            dict(type='ppl_mm.RandomFillCrop', crop_size=crop),
            dict(type='PackInputs', algorithm_keys=('gt_seg_map',)),
        ],
    }


def _first_round(data: str) -> dict:
    """Return what a stage learns from: labels of a plain CAM's maps."""
    return dict(
        previous=dict(config=PLAIN_CONFIG[data], epochs=_EPOCHS[data]),
        views=views(1.0, 1.5, flips=(0.0,)),
        refine=f'configs/{data}/confident_{data}.py',
    )


def all_cuts(mixed: Row) -> Row:
    """Return mixed patches after each of the blocks, in each iteration."""
    return replace(
        mixed,
        name='self_trained_together_k2_mixed',
        options=mixed.options | together(mixed.data),
        hypothesis='what patches learn at one block they learn better at three',
    )


def twice(mixed: Row, seeds: tuple[int, ...]) -> Row:
    """Return plain CAM, self-trained, and self-trained on that: an epoch of each."""
    previous = dict(
        config=mixed.config,
        options=mixed.options,
        test_options=mixed.test_options,
        epochs=1,
        kind='self_trained',
        extra=mixed.extra,
    )
    return at(
        mixed,
        'final',
        *seeds,
        name='self_trained_twice',
        epochs=1,
        hypothesis='better maps make better labels, and these better maps',
        extra=dict(
            mixed.extra, previous=previous, refine='configs/voc6/confident_self_trained_voc6.py'
        ),
    )
