"""Work that one does at a time."""

from __future__ import annotations

import pytest

from partyapp.realtime.single_flight import SingleFlight


class Work:
    """It runs, and says each time what it was told to say."""

    def __init__(self, flight: SingleFlight, *says: bool, asks: int = 0) -> None:
        self.flight, self.says, self.asks, self.runs, self.depth = flight, list(says), asks, 0, 0

    def __call__(self) -> bool:
        assert self.depth == 0, "it is done twice at a time"
        self.depth += 1
        self.runs += 1
        if self.runs <= self.asks:
            self.flight.run(self)
        self.depth -= 1
        return self.says.pop(0)


def test_it_is_done_until_there_is_no_more() -> None:
    flight = SingleFlight()
    work = Work(flight, True, True, False)
    flight.run(work)
    assert work.runs == 3


@pytest.mark.parametrize("asks", [1, 2])
def test_who_asks_meanwhile_has_it_done_once_more(asks: int) -> None:
    flight = SingleFlight()
    work = Work(flight, False, False, False, asks=asks)
    flight.run(work)
    assert work.runs == asks + 1


def test_after_an_error_it_is_done_again_when_somebody_asks() -> None:
    flight = SingleFlight()
    with pytest.raises(ZeroDivisionError):
        flight.run(lambda: 1 // 0 > 0)
    work = Work(flight, False)
    flight.run(work)
    assert work.runs == 1
