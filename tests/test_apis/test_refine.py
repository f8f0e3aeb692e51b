import json
import os
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from ppl_mm.apis import image_refiner
from ppl_mm.apis.cam_folder import CamFolder
from ppl_mm.apis.compare_chains import read_chains
from ppl_mm.apis.refine import FolderRefinement
from ppl_mm.cams import label_from_cam
from ppl_mm.datasets import CAMPseudoLabelDataset
from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import CamFile, read_cam, write_cam
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.mask_file import read_mask
from ppl_mm.pipeline.measure import measure_export
from ppl_mm.refine import Refiner, RefinerChain
from ppl_mm.refine.config import build_chain
from ppl_mm.registry import REFINERS
from ppl_mm.utils.config import read_config
from ppl_mm.utils.worker_pool import WorkerPool

CUT = dict(refiners=[dict(type='ppl_mm.ConstantBackground', threshold=0.4)])
TRAIN = [f'train_{k:05d}' for k in range(8)]
VAL = [f'val_{k:05d}' for k in range(4)]
BAD = 'train_00003'


@REFINERS.register_module()
class WhatIsAsked(Refiner):
    """Does to images with class 0 what a test asks for."""

    def __init__(self, kind):
        self.kind = kind

    def refine(self, image, scores):
        if 0 in scores.class_ids and self.kind == 'raise':
            raise IndexError('too far')
        if 0 in scores.class_ids and self.kind == 'nan':
            return type(scores)(scores.values * np.nan, scores.class_ids)
        return scores


def refine(cam_dir, cfg=CUT, split=None, out='out', **options):
    folder = CamFolder(cam_dir)
    refinement = FolderRefinement(cfg, folder, cam_dir.parent / out, **options)
    return refinement.run(folder.image_ids(split), split, workers=0)


def record_of(folder):
    return json.loads((folder / 'export.json').read_text())


def contents(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in sorted([*folder.rglob('*.npz'), *folder.rglob('*.png')])
    }


def with_class_0(cam_dir, stems):
    return {stem for stem in stems if 0 in read_cam(ExportFolder(cam_dir).cam_path(stem)).class_ids}


def test_what_it_writes(cam_dir, tmp_path):
    summary = refine(cam_dir)
    assert (summary.num_images, summary.kept, summary.failed) == (12, 0, {})
    assert sorted(os.listdir(tmp_path / 'out')) == ['.lock', 'export.json', 'labels']
    assert sorted(os.listdir(tmp_path / 'out/labels')) == [f'{stem}.png' for stem in TRAIN + VAL]
    for stem in TRAIN + VAL:
        expected = label_from_cam(read_cam(ExportFolder(cam_dir).cam_path(stem)), 0.4)
        assert 0 < (expected > 0).mean() < 1
        label = read_mask(ExportFolder(tmp_path / 'out').label_path(stem))
        assert np.array_equal(label, expected)
    assert Image.open(tmp_path / f'out/labels/{VAL[0]}.png').mode == 'P'


def test_what_it_records(cam_dir, tmp_path):
    refine(cam_dir, split='val')
    record, source = record_of(tmp_path / 'out'), record_of(cam_dir)
    for key in ('config', 'checkpoint', 'checkpoint_sha256', 'classes', 'data_root'):
        assert record[key] == source[key]
    assert record['source_dir'] == str(cam_dir)
    assert record['source'] == ExportFolder(cam_dir).read().identity()
    assert record['source']['cam_stride'] == 8
    assert record['refiners'] == CUT['refiners']
    assert record['label'] == dict(type='ppl_mm.Strongest')
    assert record['max_pixels'] == 4_000_000
    assert record['split'] == 'val' and record['num_images'] == 4
    assert record['finished'] is True and record['failed'] == {}
    assert (record['threshold'], record['threshold_from']) == (0.4, 'config')


def test_the_steps_see_the_image(cam_dir, tmp_path):
    cfg = dict(refiners=[*CUT['refiners'], dict(type='ppl_mm.PAMR', iterations=2)])
    refine(cam_dir, cfg, 'val')
    chain = RefinerChain(cfg['refiners'])
    with Image.open(tmp_path / f'data/JPEGImages/{VAL[1]}.jpg') as image:
        expected = chain(np.asarray(image), read_cam(ExportFolder(cam_dir).cam_path(VAL[1])))
    assert np.array_equal(read_mask(ExportFolder(tmp_path / 'out').label_path(VAL[1])), expected)
    assert not np.array_equal(
        label_from_cam(read_cam(ExportFolder(cam_dir).cam_path(VAL[1])), 0.4), expected
    )


