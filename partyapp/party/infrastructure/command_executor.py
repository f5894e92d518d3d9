"""Running an accepted lifecycle command: its row, its effect and its outcome in one transaction."""

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import select

from partyapp.commands.payloads import from_payload
from partyapp.commands.store import CommandEntity
from partyapp.party.application.commands import LIFECYCLE_COMMANDS
from partyapp.party.application.handlers import handle
from partyapp.party.application.ports import Ports
from partyapp.party.infrastructure.join_fast_path import JoinFastPath, result_of
from partyapp.party.infrastructure.unit_of_work import PartyUnitOfWork
from partyapp.shared.kernel.errors import Refusal, Unavailable
from partyapp.shared.storage.database import Transactions, unavailable_when_gone

log = logging.getLogger(__name__)

#: A command that crashed so often is a bug of ours, not bad luck; it is given up with a problem.
MAX_ATTEMPTS = 5

Handle = Callable[[Any, Ports], Any]


class CommandExecutor:
    """Takes command rows to their outcome, each exactly once however often it is called."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        unit_of_work: PartyUnitOfWork,
        join: JoinFastPath,
        handle: Handle = handle,
    ) -> None:
        self._transactions = transactions
        self._unit_of_work = unit_of_work
        self._join = join
        self._handle = handle

    def run(self, command_id: UUID) -> dict[str, Any] | None:
        """Run the command and return its outcome; None when somebody else is at it or it is unknown.

        Raises `Unavailable` when Postgres is gone; the row then stays pending and is driven again.
        """
        try:
            return self._join(command_id) or self._run(command_id)
        except Unavailable:
            raise
        except Exception as error:
            # Whatever it was, it is a bug of ours; the row counts it, so that it is not tried for ever.
            log.error("command %s crashed: %s", command_id, type(error).__name__, exc_info=True)
            return self._count_crash(command_id)

    def _run(self, command_id: UUID) -> dict[str, Any] | None:
        with unavailable_when_gone(), self._transactions.begin() as transaction:
            row = transaction.scalars(
                select(CommandEntity).where(CommandEntity.id == command_id).with_for_update(skip_locked=True)
            ).one_or_none()
            if row is None:
                return None
            if row.outcome is not None:
                return row.outcome
            ports = self._unit_of_work.ports_of(transaction, command_id, lock=True)
            command: Any = from_payload(LIFECYCLE_COMMANDS[row.kind], row.payload)
            try:
                with transaction.begin_nested():
                    session = self._handle(command, ports)
                row.outcome = {"result": result_of(session, command.actor.user_id)}
                row.state = "succeeded"
            except Refusal as refusal:
                if isinstance(refusal, Unavailable):
                    raise
                ports.sessions.committed.clear()
                row.outcome = {"problem": refusal.problem()}
                row.state = "failed"
            outcome = row.outcome
        self._unit_of_work.announce(ports, command_id)
        return outcome

    def _count_crash(self, command_id: UUID) -> dict[str, Any] | None:
        with unavailable_when_gone(), self._transactions.begin() as transaction:
            row = transaction.get(CommandEntity, command_id, with_for_update=True)
            if row is None:
                return None
            row.attempts += 1
            if row.attempts >= MAX_ATTEMPTS:
                row.state = "failed"
                row.outcome = {"problem": Unavailable("The command could not be carried out.").problem()}
            return row.outcome
