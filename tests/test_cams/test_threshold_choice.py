"""What the options of a threshold say."""

import pytest

from ppl_mm.cams.expected_area import parse_area
from ppl_mm.cams.threshold_choice import ThresholdChoice, check_cut
from ppl_mm.errors import UserError


@pytest.mark.parametrize(
    'text, area',
    [
        ('1-5%', (0.01, 0.05)),
        ('1-5', (0.01, 0.05)),
        (' 1% - 5% ', (0.01, 0.05)),
        ('0.5-2.5%', (0.005, 0.025)),
        ('3%', (0.03, 0.03)),
        ('100', (1.0, 1.0)),
    ],
)
def test_areas(text, area):
    assert parse_area(text) == pytest.approx(area)


@pytest.mark.parametrize('text', ['', 'small', '5-1%', '0', '0-5%', '1-500%', '-3', '1.2.3', 'nan'])
def test_what_is_not_an_area_is_one_line(text):
    with pytest.raises(UserError, match='--expected-area .*: give the per cent') as raised:
        parse_area(text)
    assert '\n' not in str(raised.value)


def test_auto_is_a_choice():
    choice = ThresholdChoice.given('auto')
    assert choice.auto and choice.split is None


@pytest.mark.parametrize('text', ['Auto', 'automatic', '', 'none.json'])
def test_what_is_no_choice_says_what_is(text):
    with pytest.raises(UserError, match='not a number'):
        ThresholdChoice.given(text)


@pytest.mark.parametrize('text', ['1.5', '-0.1', 'nan'])
def test_a_number_outside_of_0_to_1(text):
    with pytest.raises(UserError, match='must be in 0..1'):
        ThresholdChoice.given(text)


@pytest.mark.parametrize(
    'content, words',
    [
        ('[0.3]', 'not a number,'),
        ('0.3', 'not a number,'),
        ('"export"', 'not a number,'),
        ('{"threshold": [0.3]}', 'not a number,'),
        ('{"threshold": {}}', 'not a number,'),
        ('{"threshold": "high"}', 'not a number,'),
        ('{"threshold": null}', 'not finished'),
    ],
)
def test_a_file_that_holds_no_threshold(tmp_path, content, words):
    path = tmp_path / 'export.json'
    path.write_text(content)
    with pytest.raises(UserError, match=f'--threshold {path}: .*{words}'):
        ThresholdChoice.given(str(path))


def test_data_without_a_background_are_not_cut():
    for given, option in ((('0.3', ''), '--threshold'), (('', '1-5%'), '--expected-area')):
        check_cut(*given)
        with pytest.raises(UserError, match=f'{option}: every pixel belongs to a class'):
            check_cut(*given, background=False)
