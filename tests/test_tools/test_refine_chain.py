"""tools/refine.py --chain-from: masks choose the steps."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from export_files import contents, record_of
from PIL import Image

from ppl_mm.apis.compare_chains import OWN
from ppl_mm.apis.exporting.cam_folder import CamFolder
from ppl_mm.apis.refining.chain_choice import MARGIN, choose_chain
from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import CamFile, read_cam, write_cam
from ppl_mm.formats.export_folder import ExportFolder

CUT = "dict(type='ppl_mm.ConstantBackground', threshold={})"
CONFIG = f"""
refiners = [{CUT.format(0.9)}]
max_pixels = 4000
chains = dict(low=dict(refiners=[{CUT.format(0.1)}]), best=dict(refiners=[{CUT.format(0.5)}]))
"""
SPLIT = [f'val_{k:05d}' for k in range(4)]


@pytest.fixture
def maps(cam_dir):
    """The export of random maps; masks of val are what a cut at 0.5 gives, nearly."""
    folder = ExportFolder(cam_dir)
    for image_id in SPLIT:
        cam = read_cam(folder.cam_path(image_id)).cam[:1]
        write_cam(folder.cam_path(image_id), CamFile([1], cam, (48, 48)))
        big = np.kron(cam[0].astype(np.float32) > 0.5, np.ones((8, 8)))
        path = cam_dir.parent / f'data/SegmentationClass/{image_id}.png'
        Image.fromarray((2 * big).astype(np.uint8)).save(path)
    return cam_dir


@pytest.fixture
def refine(tool, maps, tmp_path):
    def run(*options, config=CONFIG, out='out'):
        (tmp_path / 'refine.py').write_text(config)
        given = ('--out-dir', tmp_path / out, '--workers', 0, *options)
        return tool('refine', tmp_path / 'refine.py', maps, *given)

    return run


def test_masks_choose_the_best_chain_and_the_record_says_so(refine, tmp_path):
    done = refine('--chain-from', 'val')
    assert done.code == 0, done.output
    assert 'best is taken, by 4 masks of val: mIoU raw' in done.output
    record = record_of(tmp_path / 'out')
    assert record['refiners'] == [dict(type='ppl_mm.ConstantBackground', threshold=0.5)]
    found = record['chain_from']
    assert (found['chain'], found['split'], found['num_images']) == ('best', 'val', 4)
    assert set(found['mIoU']) == {OWN, 'low', 'best', 'raw'} and not found['left_out']
    assert max(found['mIoU'], key=found['mIoU'].get) == 'best'
    alone = f'refiners = [{CUT.format(0.5)}]'
    assert refine(config=alone, out='alone').code == 0
    assert contents(tmp_path / 'alone/labels') == contents(tmp_path / 'out/labels')


def test_another_refinement_takes_the_same_chain(refine, tmp_path):
    assert refine('--chain-from', 'val').code == 0
    again = refine('--chain-from', tmp_path / 'out/export.json', out='again')
    assert again.code == 0, again.output
    records = [record_of(tmp_path / name) for name in ('out', 'again')]
    assert records[0]['refiners'] == records[1]['refiners']
    assert records[0]['chain_from'] == records[1]['chain_from']
    assert contents(tmp_path / 'again/labels') == contents(tmp_path / 'out/labels')


def test_a_threshold_of_the_export_is_said_to_be_that(refine, maps, tmp_path):
    config = CONFIG.replace('threshold=0.5', 'threshold=None')
    ExportFolder(maps).write(
        replace(ExportFolder(maps).read(), threshold=0.5, threshold_from=dict(split='few'))
    )
    assert refine('--chain-from', 'val', config=config).code == 0
    record = record_of(tmp_path / 'out')
    assert record['chain_from']['chain'] == 'raw' and record['refiners'][0]['threshold'] == 0.5
    assert record['threshold_from'] == 'the export (masks of few)'


def test_the_size_of_tiles_is_that_of_every_chain(refine, tmp_path):
    assert refine('--chain-from', 'val', '--max-pixels', 65536).code == 0
    record = record_of(tmp_path / 'out')
    assert record['chain_from']['chain'] == 'best'
    assert (record['max_pixels'], record['tiles']) == (65536, True)
    given = ('--chain-from', tmp_path / 'out/export.json', '--max-pixels', 9)
    assert 'give one of both' in refine(*given, out='again').output


@pytest.mark.parametrize('option', ['refiners.0.threshold=0.1', 'label=3', 'max_pixels=9'])
def test_options_of_a_chain_are_not_ignored_beside_another_ones(refine, tmp_path, option):
    assert refine('--chain-from', 'val').code == 0
    given = ('--chain-from', tmp_path / 'out/export.json', '--cfg-options', option)
    done = refine(*given, out='again')
    name = option.split('=')[0]
    assert done.code == 2 and f'{name}: is that of the refinement of --chain-from' in done.output


def test_without_the_option_nothing_is_chosen(refine, tmp_path):
    assert refine().code == 0
    record = record_of(tmp_path / 'out')
    assert record['refiners'][0]['threshold'] == 0.9 and record['chain_from'] is None


def test_a_chain_that_is_hardly_better_is_not_taken(maps):
    step = dict(type='ppl_mm.ConstantBackground')
    cfg = dict(
        refiners=[dict(step, threshold=0.5)],
        chains=dict(near=dict(refiners=[dict(step, threshold=0.501)])),
    )
    _, found = choose_chain(cfg, 'here', CamFolder(maps), 'val', workers=0)
    assert found['chain'] == OWN
    assert max(found['mIoU'].values()) <= found['mIoU'][OWN] + MARGIN


def test_corrected_masks_are_those_of_their_folder(maps, tmp_path):
    data = tmp_path / 'data'
    (data / 'ImageSets/Segmentation/corrected.txt').write_text(SPLIT[0] + '\n')
    layout = CamFolder(maps).layout
    layout.corrected_dir.mkdir()
    nothing = np.zeros((48, 48), np.uint8)
    nothing[0, 0] = 2
    Image.fromarray(nothing).save(layout.corrected_dir / f'{SPLIT[0]}.png')
    step = dict(type='ppl_mm.ConstantBackground')
    cfg = dict(
        refiners=[dict(step, threshold=0.1)],
        chains=dict(high=dict(refiners=[dict(step, threshold=0.99)])),
    )
    _, found = choose_chain(cfg, 'here', CamFolder(maps), 'corrected', workers=0)
    assert found['chain'] == 'high' and found['num_images'] == 1


def test_a_chain_whose_package_is_missing_is_left_out(refine, monkeypatch):
    monkeypatch.setitem(sys.modules, 'pydensecrf', None)
    crf = f"dict(refiners=[{CUT.format(0.5)}, dict(type='ppl_mm.DenseCRF')])"
    done = refine('--chain-from', 'val', config=f'{CONFIG}\nchains["crf"] = {crf}')
    assert done.code == 0, done.output
    assert 'note: crf was not tried: ' in done.output and 'pydensecrf' in done.output


def test_maps_alone_may_be_best(refine, tmp_path):
    config = f'refiners = [{CUT.format(0.9)}]\nchains = dict(low=dict(refiners=[{CUT.format(0)}]))'
    assert refine('--chain-from', 'val', config=config).code == 0
    record = record_of(tmp_path / 'out')
    assert record['chain_from']['chain'] == 'raw' and record['refiners'][0]['threshold'] == 0.4


@pytest.mark.parametrize(
    'options, config, message',
    [
        (['nothing'], CONFIG, 'nothing.txt'),
        (['nothing.json'], CONFIG, 'nothing.json: no such file'),
        (['export/export.json'], CONFIG, 'give that of a refinement, or a split'),
        (['val'], f'{CONFIG}\nchains["low"]["refiners"] = 3', 'chains.low: refiners must be'),
        (['val'], f'{CONFIG}\nchains = 3', 'chains must be a dict'),
        (['val'], f"{CONFIG}\nchains['low']['refiners'] = [dict(type='ppl_mm.No')]", 'ppl_mm.No'),
    ],
)
def test_what_cannot_choose_is_one_line(refine, options, config, message):
    done = refine('--chain-from', *options, config=config)
    assert done.code == 2 and len(done.errors) == 1 and message in done.errors[0]


def test_a_config_of_chains_alone_is_one_line(refine):
    config = f'chains = dict(low=dict(refiners=[{CUT.format(0.1)}]))'
    done = refine('--chain-from', 'val', config=config)
    assert done.code == 2 and len(done.errors) == 1
    assert 'has no refiners of its own beside its chains' in done.errors[0]


def test_void_masks_choose_nothing(refine, tmp_path):
    for image_id in SPLIT:
        path = tmp_path / f'data/SegmentationClass/{image_id}.png'
        Image.fromarray(np.full((48, 48), 255, np.uint8)).save(path)
    done = refine('--chain-from', 'val')
    assert done.code == 2 and 'val hold nothing but void' in done.errors[0]


def test_a_mask_that_is_missing_is_one_line(maps, tmp_path):
    (tmp_path / f'data/SegmentationClass/{SPLIT[1]}.png').unlink()
    cfg = dict(refiners=[dict(type='ppl_mm.ConstantBackground', threshold=0.5)], chains={})
    with pytest.raises(UserError, match=SPLIT[1]):
        choose_chain(cfg, 'here', CamFolder(maps), 'val', workers=0)
