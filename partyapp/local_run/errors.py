"""How a local run says no, and how it is told to end."""


class LocalRunError(Exception):
    """Party can't be run, or can't go on. The message is one line that tells an operator why."""


class StopRequestedError(Exception):
    """Somebody asked this run to end: Ctrl-C, SIGTERM, or a terminal that was closed."""


def why(error: OSError) -> str:
    """The system's own words for an error, without its number and path."""
    return error.strerror or str(error) or type(error).__name__
