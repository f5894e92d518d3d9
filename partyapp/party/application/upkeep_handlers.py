"""The tick and its upkeep: finish what ran out, replace an absent host, end what was abandoned.

Only parties that are due are looked at, so that the cost doesn't grow with the number of parties.
"""

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from partyapp.party.application.commands import SyncPlaybackCommand, UpkeepCommand
from partyapp.party.application.next_film import go_on
from partyapp.party.application.ports import (
    Attendance,
    Graces,
    PartyMemberPort,
    PartySessionPort,
    PresencePort,
    QueuePort,
    SchedulePort,
    TickPort,
    VideoCataloguePort,
)
from partyapp.party.domain.session import SyncedPartySession
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


class _NextLook(NamedTuple):
    """When a party is due again, since when nobody is connected (ms both), and whether somebody is now."""

    at_ms: float
    empty_since_ms: float | None
    visited: bool = False


@dataclass(frozen=True)
class UpkeepHandler:
    """Does what one party is due for; an ended party is left alone.

    A host is replaced, and an empty party ended, only once the host lease is over, whatever the party was
    looked at for. Without Redis it is unknown who is connected: then nobody counts as gone.
    """

    sessions: PartySessionPort
    members: PartyMemberPort
    presence: PresencePort
    schedule: SchedulePort
    graces: Graces
    queue: QueuePort
    videos: VideoCataloguePort

    def __call__(self, command: UpkeepCommand) -> None:
        now_ms = self.schedule.now_ms()
        session = self.sessions.get(command.party_id)
        if session.state.status is PartyStatus.ENDED:
            return
        lead_ms = self.schedule.lead_ms(command.party_id)
        go_on(session, self.queue, self.videos, now_ms, lead_ms)
        # Where a web process has sockets in the party it has ended the wait itself.
        session.settle(None, at_ms=now_ms, lead_ms=lead_ms)
        attendance = self.sessions.attendance(command.party_id)
        # A film's end is due at its own time, and then the host lease may still run: nobody counts as gone.
        next_look = None
        if attendance.attended_until_ms <= now_ms:
            next_look = self._look_who_is_here(session, attendance, now_ms)
        if session.events:
            self.sessions.save(session)
        if next_look is not None:
            self.sessions.schedule_upkeep(
                command.party_id, next_look.at_ms, next_look.empty_since_ms, visited=next_look.visited
            )

    def _look_who_is_here(
        self, session: SyncedPartySession, attendance: Attendance, now_ms: float
    ) -> _NextLook:
        """Replace a host who is gone, or end the party that all have left; says when to look again."""
        next_ms = now_ms + self.graces.host_ms
        connected = self.presence.connected(session.state.id)
        if connected is None:
            return _NextLook(next_ms, attendance.empty_since_ms)
        if connected:
            self._succeed_absent_host(session, connected, now_ms)
            return _NextLook(next_ms, None, visited=True)
        empty_since_ms = now_ms if attendance.empty_since_ms is None else attendance.empty_since_ms
        if self._ends_at_ms(session, attendance, empty_since_ms) <= now_ms:
            session.abandon(now_ms)
        if not attendance.visited:
            # Whoever enters brings that forward.
            next_ms = max(next_ms, session.state.created_at_ms + self.graces.unvisited_ms)
        return _NextLook(next_ms, empty_since_ms)

    def _succeed_absent_host(
        self, session: SyncedPartySession, connected: frozenset[UUID], now_ms: float
    ) -> None:
        party_id, host_id = session.state.id, session.state.host_id
        starts_at_ms = session.state.starts_at_ms
        # Who looks in before the date must not become host because the host waits for it elsewhere.
        if host_id in connected or (starts_at_ms is not None and now_ms < starts_at_ms):
            return
        successor = self.members.successor(party_id, host_id, connected)
        if successor is not None and successor.user_id in connected:
            session.succeed_host(successor, now_ms)

    def _ends_at_ms(
        self, session: SyncedPartySession, attendance: Attendance, empty_since_ms: float
    ) -> float:
        """When a party ends in which nobody is connected. A link sent ahead may wait for days."""
        ends_at_ms = session.state.created_at_ms + self.graces.unvisited_ms
        if attendance.visited:
            ends_at_ms = empty_since_ms + self.graces.abandoned_ms
        starts_at_ms = session.state.starts_at_ms
        # A party with a date is not over before it, nor for as long after it as people may be late.
        return (
            ends_at_ms if starts_at_ms is None else max(ends_at_ms, starts_at_ms + self.graces.abandoned_ms)
        )
