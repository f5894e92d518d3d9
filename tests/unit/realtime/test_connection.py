"""One socket on a real pair: short writes, slow peers, closing, heartbeats, and nothing left behind."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from partyapp.realtime.websocket.connection import WRITE_DEADLINE_S
from partyapp.realtime.websocket.frames import CloseCode, text_frame
from partyapp.realtime.websocket.send_queue import MAX_ANSWERS, MAX_CHANGES, Priority
from partyapp.shared.kernel.clock import FixedClock, monotonic_s
from tests.support.socket_pairs import connected, open_files, run_for_a_moment, run_until

BIG = "x" * 4000


def numbered(number: int) -> bytes:
    return text_frame(f"{number}:{BIG}".encode())


def numbers(texts: list[str]) -> list[int]:
    assert all(text.endswith(":" + BIG) for text in texts), "a frame was corrupted"
    return [int(text.partition(":")[0]) for text in texts]


def test_messages_go_both_ways() -> None:
    clock = FixedClock(1234.5)
    with connected(clock) as (connection, handler, peer):
        peer.text("hello")
        peer.text("in two ", fin=False)
        peer.text("parts")
        run_until(lambda: len(handler.texts) == 2)
        assert handler.texts == ["hello", "in two parts"]
        assert handler.received_ms == [1234.5, 1234.5]
        connection.send(text_frame(b"welcome"))
        peer.reads_until(lambda: peer.texts)
        assert peer.texts == ["welcome"]


@pytest.mark.parametrize("closes", [False, True])
def test_the_handshakes_answer_goes_before_whatever_is_sent_first(closes: bool) -> None:
    answer = text_frame(b"answer")
    with connected(answer=answer) as (connection, _, peer):
        if closes:
            connection.close(CloseCode.RESTART)
            peer.reads_until(lambda: peer.close_code)
            assert peer.texts == ["answer"]
        else:
            connection.send(text_frame(b"welcome"))
            peer.reads_until(lambda: len(peer.texts) == 2)
            assert peer.texts == ["answer", "welcome"]


def test_a_ping_is_answered() -> None:
    with connected() as (_, __, peer):
        peer.ping(b"payload")
        peer.reads_until(lambda: peer.pongs)
        assert peer.pongs == [b"payload"]


def test_who_hung_up_is_known_without_reading() -> None:
    with connected() as (connection, handler, peer):
        assert not connection.hung_up
        peer.text("still here")
        assert not connection.hung_up
        run_until(lambda: handler.texts == ["still here"])
        connection.pause_reading()
        peer.close()
        assert connection.hung_up


def test_short_writes_corrupt_nothing() -> None:
    """The peer takes a few bytes at a time, and each frame still arrives whole and in order."""
    with connected(send_buffer=4096) as (connection, _, peer):
        for number in range(30):
            connection.send(numbered(number))
        peer.reads_until(lambda: len(peer.texts) == 30, at_most=1999)
        assert numbers(peer.texts) == list(range(30))


def test_a_slow_peer_gets_a_fresh_welcome_and_holds_nobody_up() -> None:
    with connected(send_buffer=4096) as (slow, handler, slow_peer), connected() as (quick, _, quick_peer):
        for number in range(300):
            for connection in (slow, quick):
                connection.send(numbered(number))
            quick_peer.read()
        quick_peer.reads_until(lambda: len(quick_peer.texts) == 300)
        assert numbers(quick_peer.texts) == list(range(300))
        assert handler.asked_for_welcome == 0, "there is no room yet"
        slow_peer.reads_until(lambda: handler.asked_for_welcome)
        slow.send(text_frame(b"dropped, for the welcome is not there yet"))
        slow.send(text_frame(b"pong"), Priority.ANSWER)
        slow.renew(text_frame(b"welcome"))
        slow.send(text_frame(b"after"))
        slow_peer.reads_until(lambda: "after" in slow_peer.texts)
        *before, pong, welcome, after = slow_peer.texts
        assert (pong, welcome, after) == ("pong", "welcome", "after")
        assert numbers(before) == list(range(len(before))), "in order, up to where it was cut"
        assert len(before) < 300
        assert handler.asked_for_welcome == 1


def test_a_slow_peer_takes_no_more_than_its_share_of_memory() -> None:
    with connected(send_buffer=4096) as (connection, _, __):
        for number in range(5000):
            connection.send(numbered(number), Priority.TICK if number % 2 else Priority.CHANGE)
        assert len(connection._send_queue) <= MAX_CHANGES + 1


def test_who_asks_on_and_never_reads_is_closed() -> None:
    with connected(send_buffer=4096) as (connection, _, peer):
        for number in range(MAX_ANSWERS * 3):
            connection.send(numbered(number), Priority.ANSWER)
        peer.reads_until(lambda: peer.close_code)
        assert peer.close_code == CloseCode.TOO_SLOW
        assert numbers(peer.texts) == list(range(len(peer.texts)))


def test_who_has_no_room_for_too_long_is_closed() -> None:
    with connected(send_buffer=4096) as (connection, _, peer):
        for number in range(20):
            connection.send(numbered(number))
        run_for_a_moment()
        now = monotonic_s()
        connection.heartbeat(now + WRITE_DEADLINE_S - 1, 0.0, 1000, 1000)
        assert not connection._closing_since_s
        connection.heartbeat(now + WRITE_DEADLINE_S + 1, 0.0, 1000, 1000)
        peer.reads_until(lambda: peer.close_code)
        assert peer.close_code == CloseCode.TOO_SLOW


def test_the_close_handshake_that_we_begin() -> None:
    with connected() as (connection, handler, peer):
        connection.close(CloseCode.REPLACED)
        connection.send(text_frame(b"too late"))
        peer.reads_until(lambda: peer.close_code)
        assert (peer.close_code, peer.texts) == (CloseCode.REPLACED, [])
        peer.text("too late as well")
        run_for_a_moment()
        peer.read()
        # A proxy that heard of an end now would reset a client that is still sending.
        assert not peer.ended
        peer.send_close()
        peer.reads_until(lambda: peer.ended)
        peer.close()
        run_until(lambda: connection.closed)
        assert (handler.closed, handler.texts) == (1, [])


@pytest.mark.parametrize("code", [1000, 1001, 4000])
def test_the_close_handshake_that_the_peer_begins(code: int) -> None:
    with connected() as (connection, handler, peer):
        peer.send_close(code)
        peer.reads_until(lambda: peer.ended)
        assert peer.close_code == code
        peer.close()
        run_until(lambda: handler.closed)
        assert connection.closed


def test_a_peer_that_never_answers_a_close_is_dropped_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was replaced has no seat, so that no heartbeat comes by any more."""
    monkeypatch.setattr("partyapp.realtime.websocket.connection.CLOSE_DEADLINE_S", 0.05)
    with connected() as (connection, handler, _):
        connection.close(CloseCode.REPLACED)
        run_until(lambda: connection.closed)
        assert handler.closed == 1


