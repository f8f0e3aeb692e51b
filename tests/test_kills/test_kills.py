"""Each command that writes is killed, or meets a full disk, and started again.

Its files are then those of a run to which nothing happened.

The kills lie at the steps at which files change (opened for writing, renamed,
removed, a folder made), so they need no luck with time. ``make soak`` sets
KILLS to have more of them.
"""

import os
import pickle
import random
import re
import shutil
import signal
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from test_kills.inputs import (
    Sources,
    coco,
    demo,
    export,
    labels,
    multi_hot,
    nothing,
    onnx,
    photos,
    refinement,
    resnet38d,
    voc,
)

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get('KILLS', 30))
# Names and contents that tell the time, the process, or how the run was started.
_PASSING = re.compile(r'(^|/)\d{8}_\d{6}(/|$)|(^|/)\.([^/]+\.)?lock$|^(work|out/log)/tiny\.py$')
_SPLIT = 'data/ImageSets/Segmentation/val.txt'


@dataclass(frozen=True)
class Case:
    """A command that writes: what it reads, its arguments, and how it is continued."""

    make: Callable[[Path, Sources], None]
    args: Sequence[str]
    to_continue: Sequence[str] = ()


VOC_SUBSET = 'VOC2012 --out subset --classes cat --long-side 32 --ids'
CASES = {
    'gallery': Case(labels, 'export --out gallery --data-root data --workers 1'.split()),
    'predict': Case(
        demo, 'data/JPEGImages {checkpoint} --config {config} --out new --overlays'.split()
    ),
    'own_data': Case(photos, 'photos --masks masks --out mine --workers 1'.split()),
    'cut_images': Case(photos, 'photos --out parts --size 64 --masks masks --workers 1'.split()),
    'check_dataset': Case(demo, 'data --out report --workers 1'.split()),
    'export_cam': Case(
        refinement,
        '{config} {checkpoint} --out-dir out --refine refine.py --cfg-options {log}'.split(),
    ),
    'refine': Case(export, 'refine.py export --out-dir out --save-scores --workers 0'.split()),
    'train': Case(
        nothing,
        '{config} --work-dir work --cfg-options train_cfg.max_epochs=3 {log}'.split(),
        ['--resume'],
    ),
    'test': Case(
        nothing,
        '{config} {checkpoint} --work-dir work --out scores.pkl --cfg-options {log}'.split(),
    ),
    'cls_labels': Case(
        multi_hot, 'cls_labels.npy --out labels.csv --trust --classes cat dog'.split()
    ),
    'coco2014': Case(coco, 'coco --workers 1'.split()),
    'make_demo_data': Case(nothing, '--out demo --train 6 --val 2 --size 48'.split()),
    'voc12_sbd': Case(voc, 'VOC2012 sbd --workers 1 --subset'.split()),
    'voc_subset': Case(
        voc,
        f'{VOC_SUBSET} VOC2012/ImageSets/Segmentation/train.txt '
        'VOC2012/ImageSets/Segmentation/val.txt'.split(),
    ),
    'voc_submission': Case(voc, 'predictions --out a.tgz --data-root VOC2012 --split val'.split()),
    'eval_cam': Case(
        export, f'export data/SegmentationClass --split {_SPLIT} --out cam.json'.split()
    ),
    'eval_labels': Case(
        demo,
        f'data/SegmentationClass data/SegmentationClass --split {_SPLIT} '
        '--classes data/classes.txt --out labels.json'.split(),
    ),
    'to_onnx': Case(onnx, '{segmentation} --out net.onnx'.split()),
    'eval_refiners': Case(export, 'export chains.py --split val --workers 0'.split()),
    'resnet38d_from_torch': Case(resnet38d, 'psa.pth ours.pth --width 0.125'.split()),
}
# Why a command has no row.
ELSEWHERE = {
    'make_masks': 'tests/test_pipeline/test_make_masks.py kills it anywhere',
    'pipeline': 'tests/test_pipeline/test_interruption.py kills each kind of step',
    'recipe_table': 'one file at its end, as cls_labels',
    'resnet38d_from_mxnet': 'writes what resnet38d_from_torch writes',
}


