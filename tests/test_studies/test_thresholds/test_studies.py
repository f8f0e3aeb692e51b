"""Studies of packed maps that stand beside the rules: what each counts, and its command."""

from dataclasses import replace

import numpy as np
import pytest

from ppl_mm.evaluation import ThresholdSweep
from ppl_mm.evaluation.confusion import class_scores
from ppl_mm.formats.cam_file import CamFile, write_cam
from ppl_mm.formats.voc_layout import VOCLayout
from studies.thresholds import __main__ as command
from studies.thresholds import (
    agreement,
    boxes,
    compact,
    confident,
    foreground,
    negatives,
    probed,
    val,
)
from studies.thresholds.map_set import CUTS, MapSet
from studies.thresholds.measure import Curves
from studies.thresholds.pack import pack_maps


def test_foreground_iou_is_that_of_the_product(maps):
    sweep = ThresholdSweep(2, CUTS.tolist())
    for one in maps.images:
        sweep.update(CamFile(one.class_ids, one.cam, one.mask.shape), one.mask)
    ious = [100 * np.nanmean(class_scores(matrix)['iou'][1:]) for matrix in sweep.confusion()]
    (found,) = foreground.measure([maps])
    assert found['seeds']['best'] == pytest.approx(max(ious))
    assert found['seeds']['auto'] == pytest.approx(ious[CUTS.tolist().index(maps.auto.value)])


def test_all_classes_are_one(maps):
    one = maps.one_class()
    assert one.num_classes == 1
    assert all(set(image.class_ids) <= {0} and image.mask.max() <= 1 for image in one.images)
    assert [len(image.class_ids) for image in one.images] == [1] * 6 + [0]


@pytest.mark.parametrize(
    'parts, share',
    [
        ([(slice(0, 10), slice(0, 20), 1)], 200),
        ([(slice(0, 1), slice(0, 1), 1), (slice(10, 20), slice(5, 9), 1)], 1 + 40),
        ([(slice(0, 1), slice(0, 1), 1), (slice(9, 10), slice(1, 2), 1)], 2),  # too far apart
        ([(slice(0, 1), slice(0, 1), 1), (slice(2, 3), slice(2, 3), 1)], 9),  # as good as one
        ([(slice(0, 1), slice(0, 1), 1), (slice(2, 3), slice(2, 3), 2)], 2),  # of other classes
        ([(slice(0, 10), slice(0, 20), 255)], 0),
    ],
)
def test_boxes_are_around_parts_that_nearly_touch(parts, share):
    mask = np.zeros((50, 100), np.uint8)
    for rows, columns, value in parts:
        mask[rows, columns] = value
    assert boxes.box_share(mask, 2) == pytest.approx(share / mask.size)


def test_boxes_bound_what_covers_more(maps):
    dot = np.pad(np.ones((1, 1), np.uint8), (8, 7))
    large, small = (
        replace(maps, images=[replace(one, mask=mask) for one in maps.images])
        for mask in (np.ones((16, 16), np.uint8), dot)
    )
    wide, narrow = boxes.measure([large, small])
    assert wide['bounds']['1'] == wide['auto'] and wide['covers'] < wide['boxes']
    cut, iou = narrow['bounds']['1']
    assert cut > narrow['auto'][0] and iou > narrow['auto'][1]


def test_a_class_with_small_maps_gains_from_a_higher_cut(image, negative):
    images = [image(width, class_id, floor=0) for width, class_id in ((0.8, 0), (5, 1)) * 3]
    (row,) = compact.measure([MapSet('some.network', 2, [*images, negative()])])
    assert row['areas'][0] < 5 < 20 < row['areas'][1]
    start = row['auto']['cut']
    for way in row['by_area'].values():
        small, large = way['cuts']
        assert small >= large == start
    cuts = row['by_area']['0.1']['cuts']
    assert cuts[0] > start
    assert row['by_area']['0.1']['scores'][0] > row['auto']['scores'][0]


def test_ways_to_cut_maps_with_a_probe_are_scored_at_their_cuts(image, negative):
    maps = MapSet('some.probe', 2, [image(5, 0, floor=0), image(3, 1, floor=0.2), negative()])
    (row,) = probed.measure([maps])
    mean = np.mean([one.strongest.mean() for one in maps.shown])
    assert row['ways']['0.2']['cut'] == 0.2
    assert row['ways']['or 2 x mean']['cut'] == pytest.approx(max(0.15, 2 * mean))
    curves = Curves(maps)
    expected = compact.scores_at(curves, row['ways']['or 2 x mean']['cut'])
    assert row['ways']['or 2 x mean']['scores'] == pytest.approx(expected)
    assert row['best']['scores'][0] == pytest.approx(curves.seeds.max())
    assert probed.table([row]).splitlines()[0] == '| cut | some | mean |'


