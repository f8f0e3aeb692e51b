import json
from pathlib import Path

import numpy as np
import pytest
import study
from study_numbers import Study, spread
from study_report import write_report

ROOT = Path(__file__).parents[2]
CLASSES = ['background', 'cat']
THRESHOLDS = [0.1, 0.2]


def part(iou, split='train'):
    """Both classes with this IoU: of 100 true pixels each, x are wrong.

    IoU = (100 - x) / (100 + x).
    """
    wrong = 100 * (1 - iou) / (1 + iou)
    matrix = [[100 - wrong, wrong, 0], [wrong, 100 - wrong, 0]]
    return dict(split=split, images=4, mIoU=iou, confusion_matrix=matrix)


def record(name, seed, iou, val=None, **changes):
    row = dict(
        id=f'voc6/{name}/final/{seed}',
        status='done',
        kind='cam',
        name=name,
        data='voc6',
        method='PL',
        hypothesis='it is better',
        round='final',
        seed=seed,
        epochs=6,
        measured_part='all',
        extra={},
        equal_cost_to=None,
        classes=CLASSES,
        threshold=0.3,
        measured=part(iou),
        cost=dict(flops=2e12),
        steps=dict(train=dict(seconds=10.0, cpu_seconds=9.0, peak_memory=2**30)),
        curve=dict(threshold=THRESHOLDS, mIoU=[0.1, iou], precision=[0.5, 0.6], recall=[0.7, None]),
    )
    if val is not None:
        row['val'] = part(val, 'val')
    return row | changes


def plain(name, seed, iou, val=None, **changes):
    return record(name, seed, iou, val, method='plain CAM', **changes)


RECORDS = [
    plain('plain', 0, 0.50, 0.40),
    plain('plain', 1, 0.48, 0.42),
    plain('plain_slow', 0, 0.51, 0.41),
    plain('plain_slow', 1, 0.49, 0.41),
    # More epochs are no baseline of the others, but the cost's.
    plain('plain_long', 0, 0.53, 0.43, epochs=9, equal_cost_to='pl'),
    plain('plain_long', 1, 0.50, 0.40, epochs=9, equal_cost_to='pl'),
    plain('plain_more', 0, 0.54, epochs=12),
    plain('plain_more', 1, 0.54, epochs=12),
    record('pl', 0, 0.56, 0.47),
    record('pl', 1, 0.52, 0.43),
    record('ppl', 0, 0.52, method='PPL, paper'),
    record('ppl', 1, 0.48, method='PPL, paper'),
    # The best of all, of one seed only.
    record('lucky', 0, 0.70),
    record('pl', 0, 0.90, round='screen', id='voc6/pl/screen/0'),
]


def test_ratios_by_hand():
    ratios = Study(RECORDS).ratios('voc6')
    # pl, as it has two seeds, less plain_slow, the better plain CAM.
    assert ratios['seed_miou_gain_each'] == pytest.approx([0.05, 0.03])
    assert ratios['seed_miou_gain'] == pytest.approx(0.04)
    assert ratios['val_seed_miou_gain_each'] == pytest.approx([0.06, 0.02])
    assert ratios['gain_over_equal_cost_plain'] == pytest.approx(0.025)
    assert ratios['pseudo_over_plain_seed'] is None
    assert ratios['weak_over_full_supervision'] is None


def test_the_winner_stands_beside_a_plain_cam_of_its_cost():
    """A better row that none was run for waits until there is one."""
    dear = [record('dear', seed, 0.6, 0.5) for seed in (0, 1)]
    assert Study([*RECORDS, *dear]).ratios('voc6') == (Study(RECORDS).ratios('voc6'))
    equal = plain('plain_dear', 0, 0.55, epochs=12, equal_cost_to='dear')
    ratios = Study([*RECORDS, *dear, equal]).ratios('voc6')
    assert ratios['gain_over_equal_cost_plain'] == pytest.approx(0.05)


