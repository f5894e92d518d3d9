"""The errors of running locally, each of which is one line for the person at the console."""


class LocalRunError(Exception):
    """`party up` cannot go on; the message is one clear line without any secret."""


class StopRequestedError(Exception):
    """Ctrl-C or SIGTERM came while something was being waited for."""
