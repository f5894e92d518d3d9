"""What waits for one socket: in order, bounded, and the newer in place of the older."""

from __future__ import annotations

import pytest

from partyapp.realtime.outbox import MAX_ANSWERS, MAX_CHANGES, Kind, Outbox, Overflow


def taken(outbox: Outbox) -> list[bytes]:
    frames = []
    while (frame := outbox.take()) is not None:
        frames.append(frame)
    return frames


def test_frames_come_out_in_order() -> None:
    outbox = Outbox()
    assert outbox.take() is None
    for kind, frame in ((Kind.CHANGE, b"1"), (Kind.ANSWER, b"2"), (Kind.TICK, b"3"), (Kind.CHANGE, b"4")):
        outbox.put(kind, frame)
    assert len(outbox) == 4
    assert taken(outbox) == [b"1", b"2", b"3", b"4"]


@pytest.mark.parametrize("kind", [Kind.TICK, Kind.PRESENCE])
def test_a_newer_one_takes_the_place_of_an_older(kind: Kind) -> None:
    outbox = Outbox()
    outbox.put(kind, b"old")
    outbox.put(Kind.CHANGE, b"change")
    outbox.put(kind, b"new")
    # The newer one must come after the changes that it speaks of.
    assert taken(outbox) == [b"change", b"new"]
    for number in range(10_000):
        outbox.put(kind, b"%d" % number)
    assert taken(outbox) == [b"9999"]


def test_a_pile_of_changes_is_dropped_for_a_fresh_welcome() -> None:
    outbox = Outbox()
    outbox.put(Kind.ANSWER, b"ack")
    outbox.put(Kind.TICK, b"tick")
    for number in range(MAX_CHANGES):
        outbox.put(Kind.CHANGE, b"%d" % number)
    assert not outbox.stale
    outbox.put(Kind.CHANGE, b"one too many")
    assert outbox.stale
    for kind in (Kind.CHANGE, Kind.TICK, Kind.PRESENCE):
        outbox.put(kind, b"later")
    outbox.put(Kind.ANSWER, b"pong")
    assert taken(outbox) == [b"ack", b"pong"], "what answers a question is not dropped"
    outbox.stale = False
    for number in range(MAX_CHANGES):
        outbox.put(Kind.CHANGE, b"%d" % number)
    assert not outbox.stale
    assert len(outbox) == MAX_CHANGES


def test_who_asks_and_never_reads_overflows() -> None:
    outbox = Outbox()
    for _ in range(MAX_ANSWERS):
        outbox.put(Kind.ANSWER, b"x")
    with pytest.raises(Overflow):
        outbox.put(Kind.ANSWER, b"x")
    assert len(outbox) == MAX_ANSWERS


def test_the_bounds_count_what_waits_and_not_what_went() -> None:
    outbox = Outbox()
    for _ in range(10 * MAX_ANSWERS):
        outbox.put(Kind.ANSWER, b"x")
        outbox.put(Kind.CHANGE, b"y")
        assert taken(outbox) == [b"x", b"y"]
    assert not outbox.stale


def test_cleared() -> None:
    outbox = Outbox()
    for _ in range(MAX_ANSWERS):
        outbox.put(Kind.ANSWER, b"x")
    outbox.clear()
    assert outbox.take() is None
    outbox.put(Kind.ANSWER, b"x")