def test_ratios_of_the_later_steps():
    later = [
        record(
            'path',
            0,
            0.66,
            kind='pipeline',
            settings=dict(segmentation='seg.py'),
            segmentation=part(0.6),
            segmentation_val=part(0.5),
        ),
        record(
            'rounds',
            0,
            0.66,
            kind='pipeline',
            settings=dict(segmentation=['seg.py', 'again.py']),
            segmentation=part(0.7),
            segmentation_val=part(0.54),
        ),
        record(
            'other',
            0,
            0.1,
            kind='full',
            measured=None,
            settings=dict(segmentation='big.py'),
            segmentation_val=part(0.99),
        ),
        record(
            'masks',
            0,
            0.1,
            kind='full',
            measured=None,
            settings=dict(segmentation='seg.py'),
            segmentation=part(0.8),
            segmentation_val=part(0.60),
        ),
        record(
            'masks_longer',
            0,
            0.1,
            kind='full',
            measured=None,
            settings=dict(segmentation='seg.py'),
            segmentation=part(0.9),
            segmentation_val=part(0.55),
        ),
    ]
    ratios = Study(RECORDS + later).ratios('voc6')
    assert ratios['pseudo_over_plain_seed'] == pytest.approx(0.66 - 0.51)
    assert ratios['weak_over_full_supervision'] == pytest.approx(0.9)


def test_only_what_the_rows_allow():
    for records in (RECORDS[:4], RECORDS[-1:], RECORDS[8:10]):
        assert set(Study(records).ratios('voc6').values()) == {None}
    assert set(Study(RECORDS).ratios('demo').values()) == {None}


def test_seeds_are_paired():
    records = [
        plain('plain', 0, 0.5),
        plain('plain', 1, 0.1),
        record('pl', 1, 0.3),
        record('pl', 2, 0.9),
    ]
    ratios = Study(records).ratios('voc6')
    assert ratios['seed_miou_gain_each'] == pytest.approx([0.2])


def test_figures_show_the_paper_form_too():
    paper = Study(RECORDS).figures('voc6')['paper_form']
    assert paper['name'] == 'ppl' and paper['plain'] == 'plain_slow'
    assert paper['gain_each'] == pytest.approx([0.01, -0.01])


def test_spread_is_of_a_sample():
    assert spread([1.0, 3.0]) == pytest.approx(np.sqrt(2))
    assert spread([1.0]) is None


def cells(text, name):
    """The cells of the first table row of that name."""
    line = next(line for line in text.splitlines() if line.startswith(f'| {name} |'))
    return [cell.strip() for cell in line.strip('|').split('|')]


def test_page(tmp_path):
    failed = dict(
        id='voc6/bad/final/0',
        status='failed',
        error='no memory',
        kind='cam',
        data='voc6',
        round='final',
        name='bad',
    )
    page = tmp_path / 'study.md'
    made = write_report([*RECORDS, failed], tmp_path / 'study.jsonl', page, 'voc6')
    text = page.read_text()
    assert text.index('Round final') < text.index('Round screen')
    row = cells(text, 'pl')
    # Mean and sample deviation of 56 and 52; differences 5 and 3.
    assert row[3:5] == ['2', '54.0 ± 2.8']
    assert row[10:12] == ['+4.0 ± 1.4', '+2.5 ± 0.7']
    assert row[12:] == ['2.0', '10', '9', '1.0']
    assert cells(text, 'plain_slow')[10] == ''  # is the baseline itself
    assert '`ppl`: it is better: +0.0 ± 1.4 to `plain_slow`' in text
    assert '| pl | plain: plain_slow | +5.0 | +3.0 | +4.0 ± 1.4 |' in text
    assert '`voc6/bad/final/0`: no memory' in text
    assert made['figures']['failed'] == 1
    pictures = sorted(path.name for path in (tmp_path / 'study').iterdir())
    assert pictures == [
        'voc6_classes.png',
        'voc6_cost.png',
        'voc6_curves.png',
        'voc6_miou_final.png',
        'voc6_miou_screen.png',
    ]
    assert all(f'(study/{name})' in text for name in pictures)


