"""The doorbell: a web process waits here for the outcome of a command that a worker runs.

The ring comes over Redis and may get lost; whoever waits also looks at the command's row now and then.
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
    """Waiting for outcomes by command id."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, list[threading.Event]] = {}
        self._outcomes: dict[UUID, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def expect(self, command_id: UUID) -> threading.Event:
        """Begin to listen, before the command is handed to anybody."""
        event = threading.Event()
        with self._lock:
            self._waiting.setdefault(command_id, []).append(event)
        return event

    def ring(self, command_id: UUID, outcome: dict[str, Any]) -> None:
        """The outcome is there."""
        with self._lock:
            waiting = self._waiting.get(command_id)
            if not waiting:
                return
            self._outcomes[command_id] = outcome
        for event in waiting:
            event.set()

    def receive(self, message: CommandOutcome) -> None:
        """The outcome came over the bus."""
        self.ring(message.command, message.outcome)

    def heard(self, command_id: UUID) -> dict[str, Any] | None:
        """The outcome, if it rang."""
        return self._outcomes.get(command_id)

    def purge(self, command_id: UUID, event: threading.Event) -> None:
        """Stop listening."""
        with self._lock:
            waiting = self._waiting.get(command_id, [])
            if event in waiting:
                waiting.remove(event)
            if not waiting:
                self._waiting.pop(command_id, None)
                self._outcomes.pop(command_id, None)
