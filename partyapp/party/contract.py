"""What other contexts may know of a party: its public events, as they are written in the audit log."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

PARTY_SESSION_CREATED = "party_session_created"
MEMBER_JOINED = "member_joined"
MEMBER_LEFT = "member_left"
HOST_TRANSFERRED = "host_transferred"
PLAYBACK_STARTED = "playback_started"
PLAYBACK_PAUSED = "playback_paused"
PLAYBACK_SOUGHT = "playback_sought"
PLAYBACK_FINISHED = "playback_finished"
PARTY_SESSION_ENDED = "party_session_ended"

#: All of them.
EVENT_TYPES = (
    PARTY_SESSION_CREATED,
    MEMBER_JOINED,
    MEMBER_LEFT,
    HOST_TRANSFERRED,
    PLAYBACK_STARTED,
    PLAYBACK_PAUSED,
    PLAYBACK_SOUGHT,
    PLAYBACK_FINISHED,
    PARTY_SESSION_ENDED,
)


@dataclass(frozen=True, kw_only=True)
class PartyEvent:
    """One committed event. `id` is stable, so that a consumer can tell a repeat.

    `revision` counts the party's events from 1 without a gap. `at_ms` is party time. `actor_id` is None
    when nobody acted (a film that ran out). `data` holds JSON values only.
    """

    id: UUID
    party_id: UUID
    revision: int
    type: str
    at_ms: float
    actor_id: UUID | None
    data: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class DeliveredEvent:
    """An event on its way to another context, with what its reader would otherwise have to ask for.

    `member_ids` are the party's members at the time of delivery, and whoever the event itself names.
    """

    event: PartyEvent
    party_title: str
    member_ids: tuple[UUID, ...]
