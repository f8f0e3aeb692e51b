"""What a pipeline config says, checked before anything is started."""

from dataclasses import dataclass, field, fields
from pathlib import Path

from ..cams.threshold_choice import check_cut
from ..errors import UserError
from ..formats.corrected_masks import has_corrections
from ..formats.voc_layout import VOCLayout
from ..utils.config.reading import read_config
from ..utils.config.values import check_value
from ..utils.project import find_config
from .config_keys import training_split
from .config_values import check_known, config_beside, configs_beside
from .methods import METHODS_FORM, Method, read_methods

#: Splits whose masks something is measured with.
MEASURED = ('threshold', 'masked', 'val')
_REQUIRED = ('data_root', 'methods', 'segmentation', 'splits')
#: Optional settings that name a config.
CONFIGS = ('refinement', 'affinity', 'affinity_labels', 'segmentation_maps', 'segmentation_labels')
_RENAMED = dict(
    baseline=METHODS_FORM,
    ppl=METHODS_FORM,
    confident_labels='labels of a method (or affinity_labels)',
    start_segmentation_from_ppl='start_segmentation_from_classifier',
)


@dataclass(frozen=True)
class PipelineSettings:
    """A pipeline, as its config describes it.

    Args:
        path: The config.
        name: Its name; the default work folder is ``work_dirs/<name>``.
        data_root: A data set in VOC's layout.
        methods: Ways to train the classifier. The first is the baseline that the others are
            compared with; the last makes the pseudo-labels.
        segmentation: Configs of the segmentation network, one a round; each round starts from the
            weights of the one before.
        splits: Lists in ``ImageSets/Segmentation``: ``train`` is trained on, ``threshold`` chooses
            the thresholds by its masks, ``masked`` is the part of ``train`` with masks on which
            all are compared, ``val`` is what nothing was trained on. With ``train`` alone nothing
            is measured.
        masks_optional: Whether nothing is measured, and only the last method trained, where data
            have no masks for these splits.
        not_measured: Why nothing is measured, '' where it is.
        seed: Random seed of every training.
        start_segmentation_from_classifier: Whether the segmentation network starts with the
            weights of the last method's backbone, which is the same then.
        segmentation_tta: Whether the segmentation network is tested at several scales and flipped,
            as its ``tta_pipeline`` says.
        refinement: Config of ``tools/refine.py``; what it makes of the last method's maps are the
            pseudo-labels then.
        affinity: Config of the AffinityNet for the ``ppl_mm.RandomWalk`` of ``refinement``.
        affinity_labels: Config of ``tools/refine.py`` that makes what the AffinityNet is trained
            on, of the last method's maps. Defaults to the last of that method's ``labels``.
        segmentation_maps: Config of ``tools/export_cam.py`` for the segmentation network: what a
            round's network sees of the classes of the training images. For several rounds.
        segmentation_labels: Config of ``tools/refine.py`` that makes of these maps what the next
            round learns from.
        make_data: ``tool``, a script below tools/, and its options; it is called with ``--out
            data_root``.
        expected_seconds: By step, for the first guess at the time.
        results: A folder for the masks of all photographs, the network and the gallery. The data
            are of ``own_data.py`` then. Defaults to None: they stay in the work folder, and only
            the images of the splits are labelled.
        threshold: Where the maps of all methods are cut, for ``tools/export_cam.py``. Defaults to
            '': masks choose it where there are any, else the configs say.
        expected_area: What is known of the objects, for the same. Defaults to '': nothing.
    """

    path: Path
    name: str
    data_root: Path
    methods: tuple[Method, ...]
    segmentation: tuple[Path, ...]
    splits: dict[str, str]
    masks_optional: bool = False
    not_measured: str = ''
    seed: int = 0
    start_segmentation_from_classifier: bool = False
    segmentation_tta: bool = False
    refinement: Path | None = None
    affinity: Path | None = None
    affinity_labels: Path | None = None
    segmentation_maps: Path | None = None
    segmentation_labels: Path | None = None
    make_data: dict | None = None
    expected_seconds: dict[str, float] = field(default_factory=dict)
    results: Path | None = None
    threshold: str = ''
    expected_area: str = ''

    @property
    def corrected(self) -> bool:
        """Whether a user has corrected masks of training images, to learn from."""
        return self.results is not None and has_corrections(self.data_root)

    @property
    def is_measured(self) -> bool:
        """Whether there are masks to measure with."""
        return set(MEASURED) <= set(self.splits)

    def choosing_masks(self) -> tuple[str, str] | None:
        """Return the split and the folder of the masks that choose thresholds and stages, if any.

        They are those of the config, else those that a user has corrected.
        """
        if self.is_measured:
            return self.splits['threshold'], VOCLayout.MASKS
        return (VOCLayout.CORRECTED_SPLIT, VOCLayout.CORRECTED) if self.corrected else None

    def list_path(self, split: str) -> Path:
        """Return the file that lists the images of one of the splits."""
        return VOCLayout(self.data_root).split_path(self.splits[split])


