"""The command that makes labels of maps."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..formats.corrected_masks import CORRECTIONS
from ..formats.voc_layout import VOCLayout
from ..utils.config.reading import read_config
from .commands import Plan, cfg_options
from .settings import PipelineSettings
from .step import Step


def refine(
    plan: Plan,
    config: Path,
    source: Step,
    affinity: Step | None = None,
    corrected: bool = False,
    split: str = 'train',
    like: Step | None = None,
    **names: Any,
) -> Step:
    """Add a refinement of exported maps, or the labels of a round in between, and return it.

    Args:
        plan: The plan.
        config: A config of ``tools/refine.py``.
        source: The export.
        affinity: The training of the AffinityNet that random walks use.
        corrected: Whether masks that a user has corrected are the labels of their images.
        split: The images that are labelled: 'train' or 'val'.
        like: Another refinement, whose chain is taken. Defaults to None: where the config has
            ``chains``, masks choose one, if there are any.
        **names: ``name``, ``title``, ``kind`` and ``role`` of the step.
    """
    data, splits = plan.settings.data_root, plan.settings.splits
    cfg = read_config(config)
    options = _walks(cfg.to_dict(), affinity) if affinity else {}
    configs = (config, *affinity.configs) if affinity and options else (config,)
    command: list = [plan.tools / 'refine.py', config, source.folder]
    command += ['--out-dir', plan.folder / names['name']]
    if splits.get('threshold', splits['train']) != splits['train']:
        command += ['--split', splits[split]]  # maps of others chose the threshold, and lie there
    command += ['--masks', data / VOCLayout.CORRECTED] if corrected else []
    judge = _judge(plan.settings, like) if cfg.get('chains') else ''
    command += ['--chain-from', judge] if judge else []
    if not (like and judge):  # whose steps have them
        command += cfg_options(options)
    return plan.add(
        command=command,
        needs=filter(None, (source, affinity, like)),
        makes=('export.json',),
        configs=configs,
        files=(data / CORRECTIONS,) if corrected else (),
        **names,
    )


def _walks(cfg: Mapping, affinity: Step) -> dict[str, object]:
    """Return the options that give an AffinityNet to the random walks of all chains of a config."""
    chains = cfg.get('chains')
    parts = {'': cfg}
    if isinstance(chains, Mapping):  # the command says what is wrong with others
        parts |= {f'chains.{name}.': chain for name, chain in chains.items()}
    options: dict[str, object] = {}
    for prefix, chain in parts.items():
        for index, step in enumerate(_steps(chain)):
            if isinstance(step, Mapping) and step.get('type') == 'ppl_mm.RandomWalk':
                options[f'{prefix}refiners.{index}.affinity_net'] = affinity.configs[0]
                options[f'{prefix}refiners.{index}.checkpoint'] = affinity.folder
    return options


def _steps(chain: object) -> list:
    found = chain.get('refiners') if isinstance(chain, Mapping) else None
    return found if isinstance(found, list) else []


def _judge(settings: PipelineSettings, like: Step | None) -> str | Path:
    """Return what says which chain of a refinement is best; '' where nothing does."""
    if like:
        return like.outputs[0]
    masks = settings.choosing_masks()
    return masks[0] if masks else ''
