"""Lifecycle commands in the executor's transaction, by their handlers and under the party's row lock."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from partyapp.commands.kinds import CommandEffect
from partyapp.party.application.handlers import handle
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.services.party_session_service import Lock
from partyapp.party.infrastructure.unit_of_work import PartyUnitOfWork


class LifecycleRunner:
    """The `CommandRunner` of create, join, leave, transfer and end."""

    def __init__(self, unit_of_work: PartyUnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    def run(self, command: Any, transaction: Session, command_id: UUID) -> CommandEffect:
        """Run the command; its effect is what `mapping.lifecycle_result` and the party's events say."""
        ports = self._unit_of_work.ports_of(transaction, command_id, Lock.WAIT, command.actor.key_id)
        session = handle(command, ports)
        return CommandEffect(
            result=mapping.lifecycle_result(session.state, command.actor.user_id),
            announcement=self._unit_of_work.announcement_of(ports, command_id),
        )
