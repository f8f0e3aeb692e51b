"""The methods that a pipeline config names."""

import re
from dataclasses import dataclass, fields
from pathlib import Path

from ..errors import UserError
from ..utils.config.reading import read_config
from .config_keys import learns_from_labels
from .config_values import check_known, configs_beside

# What steps and reports call other things.
_TAKEN = ('seg', 'segmentation', 'affinity', 'refined', 'pseudo_labels', 'data')
METHODS_FORM = (
    "methods=[dict(name='plain CAM', key='cam', configs='cls_cam.py'), "
    "dict(name='PPL', key='ppl', configs='cls_progressive.py')]"
)


@dataclass(frozen=True)
class Method:
    """A way to train the classifier, whose maps are measured.

    Args:
        name: Its name in reports, e.g. 'self-trained PPL'.
        key: Its name in steps, folders and JSON, e.g. 'ppl_st'.
        short: Its name where space is short, e.g. 'PPL-ST'.
        configs: Configs of its trainings in order; each starts from the weights of the one before.
        labels: Configs of ``tools/refine.py`` that make what a training learns from whose data set
            has a ``label_dir``, labels of the maps of the training before: one for each such
            training.
        keep_better: Whether the last training is compared with the one before, and the better
            one's maps are the method's. Defaults to False: they are those of the last one.
    """

    name: str
    key: str
    short: str
    configs: tuple[Path, ...]
    labels: tuple[Path, ...] = ()
    keep_better: bool = False


def read_methods(path: Path, given: object) -> tuple[Method, ...]:
    """Return the methods that a pipeline config has given, in its order.

    Raises:
        UserError: If it is not a list of methods, two of them cannot be told apart, or a config is
            missing or does not fit.
    """
    if not isinstance(given, list | tuple) or not all(isinstance(one, dict) for one in given):
        raise UserError(f'{path}: methods must be a list, as {METHODS_FORM}; got {given!r}')
    methods = tuple(_method(path, f'methods.{i}', one) for i, one in enumerate(given))
    for what in ('key', 'name', 'short'):
        names = [getattr(method, what) for method in methods]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise UserError(f'{path}: two methods have the {what} {min(twice)!r}; rename one')
    return methods


def _method(path: Path, where: str, given: dict) -> Method:
    check_known(f'{path}: {where}', given, [field.name for field in fields(Method)])
    for key in ('name', 'key', 'configs'):
        if not given.get(key):
            raise UserError(f'{path}: {where} has no {key}; write {METHODS_FORM}')
    key = given['key']
    if not isinstance(key, str) or not re.fullmatch(r'[a-z][a-z0-9_]*', key) or key in _TAKEN:
        raise UserError(
            f'{path}: {where}.key={key!r} must be a word of small letters, digits and '
            f'underscores, and none of {", ".join(_TAKEN)}'
        )
    method = Method(
        name=str(given['name']),
        key=key,
        short=str(given.get('short') or given['name']),
        configs=configs_beside(path, f'{where}.configs', given['configs']),
        labels=configs_beside(path, f'{where}.labels', given.get('labels') or ()),
        keep_better=given.get('keep_better', False),
    )
    _check_labels(path, where, method)
    _check_keep_better(path, where, method)
    return method


def _check_labels(path: Path, where: str, method: Method) -> None:
    """Refuse a training that learns from labels which no config makes."""
    learning = [config.name for config in method.configs if learns_from_labels(read_config(config))]
    if learning and learning[0] == method.configs[0].name:
        raise UserError(
            f'{path}: {where}: {learning[0]} learns from labels (label_dir) of the training '
            'before, so it cannot be the first'
        )
    if len(method.labels) != len(learning):
        raise UserError(
            f'{path}: {where}.labels names {len(method.labels)} configs of tools/refine.py, but '
            f'{len(learning)} of its trainings learn from labels (label_dir)'
            + (f': {", ".join(learning)}' if learning else '')
            + '; name one for each'
        )


def _check_keep_better(path: Path, where: str, method: Method) -> None:
    """Refuse to compare a last training that has learned from no maps of one before."""
    if method.keep_better not in (True, False):
        raise UserError(f'{path}: {where}.keep_better={method.keep_better!r} must be True or False')
    if method.keep_better and not learns_from_labels(read_config(method.configs[-1])):
        raise UserError(
            f'{path}: {where}.keep_better: {method.configs[-1].name} does not learn from labels '
            '(label_dir) of a training before, so there is nothing to compare it with; take '
            'keep_better out'
        )
