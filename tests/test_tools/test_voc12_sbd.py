import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat
from tool_modules import load_tool

from ppl_mm.datasets import ImageLabelDataset, VOCLayoutDataset
from ppl_mm.errors import UserError
from ppl_mm.formats.mask_file import read_mask, voc_palette
from ppl_mm.formats.voc_layout import VOC_CLASSES

PATH = Path(__file__).parents[2] / 'tools/dataset_converters/voc12_sbd.py'
voc12_sbd = load_tool('voc12_sbd')

CAT, DOG = 8, 12
# 1: VOC train, in SBD too; 2: VOC train only; 3: VOC val, in SBD's train;
# 4: VOC val only; 5, 6: SBD only, of its train and of its val.
TRAIN, VAL, SBD_TRAIN, SBD_VAL = '12', '34', '135', '6'
OBJECT = '<object><name>{}</name><difficult>{}</difficult></object>'


def name(digit):
    return f'2008_00000{digit}'


def write_list(path, digits):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(''.join(f'{name(digit)}\n' for digit in digits))


def write_sbd_mask(folder, digit, mask):
    """The structure of SBD's cls/*.mat: Boundaries, Segmentation, .."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = np.unique(mask[mask > 0])
    content = dict(Boundaries=np.zeros((20, 1)), Segmentation=mask, CategoriesPresent=shown)
    savemat(folder / f'{name(digit)}.mat', dict(GTcls=content), do_compression=True)


@pytest.fixture
def devkit(tmp_path):
    """VOC 2012 with images 1 to 6 of 30 x 20 pixels."""
    root = tmp_path / 'VOC2012'
    for folder in ('JPEGImages', 'Annotations', 'SegmentationClass'):
        (root / folder).mkdir(parents=True)
    for digit in '123456':
        Image.new('RGB', (30, 20)).save(root / f'JPEGImages/{name(digit)}.jpg')
        objects = OBJECT.format('cat', 0) + OBJECT.format('dog', int(digit == '5'))
        xml = root / f'Annotations/{name(digit)}.xml'
        xml.write_text(f'<annotation>{objects}</annotation>')
    for digit in TRAIN + VAL:
        mask = Image.new('P', (30, 20), CAT)
        mask.putpalette(voc_palette())
        mask.paste(255, (0, 0, 5, 5))
        mask.save(root / f'SegmentationClass/{name(digit)}.png')
    write_list(root / 'ImageSets/Segmentation/train.txt', TRAIN)
    write_list(root / 'ImageSets/Segmentation/val.txt', VAL)
    return root


@pytest.fixture
def sbd(tmp_path):
    root = tmp_path / 'benchmark_RELEASE/dataset'
    for digit in SBD_TRAIN + SBD_VAL:
        mask = np.zeros((20, 30), np.uint8)
        mask[:, int(digit) :] = DOG
        write_sbd_mask(root / 'cls', digit, mask)
    write_list(root / 'train.txt', SBD_TRAIN)
    write_list(root / 'val.txt', SBD_VAL)
    return root


def convert(devkit, sbd, *more):
    voc12_sbd.main([str(devkit), str(sbd), '--workers', '1', *more])


def as_pngs(folder):
    """SegmentationClassAug as many projects share it."""
    folder.mkdir(parents=True)
    for digit in '123456':
        mask = Image.new('L', (30, 20), DOG)
        mask.save(folder / f'{name(digit)}.png')
    return folder


def test_train_aug_is_the_union_without_val(devkit, sbd, capsys):
    convert(devkit, sbd, '--subset')
    lists = devkit / 'ImageSets/Segmentation'
    assert (lists / 'train_aug.txt').read_text().split() == [name(digit) for digit in '1256']
    assert 'train_aug 4 images; 6 masks written' in capsys.readouterr().out


def test_masks_are_those_of_voc_and_else_of_sbd(devkit, sbd):
    convert(devkit, sbd, '--subset')
    folder = devkit / 'SegmentationClassAug'
    assert sorted(path.stem for path in folder.glob('*.png')) == [name(digit) for digit in '123456']
    for digit in '1234':
        own = read_mask(devkit / f'SegmentationClass/{name(digit)}.png')
        assert (read_mask(folder / f'{name(digit)}.png') == own).all()
    for digit in '56':
        mask = Image.open(folder / f'{name(digit)}.png')
        assert mask.mode == 'P'
        assert bytes(mask.getpalette()) == voc_palette()
        assert (np.array(mask)[:, : int(digit)] == 0).all()
        assert (np.array(mask)[:, int(digit) :] == DOG).all()


def test_both_kinds_of_data_set_read_it(devkit, sbd):
    convert(devkit, sbd, '--subset')
    split = 'ImageSets/Segmentation/train_aug.txt'
    labelled = [
        ImageLabelDataset('Annotations', data_root=str(devkit), split=split, count_difficult=count)
        for count in (True, False)
    ]
    assert labelled[0].metainfo['classes'] == VOC_CLASSES
    assert [dataset.label_counts()['dog'] for dataset in labelled] == [4, 3]
    masked = VOCLayoutDataset(str(devkit), split, dict(seg_map_path='SegmentationClassAug'))
    assert len(masked) == 4


def test_a_folder_of_pngs_serves_as_well(devkit, tmp_path):
    convert(devkit, as_pngs(tmp_path / 'shared'), '--subset')
    folder = devkit / 'SegmentationClassAug'
    assert np.unique(read_mask(folder / f'{name(6)}.png')).tolist() == [DOG]
    assert DOG not in read_mask(folder / f'{name(1)}.png')
    assert len((devkit / 'ImageSets/Segmentation/train_aug.txt').read_text().split()) == 4


def test_pngs_in_their_place_are_left_alone(devkit):
    folder = as_pngs(devkit / 'SegmentationClassAug')
    convert(devkit, folder, '--subset')
    assert len(list(folder.iterdir())) == 6
    assert (read_mask(folder / f'{name(1)}.png') == DOG).all()
    (folder / f'{name(2)}.png').unlink()
    with pytest.raises(UserError, match='1 of 4 images have no mask'):
        convert(devkit, folder, '--subset')


def test_a_second_run_makes_what_is_missing(devkit, sbd, capsys):
    convert(devkit, sbd, '--subset')
    kept, lost = (devkit / f'SegmentationClassAug/{name(digit)}.png' for digit in '56')
    before = kept.stat().st_mtime_ns
    lost.unlink()
    convert(devkit, sbd, '--subset')
    assert lost.is_file() and kept.stat().st_mtime_ns == before
    assert '1 masks written' in capsys.readouterr().out


def test_the_official_number_is_asserted(devkit, sbd):
    with pytest.raises(UserError, match='4 images, expected 10,582 .*--subs'):
        convert(devkit, sbd)
    assert not (devkit / 'SegmentationClassAug').exists()


def test_several_processes_write_the_same(devkit, sbd):
    done = subprocess.run(
        [sys.executable, str(PATH), str(devkit), str(sbd.parent), '--subset', '--workers', '2'],
        text=True,
        capture_output=True,
        env=dict(os.environ, PYTHONPATH=str(PATH.parents[2])),
    )
    assert done.returncode == 0, done.stderr
    assert len(list(devkit.glob('SegmentationClassAug/*.png'))) == 6


def lose_xml(devkit, sbd):
    (devkit / f'Annotations/{name(5)}.xml').unlink()


def lose_photo(devkit, sbd):
    (devkit / f'JPEGImages/{name(2)}.jpg').unlink()


def lose_mat(devkit, sbd):
    (sbd / f'cls/{name(6)}.mat').unlink()


def other_size(devkit, sbd):
    write_sbd_mask(sbd / 'cls', '6', np.zeros((30, 20), np.uint8))


def other_label(devkit, sbd):
    write_sbd_mask(sbd / 'cls', '6', np.full((20, 30), 21, np.uint8))


def lose_list(devkit, sbd):
    (sbd / 'val.txt').unlink()


def lose_cls(devkit, sbd):
    (sbd / 'cls').rename(sbd / 'inst')


@pytest.mark.parametrize(
    'spoil, message',
    [
        (lose_xml, 'Annotations: 1 of 6 images have no .xml there: 2008_000005'),
        (lose_photo, 'JPEGImages: 1 of 6 images have no .jpg there: 2008_000002'),
        (lose_mat, "image '2008_000006' has a mask neither here"),
        (other_size, '20 x 30 pixels, but .* has 30 x 20; put back'),
        (other_label, 'has the label 21, expected 0 to 20 or 255'),
        (lose_list, 'val.txt: is missing'),
        (lose_cls, 'holds neither a folder cls nor PNGs'),
    ],
)
def test_bad_input_is_named(devkit, sbd, spoil, message):
    spoil(devkit, sbd)
    with pytest.raises(UserError, match=message) as caught:
        convert(devkit, sbd, '--subset')
    assert len(str(caught.value).splitlines()) == 1
