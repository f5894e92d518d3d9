"""What a party looks like from outside: the objects of PROTOCOL, as plain JSON values.

Pure functions, so that REST, the socket's welcome and a worker show the same thing.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from partyapp.party.contract import PartyEvent
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.playback import PlaybackState
from partyapp.party.domain.state import PartyVideo, SyncedPartySessionState

#: A member's connection as presence has it: {"online": bool, "sync": {...} | None}.
MemberPresence = Mapping[str, Any]
NOBODY: Mapping[UUID, MemberPresence] = {}


def playback_view(playback: PlaybackState) -> dict[str, Any]:
    """Playback."""
    return {
        "state": playback.status.value,
        "position_s": playback.position_s,
        "rate": playback.rate,
        "at_ms": playback.at_ms,
        "revision": playback.revision,
    }


def video_view(video: PartyVideo) -> dict[str, Any]:
    """Video."""
    return {
        "id": str(video.id),
        "title": video.title,
        "duration_s": video.duration_s,
        "playback_url": video.playback_url,
        "transcode_job": video.transcode_job,
    }


def member_view(member: PartyMember, host_id: UUID, presence: MemberPresence | None = None) -> dict[str, Any]:
    """Member."""
    state = member.state
    return {
        "user_id": str(state.user_id),
        "display_name": state.display_name,
        "role": member.role_in(host_id).value,
        "joined_at_ms": state.joined_at_ms,
        "online": bool(presence and presence["online"]),
        "sync": presence["sync"] if presence else None,
    }


def summary_view(state: SyncedPartySessionState, online_count: int) -> dict[str, Any]:
    """PartySummary."""
    return {**_party(state), "member_count": state.member_count, "online_count": online_count}


def party_view(
    state: SyncedPartySessionState,
    members: Iterable[PartyMember],
    presence: Mapping[UUID, MemberPresence] = NOBODY,
) -> dict[str, Any]:
    """Party, as its members see it."""
    return {
        **_party(state),
        "members": [member_view(member, state.host_id, presence.get(member.user_id)) for member in members],
        "invite_code": state.invite_code,
    }


def stranger_view(state: SyncedPartySessionState, members: Iterable[PartyMember]) -> dict[str, Any]:
    """A public party as a stranger sees it: without its invite code."""
    whole = party_view(state, members)
    del whole["invite_code"]
    return whole


def preview_view(state: SyncedPartySessionState) -> dict[str, Any]:
    """PartyPreview: what an invite shows of a private party before one has joined it."""
    return {
        "id": str(state.id),
        "title": state.title,
        "state": state.status.value,
        "member_count": state.member_count,
    }


def invite_view(state: SyncedPartySessionState, host_name: str, online_count: int) -> dict[str, Any]:
    """InvitePreview: what an invite page says to who has not signed in yet."""
    return {
        **preview_view(state),
        "host_name": host_name,
        "video_title": state.video.title,
        "online_count": online_count,
    }


def event_view(event: PartyEvent) -> dict[str, Any]:
    """Event."""
    return {
        "revision": event.revision,
        "type": event.type,
        "at_ms": event.at_ms,
        "actor_id": None if event.actor_id is None else str(event.actor_id),
        "data": event.data,
    }


def _party(state: SyncedPartySessionState) -> dict[str, Any]:
    return {
        "id": str(state.id),
        "title": state.title,
        "video": video_view(state.video),
        "host_id": str(state.host_id),
        "visibility": state.visibility.value,
        "control": state.control.value,
        "max_members": state.max_members,
        "state": state.status.value,
        "created_at_ms": state.created_at_ms,
        "ended_at_ms": state.ended_at_ms,
        "revision": state.revision,
        "playback": playback_view(state.playback),
        "lead_ms": state.lead_ms,
    }
