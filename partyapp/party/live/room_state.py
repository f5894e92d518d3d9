"""What a process keeps of a party that it has sockets for: the replica, presence, leads."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from partyapp.party.domain.film_length import BY_HOST, is_agreed, is_news
from partyapp.party.infrastructure.playback.lead_needs import LeadNeeds, lead_of, needs_of, together
from partyapp.party.live.member_sync import SILENT_MS, MemberSyncState, worst, worth_publishing
from partyapp.party.live.replica import PartyReplica
from partyapp.realtime.rooms import Subscriber

#: A length of the film is handed on at most this often, in ms: its event may be on its way.
DURATION_PAUSE_MS = 5000.0

#: However little it changed, a member's sync is sent again this often, in ms.
REPEAT_AFTER_MS = 10_000.0


class DurationNews(NamedTuple):
    """The length of a film in s as a member's player tells it, and whether those of others agree."""

    video_id: UUID
    duration_s: float
    agreed: bool


class RoomState:
    """The replica as of the last event that the room's sockets were sent, and who is connected.

    `has_gap`, `catching_up` and `rereading` belong to the room's feed.
    """

    __slots__ = (
        "_published_at_ms", "catching_up", "duration_sent_ms", "has_gap", "replica", "rereading",
        "sync_states", "remote", "remote_needs", "published", "leased_ms", "written_ms",
    )  # fmt: skip

    def __init__(self, replica: PartyReplica) -> None:
        self.replica = replica
        self.has_gap = self.catching_up = self.rereading = False
        self.sync_states: dict[Subscriber, tuple[UUID, MemberSyncState]] = {}
        self.remote: dict[str, tuple[float, Mapping[UUID, dict[str, Any] | None]]] = {}
        self.remote_needs: dict[str, LeadNeeds] = {}
        self.published: dict[UUID, dict[str, Any] | None] = {}
        self._published_at_ms: dict[UUID, float] = {}
        self.written_ms = self.leased_ms = self.duration_sent_ms = 0.0

    @property
    def revision(self) -> int:
        """The revision up to which the room's connections have been sent everything."""
        return self.replica.state.revision

    def lead_ms(self, now_ms: float) -> float:
        """The lead in ms that serves the party, its members here and on other processes."""
        return lead_of(together([self.own_needs(now_ms), *self.remote_needs.values()]))

    def own_needs(self, now_ms: float) -> LeadNeeds:
        """The delays down to the members connected to this process; silent ones don't count."""
        delays = [
            (user_id, sync_state.delays.quantile_ms() if now_ms - sync_state.active_ms <= SILENT_MS else None)
            for user_id, sync_state in self.sync_states.values()
        ]
        return needs_of(delays, self.replica.state.host_id)

    def duration_news(self, user_id: UUID, duration_s: float, now_ms: float) -> DurationNews | None:
        """A length of the film (s) that a member's player tells, if it is to be handed on."""
        party = self.replica.state
        if (
            not is_news(duration_s, party.video.duration_s)
            or now_ms - self.duration_sent_ms < DURATION_PAUSE_MS
        ):
            return None
        reports = {user: sync.duration_s for user, sync in self.sync_states.values() if sync.duration_s}
        agreed = is_agreed(duration_s, reports)
        if user_id != party.host_id and (not agreed or party.video.duration_by == BY_HOST):
            return None
        self.duration_sent_ms = now_ms
        return DurationNews(party.video.id, duration_s, agreed)

    def own_members(self, now_ms: float) -> dict[UUID, dict[str, Any] | None]:
        """Who is connected to this process, and the sync of their device furthest off."""
        syncs: dict[UUID, list[dict[str, Any] | None]] = {}
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