def test_a_refined_folder_stands_for_an_export(cam_dir, tmp_path):
    refine(cam_dir)
    dataset = CAMPseudoLabelDataset(str(tmp_path / 'out'), data_root=str(tmp_path / 'data'))
    assert len(dataset) == 12 and len(dataset.metainfo['classes']) == 5
    measured = measure_export(tmp_path / 'data', 'val', tmp_path / 'out')
    assert measured['maps'] is measured['curve'] is None
    (cam_dir / 'labels').symlink_to(tmp_path / 'out/labels')
    before = measure_export(tmp_path / 'data', 'val', cam_dir)
    # The same labels, so the same numbers.
    assert measured['labels'] == before['labels'] == before['maps']


def test_an_unfinished_folder_is_not_trained_on(cam_dir, tmp_path):
    refine(cam_dir)
    path = tmp_path / 'out/export.json'
    path.write_text(json.dumps(dict(record_of(tmp_path / 'out'), finished=False)))
    with pytest.raises(UserError, match='was not finished'):
        CAMPseudoLabelDataset(str(tmp_path / 'out'), data_root=str(tmp_path / 'data'))


def test_refined_maps_are_kept_on_request(cam_dir, tmp_path):
    cfg = dict(refiners=[*CUT['refiners'], dict(type='ppl_mm.PAMR', iterations=2)])
    refine(cam_dir, cfg, 'val')
    labels = contents(tmp_path / 'out')
    # Labels are there already: they are made again, with their maps.
    assert refine(cam_dir, cfg, 'val', save_scores=True).kept == 0
    assert refine(cam_dir, cfg, 'val', save_scores=True).kept == 4
    assert labels.items() <= contents(tmp_path / 'out').items()
    image, cam_file = CamFolder(cam_dir).read(VAL[0])
    expected = RefinerChain(cfg['refiners']).scores(image, cam_file)
    saved = read_cam(ExportFolder(tmp_path / 'out').cam_path(VAL[0]))
    assert saved.normalized and saved.size == (48, 48)
    assert saved.class_ids.tolist() == cam_file.class_ids.tolist()
    assert np.abs(saved.cam - expected.foreground).max() < 1e-3


def test_a_second_run_continues(cam_dir, tmp_path):
    refine(cam_dir)
    whole = contents(tmp_path / 'out')
    ExportFolder(tmp_path / 'out').label_path(BAD).unlink()
    stamps = {
        path: (tmp_path / 'out' / path).stat().st_mtime_ns for path in contents(tmp_path / 'out')
    }
    summary = refine(cam_dir)
    assert summary.kept == 11 and contents(tmp_path / 'out') == whole
    for path, stamp in stamps.items():
        assert (tmp_path / 'out' / path).stat().st_mtime_ns == stamp


def test_two_splits_in_one_folder(cam_dir, tmp_path):
    ExportFolder(cam_dir).cam_path(BAD).unlink()
    refine(cam_dir, split='train')
    summary = refine(cam_dir, split='val')
    assert summary.num_images == 4 and not summary.failed
    assert list(record_of(tmp_path / 'out')['failed']) == [BAD]
    assert len(contents(tmp_path / 'out')) == 11


@pytest.mark.parametrize(
    'change, line',
    [
        (
            lambda cfg: cfg['refiners'][0].update(threshold=0.5),
            r'\(refiners.0.threshold 0.4 there, 0.5 here\)',
        ),
        (lambda cfg: cfg.update(max_pixels=100), 'max_pixels 4000000 there, 100 here'),
        (
            lambda cfg: cfg.update(label=dict(type='ppl_mm.IgnoreBand', low=0.1, high=0.2)),
            'label.type ppl_mm.Strongest there',
        ),
    ],
)
def test_the_folder_of_other_settings(cam_dir, tmp_path, change, line):
    refine(cam_dir)
    before = contents(tmp_path / 'out')
    cfg = dict(refiners=[dict(CUT['refiners'][0])])
    change(cfg)
    with pytest.raises(UserError, match=f'refined labels made with other settings.*{line}'):
        refine(cam_dir, cfg)
    assert contents(tmp_path / 'out') == before


