"""The commands. Each is a frozen record of what is asked for, and survives a round trip through JSON."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from partyapp.party.domain.playback import PlaybackAction
from partyapp.party.domain.readiness import Players
from partyapp.party.domain.state import Control, Visibility
from partyapp.shared.kernel.principal import Principal


@dataclass(frozen=True, kw_only=True)
class CreatePartySessionCommand:
    """Start a party for a video, on a date perhaps. `party_id` is chosen before the command is accepted.

    Of `wait`, as in a Party, what is left out is as it is by default.
    """

    actor: Principal
    party_id: UUID
    video_id: UUID
    title: str | None = None
    visibility: Visibility = Visibility.PRIVATE
    control: Control = Control.HOST
    max_members: int = 50
    wait: dict[str, Any] = field(default_factory=dict)
    starts_at_ms: float | None = None


@dataclass(frozen=True, kw_only=True)
class JoinPartySessionCommand:
    """Become a member. `vouched`: the actor's site lets them in, if the party is its own.

    It gives them `token_grants`, by their names, by a token that counts once where it has a `token_id`, which
    is remembered until `token_until_ms` (Unix ms).
    """

    actor: Principal
    party_id: UUID
    invite_code: str | None = None
    vouched: bool = False
    token_grants: list[str] | None = None
    token_id: UUID | None = None
    token_until_ms: float | None = None


@dataclass(frozen=True, kw_only=True)
class RenameMemberCommand:
    """Take the name that the actor has now, in a transaction of its own."""

    actor: Principal
    party_id: UUID


@dataclass(frozen=True, kw_only=True)
class RenameMembershipsCommand:
    """Take the name that the actor has now in all of their parties; a durable command, for a worker."""

    actor: Principal


@dataclass(frozen=True, kw_only=True)
class LeavePartySessionCommand:
    """Stop being a member."""

    actor: Principal
    party_id: UUID


@dataclass(frozen=True, kw_only=True)
class TransferHostCommand:
    """Make another member the host."""

    actor: Principal
    party_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class EndPartySessionCommand:
    """End the party for everybody."""

    actor: Principal
    party_id: UUID


@dataclass(frozen=True, kw_only=True)
class PlaybackCommand:
    """What the three playback commands have in common. `position_s` in seconds, `rate` 0.25 to 4.

    A play `when_ready` waits for whom it counts of the `players`, which the web process knows; on the others
    it has no effect.
    """

    actor: Principal
    party_id: UUID
    position_s: float | None = None
    rate: float | None = None
    expected_revision: int | None = None
    when_ready: bool = False
    players: Players | None = None


@dataclass(frozen=True, kw_only=True)
class StartPlaybackCommand(PlaybackCommand):
    """Play."""


@dataclass(frozen=True, kw_only=True)
class PausePlaybackCommand(PlaybackCommand):
    """Pause."""


@dataclass(frozen=True, kw_only=True)
class SeekPlaybackCommand(PlaybackCommand):
    """Go to a position."""


@dataclass(frozen=True, kw_only=True)
class ChangeVideoCommand:
    """Show another film, from `position_s` (s) on, stopped or playing. It runs in the web process."""

    actor: Principal
    party_id: UUID
    video_id: UUID
    position_s: float = 0.0
    play: bool = False


@dataclass(frozen=True, kw_only=True)
class PlayNextCommand:
    """Play the first film of the queue now. It runs in the web process."""

    actor: Principal
    party_id: UUID


@dataclass(frozen=True, kw_only=True)
class FollowQueueCommand:
    """The queue is another one: announce another film if that which is announced is no longer in it."""

    party_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReportVideoDurationCommand:
    """A member's player knows the video's length, in s. `agreed`: the players of others say the same."""

    actor: Principal
    party_id: UUID
    video_id: UUID
    duration_s: float
    agreed: bool


@dataclass(frozen=True, kw_only=True)
class SettleWaitCommand:
    """Begin a wait, go on with it or end it, as far as that is due for these players. Nobody asks for it."""

    party_id: UUID
    players: Players | None


@dataclass(frozen=True, kw_only=True)
class SyncPlaybackCommand:
    """The tick: find the parties that are due for upkeep. `slot` numbers the tick."""

    slot: int


@dataclass(frozen=True, kw_only=True)
class ClosePartySessionCommand:
    """The operator ends a party. Nobody's request gives it."""

    party_id: UUID


@dataclass(frozen=True, kw_only=True)
class UpkeepCommand:
    """Do what one party is due for: finish its film, replace an absent host, end it when abandoned."""

    party_id: UUID


PLAYBACK_COMMANDS: dict[PlaybackAction, type[PlaybackCommand]] = {
    PlaybackAction.PLAY: StartPlaybackCommand,
    PlaybackAction.PAUSE: PausePlaybackCommand,
    PlaybackAction.SEEK: SeekPlaybackCommand,
}

#: The lifecycle commands by the name under which they wait in a row.
LIFECYCLE_COMMANDS: dict[str, type] = {
    "create": CreatePartySessionCommand,
    "join": JoinPartySessionCommand,
    "leave": LeavePartySessionCommand,
    "transfer": TransferHostCommand,
    "end": EndPartySessionCommand,
}
