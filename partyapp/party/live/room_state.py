"""What a process keeps of a party that it has sockets for: the replica, presence, leads."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from partyapp.party.infrastructure.playback.lead_time import DEFAULT_LEAD_MS, MAX_LEAD_MS, lead_of
from partyapp.party.live.member_sync import SILENT_MS, MemberSync, MemberSyncState, worst, worth_publishing
from partyapp.party.live.replica import PartyReplica
from partyapp.realtime.rooms import Subscriber

#: However little it changed, a member's sync is sent again this often, in ms.
REPEAT_AFTER_MS = 10_000.0


class RoomState:
    """The replica as of the last event that the room's sockets were sent, and who is connected.

    `has_gap`, `catching_up` and `rereading` belong to the room's feed.
    """

    __slots__ = (
        "_published_at_ms", "catching_up", "has_gap", "replica", "rereading", "sync_states", "remote",
        "remote_leads", "published", "leased_ms", "written_ms", "rest", "told_of_hosts",
    )  # fmt: skip

    def __init__(self, replica: PartyReplica) -> None:
        self.replica = replica
        self.has_gap = self.catching_up = self.rereading = False
        self.sync_states: dict[Subscriber, tuple[UUID, MemberSyncState]] = {}
        self.remote: dict[str, tuple[float, Mapping[UUID, dict[str, Any] | None]]] = {}
        self.remote_leads: dict[str, float] = {}
        self.published: dict[UUID, dict[str, Any] | None] = {}
        self._published_at_ms: dict[UUID, float] = {}
        self.written_ms = self.leased_ms = 0.0
        #: Who follows by requests to this process, and how well; set anew with each publication.
        self.rest: Mapping[UUID, MemberSync] = {}
        #: Which of the host's sockets have been told that which former host is back.
        self.told_of_hosts: set[tuple[Subscriber, UUID]] = set()

    @property
    def revision(self) -> int:
        """The revision up to which the room's connections have been sent everything."""
        return self.replica.state.revision

    def lead_ms(self, now_ms: float) -> float:
        """The lead in ms that everybody in the party needs, here and on other processes."""
        return max([self.own_lead_ms(now_ms), *self.remote_leads.values()]) or DEFAULT_LEAD_MS

    def own_lead_ms(self, now_ms: float) -> float:
        """The lead in ms that this process's members need; silent ones and delays over 1.2 s don't count.

        0 when that leaves nobody, so that a process without a measured member holds no other back.
        """
        quantiles = [
            quantile
            for _, sync_state in self.sync_states.values()
            if now_ms - sync_state.active_ms <= SILENT_MS
            and (quantile := sync_state.delays.quantile_ms()) is not None
            and quantile <= MAX_LEAD_MS
        ]
        return lead_of(quantiles) if quantiles else 0.0

    def own_members(self, now_ms: float) -> dict[UUID, dict[str, Any] | None]:
        """Who is connected to this process, and the sync of their device furthest off."""
        syncs: dict[UUID, list[dict[str, Any] | None]] = {user: [sync] for user, sync in self.rest.items()}
        for user_id, sync_state in self.sync_states.values():
            syncs.setdefault(user_id, []).append(sync_state.sync(now_ms))
        return {user_id: worst(found) for user_id, found in syncs.items()}

    def presences(self, now_ms: float) -> dict[UUID, dict[str, Any]]:
        """Who is connected anywhere, as far as this process knows."""
        members: dict[UUID, list[dict[str, Any] | None]] = {}
        sources = [self.own_members(now_ms), *(known for _, known in self.remote.values())]
        for source in sources:
            for user_id, sync in source.items():
                members.setdefault(user_id, []).append(sync)
        return {user_id: {"online": True, "sync": worst(found)} for user_id, found in members.items()}

    def news(self, now_ms: float) -> list[dict[str, Any]]:
        """What changed since the last call in who is connected, as the entries of `presence`."""
        now = {user_id: found["sync"] for user_id, found in self.presences(now_ms).items()}
        before, at_ms = self.published, self._published_at_ms
        entries = [self._entry(user_id, False, None) for user_id in before.keys() - now.keys()]
        for user_id, sync in now.items():
            due = now_ms - at_ms.get(user_id, 0.0) > REPEAT_AFTER_MS and sync != before.get(user_id)
            if user_id not in before or due or worth_publishing(before[user_id], sync):
                at_ms[user_id] = now_ms
                entries.append(self._entry(user_id, True, sync))
            else:
                now[user_id] = before[user_id]
        self._published_at_ms = {user_id: at for user_id, at in at_ms.items() if user_id in now}
        self.published = now
        return entries

    @staticmethod
    def _entry(user_id: UUID, online: bool, sync: dict[str, Any] | None) -> dict[str, Any]:
        return {"user_id": str(user_id), "online": online, "sync": sync}
