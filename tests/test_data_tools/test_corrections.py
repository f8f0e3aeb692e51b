import json
import shutil

import numpy as np
import pytest
from PIL import Image

from ppl_mm.data_tools.own.corrections import read_corrections, write_corrections
from ppl_mm.data_tools.own.data import OwnData
from ppl_mm.data_tools.own.settings import OwnDataSettings
from ppl_mm.errors import UserError
from ppl_mm.formats.corrected_masks import CORRECTIONS, correction_files, has_corrections, held_out
from ppl_mm.formats.mask_file import read_mask, write_label
from ppl_mm.formats.photo_names import mask_names
from ppl_mm.formats.result_folder import ResultFolder
from ppl_mm.formats.voc_layout import VOCLayout

SIZE = (60, 40)


@pytest.fixture
def results(tmp_path):
    """A data set of two classes, one photo of them large, and masks that are all background."""
    rng = np.random.default_rng(0)
    for number in range(12):
        size = (120, 80) if number == 0 else SIZE
        picture = Image.fromarray(rng.integers(0, 255, (*size[::-1], 3), np.uint8))
        path = tmp_path / 'photos' / ('cat', 'dog')[number % 2] / f'{number}.png'
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
    results = ResultFolder(tmp_path / 'out')
    settings = OwnDataSettings(tmp_path / 'photos', results.data, max_long_side=60)
    OwnData(settings, workers=1).make()
    for name in mask_names(results.data):
        write_label(results.masks / name, np.zeros(SIZE[::-1], np.uint8))
    return results


def take(folder, results):
    """Take a folder; return how many masks are taken, learnt from and unchanged, and all else."""
    found = read_corrections(folder, results)
    learnt = write_corrections(found, results)
    return (len(found.corrected), learnt, len(found.unchanged)), found


@pytest.fixture
def copy(results, tmp_path):
    return shutil.copytree(results.masks, tmp_path / 'copy')


def draw(path, value=1, size=SIZE, **options):
    mask = np.zeros(size[::-1], np.uint8)
    mask[5:20, 5:30] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(mask, **options).save(path)
    return mask


def corrected(results):
    return {path.name for path in VOCLayout(results.data).corrected_dir.rglob('*.png')}


def of_split(results, split):
    """The mask of the first image of a split."""
    wanted = VOCLayout(results.data).read_split(split)[0]
    return next(name for name, image in mask_names(results.data).items() if image == wanted)


def test_what_was_changed_is_taken_and_nothing_else(results, copy):
    names = mask_names(results.data)
    train = VOCLayout(results.data).read_split('train')
    val = VOCLayout(results.data).read_split('val')
    by_image = {image: name for name, image in names.items()}
    mask = draw(copy / by_image[train[0]])
    draw(copy / by_image[val[0]])
    draw(copy / 'cat/somebody.png')
    counts, found = take(copy, results)
    assert counts == (2, 1, 10) and found.unknown == ('cat/somebody.png',)
    first, second = found.lines(copy, 1)
    assert 'somebody' in second and '2 corrected' in first and '1 of training images' in first
    layout = VOCLayout(results.data)
    assert (read_mask(layout.corrected_path(train[0])) == mask).all()
    assert layout.read_split('corrected') == [train[0]]
    assert set(json.loads((results.data / CORRECTIONS).read_text())) == {train[0]}
    assert held_out(results.data) == [val[0]]
    assert OwnData(OwnDataSettings(results.root.parent / 'photos', results.data, max_long_side=60))


def test_a_copy_stays_one_when_masks_are_made_again(results, copy):
    draw(copy / 'dog/1.png')
    take(copy, results)
    for name in mask_names(results.data):  # another run has made other masks
        write_label(results.masks / name, np.ones(SIZE[::-1], np.uint8))
    draw(copy / 'dog/3.png')
    (taken, _, unchanged), _ = take(copy, results)
    assert (taken, unchanged) == (2, 10)
    # What the next run has written of a correction is still the correction.
    shutil.copyfile(copy / 'dog/1.png', results.masks / 'dog/1.png')
    assert take(copy, results)[0][0] == 2


