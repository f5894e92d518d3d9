"""Lets things happen to one party and keeps what was sent of each; see `record_party_messages`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from partyapp.party.application.views import party_view
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.playback import PlaybackAction
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import SyncedPartySessionState
from partyapp.party.infrastructure.mapping import recorded
from partyapp.party.live.room_messages import RoomEvent, event_message, messages_of, publication
from tests.support.party_objects import DETAILS, T0, film, state

PARTY, VIDEO, ADA, GRACE, ALAN, COMMAND, ITEM, OTHER_VIDEO = (
    UUID(f"018bcfe5-6800-7000-8000-{number:012x}") for number in range(1, 9)
)
LEAD_MS = 120.0

Vector = dict[str, Any]
Members = tuple[PartyMember, ...]


@dataclass(frozen=True)
class Party:
    """A party and its members, in the order in which they joined."""

    state: SyncedPartySessionState
    members: Members

    def member(self, user_id: UUID) -> PartyMember:
        """The membership of somebody present."""
        return next(member for member in self.members if member.user_id == user_id)

    def with_member(self, member: PartyMember) -> Members:
        """The members once this one has joined."""
        return (*self.members, member)

    def without(self, user_id: UUID) -> Members:
        """The members once that one has left."""
        return tuple(member for member in self.members if member.user_id != user_id)

    def view(self) -> dict[str, Any]:
        """The party as its members see it."""
        return party_view(self.state, self.members)


class Recorder:
    """Lets things happen to one party and keeps a vector of each. `at_ms` moves on by a second each time."""

    def __init__(self) -> None:
        first = state(id=PARTY, host_id=ADA, video=film(id=VIDEO, details=DETAILS))
        session = SyncedPartySession.create(first, "Ada")
        self.party = Party(session.state, (session.host_member("Ada"),))
        self.at_ms = T0
        self.vectors: list[Vector] = []
        self._keep("party_session_created", self.party, session, None)

    def happens(
        self,
        name: str,
        change: Callable[[SyncedPartySession], Members | None],
        command_id: UUID | None = None,
    ) -> None:
        """Change the party, which is one event. `change` gives the members where they are others then."""
        self.party = self.alternative(name, change, command_id)
        vector = self.vectors[-1]
        missed = [event_message(msgspec.convert(vector["event"], RoomEvent))]
        if missed != vector["messages"][:1]:
            self.vectors.append({**vector, "name": f"{name}, missed", "messages": missed})

    def alternative(
        self,
        name: str,
        change: Callable[[SyncedPartySession], Members | None],
        command_id: UUID | None = None,
    ) -> Party:
        """What the party would be after a change; it stays as it is."""
        self.at_ms += 1000.0
        session = SyncedPartySession.reconstitute(self.party.state)
        members = change(session)
        after = Party(session.state, self.party.members if members is None else members)
        self._keep(name, after, session, command_id)
        return after

    def control(self, name: str, action: PlaybackAction, **how: Any) -> None:
        """A playback command of the host's, which takes effect a little later."""
        command_id = how.pop("command_id", None)
        wish = {"position_s": None, "rate": None, "expected_revision": None, **how}

        def change(session: SyncedPartySession) -> None:
            host = self.party.member(self.party.state.host_id)
            session.control(action, host, at_ms=self.at_ms, lead_ms=LEAD_MS, **wish)

        self.happens(name, change, command_id)

    def knows(self, name: str, film_s: float, who: UUID) -> None:
        """A member's player tells the length of the film, in s."""
        party = self.party

        def change(session: SyncedPartySession) -> None:
            session.know_duration(party.member(who), VIDEO, film_s, True, self.at_ms)

        self.happens(name, change)

    def _keep(self, name: str, after: Party, session: SyncedPartySession, command_id: UUID | None) -> None:
        events = [recorded(happening) for happening in session.events]
        (event,) = publication(PARTY, events, command_id).events
        vector = {"name": name, "before": self.party.view(), "messages": messages_of(event)}
        self.vectors.append({**vector, "event": msgspec.to_builtins(event), "after": after.view()})


def nothing(_: object) -> None:
    """A change that leaves the members as they are."""
