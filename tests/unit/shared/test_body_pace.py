"""A body that comes too slowly is given up, and one that is read late is not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from gunicorn.http.unreader import SocketUnreader

from partyapp.shared.http import body_pace
from partyapp.shared.http.body_pace import SILENCE_S, SLOWEST_BYTES_A_S, pace_body, unpace_body


class Line:
    """A socket over which a piece of a body comes after so many seconds, and the clock that they pass on."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.comes: list[tuple[float, bytes]] = []
        self.limit_s: float | None = None

    def settimeout(self, limit_s: float | None) -> None:
        self.limit_s = limit_s

    def recv(self, size: int) -> bytes:
        after_s, data = self.comes.pop(0)
        assert self.limit_s is not None
        self.now_s += min(after_s, self.limit_s)
        if after_s > self.limit_s:
            raise TimeoutError
        return data


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    found = Line()
    monkeypatch.setattr(body_pace, "monotonic_s", lambda: found.now_s)
    return found


@pytest.fixture
def request_of(line: Line) -> SimpleNamespace:
    return SimpleNamespace(unreader=SocketUnreader(line))


def test_a_byte_at_a_time_is_too_slow(line: Line, request_of: SimpleNamespace) -> None:
    line.comes = [(1.0, b"a")] * 1000
    pace_body(request_of)
    with pytest.raises(TimeoutError):
        while True:
            request_of.unreader.read(1)
    assert SILENCE_S <= line.now_s <= SILENCE_S + 1.0


def test_a_slow_line_brings_it_whole(line: Line, request_of: SimpleNamespace) -> None:
    piece = b"a" * SLOWEST_BYTES_A_S
    line.comes = [(1.0, piece)] * 100
    pace_body(request_of)
    assert request_of.unreader.read(100 * len(piece)) == 100 * piece
    assert line.limit_s == SILENCE_S, "for the answer"


def test_a_silence_is_no_longer_for_what_came_before(line: Line, request_of: SimpleNamespace) -> None:
    line.comes = [(0.0, b"a" * 100_000), (SILENCE_S + 0.1, b"b")]
    pace_body(request_of)
    request_of.unreader.read()
    with pytest.raises(TimeoutError):
        request_of.unreader.read()
    assert line.now_s == SILENCE_S


def test_what_the_application_does_meanwhile_does_not_count(line: Line, request_of: SimpleNamespace) -> None:
    line.comes = [(1.0, b"a"), (1.0, b"b")]
    pace_body(request_of)
    for data in (b"a", b"b"):
        line.now_s += 60.0
        assert request_of.unreader.read() == data


def test_the_next_request_has_gunicorns_limits(line: Line, request_of: SimpleNamespace) -> None:
    pace_body(request_of)
    unpace_body(request_of)
    unpace_body(request_of)
    line.settimeout(100.0)
    line.comes = [(99.0, b"GET /")]
    assert request_of.unreader.read() == b"GET /"
