"""What a pipeline config says, checked before anything is started."""

import difflib
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import UserError
from ..utils.config import read_config

SPLITS = ('train', 'threshold', 'masked', 'val')
_REQUIRED = ('data_root', 'baseline', 'ppl', 'segmentation', 'splits')
_OPTIONAL = (
    'name',
    'make_data',
    'start_segmentation_from_ppl',
    'seed',
    'segmentation_tta',
    'refinement',
    'affinity',
    'confident_labels',
    'affinity_labels',
    'segmentation_maps',
    'segmentation_labels',
    'expected_seconds',
)


@dataclass(frozen=True)
class PipelineSettings:
    """A pipeline, as its config describes it.

    Args:
        path (Path): The config.
        name (str): What it is called; the default work folder is
            ``work_dirs/<name>``.
        data_root (Path): A data set in VOC's layout.
        baseline (Path): Config of the plain CAM's classifier.
        ppl (tuple[Path, ...]): Configs of the PPL classifier; each starts
            from the weights of the one before.
        segmentation (tuple[Path, ...]): Configs of the segmentation network,
            one a round; each round starts from the weights of the one before.
        splits (dict[str, str]): Lists in ``ImageSets/Segmentation``:
            ``train`` is trained on, ``threshold`` chooses the thresholds by
            its masks, ``masked`` is the part of ``train`` with masks on which
            all are compared, ``val`` is what nothing was trained on.
        seed (int): The random seed of every training.
        start_segmentation_from_ppl (bool): Whether the segmentation network
            starts with the weights of the PPL classifier's backbone, which is
            the same then. Defaults to False.
        segmentation_tta (bool): Whether the segmentation network is tested at
            several scales and flipped, as its ``tta_pipeline`` says. Defaults
            to False.
        refinement (Path, optional): Config of ``tools/refine.py``; what it
            makes of the PPL maps are the pseudo-labels then.
        affinity (Path, optional): Config of the AffinityNet for the
            ``ppl_mm.RandomWalk`` of ``refinement``.
        confident_labels (tuple[Path, ...]): Configs of ``tools/refine.py``
            that make what a PPL stage whose training set has a ``label_dir``
            learns from, labels of the maps of the stage before: one for each
            such stage, or one for all.
        affinity_labels (Path, optional): The same for what the AffinityNet is
            trained on, labels of the last maps. Defaults to the last of
            ``confident_labels``.
        segmentation_maps (Path, optional): Config of ``tools/export_cam.py``
            for the segmentation network: what a round's network sees of the
            classes of the training images. For several rounds.
        segmentation_labels (Path, optional): Config of ``tools/refine.py``
            that makes of these maps what the next round learns from.
        make_data (dict, optional): ``tool``, a script below tools/, and its
            options; it is called with ``--out data_root``.
        expected_seconds (dict): By step, for the first guess at the time.
    """

    path: Path
    name: str
    data_root: Path
    baseline: Path
    ppl: tuple[Path, ...]
    segmentation: tuple[Path, ...]
    splits: dict[str, str]
    seed: int = 0
    start_segmentation_from_ppl: bool = False
    segmentation_tta: bool = False
    refinement: Path | None = None
    affinity: Path | None = None
    confident_labels: tuple[Path, ...] = ()
    affinity_labels: Path | None = None
    segmentation_maps: Path | None = None
    segmentation_labels: Path | None = None
    make_data: dict | None = None
    expected_seconds: dict[str, float] = field(default_factory=dict)

    def list_path(self, split: str) -> Path:
        """The file that lists the images of one of the four splits."""
        return self.data_root / 'ImageSets' / 'Segmentation' / f'{self.splits[split]}.txt'


