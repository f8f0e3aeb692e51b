import json
import sys

import forked_commands
import pytest


@pytest.fixture
def run_script(request):
    """Run a benchmark as a command, from anywhere; its checked line of JSON."""

    def run(name, *arguments):
        script = request.config.rootpath / f'benchmarks/{name}.py'
        done = forked_commands.run([sys.executable, script, '--quick', *arguments])
        assert done.returncode == 0, done.stdout + done.stderr
        result = json.loads(done.stdout.splitlines()[-1])
        assert set(result) == {'benchmark', 'ratios', 'figures', 'machine'}
        assert result['benchmark'] == name
        return result

    return run
