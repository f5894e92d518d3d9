"""What other contexts may know of a party: its public events, as they are written in the audit log."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

PARTY_SESSION_CREATED = "party_session_created"
MEMBER_JOINED = "member_joined"
MEMBER_LEFT = "member_left"
MEMBER_RENAMED = "member_renamed"
HOST_TRANSFERRED = "host_transferred"
PLAYBACK_STARTED = "playback_started"
PLAYBACK_PAUSED = "playback_paused"
PLAYBACK_SOUGHT = "playback_sought"
PLAYBACK_FINISHED = "playback_finished"
PLAYBACK_HELD = "playback_held"
PLAYBACK_RESUMED = "playback_resumed"
VIDEO_CHANGED = "video_changed"
VIDEO_DURATION_KNOWN = "video_duration_known"
PARTY_SESSION_CHANGED = "party_session_changed"
MEMBER_GRANTS_CHANGED = "member_grants_changed"
MEMBER_REMOVED = "member_removed"
MEMBER_BANNED = "member_banned"
MEMBER_UNBANNED = "member_unbanned"
#: What members may watch by that is no page.
CLIENTS = ("syncplay",)

INVITE_CODE_CHANGED = "invite_code_changed"
PARTY_SESSION_ENDED = "party_session_ended"

#: All of them.
EVENT_TYPES = (
    PARTY_SESSION_CREATED,
    MEMBER_JOINED,
    MEMBER_LEFT,
    MEMBER_RENAMED,
    HOST_TRANSFERRED,
    PLAYBACK_STARTED,
    PLAYBACK_PAUSED,
    PLAYBACK_SOUGHT,
    PLAYBACK_FINISHED,
    PLAYBACK_HELD,
    PLAYBACK_RESUMED,
    VIDEO_CHANGED,
    VIDEO_DURATION_KNOWN,
    PARTY_SESSION_CHANGED,
    MEMBER_GRANTS_CHANGED,
    MEMBER_REMOVED,
    MEMBER_BANNED,
    MEMBER_UNBANNED,
    INVITE_CODE_CHANGED,
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
class PartyFacts:
    """What other contexts may know of a party beside its events. `member_count` counts present members."""

    title: str
    member_count: int


@dataclass(frozen=True, kw_only=True)
class PartyStart:
    """A party that begins on a date. `starts_at_ms` and `created_at_ms` are in ms of party time."""

    party_id: UUID
    title: str
    host_id: UUID
    starts_at_ms: float
    created_at_ms: float


class PartyDirectory(Protocol):
    """Answers about parties, as they are when their events are delivered.

    A question costs a query, and members are as many rows as there are: ask for those that are needed.
    """

    def parties(self, party_ids: Collection[UUID]) -> Mapping[UUID, PartyFacts]:
        """The facts of these parties."""
        ...

    def members(self, party_ids: Collection[UUID]) -> Mapping[UUID, Collection[UUID]]:
        """The user ids of the present members of each of these parties."""
        ...


class PartyCalendar(PartyDirectory, Protocol):
    """What a `PartyDirectory` answers, and which parties begin when."""

    def starting(self, after: tuple[float, UUID], until_ms: float, limit: int) -> Sequence[PartyStart]:
        """At most `limit` parties whose date lies behind `after` (its ms, and a party's id where several
        share it) and not behind `until_ms`, in that order.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class EventRange:
    """Some events of a party: those behind the revision `after`, up to the revision `until`."""

    party_id: UUID
    after: int
    until: int


class PartyEventLog(Protocol):
    """Reads the audit logs of parties."""

    def events(self, ranges: Sequence[EventRange], limit: int) -> list[list[PartyEvent]]:
        """The first events of each range, at most `limit`, in the order of their revisions."""
        ...


class QueueMode(StrEnum):
    """In which order queued films play: as they are arranged, or by votes and then by age."""

    ORDER = "order"
    VOTES = "votes"


@dataclass(frozen=True, kw_only=True)
class QueueOrder:
    """How a party's queue plays: by its mode, but first of all what is announced to begin by itself."""

    mode: QueueMode
    announced_item_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class MemberStanding:
    """What a member may do (the names of their rights), and which item of the queue begins by itself."""

    grants: frozenset[str]
    announced_item_id: UUID | None


class PartyStandings(Protocol):
    """Who may do what in a party. Every method raises `Unavailable` without the database."""

    def reading(self, party_id: UUID, user_id: UUID) -> None:
        """Raises the refusal of whoever may not read the party as its members do."""
        ...

    def acting(self, party_id: UUID, user_id: UUID) -> MemberStanding:
        """A member of a party that goes on. Raises the refusal of anybody else."""
        ...

    def queue_order(self, party_id: UUID) -> QueueOrder:
        """In which order the party's queue plays."""
        ...


@dataclass(frozen=True, kw_only=True)
class QueuedVideo:
    """A film that is to follow, as the party needs it."""

    item_id: UUID
    video_id: UUID


@dataclass(frozen=True, kw_only=True)
class PartyInvitation:
    """Somebody was invited to a party by name. `id` is stable, so that a repeat can be told."""

    id: UUID
    party_id: UUID
    party_title: str
    user_id: UUID
    invited_by: UUID
    inviter_name: str
    at_ms: float


class InvitationNotices(Protocol):
    """Tells people that they are invited."""

    def invited(self, invitation: PartyInvitation) -> None:
        """Tell the person, in the transaction in which they are invited."""
        ...
