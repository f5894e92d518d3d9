"""Changes of a party that run in the web process: what is set, rights, members put out, invites."""

from functools import partial
from typing import Any, Protocol
from uuid import UUID

from partyapp.party.application.handlers import handle
from partyapp.party.contract import PartyEvent
from partyapp.party.infrastructure.services.party_session_service import Lock
from partyapp.party.infrastructure.unit_of_work import PartyUnitOfWork


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

    def run(self, command: Any) -> Any:
        """Run the command; returns what its handler returns.

        Raises the `Refusal` of a rule, `RateLimited` among them, or `Unavailable`: then it may have happened
        all the same.
        """
        self._limits.take(command.actor.user_id, command.party_id)
        return self._unit_of_work.run(partial(handle, command), lock=Lock.WAIT)

    def run_once(self, command: Any, command_id: UUID) -> PartyEvent:
        """Run a command that is an event, or find the event that it left when it was run before."""
        self._limits.take(command.actor.user_id, command.party_id)
        return self._unit_of_work.run_once(
            partial(handle, command),
            party_id=command.party_id,
            actor_id=command.actor.user_id,
            command_id=command_id,
            lock=True,
        )
