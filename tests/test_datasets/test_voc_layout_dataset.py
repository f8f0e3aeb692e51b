import shutil

import numpy as np
import pytest
from mmengine.registry import DATASETS, DefaultScope
from PIL import Image

from ppl_mm.datasets import VOCLayoutDataset
from ppl_mm.errors import UserError
from ppl_mm.formats.mask_file import voc_palette, write_label

PIPELINE = [
    dict(type='LoadImageFromFile'),
    dict(type='mmseg.LoadAnnotations'),
    dict(type='mmseg.PackSegInputs'),
]
SPLIT = 'ImageSets/Segmentation/val.txt'


@pytest.fixture
def root(tmp_path):
    """Three images of 12 x 10 pixels, two of them in the split."""
    rng = np.random.default_rng(0)
    for folder in ('JPEGImages', 'ImageSets/Segmentation'):
        (tmp_path / folder).mkdir(parents=True)
    for stem in 'abc':
        pixels = rng.integers(0, 256, (10, 12, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f'JPEGImages/{stem}.jpg')
        mask = rng.choice(np.array([0, 1, 2, 255], np.uint8), (10, 12))
        write_label(tmp_path / f'SegmentationClass/{stem}.png', mask)
    (tmp_path / SPLIT).write_text('c\na\n')
    (tmp_path / 'classes.txt').write_text('background\ncat\ncow\n')
    return tmp_path


def stems(dataset):
    return [dataset[i]['data_samples'].img_path.rsplit('/', 1)[1] for i in range(len(dataset))]


def test_a_split(root):
    dataset = VOCLayoutDataset(str(root), SPLIT, pipeline=PIPELINE)
    assert dataset.metainfo['classes'] == ('background', 'cat', 'cow')
    colours = np.frombuffer(voc_palette(), np.uint8).reshape(256, 3)
    assert dataset.metainfo['palette'] == colours[:3].tolist()
    assert stems(dataset) == ['c.jpg', 'a.jpg']
    mask = dataset[1]['data_samples'].gt_sem_seg.data[0].numpy()
    expected = np.array(Image.open(root / 'SegmentationClass/a.png'))
    assert np.array_equal(mask, expected)
    assert {0, 255} <= set(np.unique(mask))


def test_a_negative_needs_no_mask(root):
    (root / 'SegmentationClass/a.png').unlink()
    with pytest.raises(UserError, match='1 of 2 images have no mask there, first a'):
        VOCLayoutDataset(str(root), SPLIT, pipeline=PIPELINE)
    (root / 'image_labels.csv').write_text('image,labels\na,\nc,cat\n')
    views = [[dict(type='LoadAnnotations')], [PIPELINE[2]]]
    nested = [PIPELINE[0], dict(type='TestTimeAug', transforms=views)]
    resized = [PIPELINE[0], dict(type='Resize', scale=(6, 5)), *PIPELINE[1:]]
    for pipeline in (PIPELINE, nested, resized):
        sample = VOCLayoutDataset(str(root), SPLIT, pipeline=pipeline)[1]['data_samples']
        sample = sample[0] if pipeline is nested else sample
        mask = sample.gt_sem_seg.data
        assert mask.shape == (1, 10, 12) and not mask.any()


def test_a_split_without_masks(root):
    shutil.rmtree(root / 'SegmentationClass')
    without = [
        PIPELINE[0],
        dict(type='TestTimeAug', transforms=[[dict(type='RandomFlip', prob=0.0)], [PIPELINE[2]]]),
    ]
    settings = dict(data_root=str(root), ann_file=SPLIT, test_mode=True)
    dataset = VOCLayoutDataset(**settings, pipeline=without)
    sample = dataset[1]['data_samples'][0]
    assert sample.img_path.endswith('a.jpg')
    assert sample.ori_shape == (10, 12) and 'gt_sem_seg' not in sample
    (root / 'JPEGImages/a.jpg').write_bytes(b'x')
    with pytest.raises(UserError, match='a.jpg: the image cannot be read'):
        dataset[1]
    (root / 'JPEGImages/a.jpg').unlink()
    with pytest.raises(UserError, match='1 of 2 images have no image there'):
        VOCLayoutDataset(**settings, pipeline=PIPELINE[::2])


@pytest.mark.parametrize(
    'settings',
    [
        dict(ann_file=''),
        dict(test_mode=False),
        dict(pipeline=[]),
        dict(pipeline=[lambda sample: sample]),
        dict(pipeline=PIPELINE),
        dict(pipeline=[dict(type='TestTimeAug', transforms=[PIPELINE[:]])]),
    ],
)
def test_masks_are_asked_for_else(root, settings):
    shutil.rmtree(root / 'SegmentationClass')
    settings = dict(dict(ann_file=SPLIT, pipeline=PIPELINE[::2], test_mode=True), **settings)
    with pytest.raises(UserError, match='no masks are there'):
        VOCLayoutDataset(str(root), **settings)


def test_every_mask_of_the_folder(root):
    assert stems(VOCLayoutDataset(root, pipeline=PIPELINE)) == ['a.jpg', 'b.jpg', 'c.jpg']


def test_folders_in_the_folder(root):
    for folder, suffix in (('JPEGImages', 'jpg'), ('SegmentationClass', 'png')):
        (root / folder / 'deep').mkdir()
        (root / folder / f'a.{suffix}').rename(root / folder / f'deep/a.{suffix}')
    dataset = VOCLayoutDataset(str(root), pipeline=PIPELINE)
    assert [dataset.get_data_info(i)['seg_map_path'].rsplit('Class/', 1)[1] for i in range(3)] == [
        'b.png',
        'c.png',
        'deep/a.png',
    ]


def test_config_classes_come_first(root):
    (root / 'classes.txt').unlink()
    dataset = VOCLayoutDataset(str(root), SPLIT, metainfo=dict(classes=['background', 'x', 'y']))
    assert dataset.metainfo['classes'] == ('background', 'x', 'y')


def test_transforms_of_ade20k_keep_the_background(root):
    plain = VOCLayoutDataset(str(root), SPLIT, pipeline=PIPELINE)
    pipeline = [dict(step) for step in PIPELINE]
    pipeline[1]['reduce_zero_label'] = True
    dataset = VOCLayoutDataset(str(root), SPLIT, pipeline=pipeline)
    assert pipeline[1]['reduce_zero_label']
    for one, other in zip(dataset, plain, strict=True):
        assert (one['data_samples'].gt_sem_seg.data == other['data_samples'].gt_sem_seg.data).all()


def test_known_to_mmseg(root):
    with DefaultScope.overwrite_default_scope('mmseg'):
        dataset = DATASETS.build(
            dict(
                type='ppl_mm.VOCLayoutDataset',
                data_root=str(root),
                ann_file=SPLIT,
                pipeline=PIPELINE,
                test_mode=True,
            )
        )
    assert len(dataset) == 2


def break_image_folder(root):
    (root / 'JPEGImages').rename(root / 'images')


def break_mask_folder(root):
    (root / 'SegmentationClass').rename(root / 'masks')


def break_classes(root):
    (root / 'classes.txt').unlink()


def break_split(root):
    (root / SPLIT).unlink()


def break_image(root):
    (root / 'JPEGImages/a.jpg').unlink()


def break_mask(root):
    (root / 'SegmentationClass/a.png').unlink()


@pytest.mark.parametrize(
    'harm, message',
    [
        (break_image_folder, 'JPEGImages: the folder of images is missing'),
        (break_mask_folder, 'SegmentationClass: no masks are there'),
        (break_classes, 'classes.txt'),
        (break_split, 'val.txt'),
        (break_image, 'JPEGImages: 1 of 2 images have no image there, first a'),
        (break_mask, 'SegmentationClass: 1 of 2 images have no mask there'),
    ],
)
def test_what_is_missing_is_named_in_one_line(root, harm, message):
    harm(root)
    with pytest.raises(UserError, match=message) as caught:
        VOCLayoutDataset(str(root), SPLIT)
    assert '\n' not in str(caught.value)


def test_empty_folder_of_masks(root):
    for path in (root / 'SegmentationClass').iterdir():
        path.unlink()
    with pytest.raises(UserError, match='SegmentationClass: no masks'):
        VOCLayoutDataset(str(root))


def test_mask_of_another_size(root):
    write_label(root / 'SegmentationClass/a.png', np.zeros((12, 10), np.uint8))
    dataset = VOCLayoutDataset(str(root), SPLIT, pipeline=PIPELINE)
    with pytest.raises(UserError, match=r'a.png: 10 x 12 pixels .*12 x 10'):
        dataset[1]
    assert dataset[0]


def test_photo_that_lies_on_its_side(root):
    path = root / 'JPEGImages/a.jpg'
    image = Image.open(path)
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(path, exif=exif)
    dataset = VOCLayoutDataset(str(root), SPLIT, pipeline=PIPELINE)
    with pytest.raises(UserError, match='12 x 10 .* has 10 x 12'):
        dataset[1]
    write_label(root / 'SegmentationClass/a.png', np.zeros((12, 10), np.uint8))
    assert dataset[1]['inputs'].shape == (3, 12, 10)


@pytest.mark.parametrize(
    'file, keep',
    [
        ('JPEGImages/a.jpg', 0),
        ('JPEGImages/a.jpg', 8),
        ('SegmentationClass/a.png', 0),
        ('SegmentationClass/a.png', 0.9),
    ],
)
def test_unreadable_files(root, file, keep):
    path = root / file
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if keep < 1 else keep])
    dataset = VOCLayoutDataset(str(root), SPLIT, pipeline=PIPELINE)
    with pytest.raises(UserError, match=path.name):
        dataset[1]


