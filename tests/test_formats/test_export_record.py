import json

import pytest

from ppl_mm.cams.threshold_choice import ThresholdChoice
from ppl_mm.errors import UserError
from ppl_mm.formats.export_record import ExportRecord, RefinementRecord, read_record
from ppl_mm.version import __version__

CHOSEN = dict(split='val', threshold=0.3, mIoU=0.5, curve=dict(threshold=[0.3], mIoU=[0.5]))


def export(**changes):
    fields = dict(
        classes=('cat', 'dog'),
        config='cls.py',
        checkpoint='epoch_8.pth',
        checkpoint_sha256='0' * 64,
        data_root='data/mine',
        class_source='labels',
        views=[[dict(type='Resize', scale=(1, 2))]],
        cam_stride=4,
        relu='each',
        softmax=False,
        network='1' * 64,
        scale_unit='logit',
    )
    return ExportRecord(**fields | changes)


def refinement(**changes):
    fields = dict(
        classes=('cat', 'dog'),
        source_dir='work_dirs/export',
        source=export().identity(),
        refiners=[dict(type='ppl_mm.PAMR')],
        label=dict(type='ppl_mm.Strongest'),
        max_pixels=100,
        finished=False,
    )
    return RefinementRecord(**fields | changes)


@pytest.mark.parametrize(
    'record',
    [
        export(threshold=0.3, threshold_from=CHOSEN, split='train', num_images=3),
        refinement(threshold=0.3, threshold_from='config', failed={'a': 'why'}, finished=True),
    ],
)
def test_what_is_written_is_read(tmp_path, record):
    record.write(tmp_path / 'export.json')
    back = read_record(tmp_path / 'export.json')
    assert type(back) is type(record) and back.ppl_mm == __version__
    assert back.identity() == record.identity()
    assert back.classes == record.classes and back.threshold_from == record.threshold_from
    assert back.finished is True
    back.write(tmp_path / 'again.json')
    first, again = (tmp_path / name for name in ('export.json', 'again.json'))
    assert first.read_bytes() == again.read_bytes()


def test_a_file_of_few_words_is_enough(tmp_path):
    (tmp_path / 'export.json').write_text('{"classes": ["cat"], "threshold": 0, "unknown": 1}')
    record = read_record(tmp_path / 'export.json')
    assert record.finished and record.map_threshold == 0 and record.ppl_mm is None
    (tmp_path / 'export.json').write_text('{"classes": ["cat"]}')
    assert not read_record(tmp_path / 'export.json').finished


def test_no_threshold_cuts_refined_maps():
    assert refinement(threshold=0.3).map_threshold is None
    assert refinement(threshold=0.3).threshold == 0.3
    assert export(threshold=0.3).map_threshold == 0.3


def test_a_threshold_as_an_option_says_it():
    assert export(threshold=0.3).threshold_text == '0.3'
    assert export().threshold_text == ''
    own = [0.1 * k for k in range(1, len(export().classes) + 1)]
    said = export(threshold=own).threshold_text
    choice = ThresholdChoice.given(said)
    assert choice.threshold(export().classes) == pytest.approx(own)


def test_where_a_threshold_comes_from_in_a_few_words():
    assert export(threshold=0.3, threshold_from=CHOSEN).threshold_origin == 'val'
    assert export(threshold=0.3, threshold_from='0.3').threshold_origin == '0.3'
    assert export().threshold_origin is None


def test_a_run_that_continues_keeps_what_was_reached_and_says_what_it_is():
    earlier = export(config='old.py', threshold=0.3, split='val', num_images=3)
    now = export(config='new.py').continuing(earlier)
    assert (now.threshold, now.split, now.num_images, now.finished) == (0.3, 'val', 3, True)
    assert now.config == 'new.py'
    again = refinement().continuing(refinement(failed={'a': 'why'}, finished=True))
    assert again.failed == {'a': 'why'} and not again.finished


@pytest.mark.parametrize(
    'text, message',
    [
        ('[1]', 'not a readable record'),
        ('{}', 'classes'),
        ('{"classes": ["cat", "cat"]}', "class 'cat' twice"),
        ('{"classes": "cat"}', 'expected a list of class names'),
        ('{"classes": ["cat"], "threshold": "0.3"}', "threshold is '0.3'"),
        ('{"classes": ["cat"], "threshold": 1.5}', 'threshold is 1.5, it must be in 0..1'),
        ('{"classes": ["cat"], "threshold": NaN}', 'must be in 0..1'),
        ('{"classes": ["cat"], "threshold": [0.3, 0.4]}', 'has 2 numbers, for 1 class'),
        ('{"classes": ["cat"], "threshold": ["a"]}', 'threshold is a, it must be in 0..1'),
        ('{"classes": ["cat"], "threshold": [1.5]}', 'threshold is 1.5, it must be in 0..1'),
        ('{"classes": ["cat"], "threshold": true}', 'threshold is True'),
        ('{"classes": ["cat"], "num_images": 1.5}', 'num_images is 1.5'),
        ('{"classes": ["cat"], "views": {}}', 'views is {}'),
        ('{"classes": ["cat"], "finished": "yes"}', "finished is 'yes'"),
        ('{"classes": ["cat"], "refiners": 1}', 'refiners is 1'),
    ],
)
def test_a_bad_record_is_one_line_that_names_it(tmp_path, text, message):
    path = tmp_path / 'export.json'
    path.write_text(text, encoding='latin-1')
    with pytest.raises(UserError) as caught:
        read_record(path)
    line = str(caught.value)
    assert message in line and line.startswith(f'{path}: ') and '\n' not in line


def test_a_missing_record_says_what_to_give(tmp_path):
    with pytest.raises(UserError, match='export.json: no such file; give the folder'):
        read_record(tmp_path / 'export.json')


def test_identities_are_of_the_types_that_are_read_back():
    identity = export().identity()
    assert identity == json.loads(json.dumps(identity))
    assert 'threshold' not in identity and 'config' not in identity
