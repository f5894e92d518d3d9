"""How a web process waits for an outcome: by message, and by looking at the row when none comes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import UUID

import pytest

from partyapp.commands import dispatcher as dispatcher_module
from partyapp.commands.dispatcher import RUN_COMMANDS_TASK, CommandDispatcher
from partyapp.commands.idempotency import IdempotentRequests
from partyapp.commands.kinds import CommandKind, CommandKinds, CommandRunner, DirectEffect
from partyapp.commands.record import CommandRecord, NewCommand
from partyapp.commands.store import CommandStore
from partyapp.commands.waiter import OutcomeWaiter
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal

ADA = Principal(user_id=new_id(), display_name="Ada")
DONE: dict[str, Any] = {"result": {"revision": 1}}


@dataclass(frozen=True, kw_only=True)
class Say:
    """A command."""

    actor: Principal
    text: str


@dataclass(frozen=True, kw_only=True)
class Shout(Say):
    """One that may be run directly."""


@dataclass
class Directly:
    """A `CommandDirectPath` with this effect."""

    effect: DirectEffect | None
    asked: list[NewCommand] = field(default_factory=list)

    def try_run(self, command: Shout, new: NewCommand) -> DirectEffect | None:
        self.asked.append(new)
        return self.effect


@dataclass
class Env:
    """A dispatcher whose store, queue and waiting are here. Time passes only while something is waited for.

    `outcome_at_s`: when the outcome's message comes; `in_row_at_s`: from when on it is in the row.
    """

    connected: bool = True
    outcome_at_s: float = 1e9
    in_row_at_s: float = 1e9
    now_s: float = 0.0
    accepted: list[NewCommand] = field(default_factory=list)
    woken: list[tuple[str, ...]] = field(default_factory=list)
    looks_s: list[float] = field(default_factory=list)
    waiting: int = 0
    own_channel: str = "web-1"
    id: UUID = field(default_factory=new_id)

    def __post_init__(self) -> None:
        runner: Any = object()
        store = cast(CommandStore, self)
        self.dispatcher = CommandDispatcher(
            kinds=CommandKinds(
                [CommandKind(name="chat.say", command=Say, runner=cast(CommandRunner, runner))]
            ),
            requests=IdempotentRequests(store, FixedClock(7.0)),
            store=store,
            queue=self,
            waiter=cast(OutcomeWaiter, self),
            replies=self,
        )

    def accept(self, new: NewCommand) -> CommandRecord:
        self.accepted.append(new)
        return CommandRecord(
            id=self.id, user_id=new.user_id, kind=new.kind, payload=new.payload, state="pending", outcome=None
        )

    def get(self, command_id: UUID) -> CommandRecord | None:
        self.looks_s.append(round(self.now_s, 3))
        found = DONE if self.now_s >= self.in_row_at_s else None
        return replace(self.record(), outcome=found)

    def wake(self, task: str, queue: str, row_id: str, reply_to: str, kind: str = "") -> None:
        self.woken.append((task, row_id, reply_to, kind))

    def expect(self, command_id: UUID) -> Env:
        assert not self.woken, "who listens later may miss the message"
        self.waiting += 1
        return self

    def wait(self, limit_s: float) -> bool:
        arrives = self.outcome_at_s <= self.now_s + limit_s
        self.now_s = self.outcome_at_s if arrives else self.now_s + limit_s
        return arrives

    def outcome_of(self, command_id: UUID) -> dict[str, Any]:
        return DONE

    def forget(self, command_id: UUID, event: object) -> None:
        self.waiting -= 1

    def record(self) -> CommandRecord:
        return CommandRecord(
            id=self.id, user_id=ADA.user_id, kind="chat.say", payload={}, state="pending", outcome=None
        )

    def outcome(self, monkeypatch: pytest.MonkeyPatch, wait_s: float = 5.0) -> dict[str, Any] | None:
        monkeypatch.setattr(dispatcher_module, "monotonic_s", lambda: self.now_s)
        found = self.dispatcher.outcome(self.record(), wait_s)
        assert self.waiting == 0, "what is waited for no more is forgotten"
        return found


def test_what_nobody_waits_for_is_kept_and_a_worker_woken() -> None:
    env = Env()
    env.dispatcher.accept_for_later(Say(actor=ADA, text="hello"))
    (row,) = env.accepted
    assert (row.user_id, row.key, row.kind) == (ADA.user_id, None, "chat.say")
    assert env.woken == [(RUN_COMMANDS_TASK, str(env.id), "web-1", "chat.say")]
    assert env.looks_s == []


def test_a_command_is_accepted_as_its_kind() -> None:
    env = Env()
    record = env.dispatcher.accept(Say(actor=ADA, text="hi"), ADA, "key", "print")
    assert record.id == env.id
    (row,) = env.accepted
    assert (row.kind, row.key, row.fingerprint, row.now_ms) == ("chat.say", "key", "print", 7.0)
    assert row.payload == {"actor": {"user_id": str(ADA.user_id), "display_name": "Ada"}, "text": "hi"}
    with pytest.raises(KeyError):
        env.dispatcher.accept("no command", ADA, None, "print")


def test_a_command_that_is_run_directly_is_neither_accepted_nor_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    env, path = Env(), Directly(DirectEffect(DONE, "the party"))
    env.dispatcher.kinds.register(
        CommandKind(name="chat.shout", command=Shout, runner=cast(Any, None), direct_path=path)
    )
    record = env.dispatcher.run_directly(Shout(actor=ADA, text="hi"), ADA, "key", "print")
    (new,) = path.asked
    assert record == CommandRecord(
        id=new.id, user_id=ADA.user_id, kind="chat.shout", payload=new.payload, state="succeeded",
        outcome=DONE, seen="the party",
    )  # fmt: skip
    assert (new.key, new.fingerprint, new.now_ms) == ("key", "print", 7.0)
    assert new.payload == {"actor": {"user_id": str(ADA.user_id), "display_name": "Ada"}, "text": "hi"}
    assert env.dispatcher.outcome(record, 5.0) == DONE
    assert (env.accepted, env.woken, env.looks_s) == ([], [], [])


def test_what_cannot_be_run_directly_is_left_to_be_accepted() -> None:
    env, path = Env(), Directly(None)
    env.dispatcher.kinds.register(
        CommandKind(name="chat.shout", command=Shout, runner=cast(Any, None), direct_path=path)
    )
    assert env.dispatcher.run_directly(Shout(actor=ADA, text="hi"), ADA, None, "print") is None
    assert len(path.asked) == 1
    assert env.dispatcher.run_directly(Say(actor=ADA, text="hi"), ADA, None, "print") is None
    assert (env.accepted, env.woken) == ([], [])


def test_a_message_brings_the_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    env = Env(outcome_at_s=0.02)
    assert env.outcome(monkeypatch) == DONE
    assert env.woken == [(RUN_COMMANDS_TASK, str(env.id), "web-1", "chat.say")]
    assert (env.looks_s, env.now_s) == ([], 0.02)


def test_a_lost_message_is_made_up_for_by_ever_rarer_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    env = Env(in_row_at_s=2.9)
    assert env.outcome(monkeypatch, wait_s=60.0) == DONE
    assert env.looks_s == [0.4, 1.2, 2.8, 4.8]


def test_what_takes_too_long_has_no_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    env = Env()
    assert env.outcome(monkeypatch, wait_s=1.0) is None
    assert env.looks_s == [0.4, 1.0]


def test_without_redis_there_is_one_short_look(monkeypatch: pytest.MonkeyPatch) -> None:
    env = Env(connected=False)
    assert env.outcome(monkeypatch) is None
    assert env.looks_s == [0.4]
    assert len(env.woken) == 1


def test_an_outcome_that_is_known_is_not_waited_for() -> None:
    env = Env()
    assert env.dispatcher.outcome(replace(env.record(), outcome=DONE), 5.0) == DONE
    assert env.woken == []