def test_a_large_photo(results, copy):
    draw(copy / 'cat/0.png', size=(120, 80))
    take(copy, results)
    image = mask_names(results.data)['cat/0.png']
    assert read_mask(VOCLayout(results.data).corrected_path(image)).shape == (40, 60)


def test_an_empty_folder_takes_them_back(results, copy, tmp_path):
    draw(copy / of_split(results, 'train'))
    take(copy, results)
    assert has_corrections(results.data) and len(corrected(results)) == 1
    (tmp_path / 'none').mkdir()
    assert take(tmp_path / 'none', results)[0] == (0, 0, 0)
    assert not has_corrections(results.data) and not corrected(results)
    assert correction_files(results.data) == ()
    assert not VOCLayout(results.data).split_path('corrected').exists()


@pytest.mark.parametrize(
    'spoil, words',
    [
        (lambda path: draw(path, 7), 'has the label 7'),
        (lambda path: draw(path, size=(40, 60)), 'without cropping or turning'),
        (lambda path: path.write_bytes(b'no picture'), 'dog/1.png'),
        (lambda path: Image.new('RGB', SIZE, (9, 0, 0)).save(path), 'a colour of no class'),
    ],
)
def test_a_mask_that_cannot_be_used_is_one_line(results, copy, spoil, words):
    spoil(copy / 'dog/1.png')
    with pytest.raises(UserError, match=words) as error:
        take(copy, results)
    assert 'dog/1.png' in str(error.value) and '\n' not in str(error.value)
    assert not has_corrections(results.data)


def test_a_folder_that_is_missing(results, tmp_path):
    with pytest.raises(UserError, match=r'--corrected .*nowhere: no such folder'):
        take(tmp_path / 'nowhere', results)


def test_two_masks_of_one_image_are_refused(results, copy):
    """An editor that saves another format leaves the old mask beside it."""
    draw(copy / 'dog/1.tif')
    with pytest.raises(UserError, match=r'dog/1.png and dog/1.tif would both be the mask'):
        take(copy, results)
    assert not has_corrections(results.data)


def test_masks_of_val_alone_teach_nothing(results, copy):
    draw(copy / of_split(results, 'val'))
    (taken, learnt, _), found = take(copy, results)
    assert (taken, learnt) == (1, 0)
    assert '0 of training images, to learn from, and 1 of other images' in found.lines(copy, 0)[0]
    assert not has_corrections(results.data) and len(held_out(results.data)) == 1
    assert len(correction_files(results.data)) == 1


def test_masks_that_an_editor_or_a_labelling_tool_saved(results, tmp_path):
    """All in one folder, in colours, as TIFF; one of them unchanged."""
    (tmp_path / 'exported').mkdir()
    mask = draw(tmp_path / 'drawn.png')
    write_label(tmp_path / 'drawn.png', mask)
    Image.open(tmp_path / 'drawn.png').convert('RGB').save(tmp_path / 'exported/1.tif')
    Image.new('RGB', SIZE).save(tmp_path / 'exported/3.png')
    (taken, _, unchanged), found = take(tmp_path / 'exported', results)
    assert (taken, unchanged, found.unknown) == (1, 1, ())
    image = mask_names(results.data)['dog/1.png']
    assert (read_mask(VOCLayout(results.data).corrected_path(image)) == mask).all()


def test_a_name_in_another_unicode_form(tmp_path):
    for number in range(4):
        path = tmp_path / 'photos' / ('cat', 'dog')[number % 2] / f'caf\u00e9{number}.png'
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 255, (40, 60, 3), np.uint8)
        Image.fromarray(pixels).save(path)
    results = ResultFolder(tmp_path / 'out')
    OwnData(OwnDataSettings(tmp_path / 'photos', results.data), workers=1).make()
    draw(tmp_path / 'copy/cat/cafe\u03010.png')
    assert take(tmp_path / 'copy', results)[0][0] == 1


def test_images_outside_of_the_data_set_are_refused(results, copy):
    sources = results.data / 'sources.csv'
    image = mask_names(results.data)['dog/1.png']
    sources.write_text(sources.read_text().replace(f',{image},', ',../../evil,'))
    draw(copy / 'dog/1.png')
    with pytest.raises(UserError, match=r"sources.csv: image '../../evil' is not below"):
        take(copy, results)
    assert not list(results.root.parent.rglob('evil.png'))
