"""Records the golden vectors of a party's messages: a party, what a socket is told of an event, the result.

Run it by `python -m tests.golden.record_party_messages` after a wanted change of an event, a message or the
party's view. The JavaScript client replays `messages` on `before`, and the server's own replica can replay
`event`; both must arrive at `after`. The file is a list of

    {"name": what happens, unique,
     "before": Party as `party_view` shows it to its members while nobody is connected,
     "messages": [what a socket is sent of the event, in order],
     "event": Event as the processes tell each other, perhaps with a `command_id`,
     "after": Party at the revision of the event}

The vectors follow each other: the `after` of one is the `before` of the next, but for those whose name says
"missed" (the event as a socket gets it that resumes with `last_revision`) and the other way to end. The
creation is revision 1, which no party comes before: its `before` is its `after`, and nothing may change.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
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
from tests.support.party_objects import FILM_S, INVITE, T0, film, state

GOLDEN_FILE = Path(__file__).with_name("party_messages.json")

PARTY, VIDEO, ADA, GRACE, ALAN, COMMAND = (
    UUID(f"018bcfe5-6800-7000-8000-{number:012x}") for number in range(1, 7)
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
        first = state(id=PARTY, host_id=ADA, video=film(id=VIDEO))
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

    def _keep(self, name: str, after: Party, session: SyncedPartySession, command_id: UUID | None) -> None:
        events = [recorded(happening) for happening in session.events]
        (event,) = publication(PARTY, events, command_id).events
        vector = {"name": name, "before": self.party.view(), "messages": messages_of(event)}
        self.vectors.append({**vector, "event": msgspec.to_builtins(event), "after": after.view()})


def _membership(record: Recorder) -> None:
    def joins(user_id: UUID, name: str, former: PartyMember | None = None) -> Callable[..., Members]:
        return lambda session: record.party.with_member(
            session.join(user_id, name, INVITE, former, record.at_ms)
        )

    def leaves(user_id: UUID) -> Callable[..., Members]:
        def change(session: SyncedPartySession) -> Members:
            session.leave(record.party.member(user_id), None, record.at_ms)
            return record.party.without(user_id)

        return change

    def renamed(user_id: UUID, name: str) -> Callable[..., Members]:
        def change(session: SyncedPartySession) -> Members:
            other = session.rename(record.party.member(user_id), name, record.at_ms)
            return tuple(other if member.user_id == user_id else member for member in record.party.members)

        return change

    record.happens("member_joined", joins(GRACE, "Grace"))
    record.happens("member_joined, a third one", joins(ALAN, "Alan"))
    record.happens("member_renamed", renamed(GRACE, "Grace Hopper"))
    grace = record.party.member(GRACE)
    record.happens("member_left", leaves(GRACE))
    record.happens(
        "member_joined again, with another name", joins(GRACE, "Grace H.", grace.left(record.at_ms))
    )


def _playback(record: Recorder) -> None:
    play, pause, seek = PlaybackAction.PLAY, PlaybackAction.PAUSE, PlaybackAction.SEEK
    record.control("playback_started", play, command_id=COMMAND)
    record.control("playback_sought while playing", seek, position_s=120.5)
    record.control("playback_paused", pause)
    record.control("playback_sought past the end while paused", seek, position_s=FILM_S + 1)
    record.control("playback_started at the end, so from the start, at another rate", play, rate=1.5)
    record.at_ms += FILM_S * 1000.0
    record.happens("playback_finished", lambda session: _nothing(session.finish(record.at_ms)))


def _hosts(record: Recorder) -> None:
    party = record.party
    record.happens(
        "host_transferred by the host",
        lambda session: session.transfer_host(party.member(ADA), party.member(GRACE), record.at_ms),
    )
    record.happens(
        "host_transferred from an absent host",
        lambda session: session.succeed_host(party.member(ALAN), record.at_ms),
    )


def _ends(record: Recorder) -> None:
    host = record.party.member(ALAN)
    record.happens(
        "party_session_ended by the host", lambda session: session.end(host, host.user_id, record.at_ms)
    )


def _nothing(_: object) -> None:
    """A change that leaves the members as they are."""


def vectors() -> list[Vector]:
    """All vectors, always the same."""
    record = Recorder()
    _membership(record)
    _playback(record)
    _hosts(record)
    record.alternative("party_session_ended as abandoned", lambda session: session.abandon(record.at_ms))
    _ends(record)
    return record.vectors


def encoded() -> str:
    """The file's text, one vector a line."""
    lines = [json.dumps(vector, separators=(",", ":"), allow_nan=False) for vector in vectors()]
    return "[\n" + ",\n".join(lines) + "\n]\n"


if __name__ == "__main__":
    GOLDEN_FILE.write_text(encoded(), encoding="utf-8")
