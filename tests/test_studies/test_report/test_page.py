from studies.engine.row import Row
from studies.report.page import write_report


def cells(text, name):
    """The cells of the first table row of that name."""
    line = next(line for line in text.splitlines() if line.startswith(f'| {name} |'))
    return [cell.strip() for cell in line.strip('|').split('|')]


def test_page(records, tmp_path):
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
    row = Row('ppl', 'voc6', 'cls.py', 'PPL', 'it is better', round='final')
    made = write_report([*records, failed], tmp_path / 'study.jsonl', page, 'voc6', [row])
    text = page.read_text()
    assert text.index('voc6: round final') < text.index('voc6: round screen')
    cell = cells(text, 'pl')
    # Mean and sample deviation of 56 and 52; differences 5 and 3.
    assert cell[3:5] == ['2', '54.0 ± 2.8']
    assert cell[10:12] == ['+4.0 ± 1.4', '+2.5 ± 0.7']
    assert cell[12:] == ['2.0', '10', '9', '1.0']
    assert cells(text, 'plain_slow')[10] == ''  # is the baseline itself
    assert '`ppl`: it is better: +0.0 ± 1.4 vs. `plain_slow`' in text
    assert '| pl | plain_slow | +5.0 | +3.0 | +4.0 ± 1.4 |' in text
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


def test_a_column_of_which_nobody_has_anything_is_left_out(records, record, tmp_path):
    page = tmp_path / 'study.md'
    write_report(records, tmp_path / 'study.jsonl', page, 'voc6')
    assert 'GiB of GPU' not in page.read_text()
    on_gpu = record('gpu', 0, 0.5)
    on_gpu['steps']['train'] = dict(on_gpu['steps']['train'], gpu_peak_memory=3 * 2**29)
    write_report([*records, on_gpu], tmp_path / 'study.jsonl', page, 'voc6')
    header = cells(page.read_text(), 'row')
    assert header[-1] == 'GiB of GPU'
    assert cells(page.read_text(), 'gpu')[-1] == '1.5'
    assert cells(page.read_text(), 'pl')[-1] == ''


def test_the_way_to_a_network_has_a_table(records, record, part, tmp_path):
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
    write_report([*records, *later], tmp_path / 'study.jsonl', page, 'voc6')
    text = page.read_text()
    assert cells(text, 'path')[3:] == ['50.0', '55.0', '66.0', '68.0', '61.0', '54.0']
    assert cells(text, 'masks')[3:] == ['', '', '', '78.0', '', '60.0']


def test_networks_stand_beside_the_recipes(records, record, part, tmp_path):
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
    write_report([*records, *networks], tmp_path / 'study.jsonl', page, 'voc6')
    text = page.read_text()
    mean_iou, _, _, less = cells(text, 'network_band')[2:6]
    assert (mean_iou, less) == ('75.0 ± 0.0', '+5.0 ± 0.0')
    assert cells(text, 'network_band')[-1] == '-5.0 ± 0.0'
    assert cells(text, 'network')[6] == '65.0 ± 7.1'
    assert cells(text, 'network')[-1] == ''


def test_a_pipeline_of_one_round_has_trained_the_recipe(records, record, part, tmp_path):
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
            *records,
            one('pipeline_one_round', 'pipeline', 0.7),
            one('network_band', 'network', 0.72),
        ],
        tmp_path / 'study.jsonl',
        page,
        'voc6',
    )
    band = page.read_text().split('networks on the same maps')[1]
    assert cells(band, 'network_band')[5] == '+2.0'
    assert 'network vs. recipe | val network' in band
