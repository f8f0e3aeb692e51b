import json

import pytest

from ppl_mm.gallery.charts import HEIGHT, MOST_POINTS, WIDTH, make_chart, read_curves


def write_log(folder, run, lines):
    path = folder / run / 'vis_data/scalars.json'
    path.parent.mkdir(parents=True)
    path.write_text('\n'.join(lines))


def test_runs_that_continued_are_joined_and_the_later_value_counts(tmp_path):
    write_log(
        tmp_path,
        '20260101_000000',
        [
            json.dumps(dict(loss=4.0, lr=0.1, time=2, step=1)),
            json.dumps(dict(loss=3.0, step=2)),
            '{"loss": 3.5, "st',
        ],
    )
    again = [dict(loss=2.0, step=2), dict(loss=1.0, step=3), dict(loss=float('nan'), step=4)]
    write_log(tmp_path, '20260102_000000', [*map(json.dumps, again), '[]', '7'])
    (curve,) = read_curves(tmp_path)
    assert (curve.name, curve.steps, curve.values) == ('loss', [1, 2, 3], [4.0, 2.0, 1.0])


def test_long_logs_are_averaged(tmp_path):
    lines = [json.dumps(dict(loss=k, step=k)) for k in range(10 * MOST_POINTS + 3)]
    write_log(tmp_path, 'run', lines)
    (curve,) = read_curves(tmp_path)
    assert len(curve.values) <= MOST_POINTS and curve.values == sorted(curve.values)
    assert curve.values[0] == 5 and curve.steps[0] == 5  # the mean of 0 to 10


def test_no_log_no_curve(tmp_path):
    assert read_curves(tmp_path) == []


@pytest.mark.parametrize(
    'values', [[0.3, 0.9], [5.0, 5.0], [0.0, 0.0], [-2.0, 3.0], [1e-9, 3e-9], [12345.0, 7.0]]
)
def test_all_points_are_inside_and_marks_are_round_and_ascending(values):
    chart = make_chart('loss', [('loss', [1, 2], values)], 'iteration')
    points = [tuple(map(float, pair.split(','))) for pair in chart.lines[0][1].split()]
    assert [x for x, _ in points] == [0, WIDTH]
    assert all(-0.1 <= y <= HEIGHT + 0.1 for _, y in points)
    assert (points[0][1] > points[1][1]) == (values[0] < values[1])
    heights = [height for height, _ in chart.left]
    marks = [float(text) for _, text in chart.left]
    assert heights == sorted(heights, reverse=True) and marks == sorted(set(marks))
    assert marks[0] <= min(values) + 1e-12 and marks[-1] >= max(values) * 0.999
