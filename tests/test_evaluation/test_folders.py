import numpy as np
import pytest

from ppl_mm.cams import label_from_cam
from ppl_mm.errors import UserError
from ppl_mm.evaluation import confusion_matrix, evaluate_folder, evaluate_labels
from ppl_mm.formats.cam_file import CamFile, write_cam
from ppl_mm.formats.ground_truth import GroundTruth
from ppl_mm.formats.image_list import read_ids
from ppl_mm.formats.mask_file import write_label
from ppl_mm.formats.voc_layout import write_labels

STEMS = ['a', 'b', 'c']
NUM_CLASSES = 3


@pytest.fixture
def export(tmp_path):
    """Three exported images with labels at 0.4, and their masks."""
    rng = np.random.default_rng(0)
    for k, stem in enumerate(STEMS):
        cam_file = CamFile([0, 2][:k], rng.random((k, 4, 5)), (8, 10))
        write_cam(tmp_path / 'cams' / f'{stem}.npz', cam_file)
        write_label(tmp_path / 'labels' / f'{stem}.png', label_from_cam(cam_file, 0.4))
        mask = rng.choice(np.uint8([0, 1, 2, 3, 255]), (8, 10))
        write_label(tmp_path / 'masks' / f'{stem}.png', mask)
    return tmp_path


def sweep_of(root, stems=STEMS, num_classes=NUM_CLASSES):
    truth = GroundTruth(root / 'masks')
    return evaluate_folder(root / 'cams', truth, stems, num_classes, [0.2, 0.4], progress=False)


def matrix_of(root, stems=STEMS, num_classes=NUM_CLASSES):
    truth = GroundTruth(root / 'masks')
    return evaluate_labels(root / 'labels', truth, stems, num_classes, progress=False)


def test_maps_and_their_labels_agree(export):
    sweep = sweep_of(export)
    assert sweep.num_images == 3
    np.testing.assert_array_equal(sweep.confusion(0.4), matrix_of(export))


def test_only_the_split_is_measured(export):
    from ppl_mm.formats.mask_file import read_mask

    expected = confusion_matrix(
        read_mask(export / 'labels' / 'b.png'), read_mask(export / 'masks' / 'b.png'), NUM_CLASSES
    )
    np.testing.assert_array_equal(matrix_of(export, ['b']), expected)
    np.testing.assert_array_equal(sweep_of(export, ['b']).confusion(0.4), expected)


def test_a_negative_without_a_mask_counts_as_all_background(export):
    write_labels(export / 'image_labels.csv', dict(a=[], b=['x'], c=['x']))
    before = sweep_of(export, ['b', 'c'])
    (export / 'masks/a.png').unlink()
    write_cam(export / 'cams/a.npz', CamFile([1], np.full((1, 4, 5), 0.3), (8, 10)))
    write_label(export / 'labels/a.png', np.zeros((8, 10), np.uint8))
    sweep = sweep_of(export)
    assert sweep.num_assumed == 1 and before.num_assumed == 0
    more = sweep.confusion(0.4) - before.confusion(0.4)
    assert more[0, 0] == 80 and more.sum() == 80
    assert (sweep.confusion(0.2) - before.confusion(0.2))[0, 2] == 80  # false positives
    truth = GroundTruth(export / 'masks')
    total = evaluate_labels(export / 'labels', truth, STEMS, NUM_CLASSES, progress=False)
    assert truth.assumed == {'a'} and total.sum() > matrix_of(export, ['b', 'c']).sum()


def test_the_bar_goes_to_stderr(export, capsys):
    evaluate_labels(export / 'labels', GroundTruth(export / 'masks'), STEMS, NUM_CLASSES)
    assert capsys.readouterr().out == ''


@pytest.mark.parametrize('measure', [sweep_of, matrix_of])
@pytest.mark.parametrize(
    'stems, num_classes, message',
    [
        (['none'], 3, 'none.*no such'),
        (STEMS, 1, 'b.*cannot be compared with .*b.png.*(class id|label) '),
    ],
)
def test_what_cannot_be_measured(export, measure, stems, num_classes, message):
    masks = export / 'masks'
    write_label(masks / 'none.png', np.zeros((8, 10), np.uint8))
    write_label(masks / 'a.png', np.zeros((8, 10), np.uint8))
    write_label(masks / 'b.png', np.full((8, 10), 3, np.uint8))
    with pytest.raises(UserError, match=message):
        measure(export, stems, num_classes)


@pytest.mark.parametrize('measure', [sweep_of, matrix_of])
def test_sizes_that_differ(export, measure):
    write_label(export / 'masks' / 'b.png', np.zeros((10, 8), np.uint8))
    with pytest.raises(UserError, match='b.* 8 x 10 .*of 10 x 8') as error:
        measure(export)
    assert '\n' not in str(error.value)


@pytest.mark.parametrize('measure', [sweep_of, matrix_of])
def test_a_split_without_masks(export, measure):
    (export / 'masks' / 'c.png').unlink()
    with pytest.raises(UserError, match='c.png: no such mask; .* --split'):
        measure(export)


def test_a_split_is_a_list_of_stems(tmp_path):
    (tmp_path / 'val.txt').write_text('b\n\n a.png \n')
    assert read_ids(tmp_path / 'val.txt') == ['b', 'a']


@pytest.mark.parametrize(
    'data, message',
    [
        (None, 'is missing'),
        (b'\n \n', 'names no image'),
        (b'\xff\xfe\xfa', 'the list of images is not UTF-8 text'),
    ],
)
def test_bad_splits(tmp_path, data, message):
    if data is not None:
        (tmp_path / 'val.txt').write_bytes(data)
    with pytest.raises(UserError, match=f'val.txt: {message}'):
        read_ids(tmp_path / 'val.txt')
