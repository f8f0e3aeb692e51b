import pytest

from ppl_mm.utils.text import counted, per_cent, printable


@pytest.mark.parametrize(
    'text, shown',
    [
        ('cats/käse 1.jpg', 'cats/käse 1.jpg'),
        ('写真.jpg', '写真.jpg'),
        ('a\nb\r\tc', r'a\nb\r\tc'),
        ('\x1b[2J\x07', r'\x1b[2J\x07'),
        ('gpj.\u202egnp', r'gpj.\u202egnp'),
        (b'caf\xe9.jpg'.decode('utf-8', 'surrogateescape'), r'caf\xe9.jpg'),
        ('\U000e0041', r'\U000e0041'),
        (17, '17'),
    ],
)
def test_what_acts_on_a_terminal_becomes_an_escape(text, shown):
    assert printable(text) == shown
    printable(text).encode()  # can be printed


def test_all_of_unicode_stays_on_one_line_and_can_be_written():
    shown = printable(''.join(map(chr, range(0x110000))))
    assert len(shown.splitlines()) == 1 and shown.isprintable()
    assert shown.encode('utf-8')


@pytest.mark.parametrize('share', [0.0, 0.00012, 0.0031, 0.05, 0.189, 0.5, 0.997, 1.0])
def test_a_share_is_a_plain_number_of_two_digits(share):
    shown = per_cent(share)
    assert 'e' not in shown and float(shown) == pytest.approx(100 * share, rel=0.05)


@pytest.mark.parametrize(
    'number, words, shown',
    [
        (0, ('image',), '0 images'),
        (1, ('image',), '1 image'),
        (2, ('image',), '2 images'),
        (1, ('class is', 'classes are'), '1 class is'),
        (12, ('class is', 'classes are'), '12 classes are'),
    ],
)
def test_what_is_counted_has_the_form_of_its_number(number, words, shown):
    assert counted(number, *words) == shown