def load_settings(
    path: str | Path, options: dict | None = None, seed: int | None = None
) -> PipelineSettings:
    """Read a pipeline config.

    Args:
        path (str | Path): The config. Configs that it names are looked for
            beside it, as ``_base_`` is; ``data_root`` is relative to the
            current folder, as in every other config.
        options (dict, optional): Settings that replace the config's.
        seed (int, optional): Replaces the config's seed.

    Returns:
        PipelineSettings: Whose configs exist.

    Raises:
        UserError: If the config is missing, cannot be read, or a key is
            missing, unknown or of the wrong kind.
    """
    path = Path(path)
    cfg = read_config(path)
    cfg.merge_from_dict(options or {})
    cfg = cfg.to_dict()
    _check_keys(path, cfg)
    if seed is not None:
        cfg['seed'] = seed
    if type(cfg.get('seed', 0)) is not int or cfg.get('seed', 0) < 0:
        raise UserError(f'{path}: seed={cfg["seed"]!r} must be a whole number, 0 or more')
    return PipelineSettings(
        path=path,
        name=cfg.get('name', path.resolve().parent.name),
        data_root=Path(cfg['data_root']),
        baseline=_config_beside(path, 'baseline', cfg['baseline']),
        ppl=_configs_beside(path, 'ppl', cfg['ppl']),
        segmentation=_configs_beside(path, 'segmentation', cfg['segmentation']),
        splits=_check_splits(path, cfg['splits']),
        seed=cfg.get('seed', 0),
        start_segmentation_from_ppl=cfg.get('start_segmentation_from_ppl', False),
        segmentation_tta=cfg.get('segmentation_tta', False),
        **_refinement(path, cfg),
        **_rounds(path, cfg),
        make_data=_check_make_data(path, cfg.get('make_data')),
        expected_seconds=cfg.get('expected_seconds') or {},
    )


def _check_keys(path: Path, cfg: dict) -> None:
    missing = [key for key in _REQUIRED if not cfg.get(key)]
    if missing:
        raise UserError(
            f'{path}: not a pipeline config: {missing[0]} is missing; see configs/demo/pipeline.py'
        )
    for key in cfg:
        if key in _REQUIRED + _OPTIONAL:
            continue
        near = difflib.get_close_matches(key, _REQUIRED + _OPTIONAL, n=1)
        hint = f'did you mean {near[0]}?' if near else 'take it out'
        raise UserError(f'{path}: unknown key {key}; {hint}')


def _config_beside(path: Path, key: str, name: object) -> Path:
    if not isinstance(name, str):
        raise UserError(f'{path}: {key}={name!r} must name a config')
    found = path.parent / name
    if not found.is_file():
        raise UserError(
            f'{path}: {key}: no such config {found}; give its path as seen from the pipeline config'
        )
    return found


def _configs_beside(path: Path, key: str, names: object) -> tuple[Path, ...]:
    """One config or several, in order."""
    return tuple(_config_beside(path, key, name) for name in _listed(names))


def _listed(value: object) -> list:
    return list(value) if isinstance(value, list | tuple) else [value]


def _refinement(path: Path, cfg: dict) -> dict[str, Path | tuple[Path, ...]]:
    """The configs of the refinement, those that are given."""
    found = _given(path, cfg, 'refinement', 'affinity', 'affinity_labels')
    confident = _configs_beside(path, 'confident_labels', cfg.get('confident_labels') or ())
    found['confident_labels'] = confident
    if 'affinity' not in found:
        return found
    labels = found.setdefault('affinity_labels', confident[-1] if confident else None)
    if not labels or 'refinement' not in found:
        raise UserError(f'{path}: an affinity needs both refinement and confident_labels')
    return found


def _rounds(path: Path, cfg: dict) -> dict[str, Path]:
    """The configs that several rounds of segmentation need, and one not."""
    keys = ('segmentation_maps', 'segmentation_labels')
    found = _given(path, cfg, *keys)
    if len(found) == 2 * (len(_listed(cfg['segmentation'])) > 1):
        return found
    raise UserError(
        f'{path}: several rounds of segmentation, a list of configs, need '
        f'{" and ".join(keys)}, one round neither'
    )


def _given(path: Path, cfg: dict, *keys: str) -> dict[str, Path]:
    """Those of some configs that a pipeline names."""
    return {key: _config_beside(path, key, cfg[key]) for key in keys if cfg.get(key)}


def _check_splits(path: Path, splits: object) -> dict[str, str]:
    if not isinstance(splits, dict) or set(splits) != set(SPLITS):
        raise UserError(f'{path}: splits must be a dict of {", ".join(SPLITS)}, got {splits!r}')
    for key, value in splits.items():
        if not isinstance(value, str) or not value or '/' in value:
            raise UserError(
                f'{path}: splits.{key}={value!r} must be the name of a list '
                'in ImageSets/Segmentation, e.g. train'
            )
    if splits['masked'] == splits['val']:
        raise UserError(
            f'{path}: splits.masked and splits.val are both '
            f'{splits["val"]}; masked must be of train'
        )
    return dict(splits)


def _check_make_data(path: Path, made: object) -> dict | None:
    if made is None:
        return None
    if not isinstance(made, dict) or not isinstance(made.get('tool'), str):
        raise UserError(
            f'{path}: make_data={made!r} must be a dict with the '
            "key tool, e.g. dict(tool='dataset_converters/"
            "make_demo_data.py', seed=0)"
        )
    return dict(made)