def times(name: str) -> int:
    """How often a command is killed, of all kills."""
    each, more = divmod(KILLS, len(CASES))
    return each + (list(CASES).index(name) < more)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, but for what tells the time."""
    found = {}
    for path in sorted(folder.rglob('*')):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not _PASSING.search(name):
            found[name] = content(path).replace(os.fsencode(folder), b'HERE')
    return found


def content(path: Path) -> bytes:
    """The bytes of a file, where it holds the same values each time; else its values."""
    if path.suffix == '.pkl':  # its bytes depend on which strings were one object
        return repr(pickle.loads(path.read_bytes())).encode()
    if path.parent.name == 'work' and path.suffix == '.pth':  # knows when it was made
        state = torch.load(path, weights_only=True)['state_dict']
        return repr({key: value.tolist() for key, value in state.items()}).encode()
    return re.sub(rb'"seconds_per_image": [^,]+', b'', path.read_bytes())


class Runs:
    """Runs the commands of the table on copies of their inputs."""

    def __init__(self, run_command, sources: Sources, root: Path) -> None:
        self.run_command, self.sources, self.root = run_command, sources, root
        self.whole: dict[str, tuple[dict, int]] = {}

    def folder(self, name: str, copy: str) -> Path:
        """Return a copy of the inputs of a command, beside a stranger's file."""
        inputs = self.root / name / 'inputs'
        if not inputs.exists():
            inputs.mkdir(parents=True)
            (inputs / 'stranger.txt').write_text('mine')
            (inputs / '.stranger.abcdefgh.tmp').write_text('mine, too')
            CASES[name].make(inputs, self.sources)
        return Path(shutil.copytree(inputs, self.root / name / copy))

    def run(self, name: str, folder: Path, more: Sequence[str] = (), **fault: int):
        """Run a command with a fault of the machine; see ``run_command``."""
        known = dict(asdict(self.sources), log='log_level=INFO')
        args = [arg.format(**known) for arg in CASES[name].args]
        return self.run_command(name, [*args, *more], folder, **fault)

    def reference(self, name: str) -> tuple[dict, int]:
        """Return the files of a run that is not killed, and how many steps it has."""
        if name not in self.whole:
            folder = self.folder(name, 'whole')
            code, steps, output = self.run(name, folder)
            assert code == 0 and steps, output
            self.whole[name] = tree(folder), steps
        return self.whole[name]


@pytest.fixture(scope='module')
def runs(run_command, demo_root, tiny_config, seg_work, tmp_path_factory):
    root = tmp_path_factory.mktemp('kills')
    cfg = Config.fromfile(tiny_config)
    cfg.work_dir = str(root / 'trained')
    Runner.from_cfg(cfg).train()
    checkpoint = root / 'trained/epoch_1.pth'
    return Runs(run_command, Sources(demo_root, tiny_config, checkpoint, seg_work), root)


def test_every_command_has_a_row(commands):
    assert set(commands) <= set(CASES) | set(ELSEWHERE)


@pytest.mark.parametrize(
    'name, kill', [(name, kill) for name in CASES for kill in range(times(name))]
)
def test_a_rerun_makes_the_files_of_a_run_that_was_not_killed(runs, name, kill):
    whole, steps = runs.reference(name)
    share = (kill + random.Random(f'{name} {kill}').random()) / times(name)
    last = 1 + int(share * steps)
    folder = runs.folder(name, f'kill_{kill}')
    before = tree(folder)
    code, _, output = runs.run(name, folder, last=last)
    assert code == -signal.SIGKILL, output
    after = tree(folder)
    assert {path: after[path] for path in before} == before, f'step {last} of {steps}'
    code, _, output = runs.run(name, folder, more=CASES[name].to_continue)
    assert code == 0, output
    assert tree(folder) == whole, f'step {last} of {steps}'


@pytest.mark.parametrize('limit', [0, 3000, 12_000, 50_000])
@pytest.mark.parametrize('name', CASES)
def test_a_full_disk_is_one_line_that_names_the_file(runs, name, limit):
    whole, _ = runs.reference(name)
    folder = runs.folder(name, f'full_{limit}')
    before = tree(folder)
    code, _, output = runs.run(name, folder, limit=limit)
    if limit and code == 0:  # it writes no more
        return
    errors = [line for line in output.splitlines() if line.startswith('error: ')]
    assert code == 2 and len(errors) == 1, output
    assert 'Traceback' not in output and 'Logging error' not in output, output
    place = folder / re.match('error: (.+?): ', errors[0]).group(1)
    assert 'File too large' in errors[0], output
    # mmengine reads a config by a copy in the system's folder.
    assert place.parent.is_relative_to(folder) or place == Path(tempfile.gettempdir()), output
    assert place.parent.is_dir(), output
    after = tree(folder)
    assert {path: after[path] for path in before} == before
    code, _, output = runs.run(name, folder, CASES[name].to_continue)
    assert code == 0 and tree(folder) == whole, output
