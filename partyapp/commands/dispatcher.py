"""Where durable commands go from a web process: into a row, to a worker, and back as an outcome."""

from typing import Any, Protocol
from uuid import UUID

from partyapp.commands.idempotency import IdempotentRequests
from partyapp.commands.kinds import CommandKinds
from partyapp.commands.payloads import to_payload
from partyapp.commands.record import CommandRecord
from partyapp.commands.store import CommandStore
from partyapp.commands.waiter import OutcomeWaiter
from partyapp.shared.kernel.clock import monotonic_s
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.ops.task_queue import LIFECYCLE_QUEUE, TaskQueue

#: The task's name in the broker. It is older than other contexts' commands; tasks that wait there bear it.
RUN_COMMANDS_TASK = "party.run_commands"

#: The row is read after so many seconds without a message, and then ever more rarely.
_FIRST_LOOK_S = 0.4
_LONGEST_LOOK_S = 2.0


class ReplyChannel(Protocol):
    """Over what a worker's messages reach this process."""

    @property
    def own_channel(self) -> str:
        """The channel that this process alone subscribes to."""
        ...

    @property
    def connected(self) -> bool:
        """Whether messages can arrive now."""
        ...


class CommandDispatcher:
    """Accepts commands and waits for their outcomes."""

    def __init__(
        self,
        *,
        kinds: CommandKinds,
        requests: IdempotentRequests,
        store: CommandStore,
        queue: TaskQueue,
        waiter: OutcomeWaiter,
        replies: ReplyChannel,
    ) -> None:
        #: The kinds that this process accepts; another context registers its own.
        self.kinds = kinds
        self._requests = requests
        self._store = store
        self._queue = queue
        self._waiter = waiter
        self._replies = replies

    def accept(self, command: Any, actor: Principal, key: str | None, fingerprint: str) -> CommandRecord:
        """Make a command durable, or find the first one with this key; then `outcome` or `wake`.

        Raises `IdempotencyKeyReused` when the key stands for another request, `Unavailable` without Postgres.
        """
        return self._requests.accept(
            user_id=actor.accountable_id,
            key=key,
            fingerprint=fingerprint,
            kind=self.kinds.of(command).name,
            payload=to_payload(command),
        )

    def run_directly(
        self, command: Any, actor: Principal, key: str | None, fingerprint: str
    ) -> CommandRecord | None:
        """The command done, where its kind can be run in this process; None where it is to be accepted.

        Raises `Unavailable` when Postgres is gone: then it may have happened all the same.
        """
        kind = self.kinds.of(command)
        if kind.direct_path is None:
            return None
        payload = to_payload(command)
        new = self._requests.new(actor.accountable_id, key, fingerprint, kind.name, payload)
        effect = kind.direct_path.try_run(command, new)
        return None if effect is None else new.done(*effect)

    def accept_for_later(self, command: Any) -> None:
        """Make a command durable whose outcome nobody waits for, and have it run. Raises `Unavailable`."""
        self.wake(self.accept(command, command.actor, None, ""))

    def outcome(self, record: CommandRecord, wait_s: float) -> dict[str, Any] | None:
        """The command's outcome once it is there, None if it is not after `wait_s` seconds.

        Without Redis no message arrives and hardly a worker runs, so the row is read only once then.
        """
        if record.outcome is not None:
            return record.outcome
        arrival = self._waiter.expect(record.id)
        try:
            self.wake(record)
            limit_s = wait_s if self._replies.connected else min(wait_s, _FIRST_LOOK_S)
            deadline_s = monotonic_s() + limit_s
            look_s = _FIRST_LOOK_S
            while (left_s := deadline_s - monotonic_s()) > 0:
                if arrival.wait(min(look_s, left_s)):
                    return self._waiter.outcome_of(record.id)
                found = self._outcome_in_row(record.id)
                if found is not None:
                    return found
                look_s = min(look_s * 2, _LONGEST_LOOK_S)
            return None
        finally:
            self._waiter.forget(record.id, arrival)

    def wake(self, record: CommandRecord) -> None:
        """Have a worker run the command, without waiting."""
        reply_to = self._replies.own_channel
        self._queue.wake(RUN_COMMANDS_TASK, LIFECYCLE_QUEUE, str(record.id), reply_to, record.kind)

    def _outcome_in_row(self, command_id: UUID) -> dict[str, Any] | None:
        found = self._store.get(command_id)
        return None if found is None else found.outcome
