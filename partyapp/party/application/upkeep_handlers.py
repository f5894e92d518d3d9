"""The tick and its upkeep: finish what ran out, replace an absent host, end what was abandoned.

Only parties that are due are looked at, so that the cost doesn't grow with the number of parties.
"""

from dataclasses import dataclass
from uuid import UUID

from partyapp.party.application.commands import SyncPlaybackCommand, UpkeepCommand
from partyapp.party.application.ports import (
    Graces,
    PartyMemberPort,
    PartySessionPort,
    PresencePort,
    SchedulePort,
    TickPort,
)
from partyapp.party.domain.state import PartyStatus

#: At most so many parties of each kind a tick; the next tick takes the rest.
LIMIT = 500


@dataclass(frozen=True)
class SyncPlaybackHandler:
    """Finds the parties that are due for upkeep; None when this slot was claimed already.

    It syncs no playback: that is what each web process does when it receives the tick. Each of the parties
    gets an `UpkeepCommand` in a transaction of its own.
    """

    sessions: PartySessionPort
    ticks: TickPort
    schedule: SchedulePort

    def __call__(self, command: SyncPlaybackCommand) -> list[UUID] | None:
        if not self.ticks.claim(command.slot):
            return None
        now_ms = self.schedule.now_ms()
        due = [*self.sessions.running_past_end(now_ms, LIMIT), *self.sessions.unattended(now_ms, LIMIT)]
        return list(dict.fromkeys(due))


@dataclass(frozen=True)
class UpkeepHandler:
    """Does what one party is due for; an ended party is left alone."""

    sessions: PartySessionPort
    members: PartyMemberPort
    presence: PresencePort
    schedule: SchedulePort
    graces: Graces

    def __call__(self, command: UpkeepCommand) -> None:
        party_id = command.party_id
        now_ms = self.schedule.now_ms()
        session = self.sessions.get(party_id)
        if session.state.status is PartyStatus.ENDED:
            return
        session.finish(now_ms)
        connected = self.presence.connected(party_id)
        empty_since_ms = self._empty_since_ms(party_id, connected, now_ms)
        host_id = session.state.host_id
        if connected and host_id not in connected:
            successor = self.members.successor(party_id, host_id, connected)
            if successor is not None and successor.user_id in connected:
                session.succeed_host(successor, now_ms)
        elif empty_since_ms is not None and empty_since_ms + self.graces.abandoned_ms <= now_ms:
            session.abandon(now_ms)
        if session.events:
            self.sessions.save(session)
        self.sessions.schedule_upkeep(party_id, now_ms + self.graces.host_ms, empty_since_ms)

    def _empty_since_ms(
        self, party_id: UUID, connected: frozenset[UUID] | None, now_ms: float
    ) -> float | None:
        if connected:
            return None
        known = self.sessions.empty_since_ms(party_id)
        # Without Redis it is unknown who is connected, and then no party counts as empty.
        return known if connected is None or known is not None else now_ms
