"""A run: a row with one of its random seeds, and the config that it trains."""

import copy
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mmengine.config import Config

from ppl_mm.errors import UserError
from ppl_mm.formats.image_list import read_ids
from ppl_mm.utils.config.reading import read_config
from ppl_mm.utils.files import write_bytes

from .data_set import DataSet
from .row import MEASURED, PARTS, Row

_STAGE_HOOK = 'ProgressiveStageHook'


@dataclass(frozen=True)
class Run:
    """What the queue works on.

    Args:
        row: The row.
        seed: The random seed.
        data: The row's data set.
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
        """The budget of its own training."""
        return self.row.epochs or self.data.epochs[self.row.round]

    @property
    def previous(self) -> 'Run | None':
        """The run whose maps are labelled for this one; None unless it is self-trained."""
        row = self.row
        if row.kind != 'self_trained':
            return None
        fields = dict(name=f'{row.name}_previous', data=row.data, method=row.method)
        return replace(self, row=Row(**fields, round=row.round, **row.extra['previous']))

    @property
    def all_epochs(self) -> int:
        """The budget, with that of the runs it learns from."""
        return self.epochs + (self.previous.all_epochs if self.previous else 0)

    @property
    def measured(self) -> str:
        """Which of the images with ground truth measure."""
        return self.row.measured or MEASURED[self.row.round]

    @property
    def training_key(self) -> str:
        """A name that runs have in common which share a training."""
        row = self.row
        parts = [
            row.data,
            self.data.root,
            row.config,
            row.options,
            self.epochs,
            self.seed,
            row.repeat,
        ]
        if row.kind in ('self_trained', 'network'):
            parts.append(row.extra)
        return digest(parts)

    @property
    def settings_key(self) -> str:
        """A name that stays as long as the row asks for the same."""
        row = self.row
        return digest([self.training_key, row.test_options, self.measured, row.kind, row.extra])

    def config(self, for_test: bool = False) -> Config:
        """Return the config of the training, or of the export.

        Args:
            for_test: With ``test_options``.

        Returns:
            The config with the row's settings, budget, random seed and data.
        """
        cfg = read_config(Path(self.row.config))
        cfg.merge_from_dict(copy.deepcopy(self.row.options))
        cfg.merge_from_dict(
            {
                'train_cfg.max_epochs': self.epochs,
                'randomness.seed': self.seed,
                # Resumed after a kill, at the cost of one epoch at most.
                'default_hooks.checkpoint.interval': 1,
                'default_hooks.checkpoint.max_keep_ckpts': 1,
            }
        )
        for loader in ('train', 'val', 'test'):
            cfg[f'{loader}_dataloader'].dataset.data_root = self.data.root
        for hook in cfg.get('custom_hooks') or ():
            if str(hook.get('type')).endswith(_STAGE_HOOK):
                hook['stages'] = scale_stages(hook['stages'], self.epochs, self.row.name)
        if for_test:
            cfg.merge_from_dict(copy.deepcopy(self.row.test_options))
        return cfg


def scale_stages(stages: Sequence[Mapping], epochs: int, name: str) -> list[dict]:
    """Share a budget among stages.

    Args:
        stages: Stages of a ProgressiveStageHook; their epochs are shares.
        epochs: The budget.
        name: Name of the row, for the message.

    Returns:
        The stages, each with at least one epoch, in all exactly ``epochs``;
        the largest remainders are rounded up.

    Raises:
        UserError: If there are more stages than epochs.
    """
    if len(stages) > epochs:
        raise UserError(
            f'row {name}: {len(stages)} stages do not fit into {epochs} epochs; '
            f'give the row epochs={len(stages)} or more'
        )
    total = sum(stage['epochs'] for stage in stages)
    wanted = [stage['epochs'] * epochs / total for stage in stages]
    lengths = [max(1, int(share)) for share in wanted]
    while sum(lengths) != epochs:
        step = 1 if sum(lengths) < epochs else -1
        # The one that is furthest from its share; a length of 1 stays.
        index = max(
            (k for k in range(len(stages)) if lengths[k] + step > 0),
            key=lambda k: step * (wanted[k] - lengths[k]),
        )
        lengths[index] += step
    return [dict(stage, epochs=length) for stage, length in zip(stages, lengths, strict=True)]


def write_list(run: Run, folder: Path) -> Path:
    """Write the list of the images that measure a run.

    Args:
        run: Says which part of the images with ground truth.
        folder: Where lists of every second image are written.

    Returns:
        Its absolute path; one image id a line.
    """
    whole = run.data.list_path(run.data.masked)
    if run.measured == 'all':
        return whole.absolute()
    ids = read_ids(whole)[PARTS[run.measured]]
    path = folder / f'{run.row.data}_{run.data.masked}_{run.measured}.txt'
    write_bytes(path, '\n'.join([*ids, '']).encode())
    return path.absolute()


def digest(parts: Sequence) -> str:
    """Return a name for settings, 12 hexadecimal digits."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
