"""A seek over a socket, from the sender's bytes to the last member's: few calls, as they are written down.

Real sockets, rooms, replicas, handlers and frames; only Postgres's statement is not executed, so what it
calls is not followed. What counts as a step is defined in `tests/support/call_walk.py`.
"""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from partyapp.party.controllers.party_socket import PartySocket, register_party_messages
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.infrastructure.mapping import recorded
from partyapp.party.infrastructure.playback.playback_synchronizer import PlaybackSynchronizer
from partyapp.party.infrastructure.playback_statement import PlaybackStatement, Written
from partyapp.party.live.command_limits import CommandLimits
from partyapp.party.live.member_connection import MemberConnection
from partyapp.party.live.playback_commands import PlaybackCommands
from partyapp.party.live.playback_fast_path import PlaybackFastPath
from partyapp.party.live.room_lookup import RoomLookup
from partyapp.realtime.rooms import DeviceKey
from partyapp.realtime.websocket.connection import Connection
from partyapp.realtime.websocket.connection_limit import ConnectionLimit
from partyapp.realtime.websocket.socket_messages import SocketMessages
from partyapp.shared.kernel.bounds import Rates
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.redis_names import DEFAULT_NAMES
from tests.support.call_walk import CallWalk, Function
from tests.support.live_env import LiveEnv
from tests.support.party_objects import principal
from tests.support.presence_env import presence_publisher
from tests.support.socket_pairs import Peer, run_for_a_moment, tcp_pair

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
POSITION_S = 123.456
MEMBERS = 3

MOST_CALLS = 25
MOST_FILES = 14


class Statement:
    """In place of Postgres's statement: what was decided counts as committed."""

    def write(self, session: SyncedPartySession, command_id: UUID) -> Written:
        (event,) = session.events
        return Written(event=recorded(event), first=True)


class Party:
    """A process with a party and a socket for each of its members."""

    def __init__(self, walk: CallWalk) -> None:
        self.walk = walk
        self.env = env = LiveEnv()
        nowhere: Any = env.bus
        presence: Any = SimpleNamespace(write=lambda *_: None)
        statement: Any = Statement()
        rooms = RoomLookup(env.hub, env.clock, presence)
        unused: Any = None
        fast_path = PlaybackFastPath(
            replicas=rooms,
            statement=statement,
            schedule=PlaybackSynchronizer(env.clock, rooms.lead_ms),
            feed=env.feed,
        )
        limits = CommandLimits(Rates(), unused, env.clock, DEFAULT_NAMES)
        self.playback = PlaybackCommands(unused, fast_path, limits)
        self.presence = presence_publisher(env.hub, env.clock, presence, nowhere)
        self.messages: SocketMessages[PartySocket] = SocketMessages()
        register_party_messages(self.messages)
        self.connections: list[Connection] = []
        self.peers = [self.connect(env.store.session.state.host_id)]
        for _ in range(MEMBERS - 1):
            joined = env.store.join()
            env.feed.announce(joined)
            self.peers.append(self.connect(UUID(joined.events[0].data["user_id"])))
        run_for_a_moment()

    def connect(self, user_id: UUID) -> Peer:
        env = self.env
        ours, theirs = tcp_pair(0)
        connection = Connection(ours, env.clock)
        ours.close()
        slot = ConnectionLimit(1).take(user_id, None)
        assert slot is not None
        member = MemberConnection(
            join=env.join,
            presence_publisher=self.presence,
            clock=env.clock,
            connection=connection,
            party_id=env.store.id,
            device_key=DeviceKey(user_id, None),
            slot=slot,
        )
        unused: Any = None
        connection.handler = PartySocket(
            connection=connection,
            principal=principal(user_id=user_id),
            member=member,
            messages=self.messages,
            playback=self.playback,
            lifecycle=unused,
            clock=env.clock,
            spawn=self.walk.spawn,
            per_second=1e6,
        )
        reading = env.store.whole(env.store.id)
        assert reading is not None
        member.enter(None, reading)
        connection.start()
        self.connections.append(connection)
        peer = Peer(theirs)
        peer.reads_until(lambda: peer.texts)
        return peer

    def close(self) -> None:
        for connection, peer in zip(self.connections, self.peers, strict=True):
            connection.drop()
            peer.close()
        run_for_a_moment()


def seek(position_s: float) -> str:
    return json.dumps({"type": "command", "id": str(new_id()), "action": "seek", "position_s": position_s})


def has_sought(peer: Peer) -> bool:
    return any(json.loads(text).get("action") == "seek" for text in peer.texts)


@pytest.fixture(scope="module")
def walk() -> CallWalk:
    """The walk of a party's second seek; what the first one finds is new to everybody."""
    found = CallWalk(POSITION_S, sends=MEMBERS)
    party = Party(found)
    try:
        party.peers[0].text(seek(POSITION_S + 1))
        for peer in party.peers:
            peer.reads_until(partial(has_sought, peer))
            peer.texts.clear()
        command = seek(POSITION_S)
        with found.recorded():
            party.peers[0].text(command)
            for peer in party.peers:
                peer.reads_until(partial(has_sought, peer))
        assert found.done
        return found
    finally:
        party.close()


def with_statement(steps: list[Function]) -> list[Function]:
    """The steps with the statement, for which a class of this test stood."""
    write = Function("party/infrastructure/playback_statement.py", PlaybackStatement.write.__qualname__)
    after = next(number for number, step in enumerate(steps) if step.name.endswith("announce"))
    return [*steps[:after], write, *steps[after:]]


def test_a_seek_takes_few_calls_in_few_files(walk: CallWalk) -> None:
    steps = with_statement(walk.steps())
    shown = "\n".join(f"{step.file} {step.name}" for step in steps)
    assert len(steps) <= MOST_CALLS, shown
    assert len({step.file for step in steps}) <= MOST_FILES, shown


def test_the_page_shows_the_walk_as_it_is(walk: CallWalk) -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## A seek over a socket\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| \d+ \| `(.+?)` \| `(.+?)` \|", section, re.MULTILINE)
    assert [Function(file, name) for file, name in rows] == with_statement(walk.steps())
