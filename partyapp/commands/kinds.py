"""The kinds of durable commands. Each context registers its own; the rest of `commands` knows no context."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from partyapp.commands.record import REQUEST, NewCommand


class Announcement(Protocol):
    """What is to be published once a transaction is committed."""

    def announce(self) -> None:
        """Publish it. Must not raise and must not wait."""
        ...


@dataclass(frozen=True, kw_only=True)
class CommandEffect:
    """What running a command gave: JSON for its row, and what to publish after the commit."""

    result: dict[str, Any]
    announcement: Announcement


class CommandRunner(Protocol):
    """Runs a command within a transaction of the executor's."""

    def run(self, command: Any, transaction: Session, command_id: UUID) -> CommandEffect:
        """Run it. Raises a `Refusal`, whose writes are rolled back and which becomes the outcome."""
        ...


class CommandFastPath(Protocol):
    """A shorter way for a kind of command that usually goes well."""

    def try_run(self, command_id: UUID) -> dict[str, Any] | None:
        """Run the accepted command, publish its effect and return its outcome, which is in its row then.

        None when the command has to be run in the executor's transaction; nothing has happened then.
        Raises `Unavailable` when Postgres is gone.
        """
        ...


class DirectEffect(NamedTuple):
    """The outcome of a command, and what its answer can be made of; None where that has to be read."""

    outcome: dict[str, Any]
    seen: Any


class CommandDirectPath(Protocol):
    """The shortest way: the web process that is asked runs the command, and no row waits for a worker."""

    def try_run(self, command: Any, new: NewCommand) -> DirectEffect | None:
        """Run the command, commit its row with the outcome and the effect as one, and publish that.

        None when the command has to be accepted for a worker, also where its key is taken; nothing has
        happened then. Raises `Unavailable` when Postgres is gone: then it may have happened all the same.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class CommandKind:
    """One kind: the name under which its commands are stored, their class, and what runs them.

    A name is stored in rows and must never change; a context prefixes its own (`chat.say`). The five of
    the party are older than that rule.
    """

    name: str
    command: type
    runner: CommandRunner
    fast_path: CommandFastPath | None = None
    direct_path: CommandDirectPath | None = None


class CommandKinds:
    """All kinds that this process knows."""

    def __init__(self, kinds: Iterable[CommandKind]) -> None:
        self._by_name: dict[str, CommandKind] = {}
        self._by_class: dict[type, CommandKind] = {}
        for kind in kinds:
            self.register(kind)

    def named(self, name: str) -> CommandKind:
        """The kind of a row. Raises KeyError for one that this program doesn't know."""
        return self._by_name[name]

    def of(self, command: Any) -> CommandKind:
        """The kind of a command. Raises KeyError for a command that is not durable."""
        return self._by_class[type(command)]

    def register(self, kind: CommandKind) -> None:
        """Add a kind. Raises ValueError when its name or its class is taken."""
        if kind.name == REQUEST or kind.name in self._by_name or kind.command in self._by_class:
            raise ValueError(f"the command kind {kind.name!r} is taken, or its class is")
        self._by_name[kind.name] = self._by_class[kind.command] = kind
