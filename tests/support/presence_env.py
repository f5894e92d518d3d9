"""A process's presence, with records in place of Redis, the bus and Postgres."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from partyapp.party.live.attendance_writer import AttendanceWriter
from partyapp.party.live.presence import refresh_ms
from partyapp.party.live.presence_publisher import PresencePublisher
from partyapp.party.live.rest_members import RestMembers
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.rooms import Hub
from partyapp.shared.kernel.clock import Clock


@dataclass
class RecordedAttendance:
    """`AttendanceStore` that remembers. Of the `locked` parties nothing can be written."""

    leases: dict[UUID, float] = field(default_factory=dict)
    leases_of_hosts: list[tuple[UUID, UUID]] = field(default_factory=list)
    visited: list[UUID] = field(default_factory=list)
    seen: dict[tuple[UUID, UUID], float] = field(default_factory=dict)
    locked: set[UUID] = field(default_factory=set)
    error: Exception | None = None

    def renew_host_lease(self, party_ids: Iterable[UUID], until_ms: float) -> None:
        """Remember until when."""
        self.leases.update(dict.fromkeys(party_ids, until_ms))

    def renew_lease_of_hosts(self, memberships: Collection[tuple[UUID, UUID]], until_ms: float) -> None:
        """Remember of whom."""
        self.leases_of_hosts += memberships

    def mark_visited(self, party_ids: Iterable[UUID], look_at_ms: float) -> Collection[UUID]:
        """Remember which."""
        if self.error is not None:
            raise self.error
        asked = set(party_ids)
        self.visited += asked - self.locked
        return asked & self.locked

    def mark_seen(self, memberships: Sequence[tuple[UUID, UUID]], at_ms: float) -> None:
        """Remember when."""
        self.seen.update(dict.fromkeys(memberships, at_ms))


def presence_publisher(
    hub: Hub[RoomState],
    clock: Clock,
    presence: Any,
    bus: Any,
    *,
    store: Any = None,
    host_grace_ms: float = 60_000.0,
) -> PresencePublisher:
    """The publisher of the process "one", put together as in the running process."""
    rest = RestMembers()
    attendance = AttendanceWriter(
        hub,
        rest,
        store or RecordedAttendance(),
        host_grace_ms=host_grace_ms,
        refresh_ms=refresh_ms(host_grace_ms),
    )
    return PresencePublisher(hub, clock, presence, bus, "one", rest, attendance, host_grace_ms)
