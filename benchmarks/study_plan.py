"""What the study runs: rows, their budgets, and the configs they train."""
import copy
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mmengine.config import Config

from ppl_mm.errors import UserError
from ppl_mm.formats.image_list import read_ids
from ppl_mm.utils import atomic_write
from ppl_mm.utils.config import read_config

#: Each round trains longer than the one before.
ROUNDS = ('screen', 'half', 'final')
#: The images that measure a round; the second round has not seen the first's.
MEASURED = dict(screen='even', half='odd', final='all')
_PARTS = dict(all=slice(None), even=slice(0, None, 2), odd=slice(1, None, 2))
_STAGE_HOOK = 'ProgressiveStageHook'
# What a result keeps of the config that was trained and exported.
_SETTINGS = ('model', 'tta_model', 'tta_pipeline', 'train_cfg',
             'train_dataloader', 'optim_wrapper', 'param_scheduler',
             'custom_hooks', 'load_from')


@dataclass(frozen=True)
class DataSet:
    """A data set of the study.

    Args:
        root (str): Its folder.
        masked (str): The list of training images with masks, which choose
            thresholds and measure.
        val (str): The list that only measures, for finalists; '' for none.
        epochs (dict[str, int]): The budget of each round.
        make (tuple[str, ...]): The command that makes it where it is not
            there, without ``--out``; nothing for data that the user brings.
    """

    root: str
    masked: str
    val: str
    epochs: dict[str, int]
    make: tuple[str, ...] = ()

    def list_path(self, split: str) -> Path:
        """The file that lists the images of a split."""
        return Path(self.root, 'ImageSets/Segmentation', f'{split}.txt')


@dataclass(frozen=True)
class Row:
    """One setting of the study at one budget, for some random seeds.

    Args:
        name (str): Unique within a data set and a round.
        data (str): A data set of ``study_rows.py``.
        config (str): The config that it starts from.
        method (str): What the tables call it, e.g. 'plain CAM'.
        hypothesis (str): What was expected, said before the run.
        options (dict): Settings that replace the config's, by dotted keys;
            unlike on a command line they may hold lists of dicts. Epochs of a
            ProgressiveStageHook are shares of the budget.
        test_options (dict): The same for export alone: rows that differ in
            nothing else share one training.
        round (str): 'screen', 'half' or 'final'.
        seeds (tuple[int, ...]): Random seeds.
        epochs (int, optional): Another budget than the round's.
        measured (str, optional): Which of the images with masks measure:
            'all', or 'even' or 'odd' lines of their list. Defaults to the
            round's.
        equal_cost_to (str, optional): For a plain CAM that was given as many
            FLOPs: the name of the row whose cost it has.
        repeat (int): Another number trains the same once more, to see what
            is not deterministic.
        kind (str): How it is run, a key of ``study_kinds.KINDS``.
        extra (dict): What another kind than 'cam' needs.
    """

    name: str
    data: str
    config: str
    method: str
    hypothesis: str = ''
    options: dict = field(default_factory=dict)
    test_options: dict = field(default_factory=dict)
    round: str = 'screen'
    seeds: tuple[int, ...] = (0, )
    epochs: int | None = None
    measured: str | None = None
    equal_cost_to: str | None = None
    repeat: int = 0
    kind: str = 'cam'
    extra: dict = field(default_factory=dict)

    def __post_init__(self):
        if self.round not in ROUNDS:
            raise UserError(f'row {self.name}: round={self.round!r} must be '
                            f'one of {", ".join(ROUNDS)}')
        if self.measured not in (None, *_PARTS):
            raise UserError(f'row {self.name}: measured={self.measured!r} '
                            f'must be one of {", ".join(_PARTS)}')


@dataclass(frozen=True)
class Run:
    """A row with one of its random seeds: what the queue works on.

    Args:
        row (Row): The row.
        seed (int): The random seed.
        data (DataSet): The row's data set.
    """

    row: Row
    seed: int
    data: DataSet

    @property
    def id(self) -> str:
        """Its name in the results, e.g. ``voc6/plain/screen/0``."""
        return f'{self.row.data}/{self.row.name}/{self.row.round}/{self.seed}'

    @property
    def epochs(self) -> int:
        """The budget."""
        return self.row.epochs or self.data.epochs[self.row.round]

    @property
    def teacher(self) -> 'Run | None':
        """The run whose labels it learns from, see study_taught.py."""
        row = self.row
        if row.kind != 'taught':
            return None
        return replace(self, row=Row(
            name=f'{row.name}_teacher', data=row.data, method=row.method,
            round=row.round, **row.extra['teacher']))

    @property
    def all_epochs(self) -> int:
        """With those of its teachers."""
        teacher = self.teacher
        return self.epochs + (teacher.all_epochs if teacher else 0)

    @property
    def measured(self) -> str:
        """Which of the images with masks measure."""
        return self.row.measured or MEASURED[self.row.round]

    @property
    def training_key(self) -> str:
        """The same for runs that share a training."""
        row = self.row
        parts = [row.data, self.data.root, row.config, row.options,
                 self.epochs, self.seed, row.repeat]
        if row.kind in ('taught', 'network'):
            parts.append(row.extra)
        return digest(parts)

    @property
    def settings_key(self) -> str:
        """The same as long as the row asks for the same."""
        row = self.row
        return digest([self.training_key, row.test_options, self.measured,
                       row.kind, row.extra])

    def config(self, for_test: bool = False) -> Config:
        """The config of the training, or of the export.

        Args:
            for_test (bool): With ``test_options``. Defaults to False.

        Returns:
            Config: With the row's settings, budget, seed and data.
        """
        cfg = read_config(Path(self.row.config))
        cfg.merge_from_dict(copy.deepcopy(self.row.options))
        cfg.merge_from_dict({
            'train_cfg.max_epochs': self.epochs,
            'randomness.seed': self.seed,
            # Resumed after a kill, at the cost of one epoch at most.
            'default_hooks.checkpoint.interval': 1,
            'default_hooks.checkpoint.max_keep_ckpts': 1,
        })
        for loader in ('train', 'val', 'test'):
            cfg[f'{loader}_dataloader'].dataset.data_root = self.data.root
        for hook in cfg.get('custom_hooks') or ():
            if str(hook.get('type')).endswith(_STAGE_HOOK):
                hook['stages'] = scale_stages(
                    hook['stages'], self.epochs, self.row.name)
        if for_test:
            cfg.merge_from_dict(copy.deepcopy(self.row.test_options))
        return cfg

    def settings(self) -> dict:
        """What a result keeps of the config, of JSON's types."""
        cfg = self.config(for_test=True).to_dict()
        kept = {key: cfg[key] for key in _SETTINGS if cfg.get(key)}
        return json.loads(json.dumps(kept, default=str))


