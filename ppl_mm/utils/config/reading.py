"""Configs, and their settings on the command line."""

import os
import tempfile
from argparse import ArgumentError, ArgumentParser, Namespace
from collections.abc import Collection, Mapping, Sequence

from mmengine.config import Config, DictAction
from mmengine.utils import import_modules_from_strings

from ...errors import UserError, first_line
from ..files import no_space
from ..project import find_config


class ConfigOptions(DictAction):
    """``KEY=VALUE`` pairs, as mmengine reads them, but for three things.

    A value that is not a list keeps its spaces, which are common in the names of folders. A value
    in quotes, or one that is the path of something that exists, is taken as it stands, whatever
    commas and brackets it holds. What cannot be read is the parser's own error, one line.
    """

    @classmethod
    def written(cls, value: object) -> object:
        """Return what stands after the =, so that a text or a path is read as it is."""
        if not isinstance(value, str | os.PathLike):
            return value
        text = str(value)
        plain = not set(text) & set(',[](){}\'"') and text == text.strip()
        return text if plain and cls._parse_int_float_bool(text) == text else f"'{text}'"

    @staticmethod
    def _parse_iterable(val: str) -> object:
        if len(val) > 1 and val[0] == val[-1] and val[0] in '\'"':
            return val[1:-1]
        if set(val) & set(',[(') and not os.path.exists(val):
            return DictAction._parse_iterable(val)
        return DictAction._parse_int_float_bool(val.strip('\'" '))

    def __call__(
        self,
        parser: ArgumentParser,
        namespace: Namespace,
        values: Sequence[str],
        option_string: str | None = None,
    ) -> None:
        """Read the pairs into a dict; the arguments are those of every action."""
        for pair in values:
            if '=' not in pair:
                raise ArgumentError(self, f"'{pair}' is not KEY=VALUE")
        try:
            super().__call__(parser, namespace, values, option_string)
        except AssertionError as error:  # about brackets
            raise ArgumentError(self, str(error)) from error
        except RecursionError as error:
            raise ArgumentError(
                self, 'dict(..) is not read here; set its keys one by one, as KEY.0.NAME=VALUE'
            ) from error


def read_config(
    path: str | os.PathLike, options: Mapping | None = None, keys: Collection[str] | None = None
) -> Config:
    """Return any config, with what it imports, its bases and options merged.

    Args:
        path: The config, see :func:`.project.find_config`.
        options: Settings to change in it, by dotted key.
        keys: Options with another first key are refused. Defaults to None: any will do.

    Raises:
        UserError: If it is missing or not a config, or an option does not fit it.
    """
    if not find_config(path).is_file():
        raise UserError(f'{path}: no such config')
    try:
        cfg = Config.fromfile(find_config(path))
    except Exception as error:  # a config is code: anything can be raised
        if full := no_space(error):  # mmengine makes a copy there
            raise OSError(full.errno, full.strerror, tempfile.gettempdir()) from error
        cause = error.__cause__ or error  # of a failed custom import
        line = (str(cause).strip() or type(cause).__name__).splitlines()[-1]
        raise UserError(
            f'{path}: cannot be read as a config ({type(cause).__name__}: {line})'
        ) from error
    _merge(cfg, path, options or {}, keys)
    return cfg


def _merge(
    cfg: Config, path: str | os.PathLike, options: Mapping, keys: Collection[str] | None
) -> None:
    if keys is not None:
        from .check import check_option_keys  # late: it imports torch

        check_option_keys(str(path), cfg, keys, options)
    for key, value in options.items():
        try:
            cfg.merge_from_dict({key: value})
        except (TypeError, KeyError, IndexError, ValueError, AttributeError) as error:
            raise UserError(
                f'{cfg.filename}: --cfg-options {key}={value} does not fit the config '
                f'({first_line(error)})'
            ) from error
    if any(key.startswith('custom_imports') for key in options):
        try:
            import_modules_from_strings(**cfg.custom_imports)
        except Exception as error:  # a module is code: anything can be raised
            raise UserError(
                f'{cfg.filename}: --cfg-options custom_imports={cfg.custom_imports} cannot be '
                f'imported ({first_line(error)})'
            ) from error


def read_runner_config(
    path: str | os.PathLike, options: Mapping | None = None, data: str | None = None
) -> Config:
    """Read the config of a training, a test or an export, see :func:`read_config`; check its keys.

    Args:
        path: The config.
        options: Settings to change in it, by dotted key.
        data: The loader whose data are about to be read, as ``'test_dataloader'``. Defaults to
            None: the data set may be elsewhere, as where a network is only applied.

    Raises:
        UserError: See also :func:`.check.check_config`; or if it has no model, or ``OWN_DATA`` does
            not lead to a data set.
    """
    from .check import check_config
    from .known_keys import DEFAULT_HOOKS, first_keys

    cfg = read_config(path)
    if not cfg.get('model'):
        raise UserError(f'{path}: not the config of a training: it has no model')
    _merge(cfg, path, options or {}, first_keys())
    check_config(cfg)
    if data:
        _check_own_data(cfg, data)
    hooks = cfg.get('default_hooks')
    if isinstance(hooks, dict):  # None leaves out; mmengine knows its own ones only
        cfg.default_hooks = {
            key: hook for key, hook in hooks.items() if hook is not None or key in DEFAULT_HOOKS
        }
    return cfg


def _check_own_data(cfg: Config, loader: str) -> None:
    """Refuse data of ``configs/own`` that are not there: nothing else names the variable."""
    root = cfg.get('own_data_root')
    if root is None or ((cfg.get(loader) or {}).get('dataset') or {}).get('data_root') != root:
        return
    if not os.path.isfile(os.path.join(root, 'classes.txt')):
        what = 'has no classes.txt' if os.path.isdir(root) else 'no such folder'
        raise UserError(
            f"OWN_DATA='{root}': {what}; set this variable to the folder of your data set "
            '(without it: data/mine)'
        )
