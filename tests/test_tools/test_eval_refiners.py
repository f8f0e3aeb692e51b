import json

import numpy as np
import pytest
from PIL import Image
from tool_modules import load_tool

from ppl_mm.apis.compare_chains import ChainComparison
from ppl_mm.apis.exporting.cam_folder import CamFolder
from ppl_mm.cams import label_from_cam
from ppl_mm.errors import UserError
from ppl_mm.evaluation import confusion_matrix, summarize
from ppl_mm.formats.cam_file import read_cam
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.mask_file import read_mask
from ppl_mm.refine.config import ChainSettings
from ppl_mm.utils.locks import lock_file

tool = load_tool('eval_refiners')

RULE = dict(type='ppl_mm.Strongest')
CONFIG = """
chains = {}
for t in (0.2, 0.6):
    chains[f'cut {t}'] = dict(
        refiners=[dict(type='ppl_mm.ConstantBackground', threshold=t)])
chains['band'] = dict(
    refiners=[], label=dict(type='ppl_mm.IgnoreBand', low=0.2, high=0.6))
"""


@pytest.fixture
def measure(cam_dir, tmp_path):
    """Runs the tool on val; returns what it wrote."""

    def run(config=CONFIG, *args, workers=0):
        (tmp_path / 'chains.py').write_text(config)
        command = [cam_dir, tmp_path / 'chains.py', '--split', 'val', '--workers', workers, *args]
        tool.main(list(map(str, command)))
        return json.loads((cam_dir / 'eval/refiners_val.json').read_text())

    return run


def expected(cam_dir, label_of):
    """The scores of val, an image after the other."""
    total = 0
    for k in range(4):
        mask = read_mask(cam_dir.parent / f'data/SegmentationClass/val_{k:05d}.png')
        cam = read_cam(ExportFolder(cam_dir).cam_path(f'val_{k:05d}'))
        total = total + confusion_matrix(label_of(cam), mask, 4)
    classes = (cam_dir.parent / 'data/classes.txt').read_text().split()
    return summarize(total, classes)


def band(cam):
    low, high = label_from_cam(cam, 0.2), label_from_cam(cam, 0.6)
    return np.where((low > 0) & (high == 0), 255, low).astype(np.uint8)


def test_the_scores_are_those_of_the_labels(measure, cam_dir, capsys):
    report = measure()
    labels = {
        'raw': lambda cam: label_from_cam(cam, 0.4),  # the export's threshold
        'cut 0.2': lambda cam: label_from_cam(cam, 0.2),
        'cut 0.6': lambda cam: label_from_cam(cam, 0.6),
        'band': band,
    }
    assert list(report['chains']) == list(labels)
    lines = capsys.readouterr().out.splitlines()
    for name, label_of in labels.items():
        found, scores = report['chains'][name], expected(cam_dir, label_of)
        assert scores.items() <= found.items()
        assert found['seconds_per_image'] > 0
        (line,) = [line for line in lines if line.startswith(name)]
        for value in (scores['mIoU'], scores['recall'], scores['ignored_share']):
            assert f'{100 * value:.2f}' in line
    assert report['chains']['band']['ignored_share'] > 0.05
    assert report['num_images'] == 4 and report['split'] == 'val'


def test_a_second_run_measures_what_is_new(measure, monkeypatch):
    first = measure()
    measured = []
    call = tool.ChainMeter.__call__
    monkeypatch.setattr(
        tool.ChainMeter,
        '__call__',
        lambda self, item: (measured.append(item[0]), call(self, item))[1],
    )
    assert measure() == first and not measured
    changed = measure(CONFIG.replace('0.6)', '0.7)'))  # of the loop, and band
    assert set(measured) == {'cut 0.7', 'band'}
    assert changed['chains']['cut 0.2'] == first['chains']['cut 0.2']
    assert 'cut 0.6' in changed['chains']  # kept, for who wants it again