@pytest.mark.parametrize(
    'key, value',
    [('checkpoint_sha256', '1' * 64), ('cam_stride', 4), ('classes', ['a', 'b', 'c', 'd'])],
)
def test_the_folder_of_other_cams(cam_dir, key, value):
    refine(cam_dir)
    (cam_dir / 'export.json').write_text(json.dumps(dict(record_of(cam_dir), **{key: value})))
    with pytest.raises(UserError, match=f'{key}.* there, '):
        refine(cam_dir)


def test_a_file_that_the_config_names_has_changed(cam_dir, tmp_path):
    path = tmp_path / 'weights.pth'
    path.write_bytes(b'one')
    cfg = dict(CUT, refiners=[*CUT['refiners'], dict(type='ppl_mm.WhatIsAsked', kind=str(path))])
    refine(cam_dir, cfg)
    path.write_bytes(b'two')
    with pytest.raises(UserError, match='files.*weights.pth .* there, .* here'):
        refine(cam_dir, cfg)


def test_folders_of_something_else(cam_dir, tmp_path):
    with pytest.raises(UserError, match='holds an export, not refined labels'):
        refine(cam_dir, out='export')
    with pytest.raises(UserError, match='holds other files than refined labels'):
        refine(cam_dir, out='data')
    with pytest.raises(UserError, match='is a file'):
        refine(cam_dir, out='data/classes.txt')


def broken_cam(cam_dir, **changes):
    path = ExportFolder(cam_dir).cam_path(BAD)
    with np.load(path) as file:
        arrays = dict(file)
    arrays.update({key: np.asarray(value, arrays[key].dtype) for key, value in changes.items()})
    np.savez(path, **arrays)


def image_of(cam_dir):
    return cam_dir.parent / f'data/JPEGImages/{BAD}.jpg'


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
    [('raise', 'IndexError: too far .*test_refine.py:'), ('nan', 'finite and in 0..1')],
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


@pytest.mark.parametrize('count, workers', [(4, 0), (64, 4), (999, 8)])
def test_few_images_start_few_processes(cam_dir, tmp_path, monkeypatch, count, workers):
    started = []

    class Pool(WorkerPool):
        def __init__(self, make, args, workers):
            started.append(workers)
            super().__init__(make, args)

    monkeypatch.setattr('ppl_mm.apis.refine.WorkerPool', Pool)
    monkeypatch.setattr('ppl_mm.apis.refine.default_workers', lambda: 8)
    FolderRefinement(CUT, CamFolder(cam_dir), tmp_path / 'out').run(
        [*VAL, *map(str, range(count - len(VAL)))]
    )
    assert started == [workers]


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
        (dict(refiners=dict(type='ppl_mm.PAMR')), 'refiners must be a list'),
        (dict(refiners=[dict(type='ppl_mm.NoSuch')]), 'cannot be built'),
        (dict(CUT, label=dict(type='ppl_mm.NoSuch')), 'label: .*cannot be built'),
        (dict(CUT, max_pixels=0), 'max_pixels=0'),
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


def odd_image(kind):
    """An image as it is stored, and the (H, W) that it is seen in."""
    rng = np.random.default_rng(1)
    if kind == 'rotated':  # stored lying, to be turned by 90 degrees
        image = Image.fromarray(rng.integers(0, 255, (6, 9, 3), np.uint8))
        image.getexif()[0x0112] = 6
        return image, (9, 6)
    size, mode = dict(
        one=((1, 1), 'RGB'),
        row=((1, 40), 'RGB'),
        column=((40, 1), 'RGB'),
        grey=((9, 8), 'L'),
        alpha=((9, 8), 'RGBA'),
        palette=((9, 8), 'P'),
        grey_alpha=((9, 8), 'LA'),
    )[kind]
    values = rng.integers(0, 255, (*size, 3), np.uint8)
    return Image.fromarray(values).convert(mode), size


