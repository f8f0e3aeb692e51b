import json
import os
import re

import numpy as np
import pytest
from export_files import contents, record_of
from PIL import Image
from test_apis.refining import BAD, CUT, TRAIN, VAL, refine

from ppl_mm.apis.compare_chains import read_chains
from ppl_mm.apis.exporting.cam_folder import CamFolder
from ppl_mm.apis.refine import FolderRefinement
from ppl_mm.cams import label_from_cam
from ppl_mm.datasets import CAMPseudoLabelDataset
from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import read_cam
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.mask_file import read_mask
from ppl_mm.pipeline.measure import measure_export
from ppl_mm.refine import RefinerChain
from ppl_mm.refine.config import build_chain
from ppl_mm.utils.config.reading import read_config
from ppl_mm.utils.processes.worker_pool import WorkerPool


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


def test_a_large_image_is_refined_at_a_smaller_size(cam_dir, tmp_path):
    cfg = dict(CUT, max_pixels=24 * 24)
    assert not refine(cam_dir, cfg, 'val', save_scores=True).failed
    label = read_mask(ExportFolder(tmp_path / 'out').label_path(VAL[0]))
    assert label.shape == (48, 48)
    blocks = label.reshape(24, 2, 24, 2)
    assert (blocks == blocks[:, :1, :, :1]).all()
    saved = read_cam(ExportFolder(tmp_path / 'out').cam_path(VAL[0]))
    assert saved.cam.shape[1:] == (24, 24) and saved.size == (48, 48)


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