def test_a_column_of_which_nobody_has_anything_is_left_out(tmp_path):
    page = tmp_path / 'study.md'
    write_report(RECORDS, tmp_path / 'study.jsonl', page, 'voc6')
    assert 'GiB of GPU' not in page.read_text()
    on_gpu = record('gpu', 0, 0.5)
    on_gpu['steps']['train'] = dict(on_gpu['steps']['train'], gpu_peak_memory=3 * 2**29)
    write_report([*RECORDS, on_gpu], tmp_path / 'study.jsonl', page, 'voc6')
    header = cells(page.read_text(), 'row')
    assert header[-1] == 'GiB of GPU'
    assert cells(page.read_text(), 'gpu')[-1] == '1.5'
    assert cells(page.read_text(), 'pl')[-1] == ''


def test_the_way_to_a_network_has_a_table(tmp_path):
    later = [
        record(
            'path',
            0,
            0.66,
            0.61,
            kind='pipeline',
            plain_seed=part(0.5),
            ppl_seed=part(0.55),
            segmentation=part(0.68),
            segmentation_val=part(0.54),
        ),
        record(
            'masks',
            0,
            0.1,
            kind='full',
            measured=None,
            segmentation=part(0.78),
            segmentation_val=part(0.60),
        ),
    ]
    for one in later:
        one['settings'] = dict(segmentation='seg.py')
    page = tmp_path / 'study.md'
    write_report([*RECORDS, *later], tmp_path / 'study.jsonl', page, 'voc6')
    text = page.read_text()
    assert cells(text, 'path')[3:] == ['50.0', '55.0', '66.0', '68.0', '61.0', '54.0']
    assert cells(text, 'masks')[3:] == ['', '', '', '78.0', '', '60.0']


def test_networks_stand_beside_the_recipes(tmp_path):
    networks = [
        record(
            name,
            seed,
            0.1,
            kind='network',
            method='one network',
            measured=None,
            segmentation=part(0.7 + gain),
            segmentation_val=part(0.6 + seed / 10 - gain),
        )
        for name, gain in (('network', 0.0), ('network_band', 0.05))
        for seed in (0, 1)
    ]
    page = tmp_path / 'study.md'
    write_report([*RECORDS, *networks], tmp_path / 'study.jsonl', page, 'voc6')
    text = page.read_text()
    mean_iou, _, _, less = cells(text, 'network_band')[2:6]
    assert (mean_iou, less) == ('75.0 ± 0.0', '+5.0 ± 0.0')
    assert cells(text, 'network_band')[-1] == '-5.0 ± 0.0'
    assert cells(text, 'network')[6] == '65.0 ± 7.1'
    assert cells(text, 'network')[-1] == ''


def test_a_pipeline_of_one_round_has_trained_the_recipe(tmp_path):
    def one(name, kind, mean_iou):
        made = record(
            name,
            0,
            0.1,
            kind=kind,
            segmentation=part(mean_iou, 'masked'),
            segmentation_val=part(mean_iou, 'val'),
        )
        return made | dict(settings=dict(segmentation='seg.py'))

    page = tmp_path / 'study.md'
    write_report(
        [
            *RECORDS,
            one('pipeline_one_round', 'pipeline', 0.7),
            one('network_band', 'network', 0.72),
        ],
        tmp_path / 'study.jsonl',
        page,
        'voc6',
    )
    band = page.read_text().split('Networks on the same maps')[1]
    assert cells(band, 'network_band')[5] == '+2.0'
    assert 'masked, less the recipe | val, mIoU' in band


def test_command_prints_one_line_of_json(tmp_path, capsys):
    results = tmp_path / 'study.jsonl'
    results.write_text(''.join(json.dumps(one) + '\n' for one in RECORDS))
    assert study.main(['--report', '--results', str(results)]) == 0
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(line) == {'benchmark', 'ratios', 'figures', 'machine'}
    assert line['benchmark'] == 'study'
    assert set(line['ratios']) == {
        'seed_miou_gain',
        'seed_miou_gain_each',
        'val_seed_miou_gain_each',
        'gain_over_equal_cost_plain',
        'pseudo_over_plain_seed',
        'weak_over_full_supervision',
    }
    assert (tmp_path / 'study.md').is_file()


def test_no_results(tmp_path):
    with pytest.raises(study.UserError, match='no result yet'):
        study.main(['--report', '--results', str(tmp_path / 'none.jsonl')])
