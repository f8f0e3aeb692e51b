import json

from ppl_mm.gallery.run_info import run_info


def run_of(folder):
    """The folder of a pipeline that has not begun."""
    work = folder / 'my masks/work'
    work.mkdir(parents=True)
    run = dict(name='own', seed=0, config='own.py', splits=dict(train='train'))
    run |= dict(paths=dict(labels='refine'), methods=[dict(key='cam')], steps=[])
    (work / 'pipeline.json').write_text(json.dumps(run))
    return work


def test_the_command_is_that_of_the_pipeline(tmp_path):
    work = run_of(tmp_path)
    assert run_info(work)['command'] == f"python tools/pipeline.py own.py --work-dir '{work}'"


def test_the_command_is_that_of_make_masks(tmp_path):
    work = run_of(tmp_path)
    (work.parent / 'make_masks.json').write_text(json.dumps(dict(photos='/data/my photos')))
    command = run_info(work)['command']
    assert command.startswith("python tools/make_masks.py '/data/my photos' --out '")
    assert command.endswith(f"{work.parent}'  # and your other options")


def test_labels_of_no_run_have_no_command():
    assert run_info(None)['command'] is None


def test_the_command_is_the_one_that_was_typed(tmp_path):
    work = run_of(tmp_path)
    typed = ['ppl-mm', 'make-masks', '/data/my photos', '--out', 'o', '--labels', 'l.csv']
    (work.parent / 'make_masks.json').write_text(json.dumps(dict(photos='p', command=typed)))
    assert run_info(work)['command'] == "ppl-mm make-masks '/data/my photos' --out o --labels l.csv"
