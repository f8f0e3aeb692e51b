"""Chapter 2: one cut. Grids, positions, crops, borders, branches."""

from dataclasses import replace

from studies.engine.row import PLAIN, Row

from .self_training import self_trained
from .setting import CUTS, PLAIN_CONFIG, VARIANTS, neck
from .stages import progressive


def single(data: str) -> list[Row]:
    """Return patch learning at one position, for each position and grid."""
    return [
        Row(
            f'pl_{position}_k{grid}',
            data,
            PLAIN_CONFIG[data],
            'PL',
            'the larger the patch, in cells, the better the maps',
            options=neck(position, grid),
        )
        for position in CUTS[data]
        for grid in (2, 3, 4, 7)
    ]


def crops(data: str) -> list[Row]:
    """Return larger crops: patches of more cells, or a grid that divides them."""
    middle = CUTS[data][1]
    paper = progressive(data)['ppl_k2']
    divided = 'a grid that divides the cells leaves no padding'
    large, even, odd, double = (
        _crop(*sizes) for sizes in ((320, 480), (256, 416), (240, 400), (448, 640))
    )

    def row(name: str, hypothesis: str, method: str, options: dict) -> Row:
        """Return a row of the plain recipe with other settings."""
        return Row(name, data, PLAIN_CONFIG[data], method, hypothesis, options)

    def plain(side: int, options: dict) -> Row:
        """Return the plain CAM at a crop, to compare with."""
        return row(f'plain_crop_{side}', 'a larger crop is as good', PLAIN, options)

    return [
        plain(320, large),
        row(
            f'pl_{middle}_k2_crop_320',
            'a patch of more cells sees more of an object, and less of it is border',
            'PL',
            neck(middle, 2) | large,
        ),
        replace(
            paper,
            name='ppl_k2_crop_320',
            hypothesis='patches lack cells',
            options=paper.options | large,
        ),
        plain(256, even),
        row(
            f'pl_{middle}_k4_crop_256',
            '16 cells are four patches without padding, 14 are not; that is why K = 4 loses',
            'PL',
            neck(middle, 4) | even,
        ),
        row(f'pl_{middle}_k2_crop_256', divided, 'PL', neck(middle, 2) | even),
        plain(240, odd),
        row(f'pl_{middle}_k3_crop_240', divided, 'PL', neck(middle, 3) | odd),
        plain(448, double),
        row(
            f'pl_{middle}_k4_crop_448',
            'patches with as many cells as 2 x 2 has at 224; their number is why K = 4 loses',
            'PL',
            neck(middle, 4) | double,
        ),
    ]


def _crop(side: int, largest: int) -> dict:
    pipeline = 'train_dataloader.dataset.pipeline.'
    return {
        pipeline + '1.min_size': side,
        pipeline + '1.max_size': largest,
        pipeline + '3.crop_size': side,
    }


def moving(data: str) -> list[Row]:
    """Return grids that move, so that borders do."""
    middle = CUTS[data][1]

    def moved(row: Row, hypothesis: str) -> Row:
        """Return a row whose grid moves."""
        kind = row.options['model.neck']['type'].removeprefix('ppl_mm.')
        types = {'model.neck.type': f'ppl_mm.Moving{kind}'}
        return replace(
            row,
            name=f'{row.name}_moving',
            hypothesis=hypothesis,
            options=row.options | VARIANTS | types,
        )

    rim = 'no place is always at a border of zeros, so none is always dark'
    singles = {row.name: row for row in single(data)}
    mixed = self_trained(data)[f'self_trained_{middle}_k2_mixed']
    return [
        *(moved(singles[f'pl_{middle}_k{grid}'], rim) for grid in (2, 4)),
        moved(progressive(data)['ppl_k2'], rim),
        moved(mixed, 'patches of other images at other places teach the same'),
    ]


def branches(data: str) -> list[Row]:
    """Return branches that are trained, padded and fused on their own."""
    early, _, late = CUTS[data]
    trained = VARIANTS | {'model.head.type': 'ppl_mm.BranchCAMHead', 'model.head.branch_loss': 1.0}

    def rows(name: str, options: dict, hypothesis: str) -> list[Row]:
        """Return a row for each rule that fuses the branches."""
        return [
            Row(
                name if rule == 'sum' else f'{name}_{rule}',
                data,
                PLAIN_CONFIG[data],
                'PL, branches',
                hypothesis,
                options | trained,
                {'model.head.fusion': rule} if rule != 'sum' else {},
            )
            for rule in ('sum', 'mean', 'global', 'patches')
        ]

    return [
        *rows(
            f'pl_{late}_k4_alone',
            neck(late, 4),
            'the patch branch is weak because the global one does its work; with a loss of '
            'its own it is not',
        ),
        *rows(
            f'pl_{late}_k4_replicate',
            neck(late, 4, 'ReplicatePatchLearning'),
            "zeros at each patch's border shift what frozen norms expect",
        ),
        *rows(
            f'pl_{early}_k4_alone',
            neck(early, 4),
            'small patches from early on see parts only, so their map covers all parts',
        ),
    ]
