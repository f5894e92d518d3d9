"""What the controllers need: commands to be run and parties to be read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from partyapp.commands.record import CommandRecord
from partyapp.party.application.commands import (
    ChangeVideoCommand,
    PlaybackCommand,
    PlayNextCommand,
    ReportVideoDurationCommand,
)
from partyapp.party.application.rights_commands import GiveGrantsCommand
from partyapp.party.application.views import MemberPresence, Online
from partyapp.party.contract import PartyEvent
from partyapp.party.domain.admission import InviteUse, PartyBan, PartyInvite
from partyapp.party.domain.film_length import DurationNews
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.playback import PlaybackState
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import PartyStatus, SyncedPartySessionState
from partyapp.shared.kernel.principal import Principal


class PlaybackControl(Protocol):
    """Runs playback commands."""

    def control(self, command: PlaybackCommand, command_id: UUID) -> PartyEvent:
        """Run a playback command now; the same `command_id` again gives the first event."""
        ...

    def report_duration(self, command: ReportVideoDurationCommand) -> bool:
        """Take the film's length from a member's player; False where its word doesn't count."""
        ...


class FilmControl(Protocol):
    """Changes the film."""

    def change_film(self, command: ChangeVideoCommand | PlayNextCommand, command_id: UUID) -> PartyEvent:
        """Show another film, or the next of the queue; the same `command_id` again gives the first event."""
        ...


class LifecycleCommands(Protocol):
    """Has lifecycle commands run."""

    def accept(self, command: Any, actor: Principal, key: str | None, fingerprint: str) -> CommandRecord:
        """Make a lifecycle command durable, or find the first with this key."""
        ...

    def outcome(self, record: CommandRecord, wait_s: float) -> dict[str, Any] | None:
        """Have it run and wait for its outcome; None when that takes longer than `wait_s`."""
        ...


class PartyView(Protocol):
    """A party as its reader may know of it. `marks`: what was read of other contexts with it."""

    @property
    def state(self) -> SyncedPartySessionState: ...
    @property
    def members(self) -> Sequence[PartyMember]: ...
    @property
    def own(self) -> PartyMember | None: ...
    @property
    def readable_whole(self) -> bool: ...
    @property
    def marks(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, kw_only=True)
class MembersQuery:
    """Which members: whose name begins with `prefix`, who are among `online`, behind the member `after`."""

    prefix: str = ""
    online: Collection[UUID] | None = None
    after: UUID | None = None


class PartyReader(Protocol):
    """Reads parties."""

    def party(self, party_id: UUID, reader_id: UUID, online: Collection[UUID] | None = None) -> PartyView:
        """The party with its members; of a large one the reader, and with `online` these and the host.

        Raises `PartyNotFound` for a private one of others.
        """
        ...

    def membership(self, party_id: UUID, reader_id: UUID) -> PartyView:
        """The party with the reader's own membership alone. Raises `PartyNotFound` as `party` does."""
        ...

    def members(
        self, party_id: UUID, *, host_id: UUID, query: MembersQuery, limit: int
    ) -> Sequence[PartyMember]:
        """Present members: the host, unless behind a cursor, then by the time at which they joined."""
        ...

    def parties(
        self, reader_id: UUID, status: PartyStatus | None, after: UUID | None, limit: int
    ) -> Sequence[SyncedPartySessionState]:
        """Public parties and one's own, newest first, one more than `limit` if there is more."""
        ...

    def site_parties(
        self, site: str, status: PartyStatus | None, after: UUID | None, limit: int
    ) -> Sequence[SyncedPartySessionState]:
        """A site's parties, in the same order."""
        ...

    def events(self, party_id: UUID, after: int, limit: int) -> Sequence[PartyEvent]:
        """The audit log after a revision, oldest first."""
        ...

    def names(self, party_id: UUID, user_ids: Collection[UUID]) -> Mapping[UUID, str]:
        """What these people are called who are or were members of the party."""
        ...


@dataclass(frozen=True, kw_only=True)
class InvitedByCode:
    """The party that a code opens; `name_taken`: another member has the name that was asked for."""

    state: SyncedPartySessionState
    host_name: str
    name_taken: bool


