"""Rooms whose party changes by itself in a moment: looked after on time, and not only by the next tick.

Every process with sockets of the party does so; the party's row lock lets one of them change it, and the
others find nothing to do. When all of them are gone, the tick's upkeep does the same some seconds late.
"""

import logging
from collections.abc import Callable
from uuid import UUID

import gevent

from partyapp.party.domain.state import PartyStatus
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.rooms import Hub
from partyapp.realtime.yielding import yield_every
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import Refusal

log = logging.getLogger(__name__)

#: What is due within so long is waited for, in ms: more than the second after which it is looked again.
AHEAD_MS = 1500.0
#: After so many rooms others get a turn.
PORTION = 100


class DueParties:
    """Looks each second which rooms are due. `look_after` does what a party is due for, and may wait."""

    def __init__(self, hub: Hub[RoomState], clock: Clock, look_after: Callable[[UUID], None]) -> None:
        self._hub = hub
        self._clock = clock
        self._look_after = look_after
        self._waiting: set[UUID] = set()

    def each_second(self) -> None:
        """Have those looked after that are due before the next second is over."""
        for party_id in yield_every(list(self._hub.rooms), PORTION):
            due_ms = self._due_ms(party_id)
            left_ms = AHEAD_MS if due_ms is None else due_ms - self._clock.now_ms()
            if left_ms < AHEAD_MS and party_id not in self._waiting:
                self._waiting.add(party_id)
                gevent.spawn_later(max(0.0, left_ms) / 1000.0, self._look, party_id)

    def _look(self, party_id: UUID) -> None:
        try:
            if self._is_due(party_id):
                self._look_after(party_id)
        except Refusal as refusal:
            log.warning("a party could not be looked after now: %s", refusal.code)
        except Exception:
            # The tick's upkeep takes care of a party that can't be looked after.
            log.exception("a party could not be looked after")
        finally:
            self._waiting.discard(party_id)

    def _is_due(self, party_id: UUID) -> bool:
        """Whether it is due now. A timer of the event loop may fire some ms early: the rest is waited for."""
        while True:
            due_ms = self._due_ms(party_id)
            left_ms = AHEAD_MS if due_ms is None else due_ms - self._clock.now_ms()
            if left_ms <= 0:
                return True
            if left_ms >= AHEAD_MS:
                # Another process was faster, or somebody has done something else.
                return False
            gevent.sleep(left_ms / 1000.0)

    def _due_ms(self, party_id: UUID) -> float | None:
        """When the party changes by itself, in ms; None where it doesn't, or waits for somebody."""
        room = self._hub.room(party_id)
        if room is None:
            return None
        party = room.state.replica.state
        if party.status is PartyStatus.ENDED or party.playback.held is not None:
            return None
        return party.playback.due_ms(party.video.duration_s)
