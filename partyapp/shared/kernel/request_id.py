"""Which request is at hand, for what is logged meanwhile: in web, and in the worker that runs its command."""

from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """The id of the request at hand; empty without one."""
    return _current.get()


def set_request_id(request_id: str) -> None:
    """What is done from here on, in this greenlet or thread, is done for that request; empty for none."""
    _current.set(request_id)
