"""The console shows what a user can act on; the log file shows all."""

import io
import logging
import sys
import warnings

import pytest
from mmengine.logging import MMLogger, print_log

from ppl_mm.utils.console import keep_console_short, take_every_letter

NOISE = (
    '\n------------------------------------------------------------\nSystem environment:\n  a: b',
    'Config:\nmodel = dict()',
    'Hooks will be executed in the following order:\nbefore_run:\n',
    'backbone.conv1.weight is skipped since its requires_grad=False',
    'paramwise_options -- head.classifier.weight:lr=0.1',
    'Failed to search registry with scope "ppl_mm" in the "log_processor" registry tree.',
    '"FileClient" will be deprecated in future. Please use io functions in ..',
    'Exp name: tiny_20261126',
)
NEWS = (
    'Epoch(train) [1][20/30]  lr: 1.0e-03  eta: 0:00:10  loss: 0.69',
    'Epoch(val) [1][8/8]    multi-label/mAP: 38.9583',
    'a.pth: 120 of 120 weights of ResNet loaded',
    'Saving checkpoint at 1 epochs',
    'val (8 images), in per cent:\n  iou\ncat 3\n',
    'The total batch is 2 x 1 = 2, but the learning rate is for 8: pass --auto-scale-lr',
)


@pytest.fixture
def short_console(monkeypatch):
    monkeypatch.setattr(MMLogger, '__init__', MMLogger.__init__)  # undone afterwards
    keep_console_short()
    keep_console_short()  # a second call is idle


def test_pages_and_noise_go_to_the_file_only(short_console, tmp_path, capsys):
    logger = MMLogger.get_instance('short', log_file=str(tmp_path / 'log'), log_level='INFO')
    for text in (*NOISE, *NEWS):
        print_log(text, logger=logger)
    shown, kept = capsys.readouterr().out, (tmp_path / 'log').read_text()
    assert all(text in kept for text in (*NOISE, *NEWS))
    assert all(text in shown for text in NEWS)
    assert not [text for text in NOISE if text in shown]
    assert shown.count('mmengine - ') == len(NEWS)


def test_names_in_a_log_do_not_act_on_the_terminal(short_console, tmp_path, capsys):
    logger = MMLogger.get_instance('escape', log_file=str(tmp_path / 'log'), log_level='INFO')
    logger.info('weights not used: a\x1b[2J\u202e\r\n1\t2 of %s', '\x1b[31m')
    shown = capsys.readouterr().out
    assert r'not used: a\x1b[2J\u202e\r' in shown and shown.endswith('2 of \\x1b[31m\n')
    assert '\x1b[2J' not in shown and '\x1b[31m' not in shown and '\t' not in shown


def test_warnings_of_mmseg_that_nobody_can_act_on(short_console):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        keep_console_short()
        warnings.warn('``build_loss`` would be deprecated soon, please use ..', stacklevel=1)
        warnings.warn('Default ``avg_non_ignore`` is False, if you would ..', stacklevel=1)
        warnings.warn('For binary segmentation, we suggest using`out_channels = 1`', stacklevel=1)
        warnings.warn('The draw is False, it means that the hook for ..', stacklevel=1)
        warnings.warn('the disk is nearly full', stacklevel=1)
    assert [str(one.message) for one in caught] == ['the disk is nearly full']


def test_a_log_file_takes_every_name_of_a_file(short_console, tmp_path, monkeypatch):
    """Also where the locale is ASCII, and names that are not UTF-8."""
    make = logging.FileHandler._open
    monkeypatch.setattr(
        logging.FileHandler, '_open', lambda self: setattr(self, 'encoding', 'ascii') or make(self)
    )
    logger = MMLogger.get_instance('names', log_file=str(tmp_path / 'log'), log_level='INFO')
    logger.handlers[:] = [one for one in logger.handlers if isinstance(one, logging.FileHandler)]
    logger.info('saved to fötos/caf\udce9')
    assert 'saved to fötos/caf\\udce9' in (tmp_path / 'log').read_text('utf-8')


@pytest.mark.parametrize('encoding', ['ascii', 'utf-8'])
def test_a_strict_console_takes_every_name_of_a_file(monkeypatch, encoding):
    for name in ('stdout', 'stderr'):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding, errors='strict'))
    take_every_letter()
    for stream in (sys.stdout, sys.stderr):
        print('fötos/caf\udce9', file=stream, flush=True)
        shown = stream.buffer.getvalue().decode(encoding)
        assert shown == ('f\\xf6tos' if encoding == 'ascii' else 'fötos') + '/caf\\udce9\n'


def test_a_closed_console_takes_every_name_of_a_file(monkeypatch):
    for name in ('stdout', 'stderr'):
        monkeypatch.setattr(sys, name, None)
    take_every_letter()
    for stream in (sys.stdout, sys.stderr):
        with stream:
            print('caf\udce9', file=stream, flush=True)
