"""The better of two stages is kept, and everything behind uses it."""

import json

import numpy as np
import pytest
from test_pipeline.mini_configs import plan, rewrite
from test_pipeline.self_training import TWO, add_self_training

from ppl_mm.apis.stage_choice import StageChoice
from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import CamFile, write_cam
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.export_record import ExportRecord
from ppl_mm.formats.mask_file import read_mask, write_label
from ppl_mm.pipeline.keep import keep_export

KEPT = TWO.replace("labels='confident.py'", "labels='confident.py', keep_better=True")


@pytest.fixture
def kept(mini):
    return add_self_training(mini, KEPT)


def test_stages_are_compared_before_anything_uses_the_maps(kept):
    steps = plan(kept)
    names = list(steps)
    first = names.index('train_ppl')
    assert ' '.join(names[first : first + 7]) == (
        'train_ppl export_ppl export_ppl_val keep_ppl export_ppl_1_val keep_ppl_val measure_ppl'
    )
    for name, source in {
        'measure_ppl': 'work/keep_ppl',
        'refine': 'work/keep_ppl',
        'refine_val': 'work/keep_ppl_val',
        'refine_confident': 'work/keep_ppl',
    }.items():
        assert source in steps[name].command and source.split('/')[1] in steps[name].needs
        assert 'work/export_ppl' not in steps[name].command
    assert steps['keep_ppl'].command[3:] == [
        'work/export_ppl_1',
        'work/export_ppl',
        '--out',
        'work/keep_ppl',
        '--stage',
        '2',
        '--split',
        'train',
        '--masks',
        'train',
        f'{kept.folder}/data/SegmentationClass',
    ]
    assert steps['keep_ppl_val'].command[-2:] == ['--choice', 'work/keep_ppl/choice.json']


def test_masks_choose_the_thresholds_of_both(kept):
    for name in ('export_ppl_1', 'export_ppl'):
        command = plan(kept)[name].command
        assert command[command.index('--threshold-split') + 1] == 'train'


def train_only(mini):
    """No split with masks."""
    text = mini.config.read_text()
    splits = "splits = dict(train='train')\nseed = 3\n"
    mini.config.write_text(text[: text.index('splits =')] + splits)


def test_without_masks_the_maps_decide(kept):
    train_only(kept)
    steps = plan(kept)
    assert '--masks' not in steps['keep_ppl'].command and 'keep_ppl_val' not in steps
    assert '--threshold-split' not in steps['export_ppl_1'].command


def test_a_first_stage_of_another_method_is_found(kept):
    """Methods share trainings, and so the stage before may be one of another method."""
    rewrite(
        kept,
        "dict(name='PPL',",
        "dict(name='A', key='a', configs='cls_progressive.py'),\n    dict(name='PPL',",
    )
    steps = plan(kept)
    assert 'work/train_a' in steps['export_ppl_1_val'].command
    assert steps['keep_ppl'].command[3] == 'work/export_ppl_1'


@pytest.mark.parametrize(
    'method, message',
    [
        (KEPT.replace('=True', '=2'), r'methods.1.keep_better=2 must be True or False'),
        (
            "configs='cls_progressive.py', keep_better=True)",
            r'methods.1.keep_better: cls_progressive.py does not learn from labels',
        ),
    ],
)
def test_a_bad_setting_is_one_line(mini, method, message):
    add_self_training(mini, method)
    with pytest.raises(UserError, match=message):
        plan(mini)


def make_export(root, value, finished=True, images=('a', 'b/c')):
    """An export of one class whose maps and labels have a value."""
    folder = ExportFolder(root)
    for image_id in images:
        cam = np.full((1, 2, 2), value)
        write_cam(folder.cam_path(image_id), CamFile(class_ids=[0], cam=cam, size=(4, 4)))
        write_label(folder.label_path(image_id), np.full((4, 4), round(value), np.uint8))
    folder.write(ExportRecord(classes=('x',), config=str(value), threshold=0.5, finished=finished))
    return folder


def test_the_kept_folder_is_an_export(tmp_path):
    one, other = make_export(tmp_path / 'one', 1.0), make_export(tmp_path / 'other', 0.0, True, 'a')
    out = ExportFolder(tmp_path / 'kept')
    for kept in (one, other, one):
        keep_export(kept, out)
        assert out.read() == kept.read()
        assert out.cam_ids() == kept.cam_ids() and out.label_ids() == kept.label_ids()
        assert (read_mask(out.label_path('a')) == read_mask(kept.label_path('a'))).all()
    assert out.cam_path('a').samefile(one.cam_path('a'))


def test_files_are_copied_where_there_are_no_links(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError('no links here')

    monkeypatch.setattr('os.link', refuse)
    one, out = make_export(tmp_path / 'one', 1.0), ExportFolder(tmp_path / 'kept')
    keep_export(one, out)
    assert not out.cam_path('a').samefile(one.cam_path('a'))
    assert out.cam_path('a').read_bytes() == one.cam_path('a').read_bytes()


def test_an_unfinished_export_is_not_kept(tmp_path):
    with pytest.raises(UserError, match='one: the export was not finished'):
        keep_export(make_export(tmp_path / 'one', 1.0, False), ExportFolder(tmp_path / 'kept'))


@pytest.mark.slow
def test_the_pipeline_says_which_stage_is_kept(kept, tmp_path):
    work = tmp_path / 'work'
    done = kept.run(work)
    assert done.returncode == 0, done.stdout + done.stderr
    choice = StageChoice(**json.loads((work / 'keep_ppl/choice.json').read_text()))
    scores = json.loads((work / 'measure_ppl.json').read_text())['masked']['labels']['mIoU']
    assert scores == pytest.approx(max(choice.before, choice.after))
    assert f'PPL: {choice.line()}.' in done.stdout
    report = json.loads((work / 'report.json').read_text())
    assert report['sentences'][0] == f'PPL: {choice.line()}.'
    assert report['paths']['maps']['ppl'] == 'keep_ppl'
    stage = 'export_ppl' if choice.later else 'export_ppl_1'
    for role in ('', '_val'):
        kept_record = ExportFolder(work / f'keep_ppl{role}').read()
        assert kept_record == ExportFolder(work / f'{stage}{role}').read()
    again = kept.run(work)
    assert again.returncode == 0 and 'all' in again.stdout


@pytest.mark.slow
def test_without_masks_the_pipeline_keeps_by_the_maps(kept, tmp_path):
    pytest.importorskip('pydensecrf')
    train_only(kept)
    work = tmp_path / 'work'
    done = kept.run(work, '--until', 'keep_ppl')
    assert done.returncode == 0, done.stdout + done.stderr
    choice = StageChoice(**json.loads((work / 'keep_ppl/choice.json').read_text()))
    assert 'a CRF leaves' in choice.why
    stage = 'export_ppl' if choice.later else 'export_ppl_1'
    assert ExportFolder(work / 'keep_ppl').read() == ExportFolder(work / stage).read()
