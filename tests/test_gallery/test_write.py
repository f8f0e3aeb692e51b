import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from test_gallery.parsed_page import ParsedPage

from ppl_mm.errors import UserError
from ppl_mm.formats.mask_file import read_mask, write_label
from ppl_mm.formats.voc_layout import VOCLayout
from ppl_mm.gallery import make_gallery, write_gallery
from ppl_mm.gallery.findings import find_in
from ppl_mm.gallery.image_record import ImagePaths, agreement
from ppl_mm.gallery.layer_files import label_file, photo_file
from ppl_mm.gallery.write import drawn_files

KEY = ImagePaths.key


def data_of(page):
    """What the scripts of a gallery get."""
    text = (page.parent / 'data.js').read_text()
    return json.loads(text.removeprefix('window.GALLERY = ').removesuffix(';\n'))


def images_of(page):
    return {image['id']: image for image in data_of(page)['images']}


def times(folder):
    """When each picture was written."""
    parts = ('photos', 'thumbs', 'layers', 'records')
    return {
        path: path.stat().st_mtime_ns
        for part in parts
        for path in (folder / part).rglob('*')
        if path.is_file()
    }


def test_every_image_has_its_files(gallery):
    images = images_of(gallery)
    assert len(images) == 12
    for image in images.values():
        key = image['key']
        assert max(Image.open(gallery.parent / f'photos/{key}.jpg').size) == 80
        for layer in image['layers']:
            assert (gallery.parent / f'layers/{layer}/{key}.png').is_file()
    assert images['val 1']['layers'] == ['cam', 'label', 'refined', 'prediction', 'truth']
    assert images['plain']['layers'] == ['cam', 'label', 'refined', 'prediction']
    assert images['not labelled']['layers'] == ['prediction']
    assert images['not labelled']['labels'] is None
    assert images['negative']['labels'] == []
    assert [images[name]['split'] for name in ('plain', 'val 2', 'not labelled')] == [
        'train',
        'val',
        'unlabelled',
    ]


def test_numbers_agree_with_a_count_of_the_pixels(gallery, made):
    image = images_of(gallery)['val 1']
    label, raw = (
        read_mask(folder.label_path('val 1')) for folder in (made.export.refined, made.export)
    )
    cover = {int(value) - 1: np.mean(label == value) for value in np.unique(label) if value}
    assert {int(key): value for key, value in image['cover']['refined'].items()} == pytest.approx(
        cover, abs=1e-4
    )
    both, either = (label > 0) & (raw > 0), (label > 0) | (raw > 0)
    assert image['agree']['label'] == pytest.approx(both.sum() / either.sum(), abs=1e-4)
    assert image['agree']['prediction'] == 1 and image['iou']['prediction'] == 1
    back = ((label == 0) & (raw == 0)).sum() / ((label == 0) | (raw == 0)).sum()
    assert image['iou']['label'] == pytest.approx((both.sum() / either.sum() + back) / 2, abs=1e-4)


def test_what_is_suspicious_is_found(gallery):
    images = images_of(gallery)
    assert 'flooded' in images['flooded']['findings']
    assert 'network_differs' in images['flooded']['findings']
    assert images['plain']['findings'] == images['negative']['findings'] == []
    text = gallery.read_text()
    assert '1 image' in text and 'covers more than 90 % of the image' in text
    assert 'tools/refine.py refine.py' in text and 'refiners.0.threshold=0.45' in text


@pytest.mark.parametrize('background, found', [(True, ['network_flooded']), (False, [])])
def test_a_network_that_floods_is_found(background, found):
    pixels = dict(refined=[[0, 90], [1, 10]], prediction=[[0, 5], [1, 95]])
    record = dict(pixels=pixels, agreement={}, problems=[])
    source = SimpleNamespace(pseudo_label='refined', raw_label=None, background=background)
    assert find_in(record, source, [0], trained=True) == found


def test_a_second_run_draws_nothing(made):
    page = make_gallery(made.source(), made.root / 'out')
    before = times(page.parent)
    assert make_gallery(made.source(), made.root / 'out') == page
    assert times(page.parent) == before


def test_only_what_changed_is_drawn_again(made):
    page = make_gallery(made.source(), made.root / 'out')
    before = times(page.parent)
    label = made.export.refined.label_path('val 1')
    write_label(label, np.zeros((60, 80), np.uint8))
    lost = page.parent / f'thumbs/{KEY("val 2")}.jpg'
    assert drawn_files(page.parent).is_whole()
    lost.unlink()
    assert not drawn_files(page.parent).is_whole()
    make_gallery(made.source(), made.root / 'out')
    after = times(page.parent)
    assert set(after) == set(before)
    changed = {path.stem for path in before if after[path] != before[path]}
    assert changed == {KEY('val 1'), KEY('val 2')}
    assert images_of(page)['val 1']['findings'][0] == 'empty'


def test_the_files_of_images_and_layers_that_are_gone_are_removed(made):
    page = make_gallery(made.source(), made.root / 'out')
    split = VOCLayout(made.data).split_path('val')
    split.write_text('val 1\n')
    VOCLayout(made.data).image_path('val 2', '.jpg').unlink()
    for folder in (made.export, made.export.refined):
        folder.label_path('val 2').unlink()
    make_gallery(made.source(), made.root / 'out')
    assert KEY('val 2') not in {path.stem for path in times(page.parent)}
    source = made.source()
    fewer = type(source)(**vars(source) | dict(layers=source.layers[1:]))
    make_gallery(fewer, made.root / 'out')
    assert not (page.parent / 'layers/cam').exists()
    assert not any(page.parent.rglob(f'{KEY("val 2")}.*'))
    assert (page.parent / 'layers/label').is_dir()