def test_label_without_a_class(root):
    dataset = VOCLayoutDataset(
        str(root), SPLIT, pipeline=PIPELINE, metainfo=dict(classes=('background', 'cat'))
    )
    with pytest.raises(UserError, match='has the label 2, expected 0 to 1 or 255'):
        dataset[0]


def test_errors_of_the_pipeline_stay(root):

    def fail(results):
        raise AssertionError('mine')

    dataset = VOCLayoutDataset(str(root), SPLIT, pipeline=[fail])
    with pytest.raises(AssertionError, match='mine'):
        dataset[0]


def test_without_a_background_the_network_has_a_channel_for_each_class(root):
    (root / 'classes.txt').write_text('no background\ncat\ncow\n')
    dataset = VOCLayoutDataset(str(root), SPLIT, pipeline=PIPELINE)
    assert dataset.metainfo['classes'] == ('cat', 'cow')
    assert dataset.metainfo['reduce_zero_label']
    colours = np.frombuffer(voc_palette(), np.uint8).reshape(256, 3)
    assert dataset.metainfo['palette'] == colours[1:3].tolist()
    mask = dataset[1]['data_samples'].gt_sem_seg.data[0].numpy()
    stored = np.array(Image.open(root / 'SegmentationClass/a.png')).astype(int)
    assert np.array_equal(mask, np.where(np.isin(stored, (0, 255)), 255, stored - 1))


def test_predictions_without_masks_begin_at_1_too_where_there_is_no_background(root):
    shutil.rmtree(root / 'SegmentationClass')
    (root / 'classes.txt').write_text('no background\ncat\ncow\n')
    dataset = VOCLayoutDataset(str(root), SPLIT, pipeline=PIPELINE[::2], test_mode=True)
    assert dataset[1]['data_samples'].reduce_zero_label  # what LabelWriter asks
