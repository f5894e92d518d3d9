"""What a log line may not hold, whoever wrote it and at whatever level."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from partyapp.shared.ops.logs import QuietFormatter, configure_logs, place_of, unspoken

CANARY = "canary-9f31"


@pytest.fixture(autouse=True)
def logging_of_before() -> Iterator[None]:
    """The logging is put back at the end."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def crash() -> None:
    try:
        int(CANARY)
    except ValueError as error:
        raise RuntimeError(f"while reading {CANARY}") from error


@pytest.mark.parametrize("environment", ["local", "production"])
def test_an_exception_is_told_by_its_kind_and_place(
    capsys: pytest.CaptureFixture[str], environment: str
) -> None:
    configure_logs(environment, "DEBUG")
    for level in (logging.DEBUG, logging.ERROR):
        try:
            crash()
        except RuntimeError:
            logging.getLogger("any").log(level, "it failed", exc_info=True)
    text = capsys.readouterr().err
    assert CANARY not in text
    assert text.count("builtins.ValueError") == text.count("builtins.RuntimeError") == 2
    assert "test_logs.py" in text
    assert "it failed" in text


@pytest.mark.parametrize(
    "line",
    [
        f"GET /api/parties/1/ws?ticket={CANARY} HTTP/1.1",
        f"Error handling request /p/1?invite={CANARY}&name={CANARY}",
        f'127.0.0.1 "GET /media/{CANARY}/7bd3fde8-e611-4513-9e0f-221346e2fd29/1/a.mp4 HTTP/1.1" 206',
        f"Authorization: Bearer {CANARY}",
        f"token eyJhbGciOiJIUzI1NiJ9.{CANARY}.{CANARY} was bad",
        f"Invalid request from ip=127.0.0.1: Invalid HTTP Header: '{CANARY}'",
        f"Invalid HTTP Header: 'AUTHORIZATION {CANARY}'",
    ],
)
def test_the_fields_of_a_line(capsys: pytest.CaptureFixture[str], line: str) -> None:
    configure_logs("production", "DEBUG")
    logging.getLogger("gunicorn.other").warning("%s", line)
    text = capsys.readouterr().err
    assert "gunicorn.other" in text
    assert CANARY not in text
    record = logging.LogRecord("gunicorn.error", logging.WARNING, "", 0, line, (), None)
    assert CANARY not in QuietFormatter("%(message)s").format(record)


def test_what_says_nothing_of_anybody_stays() -> None:
    for line in ("command 7 waits for Postgres", "who knows? nobody", "GET /api/parties/1/ws HTTP/1.1"):
        assert unspoken(line) == line


def test_causes_that_go_in_circles_come_to_an_end() -> None:
    first, second = ValueError(CANARY), KeyError(CANARY)
    first.__cause__, second.__cause__ = second, first
    assert place_of(first).count("builtins.") == 2