def test_files_of_others_and_links_stay(made, tmp_path):
    page = make_gallery(made.source(), made.root / 'out')
    mine = [page.parent / 'photos/mine.jpg', page.parent / 'layers/mine/a.txt']
    for path in mine:
        path.parent.mkdir(exist_ok=True)
        path.write_text('mine')
    elsewhere = tmp_path / 'elsewhere'
    elsewhere.mkdir()
    (elsewhere / f'{"0" * 16}.png').write_text('mine')
    (page.parent / 'layers/link').symlink_to(elsewhere)
    make_gallery(made.source(), made.root / 'out')
    assert all(path.is_file() for path in [*mine, *elsewhere.iterdir()])
    assert len(list(elsewhere.iterdir())) == 1


def test_damaged_files_are_named_and_the_rest_is_shown(made, capsys):
    VOCLayout(made.data).image_path('plain', '.jpg').write_bytes(b'not a photo')
    made.export.label_path('val 1').write_bytes(b'not a label')
    write_label(made.predictions / 'val 2.png', np.zeros((5, 5), np.uint8))
    images = images_of(make_gallery(made.source(), made.root / 'out'))
    assert 'warning: files of 3 of 12 images cannot be shown' in capsys.readouterr().out
    for name in ('plain', 'val 1', 'val 2'):
        assert 'problem' in images[name]['findings'] and images[name]['problems']
    assert images['plain']['size'] is None and 'refined' in images['plain']['layers']
    assert images['photo 2']['problems'] == []


def test_without_masks_nothing_is_measured(made):
    for path in VOCLayout(made.data).mask_dir.iterdir():
        path.unlink()
    page = make_gallery(made.source(), made.root / 'out')
    assert 'Nothing was measured' in page.read_text()
    assert all(image['iou'] == {} for image in images_of(page).values())


def test_another_folder_is_left_alone(made):
    (made.root / 'out').mkdir()
    (made.root / 'out/mine.txt').write_text('mine')
    with pytest.raises(UserError, match='holds other files than a gallery'):
        make_gallery(made.source(), made.root / 'out')
    assert [path.name for path in (made.root / 'out').iterdir()] == ['mine.txt']


def test_a_folder_that_is_no_pipeline(tmp_path):
    with pytest.raises(UserError, match='give the work folder of tools/pipeline.py'):
        write_gallery(tmp_path, tmp_path / 'out')


def test_names_are_text_and_nothing_comes_from_elsewhere(gallery):
    page = ParsedPage(gallery.read_text())
    scripts = [attrs for tag, attrs in page.tags if tag == 'script']
    assert all(set(attrs) == {'defer', 'src'} for attrs in scripts) and len(scripts) == 10
    assert '<script>alert(1)</script>' in page.texts['th']
    for path in gallery.parent.glob('*.*'):
        text = path.read_text().replace('http://www.w3.org/2000/svg', '')
        assert '://' not in text and 'innerHTML' not in text
    for _, attrs in page.tags:
        for name in ('src', 'href'):
            if name in attrs and not attrs[name].startswith(('#', 'data:')):
                assert (gallery.parent / attrs[name]).is_file()


@pytest.mark.parametrize(
    'one, other, wanted',
    [
        ([[0, 0]], [[0, 0]], 1),
        ([[1, 0]], [[1, 0]], 1),
        ([[1, 0]], [[2, 0]], 0),
        ([[1, 1, 0, 0]], [[1, 0, 0, 1]], 1 / 3),
        ([[1, 255]], [[1, 1]], 1),
        ([[255, 255]], [[1, 1]], 1),
    ],
)
def test_agreement(one, other, wanted):
    one, other = np.array(one, np.uint8), np.array(other, np.uint8)
    assert agreement(one, other) == agreement(other, one) == pytest.approx(wanted)


def test_labels_keep_their_values_and_show_the_photo(tmp_path):
    label = np.array([[0, 1, 2, 255]], np.uint8)
    (tmp_path / 'a.png').write_bytes(label_file(label))
    with Image.open(tmp_path / 'a.png') as picture:
        assert np.array(picture).tolist() == label.tolist()
        rgba = np.array(picture.convert('RGBA'))
    assert rgba[0, :, 3].tolist() == [0, 255, 255, 150]
    assert len({tuple(pixel) for pixel in rgba[0, :, :3]}) == 4


def test_large_photos_are_made_smaller(tmp_path):
    (tmp_path / 'a.jpg').write_bytes(photo_file(np.zeros((30, 2000, 3), np.uint8)))
    with Image.open(tmp_path / 'a.jpg') as picture:
        assert picture.size == (768, 12)


def test_the_sheet_of_thresholds_is_shown_where_the_export_has_drawn_one(made):
    page = make_gallery(made.source(), made.root / 'out')
    assert 'Other thresholds' not in page.read_text()
    (made.export.root / 'thresholds.jpg').write_bytes(b'a sheet')
    make_gallery(made.source(), made.root / 'out')
    assert '<img class="wide" src="thresholds.jpg"' in page.read_text()
    assert page.with_name('thresholds.jpg').read_bytes() == b'a sheet'
    (made.export.root / 'thresholds.jpg').unlink()
    make_gallery(made.source(), made.root / 'out')
    assert not page.with_name('thresholds.jpg').exists()
