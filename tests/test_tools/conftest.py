import shutil
from types import SimpleNamespace

import pytest
from forked_commands import forget
from test_tools.saved_weights import save_weights
from tool_modules import load_tool

from ppl_mm.utils import cli


@pytest.fixture
def tool(monkeypatch, tmp_path, capfd):
    """Runs tools/NAME.py in this process, as the command would be; ``out_dir=x`` is --out-dir x.

    Returns its exit status, what it printed, and the lines of stderr that are
    an error's.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('LOCAL_RANK', '0')  # a tool would leave it behind

    def run(name, *args, **options):
        forget()
        words = [word for key, value in options.items() for word in (as_option(key), value)]
        monkeypatch.setattr('sys.argv', [name, *map(str, [*args, *words])])
        with pytest.raises(SystemExit) as end:
            cli.run(load_tool(name).main)
        out, err = capfd.readouterr()
        assert 'Traceback' not in out + err
        return SimpleNamespace(
            code=end.value.code,
            output=out + err,
            errors=[line for line in err.splitlines() if line.startswith('error: ')],
        )

    return run


def as_option(name):
    return f'--{name.replace("_", "-")}'


@pytest.fixture
def fails(tool):
    """Runs a tool that must end with one clear line; returns the line."""

    def run(*args, **options):
        done = tool(*args, **options)
        assert done.code == 2, done.output
        assert len(done.errors) == 1, done.output
        return done.errors[0]

    return run


@pytest.fixture
def seg(tiny_seg, tmp_path):
    """A config of a tiny segmentation network, and weights for it."""
    config = shutil.copy(tiny_seg, tmp_path / 'seg.py')
    return config, save_weights(config, 'mmseg')


@pytest.fixture
def train(tool, tiny_config, tmp_path):
    """Runs tools/train.py on the tiny config, in tmp_path/work."""

    def run(*args, work_dir='work'):
        return tool('train', tiny_config, '--work-dir', tmp_path / work_dir, *args)

    return run
