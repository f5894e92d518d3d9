"""What a process keeps of a party that it has sockets for: the replica, presence, leads."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from heapq import nsmallest
from typing import Any, TypeVar
from uuid import UUID

from partyapp.party.application.views import LISTED, Online
from partyapp.party.domain.film_length import DurationNews, duration_news
from partyapp.party.infrastructure.playback.lead_needs import LeadNeeds, RecentNeeds, needs_of
from partyapp.party.live.member_sync import (
    MemberSync,
    MemberSyncState,
    durations_of,
    worst,
    worth_publishing,
)
from partyapp.party.live.replica import PartyReplica
from partyapp.party.live.small_changes import REPEAT_AFTER_MS, SmallChanges
from partyapp.realtime.rooms import Subscriber
from partyapp.realtime.single_flight import SingleFlight
from partyapp.realtime.yielding import yield_every

T = TypeVar("T")
#: How something is gone through: as it is, for who must not be interrupted, a command or a welcome; or as
#: `looked_at`, for who leaves turns for others.
Each = Callable[[Iterable[Any]], Iterable[Any]]

#: A length of the film is handed on at most this often, in ms: its event may be on its way.
DURATION_PAUSE_MS = 5000.0

#: Who is connected is written at most once in so long for each connection here, in ms: that takes a fortieth
#: of the time. Of fewer than a hundred it is less than what a writing gathers first, so nothing waits for it.
WRITE_MS_A_CONNECTION = 0.5

_UNKNOWN = {"verdict": "unknown"}


#: Of so many members at most a room is looked at in a row; others get a turn in between.
LOOK_PORTION = 100


def looked_at(many: Iterable[T]) -> Iterator[T]:
    """The same, with a turn for others after each portion; a copy, since others may change what it is of."""
    return yield_every(list(many), LOOK_PORTION)


class RoomState:
    """The replica as of the last event that the room's sockets were sent, and who is connected.

    `catch_up` and `rereading` belong to the room's feed.
    """

    __slots__ = (
        "_small_changes", "catch_up", "duration_sent_ms", "replica", "rereading",
        "sync_states", "remote", "remote_needs", "remote_first", "remote_verdicts", "published",
        "remote_numbers", "asked_ms",
        "leased_ms", "written_ms", "_claimed_ms", "_looked_ms",
        "_listed", "first", "listing", "listed_to", "listed_to_all", "crowd_sent_ms", "rest", "told_of_hosts",
        "rest_durations", "_all_known", "_recent_needs",
    )  # fmt: skip

    def __init__(self, replica: PartyReplica) -> None:
        self.replica = replica
        self.catch_up, self.rereading = SingleFlight(), False
        self._recent_needs = RecentNeeds()
        self.sync_states: dict[Subscriber, tuple[UUID, MemberSyncState]] = {}
        self.remote: dict[str, tuple[float, Mapping[UUID, dict[str, Any] | None]]] = {}
        self.remote_needs: dict[str, LeadNeeds] = {}
        self.remote_first: dict[str, Mapping[UUID, float]] = {}
        #: Of a large party, the letters of their verdicts, and the number of what a process told last.
        self.remote_verdicts: dict[str, Mapping[UUID, str]] = {}
        self.remote_numbers: dict[str, int] = {}
        #: When a process was asked for the whole, in ms.
        self.asked_ms = 0.0
        #: Of a large party, those connected anywhere who joined first, as of the last second; see `online`.
        self.first: frozenset[UUID] = frozenset()
        self._listed: frozenset[UUID] | None = None
        #: What its welcomes have in common; theirs.
        self.listing: Any = None
        #: Whom a socket's welcome has listed beside its own user, in a party that was large then: of these
        #: it is sent the news.
        self.listed_to: dict[Subscriber, frozenset[UUID]] = {}
        #: The same for the sockets that were welcomed before it was large.
        self.listed_to_all: frozenset[UUID] | None = None
        self.crowd_sent_ms = 0.0
        self.published: dict[UUID, dict[str, Any] | None] = {}
        self._small_changes = SmallChanges()
        self.written_ms = self.leased_ms = self.duration_sent_ms = 0.0
        self._looked_ms = self._claimed_ms = 0.0
        #: Who follows by requests to this process, and how well; set anew with each publication.
        self.rest: Mapping[UUID, MemberSync] = {}
        #: The lengths of the film in s that their players tell.
        self.rest_durations: Mapping[UUID, float] = {}
        #: What `unknown_with` has found to be known.
        self._all_known: tuple[int, frozenset[UUID], UUID] | None = None
        #: Which of the host's sockets have been told that which former host is back.
        self.told_of_hosts: set[tuple[Subscriber, UUID]] = set()

    @property
    def revision(self) -> int:
        """The revision up to which the room's connections have been sent everything."""
        return self.replica.state.revision

    @property
    def large(self) -> bool:
        """Whether a member is told of some members only."""
        return self.replica.state.member_count > LISTED

    def lead_ms(self, now_ms: float) -> float:
        """The lead in ms that serves the party, its members here and on other processes."""
        connections, elsewhere = len(self.sync_states), self.remote_needs.values()
        return self._recent_needs.lead_ms(now_ms, connections, self.own_needs, elsewhere)

    def claim_write(self, now_ms: float) -> bool:
        """Whether who is here may be written down now, which is to look at everybody; if so, it counts as
        written at this instant, and the next may be `WRITE_MS_A_CONNECTION` for each connection later."""
        if now_ms - self._claimed_ms < WRITE_MS_A_CONNECTION * len(self.sync_states):
            return False
        self._claimed_ms = now_ms
        return True

    def own_needs(self, now_ms: float, each: Each = iter) -> LeadNeeds:
        """The delays down to the members connected to this process; silent ones don't count."""
        delays = (
            (user_id, None if sync_state.is_silent(now_ms) else sync_state.delays.quantile_ms())
            for user_id, sync_state in each(self.sync_states.values())
        )
        return needs_of(delays, self.replica.state.host_id)

    def duration_news(self, user_id: UUID, duration_s: float, now_ms: float) -> DurationNews | None:
        """A length of the film (s) that a member's player tells, if it is to be handed on."""
        if now_ms - self.duration_sent_ms < DURATION_PAUSE_MS:
            return None
        news = duration_news(self.replica.state, user_id, duration_s, self.durations)
        if news is not None:
            self.duration_sent_ms = now_ms
        return news

    def durations(self) -> dict[UUID, float]:
        """The lengths of the film in s that members' players tell, where they are other than the party's."""
        own = durations_of(self.sync_states.values(), self.replica.state.video.id)
        return {**self.rest_durations, **own}

    def own_members(self, now_ms: float, each: Each = iter) -> dict[UUID, dict[str, Any] | None]:
        """Who is connected to this process, and the sync of their device furthest off."""
        syncs: dict[UUID, list[dict[str, Any] | None]] = {user: [sync] for user, sync in self.rest.items()}
        for user_id, sync_state in each(self.sync_states.values()):
            syncs.setdefault(user_id, []).append(sync_state.sync(now_ms))
        return {user_id: worst(found) for user_id, found in each(syncs.items())}

    def presences(self, now_ms: float, each: Each = iter) -> dict[UUID, dict[str, Any]]:
        """Who is connected anywhere, as far as this process knows."""
        members: dict[UUID, list[dict[str, Any] | None]] = {}
        sources = [self.own_members(now_ms, each), *(known for _, known in self.remote.values())]
        for source in sources:
            for user_id, sync in each(source.items()):
                members.setdefault(user_id, []).append(sync)
        return {user_id: {"online": True, "sync": worst(found)} for user_id, found in each(members.items())}

    def online(self, now_ms: float) -> Online:
        """How many are connected anywhere, and the presence of those that a list of members may hold.

        In a large party as of the last second, since a welcome must not cost a look at everybody.
        """
        if self.large:
            return Online(len(self.published), self.presences_of(self.first, now_ms))
        found = self.presences(now_ms)
        return Online(len(found), found)

    def with_own(self, found: Online, user_id: UUID) -> Online:
        """The same of a large party for a welcome: the user has come this moment."""
        if user_id in found.listed:
            return found
        own = {user_id: {"online": True, "sync": self.published.get(user_id)}}
        return Online(found.total + (user_id not in self.published), {**found.listed, **own})

    def connected(self) -> set[UUID]:
        """Everybody who is connected anywhere, as far as this process knows."""
        here = {user_id for user_id, _ in self.sync_states.values()}
        return here.union(self.rest, *(members for _, members in self.remote.values()))

    def presences_of(self, user_ids: Collection[UUID], now_ms: float) -> dict[UUID, dict[str, Any]]:
        """The same of these users; in a large party as of the last second."""
        if not self.large:
            found = self.presences(now_ms)
            return {user_id: found[user_id] for user_id in user_ids if user_id in found}
        known = self.published
        return {user: {"online": True, "sync": known[user]} for user in user_ids if user in known}

    def unknown_with(self, host_id: UUID) -> frozenset[UUID]:
        """Of this host and those in `first`, whom the replica doesn't know.

        If it knows all, that holds until its party or `first` is another one: it forgets none of these.
        """
        asked = (self.revision, self.first, host_id)
        if self._all_known == asked:
            return frozenset()
        known = self.replica.present
        found = frozenset(user for user in (*self.first, host_id) if user not in known)
        if not found and host_id == self.replica.state.host_id:
            self._all_known = asked
        return found

    def first_with_host(self) -> frozenset[UUID]:
        """Whom a welcome lists now beside its own user; the same object for many sockets."""
        host_id = self.replica.state.host_id
        if self._listed is None or host_id not in self._listed:
            self._listed = self.first | {host_id}
        return self._listed

    def first_of(self, user_ids: Iterable[UUID], each: Each = looked_at) -> dict[UUID, float]:
        """Those of these users who joined first, `LISTED` at most, and when."""
        joined: dict[UUID, float] = {}
        for found in self.remote_first.values():
            joined.update(found)
        known = ((self.replica.joined_at_ms(user) or joined.get(user), user) for user in each(user_ids))
        order = nsmallest(LISTED, ((at_ms, user) for at_ms, user in known if at_ms is not None))
        return {user: at_ms for at_ms, user in order}

    def is_news(self, user_id: UUID, sync_state: MemberSyncState, now_ms: float) -> bool:
        """Whether the others are to hear at once what this device of a member's shows now."""
        return sync_state.is_news_beside(self.published.get(user_id), now_ms, to_many=self.large)

    def is_due(self, now_ms: float) -> bool:
        """Whether to look for news that no message brings: small changes, or a verdict that time turns."""
        if now_ms - self._looked_ms > REPEAT_AFTER_MS:
            return True
        published = self.published
        for user_id, sync_state in self.sync_states.values():
            if sync_state.turns((published.get(user_id) or _UNKNOWN)["verdict"], now_ms):
                return True
        return False

    def news(self, now_ms: float) -> list[dict[str, Any]]:
        """What changed since the last call in who is connected, as the entries of `presence`.

        Of a large party it takes several turns of the loop; one call has to end before the next.
        """
        self._looked_ms = now_ms
        large = self.large
        each = looked_at if large else iter
        now = {user_id: found["sync"] for user_id, found in each(self.presences(now_ms, each).items())}
        before, told = self.published, list[UUID]()
        entries = [self._entry(user_id, False, None) for user_id in each(before) if user_id not in now]
        is_due = self._small_changes.due(now_ms, large=large)
        for user_id, sync in each(now.items()):
            due = sync != before.get(user_id) and is_due(user_id)
            if user_id not in before or due or worth_publishing(before[user_id], sync, to_many=large):
                told.append(user_id)
                entries.append(self._entry(user_id, True, sync))
            else:
                now[user_id] = before[user_id]
        self._small_changes.told(told, now.keys(), now_ms, large=large)
        self.published = now
        if self.large:
            self._look_at_the_crowd(now.keys())
        else:
            self.listed_to_all = None
        return entries

    def _look_at_the_crowd(self, connected: Collection[UUID]) -> None:
        """Find anew who is listed, and forget members whom nobody here asks for any more."""
        if self.listed_to_all is None:
            # The party has become large since the last second, or was when the room was opened.
            self.listed_to_all = frozenset(self.first_of(self.replica.present))
        self._list_first_of(connected, looked_at)
        here = {user_id for user_id, _ in looked_at(self.sync_states.values())}
        if len(self.replica.present) > len(here) + 2 * LISTED:
            self.replica.keep({*here, *self.first, self.replica.state.host_id})

    def _list_first_of(self, connected: Iterable[UUID], each: Each) -> None:
        # Beside them there is room for the host and for whom the list is made.
        first = frozenset(list(self.first_of(connected, each))[: LISTED - 2])
        if first != self.first:
            self.first = first
            self._listed = None

    def list_newcomers(self, besides: UUID) -> None:
        """Of a large party that lists few, list who came here in this second, too, besides that user.

        All come back at once after a restart, and a socket hears of nobody whom its welcome has not listed.
        The list is made anew where those here are a quarter more than it has: not for each of them.
        """
        here = len(self.sync_states)
        if 1.25 * len(self.first) < here <= 2 * LISTED and len(self.first) < LISTED - 2:
            newcomers = {user_id for user_id, _ in self.sync_states.values()} - {besides}
            self._list_first_of(newcomers.union(self.first), iter)

    @staticmethod
    def _entry(user_id: UUID, online: bool, sync: dict[str, Any] | None) -> dict[str, Any]:
        return {"user_id": str(user_id), "online": online, "sync": sync}
