"""Parties, people and films for the tests of the party context, each good unless told otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import (
    Control,
    PartyMemberState,
    PartyVideo,
    SyncedPartySessionState,
    Visibility,
)
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal

#: A party time to start from, in ms, and how long the film is, in s.
T0 = 1_700_000_000_000.0
FILM_S = 600.0
INVITE = "the-right-invite-code"


#: What a film has besides, as the contract's Video tells it.
DETAILS: dict[str, object] = {
    "owner_id": None,
    "kind": "url",
    "state": "playable",
    "ready_until_s": None,
    "sources": [],
    "subtitles": [],
    "audio_tracks": [],
    "poster_url": None,
    "storyboard_url": None,
    "width": None,
    "height": None,
    "frame_rate": None,
}


def film(**changes: Any) -> PartyVideo:
    good = PartyVideo(id=new_id(), title="Ein Film", duration_s=FILM_S, playback_url="/media/film.mp4")
    return replace(good, **changes)


def state(**changes: Any) -> SyncedPartySessionState:
    good = SyncedPartySessionState(
        id=new_id(),
        title="Film night",
        video=film(),
        host_id=new_id(),
        visibility=Visibility.PRIVATE,
        control=Control.HOST,
        max_members=50,
        invite_code=INVITE,
        created_at_ms=T0,
    )
    return replace(good, **changes)


def created(**changes: Any) -> SyncedPartySession:
    """A party right after its creation: revision 1, one member."""
    return SyncedPartySession.create(state(**changes), "Ada")


def member_of(session: SyncedPartySession, user_id: UUID | None = None, **changes: Any) -> PartyMember:
    """A membership of that party, as it is stored. Nothing happens to the party."""
    good = PartyMemberState(
        party_id=session.state.id, user_id=user_id or new_id(), display_name="Grace", joined_at_ms=T0
    )
    return PartyMember(replace(good, **changes))


def host_of(session: SyncedPartySession) -> PartyMember:
    """The host's membership."""
    return member_of(session, session.state.host_id)


def joined(session: SyncedPartySession, name: str = "Grace", at_ms: float = T0 + 1) -> PartyMember:
    """Somebody new who has just joined with the right invite."""
    return session.join(new_id(), name, INVITE, None, at_ms)


def principal(name: str = "Ada", user_id: UUID | None = None) -> Principal:
    return Principal(user_id=user_id or new_id(), display_name=name)
