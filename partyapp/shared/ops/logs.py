"""Logs: one line an event, for people on a terminal and as JSON in production. Never a token or a body.

What a person wrote gets into a log by the text of an exception or by an address's query. So of an exception
its type and its place are written and not its text, and no line keeps a query, a token or a broken request.
"""

import logging
import re
import sys
import traceback
from types import TracebackType
from typing import Any

import structlog

from partyapp.shared.kernel.request_id import current_request_id

#: What is taken out of every line, wherever it came from, and what stands there instead.
_UNSPOKEN = (
    # A broken request is quoted by the server that can't read it.
    (
        re.compile(
            r"(Invalid request from ip=[^\s:]+|Invalid HTTP [A-Za-z ]+|Invalid (?:HTTP )?request line):.*",
            re.S,
        ),
        r"\1",
    ),
    (re.compile(r"\beyJ[\w-]*\.[\w-]*\.[\w-]*", re.ASCII), "[token]"),
    (re.compile(r"\bbearer\s+\S+", re.I), "Bearer [token]"),
    # Whoever has the address of a film's file may see it.
    (re.compile(r"/media/[^/\s\"']+(?=/)"), "/media/[grant]"),
    (re.compile(r"\?[^\s\"'?]*=[^\s\"']*"), "?[query]"),
)


def unspoken(text: str) -> str:
    """The text without queries, tokens and what a broken request held."""
    for pattern, instead in _UNSPOKEN:
        text = pattern.sub(instead, text)
    return text


def place_of(error: BaseException) -> str:
    """Where an exception came from and what kind it is, causes first, without any of their texts."""
    parts = []
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        lines = "".join(traceback.format_tb(at.__traceback__))
        parts.append(f"{lines}{type(at).__module__}.{type(at).__qualname__}")
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return "\nand then:\n".join(reversed(parts))


class QuietFormatter(logging.Formatter):
    """The standard formatter for servers that bring their own handlers."""

    def formatException(
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """The exception without its text."""
        return "" if ei[1] is None else place_of(ei[1])

    def format(self, record: logging.LogRecord) -> str:
        """The line, with what must not be told taken out."""
        # A text that another formatter has left there would be used again.
        record.exc_text = None
        return unspoken(super().format(record))


def _without_texts(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = place_of(error)
    return event


def _with_request(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    request_id = current_request_id()
    if request_id:
        event["request_id"] = request_id
    return event


def _without_secrets(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    return {name: unspoken(value) if isinstance(value, str) else value for name, value in event.items()}


def configure_logs(environment: str, level: int | str = logging.INFO) -> None:
    """Send everything that is logged to standard error, in one form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(environment))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    quiet_the_server(environment)


def quiet_the_server(environment: str) -> None:
    """Have gunicorn's own handlers write in the same form as ours, and leave out what ours leave out."""
    for name in ("gunicorn.error", "gunicorn.access"):
        for handler in logging.getLogger(name).handlers:
            handler.setFormatter(_formatter(environment))


def _formatter(environment: str) -> logging.Formatter:
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_request,
        _without_texts,
        _without_secrets,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=False)
        if environment in ("local", "test")
        else structlog.processors.JSONRenderer()
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
