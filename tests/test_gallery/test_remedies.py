import json
import shlex

import pytest

from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.export_record import ExportRecord, RefinementRecord
from ppl_mm.gallery.remedies import other_threshold

EXPORT = dict(classes=('cat',), config='my cls.py', checkpoint='epoch_1.pth', split='train')


def command_of(folder, record, way):
    ExportFolder(folder).write(record)
    line = other_threshold(folder, None, way)
    return line and shlex.split(line)


@pytest.mark.parametrize(
    'threshold, way, wanted',
    [
        (0.2, 'raise', '0.35'),
        (0.2, 'lower', '0.05'),
        (0.1, 'lower', '0.05'),
        (0.85, 'raise', '0.9'),
    ],
)
def test_an_export_is_made_again_beside_the_old_one(tmp_path, threshold, way, wanted):
    folder = tmp_path / 'my export'
    command = command_of(folder, ExportRecord(**EXPORT, threshold=threshold), way)
    assert command[:4] == ['python', 'tools/export_cam.py', 'my cls.py', 'epoch_1.pth']
    assert command[4:] == [
        *('--out-dir', f'{folder}_again', '--split', 'train', '--threshold', wanted)
    ]


def test_thresholds_of_classes_move_together(tmp_path):
    record = ExportRecord(**EXPORT | dict(classes=('cat', 'dog')), threshold=[0.2, 0.8])
    assert command_of(tmp_path / 'out', record, 'raise')[-1] == 'cat=0.35,dog=0.9'


CUTS = [dict(type='ppl_mm.ConstantBackground', threshold=[0.2, 0.8])]


@pytest.mark.parametrize(
    'chosen, option',
    [
        (None, 'refiners.0.threshold=[0.35,0.9]'),
        (dict(chain='own'), 'refiners.0.threshold=[0.35,0.9]'),
        (dict(chain='crf'), None),
    ],
)
def test_a_refinement_with_thresholds_of_classes(tmp_path, chosen, option):
    made = dict(refine_config='refine.py', source_dir='maps', refiners=CUTS, chain_from=chosen)
    record = RefinementRecord(**EXPORT | dict(classes=('cat', 'dog')), **made)
    command = command_of(tmp_path / 'out', record, 'raise')
    assert (command and command[-1]) == option


@pytest.mark.parametrize(
    'steps, way, wanted',
    [
        ([dict(type='A', threshold=0.3)], 'raise', 'refiners.0.threshold=0.45'),
        ([dict(type='B'), dict(type='A', threshold=0.3)], 'lower', 'refiners.1.threshold=0.15'),
        ([dict(type='A', alpha=2)], 'raise', 'refiners.0.alpha=1'),
        ([dict(type='A', alpha=2)], 'lower', 'refiners.0.alpha=4'),
    ],
)
def test_a_refinement_is_made_again_with_another_background(tmp_path, steps, way, wanted):
    record = RefinementRecord(
        classes=('cat',), refine_config='refine.py', source_dir='maps', refiners=steps
    )
    command = command_of(tmp_path / 'refined', record, way)
    assert command[1:4] == ['tools/refine.py', 'refine.py', 'maps']
    assert command[-2:] == ['--cfg-options', wanted]


@pytest.mark.parametrize(
    'record',
    [
        ExportRecord(**EXPORT | dict(config=None), threshold=0.2),
        RefinementRecord(classes=('cat',), refine_config='r.py', source_dir='m', refiners=[]),
    ],
)
def test_no_command_where_nobody_knows_what_made_the_labels(tmp_path, record):
    assert command_of(tmp_path / 'labels', record, 'raise') is None


@pytest.mark.parametrize('way, moved', [('raise', '0.55'), ('lower', '0.25')])
def test_a_run_of_make_masks_is_made_again_by_its_own_command(tmp_path, way, moved):
    work = tmp_path / 'out/work'
    ExportFolder(work / 'export_cam').write(ExportRecord(**EXPORT, threshold=0.4))
    record = RefinementRecord(
        classes=('cat',),
        refine_config='r.py',
        source_dir=str(work / 'export_cam'),
        refiners=[dict(type='A', threshold=0.4)],
    )
    ExportFolder(work / 'refine').write(record)
    typed = ['ppl-mm', 'make-masks', 'my photos', '--out', 'o']
    choice = ['--threshold', '0.4', '--expected-area=1-5%', '--labels', 'l.csv']
    made = json.dumps(dict(command=typed + choice))
    (work.parent / 'make_masks.json').write_text(made)
    line = other_threshold(work / 'refine', work, way)
    assert shlex.split(line) == [*typed, '--labels', 'l.csv', '--threshold', moved]
    # Of a run that did not keep its command, and of other pipelines, that of the step.
    (work.parent / 'make_masks.json').write_text('{}')
    assert 'tools/refine.py' in other_threshold(work / 'refine', work, way)
    assert other_threshold(None, work, way) is None
