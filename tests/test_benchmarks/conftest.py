import json
import sys

import forked_commands
import pytest


def _line_of(printed, name):
    """The line of JSON that a benchmark ends with."""
    result = json.loads(printed.splitlines()[-1])
    assert set(result) == {'benchmark', 'ratios', 'figures', 'machine'}
    assert result['benchmark'] == name
    return result


@pytest.fixture
def run_script(request):
    """Run a benchmark as a command, from anywhere; its checked line of JSON."""

    def run(name, *arguments):
        script = request.config.rootpath / f'benchmarks/{name}.py'
        done = forked_commands.run([sys.executable, script, '--quick', *arguments])
        assert done.returncode == 0, done.stdout + done.stderr
        return _line_of(done.stdout, name)

    return run


@pytest.fixture
def run_here(capsys):
    """Run a benchmark in this process: starting others takes most of the time."""

    def run(module, *arguments):
        module.main([*map(str, arguments)])
        return _line_of(capsys.readouterr().out, module.__name__.rpartition('.')[2])

    return run
