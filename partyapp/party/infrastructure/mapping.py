"""Rows to state and back. The columns of a party are named here and in its entities alone."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from partyapp.party.contract import PartyEvent
from partyapp.party.domain.events import DomainEvent
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.state import (
    Control,
    MemberWait,
    PartyMemberState,
    PartyStatus,
    PartyVideo,
    ReplacedHost,
    SyncedPartySessionState,
    Visibility,
)
from partyapp.party.infrastructure.entities import (
    PartyEventEntity,
    PartyMemberEntity,
    SyncedPartySessionEntity,
)
from partyapp.party.infrastructure.json_columns import (
    grants_column,
    own_grants,
    playback_more,
    playback_of,
    settings_column,
    settings_of,
)
from partyapp.shared.kernel.ids import new_id

#: A row, by way of its entity or straight from its table: the columns have the same names.
SessionRow = SyncedPartySessionEntity | Row[Any]
MemberRow = PartyMemberEntity | Row[Any]


def state_of(row: SessionRow) -> SyncedPartySessionState:
    """The party's state in its row."""
    return SyncedPartySessionState(
        id=row.id,
        title=row.title,
        video=PartyVideo(
            **{**row.video, "id": UUID(row.video["id"])},
            duration_by=row.video_duration_by,
            details=_details_before(row.video) if row.video_details is None else row.video_details,
        ),
        host_id=row.host_id,
        visibility=Visibility(row.visibility),
        control=Control(row.control),
        max_members=row.max_members,
        invite_code=row.invite_code,
        created_at_ms=row.created_at_ms,
        status=PartyStatus(row.status),
        ended_at_ms=row.ended_at_ms,
        revision=row.revision,
        member_count=row.member_count,
        playback=playback_of(row),
        lead_ms=row.lead_ms,
        replaced_hosts=tuple(
            ReplacedHost(user_id=UUID(user_id), at_ms=float(at_ms))
            for user_id, at_ms in row.replaced_hosts or ()
        ),
        settings=settings_of(row.settings or {}),
        starts_at_ms=row.starts_at_ms,
        waits=tuple(
            MemberWait(user_id=UUID(user_id), since_ms=float(since_ms), until_ms=float(until_ms))
            for user_id, since_ms, until_ms in row.waits or ()
        ),
        site=row.site,
    )


def _details_before(video: dict[str, Any]) -> dict[str, Any]:
    """What the release before didn't keep of a party's video: it knew videos by their addresses alone."""
    unknown = {"width": None, "height": None, "bitrate": None}
    return {
        "owner_id": None,
        "kind": "url",
        "state": "playable",
        "ready_until_s": None,
        "sources": [{"type": "video/mp4", "url": video["playback_url"], **unknown}],
        "subtitles": [],
        "audio_tracks": [],
        "poster_url": None,
        "storyboard_url": None,
        "width": None,
        "height": None,
        "frame_rate": None,
    }


#: The columns that a playback command can change.
PLAYBACK_COLUMNS = (
    "revision",
    "playback_state",
    "playback_position_s",
    "playback_rate",
    "playback_at_ms",
    "playback_revision",
    "playback_ends_at_ms",
    "playback_more",
    "waits",
    "lead_ms",
)


#: The columns that a command can change. What the host sets is stored by `settings_columns`.
CHANGING_COLUMNS = ("host_id", "status", "ended_at_ms", "member_count", "replaced_hosts", *PLAYBACK_COLUMNS)

#: The columns of a membership that change when its member leaves or returns.
RETURNING_COLUMNS = ("display_name", "joined_at_ms", "left_at_ms", "grants")


def changing_columns(state: SyncedPartySessionState) -> dict[str, Any]:
    """`CHANGING_COLUMNS` and their values."""
    return {
        "host_id": state.host_id,
        "status": state.status.value,
        "ended_at_ms": state.ended_at_ms,
        "member_count": state.member_count,
        "replaced_hosts": [[str(host.user_id), host.at_ms] for host in state.replaced_hosts],
        **playback_columns(state),
    }


def playback_columns(state: SyncedPartySessionState) -> dict[str, Any]:
    """`PLAYBACK_COLUMNS` and their values."""
    playback = state.playback
    active = state.status is PartyStatus.ACTIVE
    return {
        "revision": state.revision,
        "playback_state": playback.status.value,
        "playback_position_s": playback.position_s,
        "playback_rate": playback.rate,
        "playback_at_ms": playback.at_ms,
        "playback_revision": playback.revision,
        "playback_ends_at_ms": playback.due_ms(state.video.duration_s) if active else None,
        "playback_more": playback_more(playback),
        "waits": [[str(wait.user_id), wait.since_ms, wait.until_ms] for wait in state.waits] or None,
        "lead_ms": state.lead_ms,
    }


