"""Changes of a party that run in the web process: what is set, rights, members put out, invites."""

from functools import partial
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from partyapp.party.application.handlers import handle
from partyapp.party.application.rights_commands import GiveGrantsCommand
from partyapp.party.contract import PartyEvent
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.infrastructure.services.party_session_service import Lock
from partyapp.party.infrastructure.unit_of_work import PartyUnitOfWork, TransactionPorts
from partyapp.shared.kernel.errors import Refusal, Unavailable
from partyapp.shared.kernel.ids import derived_id


class Limits(Protocol):
    """How much a person and a party may commit."""

    def take(self, user_id: UUID, party_id: UUID) -> None:
        """Count one command. Raises `RateLimited`."""
        ...


class PartyChanges:
    """Runs them, each in a transaction of its own under the party's row lock.

    With the lock a change that is no event of the party, such as an invite's end, waits for a join that
    looks at it, and the join for the change.
    """

    def __init__(self, unit_of_work: PartyUnitOfWork, limits: Limits) -> None:
        self._unit_of_work = unit_of_work
        self._limits = limits

    def run(self, command: Any, command_id: UUID | None = None) -> Any:
        """Run the command; returns what its handler returns.

        With `command_id` a command that is an event has no second effect, whatever has become of the party
        meanwhile: then None is returned. Raises the `Refusal` of a rule, `RateLimited` among them, or
        `Unavailable`: then it may have happened all the same.
        """
        self._count(command)
        try:
            return self._unit_of_work.run(
                partial(handle, command),
                command_id=command_id,
                lock=Lock.WAIT,
                key_id=command.actor.key_id,
            )
        except Unavailable:
            raise
        except (Refusal, IntegrityError):
            if command_id is None or self._first_effect(command, command_id) is None:
                raise
            return None

    def give_grants(
        self, command: GiveGrantsCommand, command_id: UUID
    ) -> tuple[SyncedPartySession, PartyMember]:
        """Give a member rights; returns the party and the member, of a repeat as they are now."""
        given: tuple[SyncedPartySession, PartyMember] | None = self.run(command, command_id)
        if given is not None:
            return given
        found: tuple[SyncedPartySession, PartyMember] = self._unit_of_work.run(partial(_member_in, command))
        return found

    def run_once(self, command: Any, command_id: UUID) -> PartyEvent:
        """Run a command that is an event, or find the event that it left when it was run before."""
        self._count(command)
        return self._unit_of_work.run_once(
            partial(handle, command),
            party_id=command.party_id,
            actor_id=command.actor.accountable_id,
            command_id=command_id,
            lock=True,
            key_id=command.actor.key_id,
        )

    def _count(self, command: Any) -> None:
        """Raises `RateLimited`. What a server does for the host is none of the host's commands."""
        actor, party_id = command.actor, command.party_id
        who = actor.user_id if actor.key_id is None else derived_id("commands", actor.key_id, party_id)
        self._limits.take(who, party_id)

    def _first_effect(self, command: Any, command_id: UUID) -> PartyEvent | None:
        return self._unit_of_work.first_effect(command.party_id, command.actor.accountable_id, command_id)


def _member_in(
    command: GiveGrantsCommand, ports: TransactionPorts
) -> tuple[SyncedPartySession, PartyMember | None]:
    """The party and the member that this is about, who may have gone since."""
    return ports.sessions.get(command.party_id), ports.members.get(command.party_id, command.user_id)
