"""The one exception type that a command shows as a single line."""


class UserError(ValueError):
    """Report something that the user can fix.

    The message is one line: which file or key, the value that is wrong, and
    what to do. Commands print it without a traceback and exit with status 2,
    see :func:`ppl_mm.utils.cli.run`.
    """
