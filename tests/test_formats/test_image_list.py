import pytest

from ppl_mm.datasets import ImageLabelDataset, VOCLayoutDataset
from ppl_mm.errors import UserError
from ppl_mm.formats.image_list import read_ids, read_image_list


@pytest.fixture
def write(tmp_path):

    def write(data):
        path = tmp_path / 'train.txt'
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


def test_images_keep_their_folders_lines_and_suffixes(write):
    path = write('\ntrain2014/COCO_1\r\n  b.JPG \nc.v2\n')
    assert read_image_list(path) == [(2, 'train2014/COCO_1'), (3, 'b.JPG'), (4, 'c.v2')]
    assert read_ids(path) == ['train2014/COCO_1', 'b', 'c.v2']


@pytest.mark.parametrize(
    'line, image',
    [
        ('2008_000008 -1', '2008_000008'),
        ('2008_000015  1', '2008_000015'),
        ('2008_000015  0', '2008_000015'),
        ('beach 1', 'beach 1'),
        ('my photo.jpg', 'my photo'),
        ('beach-1', 'beach-1'),
    ],
)
def test_a_flag_of_voc_is_left_out_and_a_name_keeps_its_space(write, line, image):
    assert read_ids(write(f'\ufeff{line}\n')) == [image]


@pytest.mark.parametrize(
    'data, message',
    [
        ('a\n\nb\na.png\n', "line 4: image 'a.png' occurs twice, .* line 1"),
        ('\n \n', 'names no image'),
        (b'\xff\xfe\xfa', 'the list of images is not UTF-8 text'),
    ],
)
def test_bad_lists(write, data, message):
    path = write(data)
    with pytest.raises(UserError, match=f'train.txt:? {message}') as caught:
        read_image_list(path)
    assert len(str(caught.value).splitlines()) == 1


def test_a_missing_list(tmp_path):
    with pytest.raises(UserError, match='none.txt: is missing'):
        read_ids(tmp_path / 'none.txt')


def test_everyone_reads_the_same_images(tmp_path, demo_root):
    path = tmp_path / 'some.txt'
    path.write_text('train_00003  1\ntrain_00001.jpg\n')
    wanted = ['train_00003', 'train_00001']
    labelled = ImageLabelDataset(data_root=str(demo_root), split=str(path))
    masked = VOCLayoutDataset(str(demo_root), str(path))
    assert [labelled[k]['image_id'] for k in range(2)] == wanted
    assert [masked.get_data_info(k)['seg_map_path'][-15:-4] for k in range(2)] == wanted
    assert read_ids(path) == wanted
