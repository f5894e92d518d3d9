"""The input of the peers' clock estimators, one exchange, and the methods that most of them leave out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """One exchange as the peers see it. All in ms; `sent` and `received` on the member's clock.

    `offset` is party time minus member clock if both ways took equally long, `round_trip` the time on the
    way, without the server's own (RFC 5905 section 8).
    """

    sent: float
    received: float
    offset: float
    round_trip: float


def sample_of(t1: float, t2: float, t3: float, t4: float) -> Sample:
    """The sample that four timestamps make."""
    # A coarse timer can make a short round trip come out negative.
    round_trip = max((t4 - t1) - (t3 - t2), 0.0)
    return Sample(t1, t4, ((t2 - t1) + (t3 - t4)) / 2.0, round_trip)


class NoBound:
    """For algorithms that state no bound of their error."""

    def bound_ms(self, member_time_ms: float) -> float | None:
        """None: no bound is stated."""
        return None


class IgnoresSleep:
    """For clients that don't detect a wake-up: their next exchange comes when it was due anyway."""

    def woke(self) -> None:
        """Go on as before."""