def test_maps_that_are_levelled_have_the_same_labels(maps):
    cuts = [0.3, 0.6]
    found = Curves(compact.levelled(maps, cuts)).by_image[:, CUTS.tolist().index(0.5)]
    for one, matrix in zip(maps.images, found, strict=True):
        own = cuts[one.class_ids[0]] if len(one.class_ids) else 0.5
        expected = Curves(replace(maps, images=[one])).by_image[0, CUTS.tolist().index(own)]
        assert np.allclose(matrix, expected)


def test_regions_of_a_map_that_knows_the_object_are_right(maps):
    exact = [replace(one, cam=(one.mask > 0)[None] * np.float32(1)) for one in maps.shown]
    (row,) = confident.measure([replace(maps, images=exact)])
    share = 100 * np.mean([(one.mask > 0).mean() for one in maps.shown])
    assert row['relative class'] == pytest.approx(dict(cover=share, right=100))
    assert row['irn background'] == pytest.approx(dict(cover=100 - share, right=100))


def test_labels_that_agree_everywhere_are_a_cut(maps):
    (row,) = agreement.measure([maps])
    for key in ('1', '1.5'):
        assert row[key]['right'] == pytest.approx(row[key]['equal_cover'], abs=0.5)


def test_agreement_with_a_better_label_is_better_than_a_cut(maps):
    """Half of a round map is wrong; the refined one knows which."""
    images = []
    for one in maps.shown:
        mask = one.mask.copy()
        mask[:, :8] = 0
        images.append(replace(one, mask=mask, refined=one.cam * (mask > 0)))
    (row,) = agreement.measure([replace(maps, images=images)])
    assert row['1']['right'] > row['1']['equal_cover'] + 20


def test_weak_maps_of_new_negatives_are_dimmed(maps, negative):
    rng = np.random.default_rng(0)
    weak = [
        negative(absent=rng.random((2, 16, 16)).astype(np.float32), score=np.array([0.6, 0.1]))
        for _ in range(20)
    ]
    shown = [replace(one, scale=np.array([30.0])) for one in maps.shown]
    (row,) = negatives.measure([replace(maps, images=[*shown, *weak])])
    assert row['negatives'] == 20 and row['gain'] == pytest.approx(0)
    for plain, dimmed in row['paint'].values():
        assert plain > 10 and dimmed < 2
    assert negatives.measure([maps]) == []


def test_val_is_cut_where_the_maps_of_train_say(maps, image):
    new = MapSet('some.network', 2, [image(w, floor=0.4) for w in (2, 3)])
    (row,) = val.measure([maps], [new])
    assert row['cut'] == maps.auto.value
    assert row['auto'] == pytest.approx(Curves(new).gap(row['cut']), abs=0.01)


@pytest.fixture
def cams(demo_root, tmp_path):
    """A folder of maps of all classes of train; returns it and their image ids."""
    layout = VOCLayout(demo_root)
    ids, classes = layout.read_split('train'), len(layout.read_classes())
    for one in ids:
        cam = np.random.default_rng(0).random((classes, 6, 6))
        cam /= cam.max(axis=(1, 2), keepdims=True)
        scale = np.arange(1, classes + 1)
        file = CamFile(np.arange(classes), cam, (48, 48), scale=scale, score=scale / 10)
        write_cam(tmp_path / f'maps/{one}.npz', file)
    return tmp_path / 'maps', ids


def test_maps_of_absent_classes_are_kept_of_negatives_alone(cams, demo_root, monkeypatch):
    folder, ids = cams
    own = {one: {1} for one in ids} | {ids[0]: set()}
    monkeypatch.setattr('studies.thresholds.pack.class_ids_of', lambda *_: own)
    first, *others = pack_maps('demo.x', folder, str(demo_root), 'train').images
    assert len(first.class_ids) == 0
    np.testing.assert_allclose(first.absent.max(axis=(1, 2)), range(1, len(first.score) + 1))
    assert all(one.class_ids.tolist() == [1] and one.scale.tolist() == [2] for one in others)
    assert all(one.absent is None for one in others)


def test_each_study_is_a_command(cams, demo_root, tmp_path, monkeypatch, capsys):
    def run(*words):
        monkeypatch.setattr('sys.argv', ['thresholds', *map(str, words)])
        command.main()
        return capsys.readouterr().out

    for packs in ('packs', 'val_packs'):
        run('export', 'demo.x', demo_root, cams[0], '--limit', 3, '--packs', tmp_path / packs)
    for study in command.STUDIES:
        options = ['--packs', tmp_path / 'packs', '--val-packs', tmp_path / 'val_packs']
        results = ['--results', tmp_path / f'{study}.json']
        printed = run(study, *options, *results)
        assert printed.startswith('| ') and printed == run(study, *results, '--show')