class Admissions(Protocol):
    """Reads who may come into a party."""

    def preview(self, party_id: UUID, invite_code: str | None) -> tuple[SyncedPartySessionState, str]:
        """A public party, or the one that this code opens, and its host's name.

        Raises `PartyNotFound`.
        """
        ...

    def invited(
        self, party_id: UUID, invite_code: str | None, user_id: UUID, site: str | None = None
    ) -> SyncedPartySessionState:
        """The party into which this person is invited, by the code, by name or by its `site`.

        Raises `PartyNotFound`.
        """
        ...

    def by_code(self, code: str, user_id: UUID, display_name: str) -> InvitedByCode:
        """The party that this code opens to this person, or that they are in. Raises `PartyNotFound`."""
        ...

    def invites(self, party_id: UUID, after: UUID | None, limit: int) -> Sequence[PartyInvite]:
        """The party's invites, newest first."""
        ...

    def uses(self, party_id: UUID, invite_ids: Collection[UUID]) -> Mapping[UUID, Sequence[InviteUse]]:
        """Who joined by each of these invites, the first `USES_SHOWN` of them in order."""
        ...

    def bans(self, party_id: UUID, after: UUID | None, limit: int) -> Sequence[PartyBan]:
        """Who is banned, by their ids."""
        ...


class PartyChanges(Protocol):
    """Runs the commands of `rights_commands` now."""

    def run(self, command: Any, command_id: UUID | None = None) -> Any:
        """Run it; returns what its handler returns. Raises the `Refusal` of a rule.

        One that is an event has no second effect with the same `command_id`: then None is returned.
        """
        ...

    def give_grants(
        self, command: GiveGrantsCommand, command_id: UUID
    ) -> tuple[SyncedPartySession, PartyMember]:
        """Give a member rights; returns the party and the member. The same `command_id` again gives both as
        they are now."""
        ...

    def run_once(self, command: Any, command_id: UUID) -> PartyEvent:
        """Run one that is an event; the same `command_id` again gives the first event."""
        ...


class Presences(Protocol):
    """Who is connected, and how well in sync."""

    def online(self, party_id: UUID) -> Online:
        """How many are connected, and the presence of those that a Party may list."""
        ...

    def connected(self, party_id: UUID) -> Collection[UUID]:
        """Everybody who is connected."""
        ...

    def presences_of(self, party_id: UUID, user_ids: Collection[UUID]) -> Mapping[UUID, MemberPresence]:
        """Of these, the presence of those who are connected, as far as it is known here."""
        ...

    def online_counts(self, party_ids: Sequence[UUID]) -> Mapping[UUID, int]:
        """How many are connected to each of these parties; one without anybody may be missing."""
        ...


class Tickets(Protocol):
    """One-use tickets for WebSockets."""

    def issue(self, party_id: UUID, principal: Principal) -> tuple[str, int]:
        """A new ticket, and how long it is good, in s. Raises `Unauthenticated` when the token has ended."""
        ...

    def redeem(self, ticket: str, party_id: UUID) -> Principal:
        """Whose it was. Raises `Unauthenticated`."""
        ...


class SignsOfLife(Protocol):
    """Takes note of who follows by requests alone. Nothing of it waits."""

    def seen(self, party_id: UUID, user_id: UUID) -> None:
        """A member has sent a command."""
        ...

    def synced(
        self,
        party: SyncedPartySessionState,
        user_id: UUID,
        *,
        position_s: float,
        player: str,
        sampled_ms: float,
        rtt_ms: float | None,
        duration_s: float | None,
    ) -> DurationNews | None:
        """A member has said where their player was at `sampled_ms`, in ms of party time.

        Returns the length of the film (s) that it tells, if it may count.
        """
        ...

    def left(self, party_id: UUID, user_id: UUID) -> None:
        """The person is no member any more."""
        ...


class SyncAdvisor(Protocol):
    """What a player without a socket has to do to be in sync."""

    def now_ms(self) -> float: ...

    def target_position_s(self, playback: PlaybackState, duration_s: float | None, at_ms: float) -> float: ...

    def correction(self, playback: PlaybackState, position_s: float, target_s: float) -> Any: ...
