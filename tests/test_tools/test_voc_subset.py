import numpy as np
import pytest
from PIL import Image
from tool_modules import load_tool

from ppl_mm.datasets import ImageLabelDataset
from ppl_mm.errors import UserError
from ppl_mm.formats.mask_file import voc_palette

voc_subset = load_tool('voc_subset')

CAT, DOG, PERSON = 8, 12, 15  # VOC's labels
OBJECT = '<object><name>{}</name><difficult>{}</difficult></object>'


def add_image(devkit, image, labels, names, folder='SegmentationClass'):
    """A photo of 60 x 40 pixels whose mask has the labels as stripes."""
    rng = np.random.default_rng(len(image))
    photo = rng.integers(0, 256, (40, 60, 3), np.uint8)
    mask = np.repeat(np.resize(labels, 6).astype(np.uint8), 10)
    mask = Image.fromarray(np.tile(mask, (40, 1)))
    mask.putpalette(voc_palette())
    for name in ('JPEGImages', folder, 'Annotations'):
        (devkit / name).mkdir(parents=True, exist_ok=True)
    Image.fromarray(photo).save(devkit / f'JPEGImages/{image}.jpg')
    mask.save(devkit / f'{folder}/{image}.png')
    (devkit / f'Annotations/{image}.xml').write_text(
        '<annotation>' + ''.join(OBJECT.format(*name) for name in names) + '</annotation>'
    )


@pytest.fixture
def devkit(tmp_path):
    root = tmp_path / 'VOC2012'
    add_image(root, '2007_1', [0, CAT, 255], [('cat', 0)])
    add_image(root, '2007_2', [0, DOG, CAT], [('dog', 1), ('cat', 0)])
    add_image(root, '2007_3', [0, CAT, PERSON], [('cat', 0), ('person', 0)])
    add_image(root, '2007_4', [0], [('sofa', 0)])
    add_image(root, '2008_5', [0, DOG], [('dog', 0), ('sofa', 0)], 'SegmentationClassAug')
    (tmp_path / 'train.txt').write_text('2008_5\n2007_2\n2007_3\n2007_4\n')
    (tmp_path / 'val.txt').write_text('2007_1\n')
    return root


def arguments(devkit, *more, classes=('dog', 'cat')):
    out, *lists = (str(devkit.parent / name) for name in ('out', 'train.txt', 'val.txt'))
    given = ['--out', out, '--ids', *lists, '--classes', *classes, '--long-side', '32']
    return [str(devkit), *given, *more]


def test_the_subset_has_the_layout_of_a_data_set(devkit, capsys):
    voc_subset.main(arguments(devkit))
    out = devkit.parent / 'out'
    assert (out / 'classes.txt').read_text() == 'background\ndog\ncat\n'
    assert (out / 'ImageSets/Segmentation/train.txt').read_text() == ('2008_5\n2007_2\n')
    assert (out / 'image_labels.csv').read_text() == (
        'image,labels\n2007_1,cat\n2007_2,dog cat\n2008_5,dog\n'
    )
    images = sorted(path.stem for path in (out / 'JPEGImages').iterdir())
    assert images == ['2007_1', '2007_2', '2008_5']
    printed = capsys.readouterr().out
    assert 'train 2 images: dog 2, cat 1' in printed
    assert '2 images left out' in printed
    prefix = dict(seg_map_path='SegmentationClass')
    dataset = ImageLabelDataset(data_root=str(out), split='val', data_prefix=prefix)
    assert dataset[0]['gt_label'] == [1]
    assert dataset[0]['seg_map_path'].endswith('2007_1.png')


def test_masks_are_relabelled_without_blending(devkit):
    voc_subset.main(arguments(devkit))
    folder = devkit.parent / 'out/SegmentationClass'
    for image, labels in {'2007_1': [0, 2, 255], '2007_2': [0, 1, 2], '2008_5': [0, 1]}.items():
        mask = Image.open(folder / f'{image}.png')
        assert mask.mode == 'P' and mask.size == (32, 21)
        assert np.unique(mask).tolist() == labels
    # A stripe of 10 of 60 pixels: nearest neighbour takes pixel centres.
    centres = ((np.arange(32) + 0.5) * 60 / 32).astype(int)
    expected = np.resize([0, 1, 2], 6)[centres // 10]
    found = np.array(Image.open(folder / '2007_2.png'))
    assert (found == expected).all()


@pytest.mark.parametrize(
    'size, expected',
    [
        ((500, 375), (320, 240)),
        ((333, 500), (213, 320)),
        ((200, 100), (200, 100)),
        ((1000, 1), (320, 1)),
    ],
)
def test_the_long_side_shrinks_and_never_grows(size, expected):
    assert voc_subset.scaled_size(size, 320) == expected


def test_a_second_run_is_idle_and_other_settings_are_refused(devkit, capsys):
    voc_subset.main(arguments(devkit))
    files = list((devkit.parent / 'out').rglob('*'))
    before = [path.stat().st_mtime_ns for path in files]
    voc_subset.main(arguments(devkit))
    assert 'complete already' in capsys.readouterr().out
    with pytest.raises(UserError, match='made with other settings.*classes'):
        voc_subset.main(arguments(devkit, classes=('cat', 'dog')))
    assert before == [path.stat().st_mtime_ns for path in files]


def break_nothing(devkit):
    pass


def lose_mask(devkit):
    (devkit / 'SegmentationClass/2007_2.png').unlink()


def lose_image(devkit):
    (devkit / 'JPEGImages/2007_2.jpg').unlink()


def lose_xml(devkit):
    (devkit / 'Annotations/2007_2.xml').unlink()


def shrink_mask(devkit):
    path = devkit / 'SegmentationClass/2007_2.png'
    Image.open(path).crop((0, 0, 30, 30)).save(path)


def cut_image(devkit):
    path = devkit / 'JPEGImages/2007_2.jpg'
    path.write_bytes(path.read_bytes()[:-400])


@pytest.mark.parametrize(
    'spoil, more, message',
    [
        (lose_mask, (), "'2007_2' has no mask in SegmentationClass or"),
        (lose_image, (), "image '2007_2' is missing"),
        (lose_xml, (), '2007_2.xml: the label file is missing'),
        (shrink_mask, (), '2007_2.png: has 30 x 30 pixels, but its photo 2007_2 has 60 x 40'),
        (cut_image, (), '2007_2.jpg: the image cannot be read'),
        (break_nothing, ('--classes', 'cat', 'cat'), "names class 'cat' twice"),
        (break_nothing, ('--ids', 'none.txt'), 'none.txt: is missing'),
        (break_nothing, ('--ids', *['{0}/train.txt'] * 2), 'a second list of split train'),
    ],
)
def test_bad_input_is_named(devkit, spoil, more, message):
    spoil(devkit)
    more = [text.format(devkit.parent) for text in more]
    with pytest.raises(UserError, match=message) as caught:
        voc_subset.main(arguments(devkit, *more))
    assert len(str(caught.value).splitlines()) == 1


def test_another_folder_than_the_devkit_is_named(tmp_path):
    with pytest.raises(UserError, match='has no folder Annotations'):
        voc_subset.main(
            [str(tmp_path), '--out', str(tmp_path / 'out'), '--ids', 'x.txt', '--classes', 'cat']
        )
