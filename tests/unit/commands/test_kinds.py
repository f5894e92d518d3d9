"""Each kind of durable command has a name and a class of its own, whatever context it is of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest

from partyapp.commands.kinds import CommandKind, CommandKinds, CommandRunner
from partyapp.commands.record import REQUEST


@dataclass(frozen=True, kw_only=True)
class Say:
    text: str


@dataclass(frozen=True, kw_only=True)
class Whisper(Say):
    pass


def kind(name: str, command: type) -> CommandKind:
    runner: Any = object()
    return CommandKind(name=name, command=command, runner=cast(CommandRunner, runner))


def test_a_kind_is_found_by_its_name_and_by_its_commands() -> None:
    say, whisper = kind("chat.say", Say), kind("chat.whisper", Whisper)
    kinds = CommandKinds([say, whisper])
    assert (kinds.named("chat.say"), kinds.named("chat.whisper")) == (say, whisper)
    assert (kinds.of(Say(text="a")), kinds.of(Whisper(text="b"))) == (say, whisper)
    with pytest.raises(KeyError):
        kinds.named("join")
    with pytest.raises(KeyError):
        kinds.of("a")


@pytest.mark.parametrize("second", [kind("chat.say", Whisper), kind("chat.cry", Say), kind(REQUEST, Whisper)])
def test_no_name_and_no_class_is_taken_twice(second: CommandKind) -> None:
    with pytest.raises(ValueError, match=second.name):
        CommandKinds([kind("chat.say", Say), second])
