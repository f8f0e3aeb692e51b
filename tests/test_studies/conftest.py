import pytest

from studies.engine.data_set import DataSet
from studies.engine.row import Row

CLASSES = ['background', 'cat']
THRESHOLDS = [0.1, 0.2]


@pytest.fixture
def data(demo_root):
    return dict(
        tiny=DataSet(
            root=str(demo_root), masked='train', val='val', epochs=dict(screen=1, half=2, final=4)
        )
    )


@pytest.fixture
def row(tiny_config):
    def make(name='plain', config=tiny_config, **changes):
        return Row(name, 'tiny', str(config), 'plain CAM', **changes)

    return make


def make_part(iou, split='train'):
    """Both classes with this IoU: of 100 true pixels each, x are wrong.

    IoU = (100 - x) / (100 + x).
    """
    wrong = 100 * (1 - iou) / (1 + iou)
    matrix = [[100 - wrong, wrong, 0], [wrong, 100 - wrong, 0]]
    return dict(split=split, images=4, mIoU=iou, confusion_matrix=matrix)


def make_record(name, seed, iou, val=None, **changes):
    row = dict(
        id=f'voc6/{name}/final/{seed}',
        status='done',
        kind='cam',
        name=name,
        data='voc6',
        method='PL',
        round='final',
        seed=seed,
        epochs=6,
        measured_part='all',
        extra={},
        equal_cost_to=None,
        classes=CLASSES,
        threshold=0.3,
        measured=make_part(iou),
        cost=dict(flops=2e12),
        steps=dict(train=dict(seconds=10.0, cpu_seconds=9.0, peak_memory=2**30)),
        curve=dict(threshold=THRESHOLDS, mIoU=[0.1, iou], precision=[0.5, 0.6], recall=[0.7, None]),
    )
    if val is not None:
        row['val'] = make_part(val, 'val')
    return row | changes


def make_plain(name, seed, iou, val=None, **changes):
    return make_record(name, seed, iou, val, method='plain CAM', **changes)


RECORDS = [
    make_plain('plain', 0, 0.50, 0.40),
    make_plain('plain', 1, 0.48, 0.42),
    make_plain('plain_slow', 0, 0.51, 0.41),
    make_plain('plain_slow', 1, 0.49, 0.41),
    # More epochs are no baseline of the others, but the cost's.
    make_plain('plain_long', 0, 0.53, 0.43, epochs=9, equal_cost_to='pl'),
    make_plain('plain_long', 1, 0.50, 0.40, epochs=9, equal_cost_to='pl'),
    make_plain('plain_more', 0, 0.54, epochs=12),
    make_plain('plain_more', 1, 0.54, epochs=12),
    make_record('pl', 0, 0.56, 0.47),
    make_record('pl', 1, 0.52, 0.43),
    make_record('ppl', 0, 0.52, method='PPL'),
    make_record('ppl', 1, 0.48, method='PPL'),
    # The best of all, of one seed only.
    make_record('lucky', 0, 0.70),
    make_record('pl', 0, 0.90, round='screen', id='voc6/pl/screen/0'),
]


@pytest.fixture
def part():
    return make_part


@pytest.fixture
def record():
    return make_record


@pytest.fixture
def plain():
    return make_plain


@pytest.fixture
def records():
    """Records of some rows with patch learning and of plain CAMs."""
    return RECORDS
