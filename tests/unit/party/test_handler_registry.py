"""Every command has its handler, and every field of a handler is a port."""

from __future__ import annotations

from dataclasses import fields
from inspect import getmembers, isclass
from typing import get_type_hints

import pytest

from partyapp.party.application import rights_commands
from partyapp.party.application.commands import (
    LIFECYCLE_COMMANDS,
    PLAYBACK_COMMANDS,
    ChangeVideoCommand,
    ClosePartySessionCommand,
    FollowQueueCommand,
    JoinPartySessionCommand,
    LeavePartySessionCommand,
    PlaybackCommand,
    PlayNextCommand,
    RenameMemberCommand,
    ReportVideoDurationCommand,
    SettleWaitCommand,
    SyncPlaybackCommand,
    UpkeepCommand,
)
from partyapp.party.application.handlers import HANDLERS, handle
from partyapp.party.application.ports import PortMissing, Ports
from partyapp.party.infrastructure import join_fast_path
from partyapp.party.live import playback_fast_path
from partyapp.shared.kernel.ids import new_id
from tests.support.fakes_party import FixedSchedule, InMemoryPartyMembers, InMemoryPartySessions
from tests.support.party_objects import T0, principal


def test_every_command_has_a_handler() -> None:
    others = {
        ChangeVideoCommand,
        ClosePartySessionCommand,
        FollowQueueCommand,
        PlayNextCommand,
        RenameMemberCommand,
        ReportVideoDurationCommand,
        SettleWaitCommand,
        SyncPlaybackCommand,
        UpkeepCommand,
    }
    commands = {*LIFECYCLE_COMMANDS.values(), *PLAYBACK_COMMANDS.values(), *others}
    commands |= {
        found for _, found in getmembers(rights_commands, isclass) if found.__name__.endswith("Command")
    }
    assert set(HANDLERS) == commands
    assert len(commands) == len(set(HANDLERS.values())) == 25


@pytest.mark.parametrize("command", HANDLERS)
def test_a_handler_takes_its_command_and_its_fields_are_ports(command: type) -> None:
    handler = HANDLERS[command]
    taken = get_type_hints(handler.__call__)["command"]
    assert taken is command or (taken is PlaybackCommand and issubclass(command, PlaybackCommand))
    assert {field.name for field in fields(handler)} <= {field.name for field in fields(Ports)}


@pytest.mark.parametrize(
    ("command", "sessions", "members"),
    [
        (JoinPartySessionCommand, join_fast_path._ReadSessions, join_fast_path._ReadMembers),
        *(
            (command, playback_fast_path._ReplicaSessions, playback_fast_path._ReplicaMembers)
            for command in PLAYBACK_COMMANDS.values()
        ),
    ],
)
def test_a_fast_path_has_all_that_its_handlers_ask_of_it(
    command: type, sessions: type, members: type
) -> None:
    hints = get_type_hints(HANDLERS[command])
    needed = {field.name: hints[field.name] for field in fields(HANDLERS[command])}
    # Of a join's presence the fast path knows nothing: who asks for it takes the slow path.
    assert needed.keys() - {"presence", "admissions"} == {"sessions", "members", "schedule"}
    given_ports = {"sessions": sessions, "members": members, "admissions": join_fast_path._NothingSpecial}
    for port, given in ((needed[name], given_ports[name]) for name in needed.keys() & given_ports.keys()):
        assert {name for name in dir(port) if not name.startswith("_")} <= set(dir(given))


def test_an_absent_port_is_named() -> None:
    ports = Ports(
        sessions=InMemoryPartySessions(), members=InMemoryPartyMembers(), schedule=FixedSchedule(T0)
    )
    leave = LeavePartySessionCommand(actor=principal(), party_id=new_id())
    with pytest.raises(PortMissing, match="LeavePartySessionHandler needs the port `presence`"):
        handle(leave, ports)
