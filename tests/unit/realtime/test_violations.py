"""After a violation we read on for a while, for the peer's close frame alone, and keep nothing else."""

from __future__ import annotations

import struct
import tracemalloc

import pytest

from partyapp.realtime.websocket.frames import MAX_MESSAGE_BYTES, CloseCode, FrameReader, Violation
from tests.support.socket_pairs import connected, run_for_a_moment, run_until
from tests.unit.realtime.test_frames import masked, text


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda peer: peer.binary(b"x"), 1003),
        (lambda peer: peer.text("x" * 16_385), 1009),
        (lambda peer: peer.send(b"\x81\x01x"), 1002),
        (lambda peer: peer.send(b"GET / HTTP/1.1\r\n\r\n"), 1002),
        (lambda peer: peer.send(b"\x81\x81\0\0\0\0\xff"), 1007),
    ],
)
def test_a_violation_is_closed_with_its_code(act: object, code: int) -> None:
    assert callable(act)
    with connected() as (connection, handler, peer):
        act(peer)
        peer.reads_until(lambda: peer.close_code)
        assert peer.close_code == code
        peer.text("and on")
        run_for_a_moment()
        peer.read()
        # A proxy that heard of an end now would reset a client that is still sending.
        assert not peer.ended
        peer.send_close()
        if code in (CloseCode.BINARY, CloseCode.TOO_BIG):
            # Its frames can still be told apart, so that its close frame is the end.
            peer.reads_until(lambda: peer.ended)
        peer.close()
        run_until(lambda: connection.closed)
        assert (handler.closed, handler.texts) == (1, [])


def test_who_breaks_the_protocol_and_never_goes_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("partyapp.realtime.websocket.connection.CLOSE_DEADLINE_S", 0.05)
    with connected() as (connection, handler, peer):
        peer.send(b"\x81\x01x")
        peer.reads_until(lambda: peer.close_code)
        run_until(lambda: connection.closed)
        assert handler.closed == 1


TOO_BIG = [
    text("x" * (MAX_MESSAGE_BYTES + 1)),
    text("x" * MAX_MESSAGE_BYTES, fin=False) + text("x", first=False),
]


@pytest.mark.parametrize("bad", [*TOO_BIG, masked(2, b"x")])
def test_after_a_violation_the_peers_close_frame_is_still_found(bad: bytes) -> None:
    close = masked(8, struct.pack("!H", 1009))
    reader = FrameReader()
    with pytest.raises(Violation):
        list(reader.feed(bad + text("sent before it knew")))
    assert not reader.finds_close(b"")
    assert not reader.finds_close(bad + bad + close[:3])
    assert reader.finds_close(close[3:])
    at_once = FrameReader()
    with pytest.raises(Violation):
        list(at_once.feed(bad + close))
    assert at_once.finds_close(b"")


def test_nothing_is_found_where_the_framing_is_broken() -> None:
    reader = FrameReader()
    with pytest.raises(Violation):
        list(reader.feed(masked(1, b"x", mask=None)))
    assert not reader.finds_close(masked(8, struct.pack("!H", 1000)))
    skimming = FrameReader()
    assert not skimming.finds_close(masked(3, b"") + masked(8, struct.pack("!H", 1000)))
    assert not skimming.finds_close(masked(8, struct.pack("!H", 1000)))


def test_what_is_thrown_away_is_not_kept() -> None:
    reader = FrameReader()
    assert not reader.finds_close(text("x", fin=False))
    tracemalloc.start()
    try:
        for _ in range(200):
            assert not reader.finds_close(text("x" * 30_000, fin=False, first=False))
        assert tracemalloc.get_traced_memory()[0] < 1_000_000
    finally:
        tracemalloc.stop()