def scale_stages(stages: Sequence[Mapping], epochs: int,
                 name: str) -> list[dict]:
    """Share a budget among stages.

    Args:
        stages (Sequence[Mapping]): Of a ProgressiveStageHook; their epochs
            are shares.
        epochs (int): In all.
        name (str): Of the row, for the message.

    Returns:
        list[dict]: The stages, each with at least one epoch, in all exactly
        ``epochs``; the largest remainders are rounded up.

    Raises:
        UserError: If there are more stages than epochs.
    """
    if len(stages) > epochs:
        raise UserError(f'row {name}: {len(stages)} stages do not fit into '
                        f'{epochs} epochs; give the row epochs={len(stages)} '
                        'or more')
    total = sum(stage['epochs'] for stage in stages)
    wanted = [stage['epochs'] * epochs / total for stage in stages]
    lengths = [max(1, int(share)) for share in wanted]
    while sum(lengths) != epochs:
        step = 1 if sum(lengths) < epochs else -1
        # The one that is furthest from its share; a length of 1 stays.
        index = max((k for k in range(len(stages)) if lengths[k] + step > 0),
                    key=lambda k: step * (wanted[k] - lengths[k]))
        lengths[index] += step
    return [dict(stage, epochs=length)
            for stage, length in zip(stages, lengths, strict=True)]


def make_runs(rows: Sequence[Row], data: Mapping[str, DataSet],
              names: Sequence[str] | None = None,
              rounds: Sequence[str] | None = None,
              seeds: Sequence[int] | None = None) -> list[Run]:
    """All runs of the chosen rows, in their order, the first seed first.

    Args:
        rows (Sequence[Row]): Of the study.
        data (Mapping[str, DataSet]): By name.
        names (Sequence[str], optional): Only these rows, as ``plain`` or, of
            one data set, ``voc6/plain``.
        rounds (Sequence[str], optional): Only these rounds.
        seeds (Sequence[int], optional): These in place of the rows' own.

    Returns:
        list[Run]: Each once.

    Raises:
        UserError: If a row names no data set, two rows have one name, or a
            chosen name is none.
    """
    _check(rows, data, names)
    chosen = [row for row in rows
              if (not names or _names_of(row) & {*names})
              and (not rounds or row.round in rounds)]
    return [Run(row, seed, data[row.data])
            for row in chosen for seed in (seeds or row.seeds)]


def _names_of(row: Row) -> set[str]:
    return {row.name, f'{row.data}/{row.name}'}


def _check(rows: Sequence[Row], data: Mapping[str, DataSet],
           names: Sequence[str] | None) -> None:
    seen = set()
    for row in rows:
        if row.data not in data:
            raise UserError(f'row {row.name}: data={row.data!r} must be one '
                            f'of {", ".join(data)}')
        key = (row.data, row.name, row.round)
        if key in seen:
            raise UserError(f'row {row.name}: stands twice in the round '
                            f'{row.round} of {row.data}; rename one')
        seen.add(key)
    known = {name for row in rows for name in _names_of(row)}
    for name in names or ():
        if name not in known:
            raise UserError(f'--only {name}: no such row; --list names them')


def write_list(run: Run, folder: Path) -> Path:
    """The list of the images that measure a run.

    Args:
        run (Run): Says which part of the images with masks.
        folder (Path): Where lists of every second image are written.

    Returns:
        Path: Absolute, one image a line.
    """
    whole = run.data.list_path(run.data.masked)
    if run.measured == 'all':
        return whole.absolute()
    stems = read_ids(whole)[_PARTS[run.measured]]
    path = folder / f'{run.row.data}_{run.data.masked}_{run.measured}.txt'
    with atomic_write(path) as file:
        file.write('\n'.join([*stems, '']).encode())
    return path.absolute()


def digest(parts: Sequence) -> str:
    """A name for settings, 12 hexadecimal digits."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
