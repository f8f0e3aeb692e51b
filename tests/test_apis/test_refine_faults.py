"""Refinement of a folder: what is wrong with some images, with the chain or with the folder."""

import re
import shutil

import numpy as np
import pytest
from export_files import contents, record_of
from test_apis.refining import BAD, CUT, TRAIN, VAL, image_of, refine

from ppl_mm.apis.exporting.cam_folder import CamFolder
from ppl_mm.apis.refine import FolderRefinement
from ppl_mm.apis.refining import image_refiner
from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import CamFile, read_cam, write_cam
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.mask_file import read_mask


def with_class_0(cam_dir, stems):
    return {stem for stem in stems if 0 in read_cam(ExportFolder(cam_dir).cam_path(stem)).class_ids}


def broken_cam(cam_dir, **changes):
    path = ExportFolder(cam_dir).cam_path(BAD)
    with np.load(path) as file:
        arrays = dict(file)
    arrays.update({key: np.asarray(value, arrays[key].dtype) for key, value in changes.items()})
    np.savez(path, **arrays)


def truncate(path):
    path.write_bytes(path.read_bytes()[:300])


BREAKS = {
    'no CAM': (lambda d: ExportFolder(d).cam_path(BAD).unlink(), 'no such CAM file'),
    'half a CAM': (lambda d: truncate(ExportFolder(d).cam_path(BAD)), 'not a readable CAM file'),
    'NaN': (lambda d: broken_cam(d, cam=np.full((1, 2, 2), np.nan), class_ids=[0]), 'not finite'),
    'another class list': (
        lambda d: broken_cam(d, cam=np.ones((1, 2, 2)), class_ids=[4]),
        'has class id 4, but the export has 4 classes',
    ),
    'raw maps': (lambda d: broken_cam(d, normalized=False), 'holds raw maps'),
    'another size': (
        lambda d: broken_cam(d, size=(48, 40)),
        '48 x 40 pixels .* the image has 48 x 48',
    ),
    'no image': (lambda d: image_of(d).unlink(), f'has no image {BAD}'),
    'half an image': (lambda d: truncate(image_of(d)), 'cannot be read'),
    'no image at all': (lambda d: image_of(d).write_text('hello'), 'cannot be read'),
}


@pytest.mark.parametrize('name', BREAKS)
def test_one_bad_image_stops_no_other(cam_dir, tmp_path, name):
    shutil.copytree(cam_dir, tmp_path / 'sound')
    refine(tmp_path / 'sound', split='train', out='whole')
    whole = contents(tmp_path / 'whole')
    shutil.copytree(tmp_path / 'data', tmp_path / 'copy')
    damage, message = BREAKS[name]
    damage(cam_dir)

    summary = refine(cam_dir, split='train')
    assert list(summary.failed) == [BAD]
    line = summary.failed[BAD]
    assert '\n' not in line and BAD in line
    assert re.search(message, line)
    record = record_of(tmp_path / 'out')
    assert record['finished'] and record['failed'] == {BAD: line}
    del whole[ExportFolder('').label_path(BAD)]
    assert contents(tmp_path / 'out') == whole

    # Mended, the same command fills the gap.
    shutil.copytree(tmp_path / 'copy', tmp_path / 'data', dirs_exist_ok=True)
    shutil.copytree(tmp_path / 'sound', cam_dir, dirs_exist_ok=True)
    summary = refine(cam_dir, split='train')
    assert (summary.kept, summary.failed) == (7, {})
    assert contents(tmp_path / 'out') == contents(tmp_path / 'whole')
    assert record_of(tmp_path / 'out')['failed'] == {}


@pytest.mark.parametrize(
    'kind, message',
    [('raise', 'IndexError: too far .*refining.py:'), ('nan', 'finite and in 0..1')],
)
def test_a_step_that_fails_on_some_images(cam_dir, tmp_path, kind, message):
    cfg = dict(refiners=[*CUT['refiners'], dict(type='ppl_mm.WhatIsAsked', kind=kind)])
    summary = refine(cam_dir, cfg)
    failed = with_class_0(cam_dir, TRAIN + VAL)
    assert set(summary.failed) == failed and 0 < len(failed) < 12
    for stem, line in summary.failed.items():
        assert str(ExportFolder(cam_dir).cam_path(stem)) in line
        assert re.search(message, line)
    assert len(contents(tmp_path / 'out')) == 12 - len(failed)


