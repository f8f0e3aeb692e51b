"""``--cfg-options``: settings of a config on the command line."""
from argparse import ArgumentError
from collections.abc import Sequence

from mmengine.config import DictAction


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

    def __call__(self, parser, namespace, values: Sequence[str],
                 option_string: str | None = None) -> None:
        """Read the pairs into a dict; arguments as of every action."""
        for pair in values:
            if '=' not in pair:
                raise ArgumentError(self, f"'{pair}' is no KEY=VALUE")
        try:
            super().__call__(parser, namespace, values, option_string)
        except AssertionError as error:  # about brackets
            raise ArgumentError(self, str(error)) from error


