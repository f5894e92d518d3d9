"""Who follows a party by requests alone, as far as this process was asked by them.

A request to stay in sync and a playback command are signs of life. They cost an entry in memory; what others
have to know of them goes out with the process's presence, at most once a second.
"""

from collections.abc import Iterator
from uuid import UUID

from partyapp.party.live.member_sync import MemberSync, MemberSyncState, durations_of, worth_publishing

#: Who has given no sign for so long, in ms, counts as gone.
GONE_AFTER_MS = 30_000.0

#: After so long, in ms, it isn't known any more how well they follow.
OLD_AFTER_MS = 5000.0


class RestParty:
    """The members of one party who follow by requests. `shared` is what others were told of them last."""

    __slots__ = ("leased_ms", "members", "shared", "shared_ms")

    def __init__(self) -> None:
        self.members: dict[UUID, MemberSyncState] = {}
        self.shared: dict[UUID, MemberSync] = {}
        self.shared_ms = self.leased_ms = 0.0

    def now(self, now_ms: float) -> dict[UUID, MemberSync]:
        """Who is there and how well they follow."""
        return {
            user_id: state.sync(now_ms) if now_ms - state.active_ms <= OLD_AFTER_MS else None
            for user_id, state in self.members.items()
        }

    def is_news(self, members: dict[UUID, MemberSync]) -> bool:
        """Whether others want to know this at once."""
        return members.keys() != self.shared.keys() or any(
            worth_publishing(self.shared[user_id], sync) for user_id, sync in members.items()
        )


class RestMembers:
    """The parties of this process that are followed by requests."""

    def __init__(self) -> None:
        self._parties: dict[UUID, RestParty] = {}

    def seen(self, party_id: UUID, user_id: UUID, now_ms: float) -> tuple[MemberSyncState, bool]:
        """A sign of life: what is known of the member, and whether that is their first for a while."""
        party = self._parties.get(party_id)
        if party is None:
            party = self._parties[party_id] = RestParty()
        state = party.members.get(user_id)
        first = state is None
        if state is None:
            state = party.members[user_id] = MemberSyncState()
            party.leased_ms = 0.0
        state.active_ms = now_ms
        return state, first

    def forget(self, party_id: UUID, user_id: UUID) -> None:
        """The person is no member any more."""
        party = self._parties.get(party_id)
        if party is not None:
            party.members.pop(user_id, None)

    def party(self, party_id: UUID) -> RestParty | None:
        """The party, None when nobody follows it by requests to this process."""
        return self._parties.get(party_id)

    def members(self, party_id: UUID, now_ms: float) -> dict[UUID, MemberSync]:
        """Who follows this party by requests, and how well."""
        party = self._parties.get(party_id)
        return {} if party is None else party.now(now_ms)

    def durations(self, party_id: UUID, video_id: UUID) -> dict[UUID, float]:
        """The lengths of this film in s that their players tell, where they are other than the party's."""
        party = self._parties.get(party_id)
        members = {} if party is None else party.members
        return durations_of(members.items(), video_id)

    def parties(self) -> Iterator[tuple[UUID, RestParty]]:
        """All, as they are now."""
        yield from list(self._parties.items())

    def expire(self, now_ms: float) -> list[tuple[UUID, UUID]]:
        """Forget who has given no sign for `GONE_AFTER_MS`; returns `(party_id, user_id)` of each."""
        gone = [
            (party_id, user_id)
            for party_id, party in self._parties.items()
            for user_id, state in party.members.items()
            if now_ms - state.active_ms > GONE_AFTER_MS
        ]
        for party_id, user_id in gone:
            self.forget(party_id, user_id)
        return gone

    def drop_empty(self, party_id: UUID) -> None:
        """Forget a party without members, once others have been told so."""
        party = self._parties.get(party_id)
        if party is not None and not party.members:
            del self._parties[party_id]
