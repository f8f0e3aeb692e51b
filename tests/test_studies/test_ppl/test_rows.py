from studies.engine.kinds import KINDS
from studies.engine.plan import make_runs
from studies.ppl.rows import DATA, ROWS


def test_the_rows_are_sound():
    runs = make_runs(ROWS, DATA)
    assert len({run.id for run in runs}) == len(runs)
    for run in runs:
        assert run.row.hypothesis and run.row.kind in KINDS
        if run.row.kind == 'cam':
            assert run.config().train_cfg.max_epochs == run.epochs
