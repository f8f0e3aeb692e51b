"""The one exception type that a command shows as a single line."""


class UserError(ValueError):
    """Something that the user can mend.

    Args:
        message (str): One line: which file or key, what is wrong with it, and
            the way out. Commands print it without a traceback and exit with
            status 2, see :func:`ppl_mm.utils.cli.run`.
    """
