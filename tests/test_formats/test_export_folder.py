import os
from dataclasses import replace

import numpy as np
import pytest

from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import CamFile, write_cam
from ppl_mm.formats.export_folder import ExportFolder, find_labels, how_to_make_labels
from ppl_mm.formats.export_record import ExportRecord, RefinementRecord
from ppl_mm.formats.mask_file import write_label

RECORD = ExportRecord(classes=('cat',), checkpoint_sha256='0' * 64)
REFINED = RefinementRecord(classes=('cat',), refiners=[], finished=False)
OTHER = replace(RECORD, checkpoint_sha256='1' * 64)


@pytest.fixture
def folder(tmp_path):
    return ExportFolder(tmp_path / 'out')


def claim(folder, record=RECORD):
    with folder.claim(record) as claimed:
        folder.write(claimed)
        return claimed


def add_cam(folder, image_id='cats/01'):
    write_cam(folder.cam_path(image_id), CamFile([0], np.ones((1, 2, 2)), (4, 4)))


def add_label(folder, image_id='cats/01'):
    write_label(folder.label_path(image_id), np.zeros((4, 4), np.uint8))


def test_images_are_named_by_their_path_below_the_folder(folder):
    assert folder.cam_ids() == folder.label_ids() == set()
    add_cam(folder)
    add_cam(folder, 'a.b')
    add_label(folder, 'dogs/1.png')
    assert folder.cam_ids() == {'cats/01', 'a.b'} and folder.label_ids() == {'dogs/1.png'}
    assert folder.cam_path('a.b') == folder.root / 'cams/a.b.npz'
    assert folder.label_path('dogs/1.png') == folder.root / 'labels/dogs/1.png.png'


def test_temporary_files_are_no_labels(folder):
    add_label(folder)
    (folder.label_dir / '.a.png.abcdefgh.tmp').touch()
    assert folder.label_ids() == {'cats/01'}


def test_a_new_folder_is_claimed(folder):
    assert claim(folder) == RECORD and folder.read() == RECORD


def test_the_same_run_continues(folder):
    add_cam(folder)
    folder.write(replace(RECORD, threshold=0.4, finished=True, config='old.py'))
    claimed = claim(folder, replace(RECORD, config='new.py'))
    assert (claimed.threshold, claimed.config) == (0.4, 'new.py')


@pytest.mark.parametrize('add', [add_cam, add_label])
def test_the_files_of_other_settings_are_kept(folder, add):
    claim(folder)
    add(folder)
    with pytest.raises(UserError, match='holds an export made with other settings.*checkpoint'):
        claim(folder, OTHER)
    assert folder.read() == RECORD


def test_a_run_that_failed_at_once_does_not_take_the_folder(folder):
    claim(folder)
    assert claim(folder, OTHER) == OTHER
    assert claim(folder, REFINED) == REFINED


def test_exports_and_refinements_do_not_mix(folder):
    claim(folder)
    add_label(folder)
    with pytest.raises(UserError, match='holds an export, not refined labels'):
        claim(folder, REFINED)
    folder.write(REFINED)
    with pytest.raises(UserError, match='holds refined labels, not an export'):
        claim(folder)


def test_temporaries_of_a_killed_run_go(folder):
    claim(folder)
    stale = [folder.cam_dir / 'cats/.01.npz.abcdefgh.tmp', folder.label_dir / '.a.png.12345678.tmp']
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    claim(folder)
    assert not any(path.exists() for path in stale)


def test_labels_of_a_finished_export(folder):
    add_label(folder)
    folder.write(replace(RECORD, threshold=0.4, finished=True))
    assert find_labels(folder.root) == (folder.label_dir, folder.read())
    assert find_labels(folder.label_dir) == (folder.label_dir, folder.read())


def test_labels_of_an_unfinished_export_are_taken_on_request(folder):
    add_label(folder)
    for record in (RECORD, REFINED):
        folder.write(record)
        with pytest.raises(UserError, match='was not finished'):
            find_labels(folder.root)
        assert find_labels(folder.label_dir)[0] == folder.label_dir
    folder.record_path.unlink()
    with pytest.raises(UserError, match='was not finished'):
        find_labels(folder.root)
    assert find_labels(folder.label_dir) == (folder.label_dir, None)


@pytest.mark.parametrize(
    'label_dir, command',
    [
        ('work/out', '--out-dir work/out, or'),
        ('work/out/labels', '--out-dir work/out, or'),
        ('work/out/refined', '--out-dir work/out --refine CONFIG, or'),
        ('work/out/refined/labels', '--out-dir work/out --refine CONFIG, or'),
        ('work/seg/../refined', '--out-dir work --refine CONFIG, or'),
    ],
)
def test_the_hint_is_a_command_that_makes_this_folder(tmp_path, monkeypatch, label_dir, command):
    monkeypatch.chdir(tmp_path)
    assert command in how_to_make_labels(label_dir)
    with pytest.raises(UserError, match='no pseudo-labels are there'):
        find_labels(label_dir)
    assert not os.listdir(tmp_path)
