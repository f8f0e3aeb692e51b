import json
from pathlib import Path

import pytest
from test_studies.test_engine.noted_commands import PIPELINE_REPORT, REPORTS, tool_of

from studies.engine.steps import Steps


@pytest.fixture
def commands(monkeypatch):
    """The commands of a run, which are noted instead of run."""
    noted = []

    def fake(self, name, command, resume=()):
        command = [*map(str, command)]
        noted.append(command)
        tool = tool_of(command)
        if tool in REPORTS:
            flag = '--report' if tool == 'test.py' else '--out'
            path = command[command.index(flag) + 1]
            if tool == 'eval_cam.py':
                path += '.json'
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(json.dumps(REPORTS[tool]))
        elif tool == 'studies.engine.cost':
            Path(command[-1]).parent.mkdir(parents=True, exist_ok=True)
            Path(command[-1]).write_text('{"flops": 5}')
        elif tool == 'pipeline.py':
            folder = Path(command[command.index('--work-dir') + 1])
            folder.mkdir(parents=True)
            (folder / 'report.json').write_text(json.dumps(PIPELINE_REPORT))
        elif tool == 'export_cam.py':
            folder = Path(command[command.index('--out-dir') + 1])
            (folder / 'cams').mkdir(parents=True)
        return dict(done=True, command=tool, seconds=1.0)

    monkeypatch.setattr(Steps, 'run', fake)
    monkeypatch.setattr('studies.engine.kinds.cam.drop_optimizer', lambda path: None)
    return noted
