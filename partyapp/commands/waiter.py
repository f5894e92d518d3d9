"""Where a web process waits for the outcome of a command that a worker runs.

The outcome is a message over Redis and may get lost, so the dispatcher also reads the command's row now and
then.
"""

import threading
from typing import Any
from uuid import UUID

import msgspec


class CommandOutcome(msgspec.Struct, frozen=True, kw_only=True, tag="command_outcome"):
    """What a worker publishes to the process that waits: the command's id and its outcome."""

    command: UUID
    outcome: dict[str, Any]


class OutcomeWaiter:
    """Outcomes that are waited for, by command id. Safe for threads."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, list[threading.Event]] = {}
        self._outcomes: dict[UUID, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def expect(self, command_id: UUID) -> threading.Event:
        """An event that is set when the outcome arrives; to be made before a worker is woken."""
        event = threading.Event()
        with self._lock:
            self._waiting.setdefault(command_id, []).append(event)
        return event

    def arrived(self, command_id: UUID, outcome: dict[str, Any]) -> None:
        """Hand the outcome to all that wait for it, if any."""
        with self._lock:
            waiting = self._waiting.get(command_id)
            if not waiting:
                return
            self._outcomes[command_id] = outcome
        for event in waiting:
            event.set()

    def receive(self, message: CommandOutcome) -> None:
        """Take an outcome that came over the bus."""
        self.arrived(message.command, message.outcome)

    def outcome_of(self, command_id: UUID) -> dict[str, Any] | None:
        """The outcome, if it has arrived and is still waited for."""
        return self._outcomes.get(command_id)

    def forget(self, command_id: UUID, event: threading.Event) -> None:
        """Stop waiting."""
        with self._lock:
            waiting = self._waiting.get(command_id, [])
            if event in waiting:
                waiting.remove(event)
            if not waiting:
                self._waiting.pop(command_id, None)
                self._outcomes.pop(command_id, None)