def settings_columns(state: SyncedPartySessionState) -> dict[str, Any]:
    """The columns of what the host sets."""
    return {
        "title": state.title,
        "visibility": state.visibility.value,
        "control": state.control.value,
        "max_members": state.max_members,
        "invite_code": state.invite_code,
        "starts_at_ms": state.starts_at_ms,
        "settings": settings_column(state.settings),
    }


def session_columns(state: SyncedPartySessionState, attended_until_ms: float) -> dict[str, Any]:
    """All columns of a new party."""
    return {
        **changing_columns(state),
        "id": state.id,
        **video_columns(state.video),
        **settings_columns(state),
        "created_at_ms": state.created_at_ms,
        "site": state.site,
        "attended_until_ms": attended_until_ms,
        "empty_since_ms": None,
        "visited": False,
    }


def video_columns(video: PartyVideo) -> dict[str, Any]:
    """The columns of a party's video."""
    return {
        "video": {
            "id": str(video.id),
            "title": video.title,
            "duration_s": video.duration_s,
            "playback_url": video.playback_url,
            "transcode_job": video.transcode_job,
        },
        "video_duration_by": video.duration_by,
        "video_details": video.details,
    }


def member_of(row: MemberRow) -> PartyMember:
    """The membership in its row."""
    return PartyMember(
        PartyMemberState(
            party_id=row.party_id,
            user_id=row.user_id,
            display_name=row.display_name,
            joined_at_ms=row.joined_at_ms,
            left_at_ms=row.left_at_ms,
            grants=own_grants(row.grants),
        )
    )


#: What a list of present members holds of each, in this order.
LISTED_COLUMNS = ("user_id", "display_name", "joined_at_ms", "grants")


def member_listed(
    party_id: UUID, user_id: str, display_name: str, joined_at_ms: float, grants: list[str] | None
) -> PartyMember:
    """A present member's membership, from `LISTED_COLUMNS` as JSON has them."""
    state = PartyMemberState(
        party_id=party_id,
        user_id=UUID(user_id),
        display_name=display_name,
        joined_at_ms=float(joined_at_ms),
        grants=own_grants(grants),
    )
    return PartyMember(state)


#: All columns of a membership.
MEMBER_COLUMNS = ("party_id", "user_id", "display_name", "joined_at_ms", "left_at_ms", "grants")


def member_columns(member: PartyMember) -> dict[str, Any]:
    """`MEMBER_COLUMNS` and their values."""
    state = member.state
    return {
        "party_id": state.party_id,
        "user_id": state.user_id,
        "display_name": state.display_name,
        "joined_at_ms": state.joined_at_ms,
        "left_at_ms": state.left_at_ms,
        "grants": grants_column(state.grants),
    }


def recorded(event: DomainEvent, key_id: UUID | None = None) -> PartyEvent:
    """The public event of a domain event, with an id of its own.

    With `key_id` a server did for somebody what somebody did: its key is the actor.
    """
    return PartyEvent(
        id=new_id(),
        party_id=event.party_id,
        revision=event.revision,
        type=event.type,
        at_ms=event.at_ms,
        actor_id=event.actor_id if key_id is None or event.actor_id is None else key_id,
        data=event.data(),
    )


#: The columns of an event's row that are written.
EVENT_COLUMNS = (
    *("party_id", "revision", "id", "type", "at_ms", "actor_id", "data"),
    *("command_id", "relayed"),
)


def event_columns(event: PartyEvent, command_id: UUID | None) -> dict[str, Any]:
    """`EVENT_COLUMNS` and their values."""
    return {
        "party_id": event.party_id,
        "revision": event.revision,
        "id": event.id,
        "type": event.type,
        "at_ms": event.at_ms,
        "actor_id": event.actor_id,
        "data": event.data,
        "command_id": command_id,
        "relayed": False,
    }


def lifecycle_result(state: SyncedPartySessionState, user_id: UUID) -> dict[str, Any]:
    """What the row of a lifecycle command keeps of its success."""
    return {"party_id": str(state.id), "user_id": str(user_id), "revision": state.revision}


def event_of(row: PartyEventEntity | Row[Any]) -> PartyEvent:
    """The event in its row."""
    return PartyEvent(
        id=row.id,
        party_id=row.party_id,
        revision=row.revision,
        type=row.type,
        at_ms=row.at_ms,
        actor_id=row.actor_id,
        data=row.data,
    )
