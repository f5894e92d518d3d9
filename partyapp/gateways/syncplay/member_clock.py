"""A Syncplay client's wall clock against party time, and how long what it is told takes to reach it.

Each State carries our party time, t1; the answer brings it back with the client's wall clock, tc, and is read
at t4. The client blocks on its player, so the answer may be half a second late while tc is not: half of the
round trip says nothing. But tc lies between t1 and t4, which is one exchange of the project's own estimator
(the client is its reference, t2 = t3 = tc), and from its offset every tc is an instant of party time.
"""

import math
from array import array

from partyapp.gateways.syncplay.states import ClientState
from partyapp.party.infrastructure.playback.clock_estimator import ClockEstimator

#: A client on Windows may read its clock in steps of 1/64 s. That looks like a clock that steps all the time,
#: and after so many steps it is taken for one.
COARSE_CLOCK_MS = 1000.0 / 64
STEPS_OF_A_COARSE_CLOCK = 3

#: A clock's rate is fitted anew so often, in ms, once it is known: by default that is a seventh of the CPU.
REFIT_MS = 10_000.0

#: Once a clock has been seen for so long, in ms, only what was quicker than all before it in the present span
#: (ms) is remembered: what was slower says less of the clock, and remembering is most of the cost.
ALL_FOR_MS, SPAN_MS = 20_000.0, 4_000.0

#: So many States may be unanswered, and of so many answers the delay is known.
_MOST_UNANSWERED = 32
_DELAYS = 20

#: What a State takes until one was answered, in ms.
FIRST_DELAY_MS = 50.0

#: Our own time comes back as a decimal fraction: equal within so many ms.
_SAME_MS = 0.01


class MemberClock:
    """The clock of one connection's client. All instants are ms of party time unless said otherwise."""

    __slots__ = (
        "_all_until_ms", "_coarse", "_delays", "_estimator", "_quickest_ms", "_span_until_ms", "_unanswered",
        "round_trip_ms", "steps",
    )  # fmt: skip

    def __init__(self) -> None:
        self._estimator = ClockEstimator(refit_every_ms=REFIT_MS)
        self._coarse = False
        self._all_until_ms: float | None = None
        self._span_until_ms, self._quickest_ms = -math.inf, math.inf
        # Arrays, since there are thousands of members: a deque takes 760 bytes, and its floats as much.
        self._unanswered, self._delays = array("d"), array("d")
        self.round_trip_ms: float | None = None
        #: How often the client's clock stepped, so that all was forgotten.
        self.steps = 0

    def sent(self, sent_ms: float) -> None:
        """A State of this instant goes out."""
        self._unanswered.append(sent_ms)
        del self._unanswered[:-_MOST_UNANSWERED]

    def answered(self, state: ClientState) -> bool:
        """Learn from a State; whether it answers one of ours and is plausible.

        An instant that we never sent, or one that was answered already, teaches nothing.
        """
        sent_ms = self._take_sent(state.sent_ms)
        if sent_ms is None or state.client_ms is None:
            return False
        told, heard_ms = state.client_ms, state.received_ms
        remember = self._is_telling(heard_ms - sent_ms, heard_ms)
        if not self._estimator.observe(sent_ms, told, told, heard_ms, remember=remember):
            return False
        self._note_steps(sent_ms, state.client_ms, state.received_ms)
        self.round_trip_ms = state.received_ms - sent_ms
        at_ms = self.party_ms(state.client_ms, state.received_ms)
        if at_ms is not None:
            self._delays.append(max(0.0, at_ms - sent_ms))
            del self._delays[:-_DELAYS]
        return True

    def party_ms(self, client_ms: float, now_ms: float) -> float | None:
        """The party time of an instant of the client's clock; None while nothing is known of it."""
        estimate = self._estimator.estimate(now_ms)
        return client_ms - estimate.offset_ms if estimate.samples else None

    def bound_ms(self, now_ms: float) -> float:
        """How far off `party_ms` may be, in ms; infinite while nothing is known."""
        return self._estimator.estimate(now_ms).bound_ms + (COARSE_CLOCK_MS if self._coarse else 0.0)

    @property
    def delay_ms(self) -> float:
        """How long a State takes until the client acts on it, in ms: the lower quartile of the last ones.

        Most of what is above it is waiting for the player, which the next State may not meet.
        """
        if not self._delays:
            return FIRST_DELAY_MS
        return sorted(self._delays)[len(self._delays) // 4]

    def _is_telling(self, round_trip_ms: float, now_ms: float) -> bool:
        if self._all_until_ms is None:
            self._all_until_ms = now_ms + ALL_FOR_MS
        if now_ms < self._all_until_ms:
            return True
        if now_ms >= self._span_until_ms:
            self._span_until_ms, self._quickest_ms = now_ms + SPAN_MS, math.inf
        is_quicker = round_trip_ms < self._quickest_ms
        self._quickest_ms = min(self._quickest_ms, round_trip_ms)
        return is_quicker

    def _take_sent(self, said_ms: float | None) -> float | None:
        if said_ms is None:
            return None
        for place, sent_ms in enumerate(self._unanswered):
            if abs(sent_ms - said_ms) < _SAME_MS:
                # Answers come in order, so what was sent before it is answered too.
                del self._unanswered[: place + 1]
                return sent_ms
        return None

    def _note_steps(self, sent_ms: float, client_ms: float, received_ms: float) -> None:
        steps = self._estimator.estimate(received_ms).steps
        if steps == self.steps:
            return
        self.steps = steps
        self._delays = array("d")
        self._all_until_ms = None
        if steps >= STEPS_OF_A_COARSE_CLOCK and not self._coarse:
            self._coarse = True
            self.steps = 0
            self._estimator = ClockEstimator(COARSE_CLOCK_MS, refit_every_ms=REFIT_MS)
            self._estimator.observe(sent_ms, client_ms, client_ms, received_ms)
