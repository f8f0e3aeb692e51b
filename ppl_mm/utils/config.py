"""Configs, and their settings on the command line."""

import os
from argparse import ArgumentError
from collections.abc import Mapping, Sequence
from pathlib import Path

from mmengine.config import Config, DictAction

from ..errors import UserError


class ConfigOptions(DictAction):
    """``KEY=VALUE`` pairs, as mmengine reads them, with two differences.

    A value that is no list keeps its spaces, which are common in the names of
    folders; and what cannot be read is the parser's own error, one line.
    """

    @staticmethod
    def _parse_iterable(val: str) -> object:
        if set(val) & set(',[('):
            return DictAction._parse_iterable(val)
        return DictAction._parse_int_float_bool(val.strip('\'" '))

    def __call__(
        self, parser, namespace, values: Sequence[str], option_string: str | None = None
    ) -> None:
        """Read the pairs into a dict; arguments as of every action."""
        for pair in values:
            if '=' not in pair:
                raise ArgumentError(self, f"'{pair}' is no KEY=VALUE")
        try:
            super().__call__(parser, namespace, values, option_string)
        except AssertionError as error:  # about brackets
            raise ArgumentError(self, str(error)) from error


def read_config(path: str | os.PathLike, options: Mapping | None = None) -> Config:
    """Read any config, with what it imports; one line where that fails.

    Args:
        path (str | PathLike): The config.
        options (Mapping, optional): Settings to change in it, by dotted key.

    Returns:
        Config: With its bases merged.

    Raises:
        UserError: If it is missing or not a config.
    """
    if not Path(path).is_file():
        raise UserError(f'{path}: no such config')
    try:
        cfg = Config.fromfile(path)
        cfg.merge_from_dict(dict(options or {}))
    except Exception as error:  # a config is code: anything can be raised
        cause = error.__cause__ or error  # of a failed custom import
        line = (str(cause).strip() or type(cause).__name__).splitlines()[-1]
        raise UserError(
            f'{path}: cannot be read as a config ({type(cause).__name__}: {line})'
        ) from error
    return cfg
