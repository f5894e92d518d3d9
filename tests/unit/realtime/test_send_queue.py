"""What waits for one socket: in order, bounded, and the newer in place of the older."""

from __future__ import annotations

import pytest

from partyapp.realtime.websocket.send_queue import MAX_ANSWERS, MAX_CHANGES, Overflow, Priority, SendQueue


def taken(send_queue: SendQueue) -> list[bytes]:
    frames = []
    while (frame := send_queue.take()) is not None:
        frames.append(frame)
    return frames


def test_frames_come_out_in_order() -> None:
    send_queue = SendQueue()
    assert send_queue.take() is None
    for kind, frame in (
        (Priority.CHANGE, b"1"),
        (Priority.ANSWER, b"2"),
        (Priority.TICK, b"3"),
        (Priority.CHANGE, b"4"),
    ):
        send_queue.put(kind, frame)
    assert len(send_queue) == 4
    assert taken(send_queue) == [b"1", b"2", b"3", b"4"]


def test_a_newer_tick_takes_the_place_of_an_older() -> None:
    send_queue = SendQueue()
    send_queue.put(Priority.TICK, b"old")
    send_queue.put(Priority.CHANGE, b"change")
    send_queue.put(Priority.TICK, b"new")
    # The newer one must come after the changes that it speaks of.
    assert taken(send_queue) == [b"change", b"new"]
    for number in range(10_000):
        send_queue.put(Priority.TICK, b"%d" % number)
    assert taken(send_queue) == [b"9999"]


def test_a_pile_of_changes_is_dropped_for_a_fresh_welcome() -> None:
    send_queue = SendQueue()
    send_queue.put(Priority.ANSWER, b"ack")
    send_queue.put(Priority.TICK, b"tick")
    for number in range(MAX_CHANGES):
        send_queue.put(Priority.CHANGE, b"%d" % number)
    assert not send_queue.needs_snapshot
    send_queue.put(Priority.CHANGE, b"one too many")
    assert send_queue.needs_snapshot
    for kind in (Priority.CHANGE, Priority.TICK):
        send_queue.put(kind, b"later")
    send_queue.put(Priority.ANSWER, b"pong")
    assert taken(send_queue) == [b"ack", b"pong"], "what answers a question is not dropped"
    send_queue.needs_snapshot = False
    for number in range(MAX_CHANGES):
        send_queue.put(Priority.CHANGE, b"%d" % number)
    assert not send_queue.needs_snapshot
    assert len(send_queue) == MAX_CHANGES


def test_who_asks_and_never_reads_overflows() -> None:
    send_queue = SendQueue()
    for _ in range(MAX_ANSWERS):
        send_queue.put(Priority.ANSWER, b"x")
    with pytest.raises(Overflow):
        send_queue.put(Priority.ANSWER, b"x")
    assert len(send_queue) == MAX_ANSWERS


def test_the_bounds_count_what_waits_and_not_what_went() -> None:
    send_queue = SendQueue()
    for _ in range(10 * MAX_ANSWERS):
        send_queue.put(Priority.ANSWER, b"x")
        send_queue.put(Priority.CHANGE, b"y")
        assert taken(send_queue) == [b"x", b"y"]
    assert not send_queue.needs_snapshot


def test_cleared() -> None:
    send_queue = SendQueue()
    for _ in range(MAX_ANSWERS):
        send_queue.put(Priority.ANSWER, b"x")
    send_queue.clear()
    assert send_queue.take() is None
    send_queue.put(Priority.ANSWER, b"x")
