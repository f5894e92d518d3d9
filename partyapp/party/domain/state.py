"""The state value objects: all that is stored of a party and of a membership."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from hmac import compare_digest
from math import inf
from uuid import UUID

from partyapp.party.domain.grants import ALL_GRANTS, Grant, Grants
from partyapp.party.domain.playback import PlaybackState
from partyapp.party.domain.settings import PartySettings

#: For how long who was replaced as host is offered the role on coming back, in ms.
RETURN_MS = 600_000.0

#: A member who was not connected for so long, in ms, gives the seat up when the party is full.
SEAT_MS = 600_000.0

#: So long, in ms, a wait for a member counts against what the party may wait for them.
WAITS_MS = 600_000.0

#: So many waits are remembered at most, the newest.
MOST_WAITS = 500

#: Why a host was replaced, or a seat given to somebody else: who had it was gone for too long.
ABSENT = "absent"


class Visibility(StrEnum):
    """A private party is found only with its invite."""

    PRIVATE = "private"
    PUBLIC = "public"


class Control(StrEnum):
    """Who controls the playback."""

    HOST = "host"
    EVERYONE = "everyone"


#: What members may do by default, by who controls the playback.
CONTROL_GRANTS: dict[Control, Grants] = {
    Control.HOST: frozenset({Grant.CHAT}),
    Control.EVERYONE: frozenset({Grant.CHAT, Grant.PLAYBACK, Grant.QUEUE}),
}


class PartyStatus(StrEnum):
    """An ended party is read-only, for ever."""

    ACTIVE = "active"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class PartyVideo:
    """The video as the party shows it.

    `duration_s` is None while it isn't known, and of a live stream. `duration_by` is whose word it is once a
    player has told it: `host` or `members`. `details` is what the transcode context shows of it besides, by
    the names of the contract's Video.
    """

    id: UUID
    title: str
    duration_s: float | None
    playback_url: str | None
    transcode_job: dict[str, object] | None = None
    duration_by: str | None = None
    details: dict[str, object] = field(default_factory=dict)

    @property
    def in_preparation(self) -> bool:
        """Whether it can be watched to some point only, which moves on."""
        return self.details.get("state") == "preparing" and self._ready_until_s is not None

    @property
    def reach_s(self) -> float:
        """How far it can be watched now, in s; infinite where nobody knows its end."""
        end_s = inf if self.duration_s is None else self.duration_s
        return min(end_s, self._ready_until_s or 0.0) if self.in_preparation else end_s

    @property
    def _ready_until_s(self) -> float | None:
        known = self.details.get("ready_until_s")
        return float(known) if isinstance(known, int | float) else None


@dataclass(frozen=True, kw_only=True)
class ReplacedHost:
    """Who was host and was replaced while away, and when, in ms of party time."""

    user_id: UUID
    at_ms: float


@dataclass(frozen=True, kw_only=True)
class MemberWait:
    """For whom the party has waited, and from when to when, in ms of party time."""

    user_id: UUID
    since_ms: float
    until_ms: float


@dataclass(frozen=True, kw_only=True)
class SyncedPartySessionState:
    """Everything a party is. Instants in ms of party time.

    `revision` is the number of events so far; `member_count` counts who has not left, of a party that has
    ended, who had not left by then.
    """

    id: UUID
    title: str
    video: PartyVideo
    host_id: UUID
    visibility: Visibility
    control: Control
    max_members: int
    invite_code: str = field(repr=False)
    created_at_ms: float
    status: PartyStatus = PartyStatus.ACTIVE
    ended_at_ms: float | None = None
    revision: int = 0
    member_count: int = 0
    playback: PlaybackState = field(default_factory=PlaybackState)
    lead_ms: float = 0.0
    #: Those of the latest `RETURN_MS` before the latest hand-over, oldest first.
    replaced_hosts: tuple[ReplacedHost, ...] = ()
    settings: PartySettings = field(default_factory=PartySettings)
    #: When a party with a date begins; None without one.
    starts_at_ms: float | None = None
    #: For whom the party has waited lately, oldest first.
    waits: tuple[MemberWait, ...] = ()
    #: The site whose server made it, or vouched for who did; it may act as the host does.
    site: str | None = None

    @property
    def default_grants(self) -> Grants:
        """What a member may do to whom the host gave no rights of their own."""
        own = self.settings.default_grants
        if own is not None:
            return own
        return CONTROL_GRANTS[self.control]

    def grants_of(self, user_id: UUID, own: Grants | None) -> Grants:
        """What a member may do; `own` is what the host gave them, None where that is the party's."""
        if user_id == self.host_id:
            return ALL_GRANTS
        return self.default_grants if own is None else own

    def waits_after(self, at_ms: float) -> tuple[MemberWait, ...]:
        """`waits` once another playback is decided at `at_ms` (ms): a wait that this ends is one of them."""
        held = self.playback.held
        if held is None:
            return self.waits
        until_ms = min(max(at_ms, held.since_ms), held.until_ms)
        recent = [wait for wait in self.waits if at_ms - wait.until_ms <= WAITS_MS]
        # A wait that goes on with others is one wait for whoever stays.
        before = {wait.user_id: wait for wait in recent if wait.until_ms == held.since_ms}
        waited = [
            MemberWait(
                user_id=user_id,
                since_ms=before[user_id].since_ms if user_id in before else held.since_ms,
                until_ms=until_ms,
            )
            for user_id in held.waits_for
        ]
        waits_on = set(held.waits_for)
        kept = [wait for wait in recent if wait.until_ms != held.since_ms or wait.user_id not in waits_on]
        return (*kept, *waited)[-MOST_WAITS:]

    def handed_over(self, to: UUID, reason: str, at_ms: float) -> "SyncedPartySessionState":
        """The state after a hand-over. Who was replaced while away is remembered for `RETURN_MS`."""
        kept = [
            host
            for host in self.replaced_hosts
            if host.user_id not in (to, self.host_id) and at_ms - host.at_ms <= RETURN_MS
        ]
        if reason == ABSENT:
            kept.append(ReplacedHost(user_id=self.host_id, at_ms=at_ms))
        return replace(self, host_id=to, replaced_hosts=tuple(kept))

    def ended(self, at_ms: float) -> "SyncedPartySessionState":
        """The state after the end, in which nobody is waited for any more and no film follows."""
        playback = replace(self.playback, held=None, next_video=None)
        return replace(self, status=PartyStatus.ENDED, ended_at_ms=at_ms, playback=playback)

    def returnable_hosts(self, now_ms: float) -> dict[UUID, float]:
        """To whom the role may be offered at `now_ms`, and until when, in ms."""
        return {
            host.user_id: host.at_ms + RETURN_MS
            for host in self.replaced_hosts
            if now_ms <= host.at_ms + RETURN_MS
        }

    def readable_whole_by(self, user_id: UUID | None, *, present: bool) -> bool:
        """Whether somebody sees everything: the members do, and the last host of a party that emptied."""
        return present or (self.member_count == 0 and self.host_id == user_id)

    def opened_by(self, invite_code: str | None) -> bool:
        """Whether this is the party's invite code, compared in constant time."""
        return invite_code is not None and compare_digest(invite_code.encode(), self.invite_code.encode())


@dataclass(frozen=True, kw_only=True)
class PartyMemberState:
    """One membership. `left_at_ms` is None while the person is a member.

    `grants` is what the host gave them; None where they have what the party gives everybody.
    """

    party_id: UUID
    user_id: UUID
    display_name: str
    joined_at_ms: float
    left_at_ms: float | None = None
    grants: Grants | None = None
