"""When a process ticks: with each message, never twice at once, and by itself when no message comes."""

from __future__ import annotations

from functools import partial

import pytest
from gevent.event import Event

from partyapp.realtime.ticker import Tick, Ticker
from partyapp.shared.kernel.errors import Unavailable
from tests.support.socket_pairs import run_for_a_moment, run_until


class Rooms:
    """Counts its ticks; each takes until it is let go on."""

    def __init__(self) -> None:
        self.ticks = 0
        self.go_on = Event()
        self.error: Exception | None = None

    def has_ticked(self, times: int) -> bool:
        return self.ticks == times

    def tick(self) -> None:
        self.ticks += 1
        self.go_on.wait()
        if self.error is not None:
            raise self.error


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


def test_a_message_is_a_tick_and_one_comes_after_the_other(rooms: Rooms) -> None:
    ticker = Ticker(rooms, 3600.0)
    for slot in range(3):
        ticker.receive(Tick(slot=slot))
    run_until(lambda: rooms.ticks)
    run_for_a_moment()
    assert rooms.ticks == 1, "the first is not done yet"
    rooms.go_on.set()
    run_for_a_moment()
    ticker.receive(Tick(slot=4))
    run_until(lambda: rooms.ticks == 2)


def test_what_fails_is_followed_by_the_next(rooms: Rooms) -> None:
    ticker = Ticker(rooms, 3600.0)
    rooms.go_on.set()
    rooms.error = Unavailable()
    for number in (1, 2):
        ticker.receive(Tick(slot=number))
        run_until(partial(rooms.has_ticked, number))
        run_for_a_moment()


def test_without_a_message_it_ticks_by_itself(rooms: Rooms) -> None:
    rooms.go_on.set()
    patient, other = Ticker(rooms, 3600.0), Ticker(rooms, -1.0)
    patient.each_second()
    run_for_a_moment()
    assert rooms.ticks == 0, "the next message is not due yet"
    other.each_second()
    run_until(lambda: rooms.ticks == 1)
