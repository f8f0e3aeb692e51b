"""tools/export_cam.py: which folders it takes, and what is continued in them."""

import os

import pytest
from export_files import contents, record_of
from test_tools.test_export_cam.exported import other_checkpoint, times

from ppl_mm.apis import export as export_module
from ppl_mm.apis.exporting import cam_writer, runner
from ppl_mm.utils.processes import distributed


def test_the_second_run_does_nothing(export, monkeypatch):
    before = times(export())
    monkeypatch.setattr(runner.Runner, 'from_cfg', None)
    assert times(export()) == before


def test_a_run_that_lost_files_makes_them_again(export):
    folder = export()
    before, stamps = contents(folder), times(folder)
    lost = [
        folder / 'cams/val_00001.npz',
        folder / 'labels/val_00001.png',
        folder / 'labels/val_00003.png',
    ]
    for path in lost:
        path.unlink()
    assert contents(export()) == before
    after = times(folder)
    assert {path for path in after if after[path] != stamps[path]} == set(lost)


@pytest.mark.parametrize(
    'module, name, redone',
    [
        # Labels may be of another threshold, and cost nothing.
        (cam_writer, 'write_cam', 2),
        (export_module, 'write_label', 4),
    ],
)
def test_a_killed_run_continues(
    export, tool, tiny_config, trained, tmp_path, monkeypatch, module, name, redone
):
    whole, write, calls = export(out='whole'), getattr(module, name), []

    def stop_at_the_third(*args):
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        write(*args)

    monkeypatch.setattr(module, name, stop_at_the_third)
    done = tool('export_cam', tiny_config, trained, out_dir=tmp_path / 'out')
    assert done.code == 130 and 'to continue' in done.output
    assert record_of(tmp_path / 'out').get('threshold') is None
    monkeypatch.setattr(module, name, lambda *args: (calls.append(args), write(*args)))
    assert contents(export()) == contents(whole)
    assert len(calls) == 3 + redone


@pytest.mark.parametrize(
    'option, key',
    [
        ('tta_model.cam_stride=8', 'cam_stride'),
        ('tta_model.relu=after', 'relu'),
        ('tta_model.softmax=True', 'softmax'),
        ('model.head.type=ppl_mm.SelfTrainedCAMHead', 'network'),
        ('model.head.thr=0.01', 'network'),
        ('data_preprocessor.mean=[0,0,0]', 'network'),
        ('tta_pipeline.1.transforms.0.0.scale_factor=2.0', 'views'),
    ],
)
def test_the_folder_of_other_settings(export, refuses, option, key):
    before = contents(export())
    line = refuses('--cfg-options', option)
    assert 'holds an export made with other settings' in line and key in line
    assert contents(export()) == before


def test_the_folder_of_another_run(export, refuses, trained, tmp_path, data):
    before = contents(export())
    other = other_checkpoint(trained, tmp_path / 'other.pth')
    assert 'other settings (checkpoint_sha256 ' in refuses(checkpoint=other)
    assert 'other settings (data_root ' in refuses(*data[1])
    assert 'class_source labels there, predicted here' in refuses('--classes', 'predicted')
    assert contents(export()) == before


def test_a_folder_of_something_else(refuses, tmp_path):
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out/photo.jpg').touch()
    line = refuses()
    assert 'holds other files than an export' in line
    assert os.listdir(tmp_path / 'out') == ['photo.jpg']


def test_what_others_write_at_the_moment_takes_no_folder(export, tmp_path):
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out/.export.json.abc.tmp').touch()  # of an atomic write
    assert record_of(export())['num_images'] == 4


def test_the_ranks_are_known_before_the_folder_is_looked_at(export, monkeypatch):
    # With GPUs the Runner would be the first to make a group, and what is
    # exported already has none.
    export()
    calls = []
    monkeypatch.setattr(
        'ppl_mm.utils.processes.distributed.setup', lambda cfg, launcher: calls.append('setup')
    )
    monkeypatch.setattr(
        'ppl_mm.utils.processes.distributed.make_group', lambda cfg: calls.append('group')
    )
    for module, name in (
        (export_module, 'barrier'),
        (export_module, 'is_main_process'),
        (distributed, 'is_main_process'),
    ):
        known = getattr(module, name)
        monkeypatch.setattr(module, name, lambda _known=known: (calls.append('rank'), _known())[1])
    export()
    assert calls[:2] == ['setup', 'group'] and set(calls[2:]) == {'rank'}


def test_a_wrong_checkpoint_takes_no_folder(export, refuses, trained, tmp_path):
    line = refuses('--cfg-options', 'model.backbone.depth=50')
    assert 'backbone.layer1.0.conv3.weight' in line and str(trained) in line
    assert len(contents(export())) == 8