def load_settings(
    path: str | Path, options: dict | None = None, seed: int | None = None
) -> PipelineSettings:
    """Read a pipeline config.

    Args:
        path: The config, see :func:`.project.find_config`. Configs that it names are looked for
            beside it, as ``_base_`` is; ``data_root`` is relative to the current folder, as in
            every other config.
        options: Settings that replace the config's.
        seed: Replaces the config's seed.

    Returns:
        The settings; the configs that they name can be read, and fit.

    Raises:
        UserError: If the config is missing, cannot be read, or a key is missing, unknown or of the
            wrong kind.
    """
    path = find_config(path)
    cfg = read_config(path, options).to_dict()
    _check_keys(path, cfg)
    _check_masks_optional(path, cfg)
    if seed is not None:
        cfg['seed'] = seed
    if type(cfg.get('seed', 0)) is not int or cfg.get('seed', 0) < 0:
        raise UserError(f'{path}: seed={cfg["seed"]!r} must be a whole number, 0 or more')
    methods = read_methods(path, cfg['methods'])
    configs = {key: config_beside(path, key, cfg[key]) if cfg.get(key) else None for key in CONFIGS}
    settings = PipelineSettings(
        **cfg
        | configs
        | dict(
            path=path,
            name=cfg.get('name', path.resolve().parent.name),
            data_root=Path(cfg['data_root']),
            methods=methods,
            segmentation=configs_beside(path, 'segmentation', cfg['segmentation']),
            splits=_check_splits(path, cfg['splits']),
            affinity_labels=_affinity_labels(path, configs, methods[-1]),
            make_data=_check_make_data(path, cfg.get('make_data')),
            expected_seconds=cfg.get('expected_seconds') or {},
            results=Path(cfg['results']) if cfg.get('results') else None,
            threshold=str(cfg.get('threshold') or ''),
            expected_area=str(cfg.get('expected_area') or ''),
        )
    )
    check_cut(settings.threshold, settings.expected_area)
    _check_rounds(settings)
    _check_splits_of_configs(settings)
    return settings


def _check_keys(path: Path, cfg: dict) -> None:
    for key, new in _RENAMED.items():
        if key in cfg:
            raise UserError(f'{path}: the key {key} has gone; write {new}')
    missing = [key for key in _REQUIRED if not cfg.get(key)]
    if missing:
        raise UserError(
            f'{path}: not a pipeline config: {missing[0]} is missing; see configs/demo/pipeline.py'
        )
    for key in ('data_root', 'results'):
        check_value(str(path), key, cfg.get(key))
    found = [field.name for field in fields(PipelineSettings)]
    check_known(str(path), cfg, [key for key in found if key not in ('path', 'not_measured')])


def _affinity_labels(path: Path, configs: dict, method: Method) -> Path | None:
    labels = configs['affinity_labels']
    if not configs['affinity']:
        if labels:
            raise UserError(f'{path}: affinity_labels without an affinity; take it out')
        return None
    labels = labels or (method.labels[-1] if method.labels else None)
    if not labels or not configs['refinement']:
        raise UserError(f'{path}: an affinity needs both refinement and affinity_labels')
    return labels


def _check_rounds(settings: PipelineSettings) -> None:
    """Refuse several rounds of segmentation without two more configs, and one round with them."""
    keys = ('segmentation_maps', 'segmentation_labels')
    given = [key for key in keys if getattr(settings, key)]
    if len(given) != 2 * (len(settings.segmentation) > 1):
        raise UserError(
            f'{settings.path}: several rounds of segmentation, a list of configs, need '
            f'{" and ".join(keys)}, one round neither'
        )


def _check_splits_of_configs(settings: PipelineSettings) -> None:
    """Refuse a config that trains on other images than are exported."""
    configs = [config for method in settings.methods for config in method.configs]
    configs += [*settings.segmentation, *([settings.affinity] if settings.affinity else [])]
    wanted = settings.splits['train']
    for config in configs:
        key, found = training_split(read_config(config))
        if found and Path(found).name.removesuffix('.txt') != wanted:
            raise UserError(
                f'{config}: {key}={found!r}, but {settings.path} has '
                f"splits.train='{wanted}'; make them agree"
            )


def _check_splits(path: Path, splits: object) -> dict[str, str]:
    names = ('train', *MEASURED)
    if not isinstance(splits, dict) or set(splits) not in (set(names), {'train'}):
        raise UserError(
            f'{path}: splits must be a dict of {", ".join(names)}, or of train alone to measure '
            f'nothing, got {splits!r}'
        )
    for key, value in splits.items():
        if not isinstance(value, str) or not value or '/' in value:
            raise UserError(
                f'{path}: splits.{key}={value!r} must be the name of a list '
                'in ImageSets/Segmentation, e.g. train'
            )
    if len(splits) > 1 and splits['masked'] == splits['val']:
        raise UserError(
            f'{path}: splits.masked and splits.val are both '
            f'{splits["val"]}; masked must be of train'
        )
    return dict(splits)


def _check_masks_optional(path: Path, cfg: dict) -> None:
    given = cfg.get('masks_optional', False)
    if given not in (True, False):
        raise UserError(f'{path}: masks_optional={given!r} must be True or False')
    if given and cfg.get('make_data'):
        raise UserError(
            f'{path}: masks_optional with make_data: whether there are masks is not known before '
            'the data are made; take masks_optional out'
        )


def _check_make_data(path: Path, made: object) -> dict | None:
    if made is None:
        return None
    if not isinstance(made, dict) or not isinstance(made.get('tool'), str):
        raise UserError(
            f'{path}: make_data={made!r} must be a dict with the key tool, e.g. '
            "dict(tool='dataset_converters/make_demo_data.py', seed=0)"
        )
    return dict(made)
