"""The objects of the contract that this client reads. An object may hold more fields than are named here."""

from typing import Any, Literal, NotRequired, TypedDict

Json = dict[str, Any]

PlaybackStatus = Literal["stopped", "playing", "paused"]
PlayerState = Literal["playing", "paused", "buffering", "ready"]
Action = Literal["play", "pause", "seek", "transfer_host", "leave", "end"]


class Playback(TypedDict):
    """A motion: `position_s` (s) at party time `at_ms`, at `rate` while `state` is `playing`."""

    state: PlaybackStatus
    position_s: float
    rate: float
    at_ms: float
    revision: int
    held: NotRequired[Json | None]
    next: NotRequired[Json | None]


class Video(TypedDict):
    """A film; `duration_s` is null while nobody knows it, and of a live stream."""

    id: str
    title: str
    duration_s: float | None
    playback_url: str | None
    sources: list[Json]
    state: str


class Member(TypedDict):
    """One who is in the party."""

    user_id: str
    display_name: str
    role: Literal["host", "member"]
    joined_at_ms: float
    grants: list[str]
    own_grants: list[str] | None
    online: bool
    sync: Json | None


class Party(TypedDict):
    """A party as a member sees it; `members` are at most 100."""

    id: str
    title: str
    video: Video
    host_id: str
    visibility: str
    control: str
    state: Literal["active", "ended"]
    ended_at_ms: float | None
    revision: int
    playback: Playback
    members: list[Member]
    member_count: int
    online_count: int
    default_grants: list[str]
    invite_code: NotRequired[str]


class Notification(TypedDict):
    """What is new to a person; `data`: `party_title`, `who` and facts of its type."""

    id: str
    type: str
    party_id: str | None
    created_at_ms: float
    read_at_ms: float | None
    data: Json


class User(TypedDict):
    """A person."""

    id: str
    display_name: str


class SignedIn(TypedDict):
    """The answer to a sign-in; `expires_in` in s."""

    access_token: str
    token_type: str
    expires_in: int
    user: User


class Joined(TypedDict):
    """The answer to a join."""

    member: Member
    party: Party
