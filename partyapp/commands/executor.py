"""Running an accepted command: its row, its effect and its outcome in one transaction."""

import logging
from typing import Any
from uuid import UUID

from sqlalchemy import select

from partyapp.commands.kinds import CommandKinds
from partyapp.commands.payloads import from_payload
from partyapp.commands.store import CommandEntity, CommandStore
from partyapp.shared.kernel.errors import Refusal, Unavailable
from partyapp.shared.storage.database import Transactions, unavailable_when_gone

log = logging.getLogger(__name__)

#: A command that crashed so often is a bug of ours, not bad luck; it is given up with a problem.
MAX_ATTEMPTS = 5


class CommandExecutor:
    """Takes command rows to their outcome, each exactly once however often it is called."""

    def __init__(self, *, transactions: Transactions, store: CommandStore, kinds: CommandKinds) -> None:
        self._transactions = transactions
        self._store = store
        self._kinds = kinds

    def run(self, command_id: UUID, kind: str | None = None) -> dict[str, Any] | None:
        """Run the command and return its outcome; None when another worker is at it or it is unknown.

        `kind` is what the task says of the command; without it the row is read for that first. Raises
        `Unavailable` when Postgres is gone; the row then stays pending and is driven again.
        """
        try:
            return self._try_fast_path(command_id, kind) or self._run_locked(command_id)
        except Unavailable:
            raise
        except Exception as error:
            # Whatever it was, it is a bug of ours; the row counts it, so that it is not tried for ever.
            log.error("command %s crashed: %s", command_id, type(error).__name__, exc_info=True)
            return self._count_crash(command_id)

    def _try_fast_path(self, command_id: UUID, kind: str | None) -> dict[str, Any] | None:
        if kind is None:
            record = self._store.get(command_id)
            if record is None or record.outcome is not None:
                return None if record is None else record.outcome
            kind = record.kind
        fast_path = self._kinds.named(kind).fast_path
        return None if fast_path is None else fast_path.try_run(command_id)

    def _run_locked(self, command_id: UUID) -> dict[str, Any] | None:
        """Run it in a transaction that holds the row's lock from its first statement on."""
        announcement = None
        with unavailable_when_gone(), self._transactions.begin() as transaction:
            row = transaction.scalars(
                select(CommandEntity).where(CommandEntity.id == command_id).with_for_update(skip_locked=True)
            ).one_or_none()
            if row is None or row.outcome is not None:
                return None if row is None else row.outcome
            kind = self._kinds.named(row.kind)
            command: Any = from_payload(kind.command, row.payload)
            try:
                with transaction.begin_nested():
                    effect = kind.runner.run(command, transaction, command_id)
                row.outcome = {"result": effect.result}
                row.state = "succeeded"
                announcement = effect.announcement
            except Refusal as refusal:
                if isinstance(refusal, Unavailable):
                    raise
                row.outcome = {"problem": refusal.problem()}
                row.state = "failed"
            outcome = row.outcome
        if announcement is not None:
            announcement.announce()
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
