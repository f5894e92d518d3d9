"""The welcome: the whole party, and what a client needs to begin with, as one frame for one connection."""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from partyapp.party.application.views import (
    LARGE_BYTES,
    LISTED,
    Online,
    fitting,
    listed_first,
    member_view,
    party_facts,
    party_view,
    size_of,
)
from partyapp.party.domain.member import PartyMember
from partyapp.party.live.pace import Pace
from partyapp.party.live.room_feed import PartySnapshot
from partyapp.party.live.room_messages import encoded
from partyapp.party.live.room_state import RoomState
from partyapp.shared.kernel.clock import PartyClock

_encode = msgspec.json.Encoder().encode
_size = itemgetter(2)

#: What `size_of` counts is so many times as long at most: a character of two bytes is `\\u` and four digits.
WIDEST = 3

#: A member in a list: who, the view as JSON, and its size by `size_of`.
_Entry = tuple[UUID, bytes, int]


class Whole(NamedTuple):
    """All entries as JSON, for one more between the host's and the others', with commas; and their size."""

    host: bytes
    others: bytes
    size: int


class Listing(NamedTuple):
    """What the welcomes of a large room have in common until its party or its presence is another one.

    `entries` are the host, and those connected who joined first, `users` whose they are; `online` is their
    presence. `most` is how many bytes the members may take. `whole` is for who is none of them.
    """

    revision: int
    first: frozenset[UUID]
    published: Mapping[UUID, Any]
    facts: dict[str, Any]
    online: Online
    entries: Sequence[_Entry]
    users: frozenset[UUID]
    most: int
    whole: "Whole | None"

    def is_of(self, state: RoomState) -> bool:
        """Whether it still says what the room knows."""
        return (
            self.revision == state.revision
            and self.first is state.first
            and self.published is state.published
        )


class Welcomes:
    """Writes welcomes. `heartbeat_s` is how often connections are pinged, in s."""

    def __init__(self, clock: PartyClock, heartbeat_s: float) -> None:
        self._clock = clock
        self._heartbeat_s = heartbeat_s

    def frame(
        self, reading: PartySnapshot, user_id: UUID, state: RoomState, pace: Pace, added: Mapping[str, Any]
    ) -> tuple[bytes, frozenset[UUID] | None]:
        """The welcome of a connection to a room at the reading's revision; `added` is of other contexts.

        Of a large party also whom it lists: one and the same object for most of them.
        """
        now_ms, given = self._clock.now_ms(), None
        if state.large:
            party, given = _large_party(reading, user_id, state, now_ms)
        else:
            party = party_view(reading.state, reading.members, state.online(now_ms), user_id)
        frame = encoded(
            {
                "type": "welcome",
                "protocol": "party.v1",
                "user_id": str(user_id),
                "server_time_ms": now_ms,
                "clock_epoch": self._clock.epoch,
                "root_bound_ms": self._clock.root_bound_ms,
                "heartbeat_s": self._heartbeat_s,
                "pace": pace.view(),
                "party": party,
                **added,
            }
        )
        return frame, given


def _large_party(
    reading: PartySnapshot, user_id: UUID, state: RoomState, now_ms: float
) -> tuple[dict[str, Any], frozenset[UUID]]:
    """The party, and whom it lists beside the user: members are encoded once for all who come in a second."""
    state.list_newcomers(besides=user_id)
    listing = state.listing
    if listing is None or not listing.is_of(state):
        listing = state.listing = _listing(reading, state, now_ms)
    online = state.with_own(listing.online, user_id)
    views, listed = _views(listing, user_id, reading, state, online)
    members = msgspec.Raw(b"[" + views + b"]")
    return {**listing.facts, "online_count": online.total, "members": members}, listed


def _listing(reading: PartySnapshot, state: RoomState, now_ms: float) -> Listing:
    listed = {reading.state.host_id, *state.first}
    members: Iterable[PartyMember] = filter(None, map(state.replica.member, listed))
    online = state.online(now_ms)
    # As wide as the number of those connected can be.
    facts = party_facts(reading.state, reading.state.member_count)
    entries = [_entry(one, reading, online) for one in listed_first(reading.state.host_id, None, members)]
    users = frozenset(user for user, _, _ in entries)
    return Listing(
        revision=state.revision,
        first=state.first,
        published=state.published,
        facts=facts,
        online=online,
        entries=entries,
        users=users,
        most=LARGE_BYTES - size_of(facts),
        whole=_whole(entries, reading.state.host_id) if users >= state.first_with_host() else None,
    )


def _whole(entries: Sequence[_Entry], host_id: UUID) -> Whole | None:
    """All of them, if one more may be listed; the first is the host's where that is known."""
    if not entries or entries[0][0] != host_id or len(entries) >= LISTED:
        return None
    views = [view for _, view, _ in entries]
    return Whole(views[0] + b",", b"".join(b"," + view for view in views[1:]), sum(map(_size, entries)))


def _entry(member: PartyMember, reading: PartySnapshot, online: Online) -> _Entry:
    view = member_view(member, reading.state, online.listed.get(member.user_id))
    return member.user_id, _encode(view), size_of(view)


def _views(
    listing: Listing, user_id: UUID, reading: PartySnapshot, state: RoomState, online: Online
) -> tuple[bytes, frozenset[UUID]]:
    """The members as JSON with commas, and whom they are beside the user."""
    member, listed, entries = state.replica.member(user_id), state.first_with_host(), listing.entries
    if member is not None:
        view = member_view(member, reading.state, online.listed.get(user_id))
        own, whole = _encode(view), listing.whole
        if whole and user_id not in listing.users and whole.size + WIDEST * len(own) <= listing.most:
            return whole.host + own + whole.others, listed
        entries = _with_own(listing, (user_id, own, size_of(view)), reading.state.host_id)
    shown = entries[: fitting(map(_size, entries), listing.most)]
    if len(shown) < len(listed):
        # Without who is none of them otherwise: it is the same for most, who are sent the same bytes then.
        listed = listing.users.intersection(user for user, _, _ in shown)
    return b",".join([view for _, view, _ in shown]), listed


def _with_own(listing: Listing, own: _Entry, host_id: UUID) -> Sequence[_Entry]:
    """The entries with the user's own after the host's, as `listed_first` has them."""
    entries, user_id = listing.entries, own[0]
    host = [each for each in entries[:1] if each[0] == host_id and each[0] != user_id]
    others = entries[len(host) :]
    if user_id in listing.users:
        others = [each for each in others if each[0] != user_id]
    return [*host, own, *others][:LISTED]
