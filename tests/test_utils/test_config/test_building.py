"""What cannot be built, or does not run, is one line."""

import mmcv.transforms  # noqa: F401  (registers the types below)
import pytest
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.registry import TRANSFORMS, build_from_cfg

from ppl_mm.errors import UserError
from ppl_mm.utils.config.building import TRACEBACK, building, running


@pytest.fixture
def cfg(tmp_path):
    (tmp_path / 'mine.py').touch()
    return Config.fromfile(tmp_path / 'mine.py')


def test_the_innermost_type_is_named(cfg):
    def outer():
        build_from_cfg(dict(type='Resize'), TRANSFORMS)

    with pytest.raises(UserError, match=r'mine\.py: Resize cannot be built \(.+\); PPL_MM_TRACE'):
        with building(cfg):
            build_from_cfg(dict(type=outer), TRANSFORMS)


def test_an_assertion_without_a_message_is_told_by_its_source(cfg):
    step = dict(type='RandomFlip', prob=0.5, direction='up')
    with pytest.raises(UserError, match=r'\(AssertionError: assert direction in valid_direct'):
        with building(cfg):
            build_from_cfg(step, TRANSFORMS)


def test_what_does_not_run_has_its_traceback_in_the_log(cfg, tmp_path):
    log = tmp_path / 'log'
    MMLogger.get_instance('run', log_file=str(log))
    with pytest.raises(UserError, match=rf'does not run \(KeyError: a\); .* is in {log}'):
        with running(cfg):
            {}['a']
    assert 'Traceback' in log.read_text() and "KeyError: 'a'" in log.read_text()


@pytest.mark.parametrize('context', [building, running])
@pytest.mark.parametrize(
    'error',
    [
        UserError('mine'),
        FileNotFoundError(2, 'No such file', 'a'),
        RuntimeError('DataLoader worker (pid 3) is killed by signal'),
    ],
)
def test_what_is_told_elsewhere_stays(cfg, context, error):
    with pytest.raises(type(error)) as raised, context(cfg):
        raise error
    assert raised.value is error


@pytest.mark.parametrize('context', [building, running])
def test_whoever_asks_gets_the_traceback(cfg, context, monkeypatch):
    monkeypatch.setenv(TRACEBACK, '1')
    with pytest.raises(ZeroDivisionError), context(cfg):
        raise ZeroDivisionError