@pytest.mark.parametrize(
    'kind', ['one', 'row', 'column', 'grey', 'alpha', 'grey_alpha', 'palette', 'rotated']
)
def test_odd_images(cam_dir, tmp_path, kind):
    image, size = odd_image(kind)
    image_of(cam_dir).unlink()
    image.save(image_of(cam_dir).with_suffix('.png'), exif=image.getexif())
    write_cam(ExportFolder(cam_dir).cam_path(BAD), CamFile([2], np.ones((1, 2, 2)), size))
    cfg = dict(refiners=[*CUT['refiners'], dict(type='ppl_mm.PAMR', iterations=2)])
    assert not refine(cam_dir, cfg, 'train').failed
    label = read_mask(ExportFolder(tmp_path / 'out').label_path(BAD))
    assert label.shape == size and (label == 3).all()
    seen, _ = CamFolder(cam_dir).read(BAD)
    assert seen.shape == (*size, 3) and seen.dtype == np.uint8


def test_images_are_read_as_rgb(cam_dir):
    red = Image.new('RGB', (48, 48), (250, 0, 0))
    red.save(image_of(cam_dir))
    image, _ = CamFolder(cam_dir).read(BAD)
    assert image[..., 0].min() > 200 and image[..., 2].max() < 50


def test_a_large_image_is_refined_at_a_smaller_size(cam_dir, tmp_path):
    cfg = dict(CUT, max_pixels=24 * 24)
    assert not refine(cam_dir, cfg, 'val', save_scores=True).failed
    label = read_mask(ExportFolder(tmp_path / 'out').label_path(VAL[0]))
    assert label.shape == (48, 48)
    blocks = label.reshape(24, 2, 24, 2)
    assert (blocks == blocks[:, :1, :, :1]).all()
    saved = read_cam(ExportFolder(tmp_path / 'out').cam_path(VAL[0]))
    assert saved.cam.shape[1:] == (24, 24) and saved.size == (48, 48)


def test_nowhere_to_write(cam_dir, monkeypatch):
    def full(*args):
        raise OSError(28, 'No space left on device', 'labels/a.png')

    monkeypatch.setattr(image_refiner, 'write_label', full)
    with pytest.raises(
        UserError, match=r'labels/a.png: cannot be written \(No space left on device\)'
    ):
        refine(cam_dir)


def test_a_folder_elsewhere(cam_dir, tmp_path):
    refine(cam_dir)
    (tmp_path / 'data').rename(tmp_path / 'moved')
    with pytest.raises(UserError, match='give --data-root'):
        CamFolder(cam_dir)
    (tmp_path / 'moved/JPEGImages').rename(tmp_path / 'photos')
    with pytest.raises(UserError, match='or --image-dir'):
        CamFolder(cam_dir, tmp_path / 'moved')
    folder = CamFolder(cam_dir, tmp_path / 'moved', tmp_path / 'photos')
    FolderRefinement(CUT, folder, tmp_path / 'again').run(folder.image_ids('val'), workers=0)
    assert contents(tmp_path / 'again').items() <= contents(tmp_path / 'out').items()


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


def test_refined_maps_can_be_refined_again(cam_dir, tmp_path):
    refine(cam_dir, split='val', save_scores=True)
    refine(tmp_path / 'out', split='val', out='twice')
    for stem in VAL:  # but for what float16 rounds
        once, twice = (
            read_mask(ExportFolder(tmp_path / out).label_path(stem)) for out in ('out', 'twice')
        )
        assert (once == twice).mean() > 0.99
    source = record_of(tmp_path / 'twice')['source']
    assert source['refiners'] == CUT['refiners']
    assert source['source'] == ExportFolder(cam_dir).read().identity()


def test_the_examples_of_the_pages(cam_dir, tmp_path, monkeypatch, request):
    docs = request.config.rootpath / 'docs'
    pages = (docs / 'refinement.md').read_text() + (docs / 'refiner.md').read_text()
    blocks = re.findall(r'```python\n# (.*?)\n(.*?)```', pages, re.S)
    (tmp_path / 'page').mkdir()
    monkeypatch.chdir(tmp_path / 'page')
    monkeypatch.syspath_prepend(tmp_path / 'page')
    for name, code in blocks:
        (tmp_path / 'page' / name).write_text(code)
    cfg = read_config('config.py')
    assert not refine(cam_dir, cfg, 'val').failed
    record = ExportFolder(cam_dir).read()
    chains = read_chains(read_config('chains.py'), 'chains.py', record)
    assert len(chains) == 7
    for settings in chains.values():
        try:
            build_chain(settings)
        except UserError as error:
            assert 'pydensecrf' in str(error)
