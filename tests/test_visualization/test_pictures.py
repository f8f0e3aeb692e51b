import numpy as np
import pytest
from matplotlib.layout_engine import ConstrainedLayoutEngine
from PIL import Image

from ppl_mm.visualization import (
    Cell,
    Curve,
    colorize,
    draw_curves,
    draw_panel,
    overlay_label,
    overlay_score,
    save_figure,
)
from ppl_mm.visualization.dataset_sheet import draw_dataset


def test_colours_are_vocs():
    label = np.array([[0, 1, 2], [3, 15, 255]], np.uint8)
    assert colorize(label).tolist() == [
        [[0, 0, 0], [128, 0, 0], [0, 128, 0]],
        [[128, 128, 0], [192, 128, 128], [224, 224, 192]],
    ]


def test_a_label_colours_its_pixels_only():
    image = np.full((2, 2, 3), 100, np.uint8)
    label = np.array([[0, 1], [0, 255]], np.uint8)
    drawn = overlay_label(image, label, opacity=0.5)
    assert drawn.dtype == np.uint8
    assert drawn[:, 0].tolist() == [[100] * 3] * 2
    assert drawn[0, 1].tolist() == [114, 50, 50]
    assert drawn[1, 1].tolist() == [162, 162, 146]


def test_a_stronger_score_is_lighter():
    image = np.full((1, 3, 3), 50, np.uint8)
    drawn = overlay_score(image, np.array([[0, 0.5, 1]])).sum(axis=-1)[0]
    assert drawn[0] < drawn[1] < drawn[2]


def test_an_image_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r'\(2, 3, 3\) and \(3, 2\)'):
        overlay_label(np.zeros((2, 3, 3), np.uint8), np.zeros((3, 2)))


def test_figures_are_written_and_the_same_each_time(tmp_path):
    image = np.zeros((20, 30, 3), np.uint8)
    region = np.zeros((20, 30), bool)
    region[5:10, 5:10] = True
    rows = [
        [Cell(image, '50 %'), Cell(image, outline=region)],
        [Cell(image), Cell(image, outline=~region & False)],
    ]
    curve = Curve([0.1, 0.2, 0.3], [0.2, 0.5, float('nan')], 0.2, 'a')
    for name in ('one', 'two'):
        save_figure(
            draw_panel(['x', 'y'], rows, ['a', 'b'], ['background', 'cat']),
            tmp_path / name / 'panel.png',
        )
        save_figure(draw_curves({'a': curve}), tmp_path / name / 'curve.png')
    for name in ('panel.png', 'curve.png'):
        one, two = (tmp_path / folder / name for folder in ('one', 'two'))
        assert one.read_bytes() == two.read_bytes()
        with Image.open(one) as picture:
            assert min(picture.size) > 200


@pytest.mark.parametrize('name', ['$\\x$', '5 $ or $6', 'caf\udce9', '\x1b[2J'])
def test_names_are_drawn_as_they_stand(tmp_path, name):
    curves = {name: Curve([0, 1], [0, 1], 0.5, False, name)}
    save_figure(draw_curves(curves, name), tmp_path / 'a.png')
    save_figure(draw_dataset({name: {'$\\x$': 3}}, [(3, 4)], name), tmp_path / 'b.png')
    assert Image.open(tmp_path / 'a.png').size[0] > 100


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
def test_the_last_digits_of_the_layout_are_not_seen(tmp_path, monkeypatch, suffix):
    """They depend on the addresses of the solver's variables."""
    lay_out = ConstrainedLayoutEngine.execute

    def save(shift):
        def shifted(engine, figure):
            lay_out(engine, figure)
            for axes in figure.axes:
                place = np.array(axes.get_position(original=True).bounds)
                axes.set_position(place + shift, which='original')

        monkeypatch.setattr(ConstrainedLayoutEngine, 'execute', shifted)
        cells = [[Cell(np.zeros((48, 48, 3), np.uint8), f'train_{k:05d}') for k in range(3)]]
        figure = draw_panel((), cells, ['dax'], ['background', 'dax'], 'title')
        save_figure(figure, tmp_path / f'a{suffix}')
        places = np.array([axes.get_position(original=True).bounds for axes in figure.axes])
        return (tmp_path / f'a{suffix}').read_bytes(), places.tolist()

    assert save(1e-9) == save(-1e-9)