def test_the_summary_lists_twenty(cam_dir, tmp_path):
    folder = CamFolder(cam_dir)
    summary = FolderRefinement(CUT, folder, tmp_path / 'out').run(
        [*VAL, *map(str, range(33))], workers=0
    )
    lines = summary.lines('out')
    assert '37 images' in lines[0] and '4 refined' in lines[0]
    assert '33 failed' in lines[0]
    assert len([one for one in lines if one.startswith('failed: ')]) == 20
    assert '13 more' in lines[-1] and 'export.json' in lines[-1]
    assert len(record_of(tmp_path / 'out')['failed']) == 33


@pytest.mark.parametrize(
    'cfg, message',
    [
        (dict(), 'refiners must be a list'),
        (dict(refiners=[dict(type='ppl_mm.DenseCRFF')]), 'did you mean ppl_mm.DenseCRF'),
        (dict(refiners=[dict(type='ppl_mm.AlphaBackground', alhpa=3)]), 'did you mean alpha'),
        (dict(CUT, label=dict(type='ppl_mm.Strongst')), 'label: .* did you mean ppl_mm.Strongest'),
        (dict(refiners=[dict(type='ppl_mm.ConstantBackground', threshold=2)]), 'must be in 0..1'),
    ],
)
def test_a_config_that_cannot_work_touches_nothing(cam_dir, tmp_path, cfg, message):
    with pytest.raises(UserError, match=message):
        refine(cam_dir, cfg)
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize(
    'cfg, message',
    [
        (dict(refiners=[]), 'Strongest needs a background'),
        (
            dict(refiners=[dict(type='ppl_mm.WhatIsAsked', kind='')]),
            'needs scores with a background',
        ),
        (
            dict(refiners=[], label=dict(type='ppl_mm.PerClassThreshold', thresholds=[0.1])),
            'no threshold for class',
        ),
    ],
)
def test_a_chain_that_cannot_work_stops_at_once(cam_dir, tmp_path, cfg, message):
    with pytest.raises(UserError, match=message):
        refine(cam_dir, cfg)
    assert not record_of(tmp_path / 'out')['finished']
    # What failed at once does not take the folder.
    if not contents(tmp_path / 'out'):
        assert not refine(cam_dir).failed


@pytest.mark.parametrize('ids, maps', [([], np.zeros((0, 0, 0))), ([0, 3], np.zeros((2, 6, 6)))])
@pytest.mark.parametrize(
    'background',
    [
        dict(type='ppl_mm.ConstantBackground', threshold=0),
        dict(type='ppl_mm.AlphaBackground', alpha=4),
    ],
)
def test_maps_that_say_nothing_are_background(cam_dir, tmp_path, ids, maps, background):
    write_cam(ExportFolder(cam_dir).cam_path(VAL[1]), CamFile(ids, maps, (48, 48)))
    for stem in VAL:  # the step fails where it is run on class 0
        if stem != VAL[1]:
            write_cam(
                ExportFolder(cam_dir).cam_path(stem), CamFile([2], np.ones((1, 2, 2)), (48, 48))
            )
    summary = refine(
        cam_dir, dict(refiners=[background, dict(type='ppl_mm.WhatIsAsked', kind='raise')]), 'val'
    )
    assert not summary.failed and summary.blank == [VAL[1]]
    assert 'note: 1 ' in summary.lines('out')[1]
    label = read_mask(ExportFolder(tmp_path / 'out').label_path(VAL[1]))
    assert label.shape == (48, 48) and not label.any()


def test_nowhere_to_write(cam_dir, monkeypatch):
    def full(*args):
        raise OSError(28, 'No space left on device', 'labels/a.png')

    monkeypatch.setattr(image_refiner, 'write_label', full)
    with pytest.raises(
        UserError, match=r'labels/a.png: cannot be written \(No space left on device\)'
    ):
        refine(cam_dir)


def test_a_split_that_is_not_there(cam_dir):
    with pytest.raises(UserError, match='none.txt: is missing; that folder has'):
        refine(cam_dir, split='none')


def test_a_folder_without_cams(cam_dir, tmp_path):
    shutil.rmtree(cam_dir / 'cams')
    with pytest.raises(UserError, match='cams: holds no CAM'):
        refine(cam_dir)
    (cam_dir / 'export.json').unlink()
    with pytest.raises(UserError, match='no such file; give the folder'):
        CamFolder(cam_dir)
    with pytest.raises(UserError, match='no such file; give the folder'):
        CamFolder(tmp_path / 'data/classes.txt')