def test_a_peer_that_is_gone_is_noticed() -> None:
    with connected() as (connection, handler, peer):
        peer.close()
        run_until(lambda: handler.closed)
        connection.send(text_frame(b"to nobody"))
        connection.close(1000)
        connection.drop()
        assert handler.closed == 1


def test_writing_to_who_is_gone_raises_nothing() -> None:
    with connected() as (connection, handler, peer):
        peer.close()
        for _ in range(3):
            connection.send(text_frame(b"x"))
        run_until(lambda: handler.closed)
        assert handler.closed == 1


def test_a_handler_that_fails_closes_its_own_socket_alone(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: str) -> None:
        raise RuntimeError("a bug")

    with connected() as (_, handler, peer), connected() as (__, other_handler, other):
        handler.on_message = fail
        peer.text("x")
        other.text("y")
        peer.reads_until(lambda: peer.close_code)
        assert peer.close_code == CloseCode.OURS
        run_until(lambda: other_handler.texts)
        assert "RuntimeError" in caplog.text


def test_the_heartbeat() -> None:
    clock = FixedClock(50_000.0)
    with connected(clock, expires_at_ms=60_000.0) as (connection, _, peer):
        now = monotonic_s()
        connection.heartbeat(now + 5, 50_000.0, heartbeat_s=20, silence_s=30)
        connection.heartbeat(now + 20.1, 50_000.0, heartbeat_s=20, silence_s=30)
        connection.heartbeat(now + 21, 60_000.0, heartbeat_s=20, silence_s=30)
        peer.reads_until(lambda: peer.pings)
        run_for_a_moment()
        peer.read()
        assert (peer.pings, peer.close_code) == (1, None)
        connection.heartbeat(now + 22, 60_001.0, heartbeat_s=20, silence_s=30)
        peer.reads_until(lambda: peer.close_code)
        assert peer.close_code == CloseCode.TOKEN_EXPIRED


def test_silence_is_closed_and_any_frame_breaks_it() -> None:
    with connected() as (connection, handler, peer):
        connection.last_received_s -= 100
        peer.send(b"\x8a\x80\0\0\0\0")  # A pong counts as a sign of life.
        run_until(lambda: connection.last_received_s > monotonic_s() - 50)
        connection.heartbeat(monotonic_s(), 0.0, heartbeat_s=200, silence_s=30)
        assert handler.texts == []
        assert not connection._closing_since_s
        connection.heartbeat(monotonic_s() + 31, 0.0, heartbeat_s=200, silence_s=30)
        peer.reads_until(lambda: peer.close_code)
        assert peer.close_code == CloseCode.SILENT


def test_a_token_without_an_end_never_expires() -> None:
    with connected(expires_at_ms=0.0) as (connection, _, __):
        connection.heartbeat(monotonic_s(), 1e18, heartbeat_s=200, silence_s=300)
        assert not connection._closing_since_s


def test_reading_pauses_and_goes_on() -> None:
    with connected() as (connection, handler, peer):
        connection.pause_reading()
        peer.text("waits")
        run_for_a_moment()
        assert handler.texts == []
        connection.resume_reading()
        run_until(lambda: handler.texts)


def test_who_is_dismissed_is_asked_first() -> None:
    with connected() as (connection, handler, peer):
        connection.dismiss(CloseCode.REMOVED)
        assert handler.dismissed == [CloseCode.REMOVED]
        connection.handler = None
        connection.dismiss(CloseCode.REMOVED)
        peer.reads_until(lambda: peer.close_code)
        assert peer.close_code == CloseCode.REMOVED


def test_no_file_is_left_open() -> None:
    with connected():
        pass
    before = open_files()
    with ExitStack() as stack:
        all_of_them = [stack.enter_context(connected()) for _ in range(40)]
        assert open_files() == before + 80
        for number, (connection, _, peer) in enumerate(all_of_them):
            if number % 4 == 0:
                connection.drop()
            elif number % 4 == 1:
                peer.close()
            elif number % 4 == 2:
                connection.close(1000)
                peer.close()
            else:
                peer.binary(b"wrong")
                peer.close()
        run_until(lambda: all(connection.closed for connection, _, __ in all_of_them))
        for _, __, peer in all_of_them:
            peer.close()
        assert open_files() == before