def test_an_interrupted_run_keeps_whole_chains(measure, monkeypatch, cam_dir):
    whole = measure()
    path = cam_dir / 'eval/refiners_val.json'
    path.unlink()
    call = tool.ChainMeter.__call__

    def stop(self, item):
        if item == ('cut 0.6', 'val_00002'):
            raise KeyboardInterrupt
        return call(self, item)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(tool.ChainMeter, '__call__', stop)
        measure()
    assert list(json.loads(path.read_text())['chains']) == ['raw', 'cut 0.2']
    again = measure()
    for name, one in whole['chains'].items():
        assert again['chains'][name]['mIoU'] == one['mIoU']


@pytest.mark.slow
def test_workers_count_the_same(measure, cam_dir):
    one = measure()
    (cam_dir / 'eval/refiners_val.json').unlink()
    two = measure(workers=2)
    for report in (one, two):
        for chain in report['chains'].values():
            del chain['seconds_per_image']
    assert one == two


def test_a_limit_has_a_file_of_its_own(measure, cam_dir):
    measure()
    (cam_dir / 'eval/refiners_val.json').rename(cam_dir / 'all.json')
    with pytest.raises(FileNotFoundError):
        measure(CONFIG, '--limit', 2)
    path = cam_dir / 'eval/refiners_val_first2.json'
    assert json.loads(path.read_text())['num_images'] == 2
    with pytest.raises(UserError, match='num_images 4 there, 2 here'):
        measure(CONFIG, '--limit', 2, '--out', cam_dir / 'all.json')


def test_pictures(measure, cam_dir):
    measure(CONFIG, '--picture', 'val_00000', 'train_00001')
    with Image.open(cam_dir / 'eval/refiners_val.png') as image:
        assert image.width > 2 * image.height  # 6 columns, 2 rows
        assert len(image.convert('RGB').getcolors(1 << 20)) > 50


@pytest.mark.parametrize(
    'config, message',
    [
        ('', 'chains must be a dict'),
        ('chains = {}', 'chains must be a dict'),
        ('chains = dict(a=dict(refiners=3))', 'chains.a: refiners must be'),
        ("chains = dict(a=dict(refiners=[dict(type='No')]))", "type 'No' is not known"),
        ('chains = dict(a=dict(refiners=[]))', 'chain a: .*needs a background'),
    ],
)
def test_configs_that_cannot_work(measure, config, message):
    with pytest.raises(UserError, match=message):
        measure(config)


def test_images_that_cannot_be_measured(measure, cam_dir):
    mask = cam_dir.parent / 'data/SegmentationClass/val_00002.png'
    data = mask.read_bytes()
    mask.unlink()
    with pytest.raises(UserError, match='val_00002.png: no such mask'):
        measure()
    Image.new('L', (48, 40)).save(mask)
    with pytest.raises(UserError, match='val_00002.png: does not fit'):
        measure()
    mask.write_bytes(data)
    ExportFolder(cam_dir).cam_path('val_00003').unlink()
    with pytest.raises(UserError, match='val_00003.npz: no such CAM'):
        measure()


def test_a_file_of_something_else(measure, cam_dir):
    path = cam_dir / 'eval/refiners_val.json'
    measure()
    found = json.loads(path.read_text())
    for text in (
        '{',
        '[]',
        json.dumps(found | dict(chains=3)),
        json.dumps(found | dict(chains=[])),
    ):
        path.write_text(text)
        with pytest.raises(UserError, match='not readable as the record of measurements'):
            measure()


def test_a_second_run_on_the_same_file_is_refused(measure, cam_dir, monkeypatch):
    monkeypatch.setattr('ppl_mm.utils.locks._PATIENCE', 0.2)
    path = cam_dir / 'eval/refiners_val.json'
    with lock_file(path), pytest.raises(UserError, match=f'{path}: another run is at work on it'):
        measure()
    assert not path.exists() and len(measure()['chains']) == 4


def test_chains_that_another_run_has_measured_meanwhile_are_kept(cam_dir):
    folder = CamFolder(cam_dir)
    cut = {
        name: ChainSettings([dict(type='ppl_mm.ConstantBackground', threshold=t)], RULE, 99)
        for name, t in (('one', 0.2), ('two', 0.6))
    }
    out = cam_dir / 'report.json'
    one, two = (ChainComparison({name: cut[name]}, folder, 'val', out) for name in cut)
    one.run(workers=0)
    assert list(two.run(workers=0)['chains']) == ['one', 'two']
