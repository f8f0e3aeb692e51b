import json
import subprocess
import sys

import pytest


@pytest.fixture
def run_script(request):
    """Run a benchmark as a command, from anywhere; its checked line of JSON."""

    def run(name, *arguments):
        script = request.config.rootpath / f'benchmarks/{name}.py'
        done = subprocess.run(
            [sys.executable, str(script), '--quick', *map(str, arguments)],
            text=True,
            capture_output=True,
            check=True,
            timeout=300,
        )
        result = json.loads(done.stdout.splitlines()[-1])
        assert set(result) == {'benchmark', 'ratios', 'figures', 'machine'}
        assert result['benchmark'] == name
        return result

    return run
