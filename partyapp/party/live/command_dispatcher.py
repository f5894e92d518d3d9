"""Where commands go from a web process: playback runs here, lifecycle goes to a worker by way of a row."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from partyapp.commands.payloads import to_payload
from partyapp.commands.record import CommandRecord
from partyapp.commands.store import CommandStore
from partyapp.commands.waiter import OutcomeWaiter
from partyapp.party.application.commands import LIFECYCLE_COMMANDS, PlaybackCommand
from partyapp.party.application.ports import ConcurrentChange
from partyapp.party.contract import PartyEvent
from partyapp.party.infrastructure.unit_of_work import PartyUnitOfWork, Ports
from partyapp.party.live.playback_fast_path import PlaybackFastPath
from partyapp.shared.kernel.clock import Clock, monotonic_s
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.ops.task_queue import LIFECYCLE_QUEUE, TaskQueue

RUN_COMMANDS_TASK = "party.run_commands"

#: The row is read after so many seconds without a ring, and then ever more rarely.
_FIRST_LOOK_S = 0.4
_LONGEST_LOOK_S = 2.0


class CommandDispatcher:
    """Runs or accepts commands, and waits for outcomes."""

    def __init__(
        self,
        *,
        unit_of_work: PartyUnitOfWork,
        optimistic: PlaybackFastPath,
        handle: Callable[[Ports, Any], Any],
        commands: CommandStore,
        queue: TaskQueue,
        waiter: OutcomeWaiter,
        clock: Clock,
        reply_to: str,
        reachable: Callable[[], bool],
    ) -> None:
        self._unit_of_work = unit_of_work
        self._optimistic = optimistic
        self._handle = handle
        self._commands = commands
        self._queue = queue
        self._waiter = waiter
        self._clock = clock
        self._reply_to = reply_to
        self._reachable = reachable

    def control(self, command: PlaybackCommand, command_id: UUID) -> PartyEvent:
        """Run a playback command in this process; a repeat finds the first effect. Returns its event."""
        lost_a_race = False
        try:
            event = self._optimistic.try_run(command, command_id)
            if event is not None:
                return event
        except ConcurrentChange:
            lost_a_race = True
        return self._unit_of_work.run_once(
            lambda ports: self._handle(ports, command),
            party_id=command.party_id,
            actor_id=command.actor.user_id,
            command_id=command_id,
            lock=lost_a_race,
        )

    def accept(self, command: Any, actor: Principal, key: str | None, mark: str) -> CommandRecord:
        """Make a lifecycle command durable, or find the first one with this key; then `outcome` or `wake`."""
        kind = next(name for name, cls in LIFECYCLE_COMMANDS.items() if isinstance(command, cls))
        return self._commands.accept(
            command_id=new_id(),
            user_id=actor.user_id,
            key=key,
            mark=mark,
            kind=kind,
            payload=to_payload(command),
            now_ms=self._clock.now_ms(),
        )

    def outcome(self, record: CommandRecord, wait_s: float) -> dict[str, Any] | None:
        """The command's outcome once it is there, None if it is not after `wait_s` seconds.

        Without Redis nobody can ring and hardly anybody run it, so there is only one short look then.
        """
        if record.outcome is not None:
            return record.outcome
        ring = self._waiter.expect(record.id)
        try:
            self.wake(record)
            deadline_s = monotonic_s() + (wait_s if self._reachable() else min(wait_s, _FIRST_LOOK_S))
            look_s = _FIRST_LOOK_S
            while (left_s := deadline_s - monotonic_s()) > 0:
                if ring.wait(min(look_s, left_s)):
                    return self._waiter.heard(record.id)
                found = self._commands.get(record.id)
                if found is not None and found.outcome is not None:
                    return found.outcome
                look_s = min(look_s * 2, _LONGEST_LOOK_S)
            return None
        finally:
            self._waiter.purge(record.id, ring)

    def wake(self, record: CommandRecord) -> None:
        """Have a worker look at the row, without waiting."""
        self._queue.wake(RUN_COMMANDS_TASK, LIFECYCLE_QUEUE, str(record.id), self._reply_to)
