"""How a web process ends: nobody is forgotten who was just coming in, and nothing that was asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import gevent
import pytest
from gevent.event import Event

from partyapp.party.controllers.party_socket_opener import PartySocketOpener
from partyapp.party.controllers.socket_admission import Admission
from partyapp.party.live.pace import PaceBudget
from partyapp.realtime.keepalive import Keepalive
from partyapp.realtime.node import RealtimeNode
from partyapp.realtime.websocket.connection_limit import ConnectionLimit
from partyapp.realtime.websocket.frames import CloseCode
from partyapp.realtime.websocket.socket_messages import SocketMessages
from partyapp.realtime.websocket.write_batcher import WriteBatcher
from partyapp.shared.kernel.ids import new_id
from tests.support.live_env import LiveEnv
from tests.support.party_objects import principal
from tests.support.presence_env import presence_publisher
from tests.support.socket_pairs import Peer, run_for_a_moment, run_until, tcp_pair


class Order:
    """In place of the bus and Redis: what was done, in order. Nothing is sent before `may_send`."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.idle = True
        self.may_send = Event()

    def start(self) -> None:
        self.done.append("started")

    def subscribe(self, channel: str) -> None:
        """Nothing comes over it."""

    unsubscribe = subscribe

    def publish(self, channel: str, payload: bytes) -> None:
        self.idle = False
        gevent.spawn(self._send)

    def _send(self) -> None:
        self.may_send.wait()
        self.done.append("sent")
        self.idle = True

    def write(self, process_id: str, rooms: Mapping[UUID, Any]) -> None:
        if rooms:
            self.done.append("presence written")


class NodeEnv(LiveEnv):
    """The live side of a process as it is composed, but for Redis and Postgres."""

    def __init__(self) -> None:
        super().__init__()
        self.order = Order()
        redis: Any = self.order
        # The rooms publish and subscribe at a bus of their own.
        self.presence = presence_publisher(self.hub, self.clock, redis, redis)
        keepalive = Keepalive(self.hub, self.clock, heartbeat_s=20, silence_s=30, each_second=[self.presence])
        self.node = RealtimeNode(
            hub=self.hub,
            bus=redis,
            keepalive=keepalive,
            presence=self.presence,
            clock=SimpleNamespace(start=int),
        )
        nobody: Any = None
        self.opener = PartySocketOpener(
            node=self.node,
            join=self.join,
            presence_publisher=self.presence,
            messages=SocketMessages(),
            playback=nobody,
            lifecycle=nobody,
            clock=self.clock,
            batcher=WriteBatcher(gevent.get_hub().loop),
            messages_per_s=100.0,
            pace_budget=PaceBudget(a_second=2),
        )

    def connect(self, reading: Any = None, answer: bytes = b"") -> Peer:
        """The host's socket comes in. `reading` is the party as it was at the handshake."""
        ours, theirs = tcp_pair(0)
        reading = reading or self.store.whole(self.store.id)
        host = principal(user_id=self.store.session.state.host_id)
        slot = ConnectionLimit(9).take(host.user_id, None)
        assert slot is not None
        self.opener.open_socket(
            ours,
            Admission(
                party_id=self.store.id,
                reading=reading,
                principal=host,
                device_id=new_id(),
                last_revision=None,
                slot=slot,
            ),
            answer,
        )
        ours.close()
        return Peer(theirs)


@pytest.fixture
def env() -> NodeEnv:
    return NodeEnv()


@pytest.mark.thorough
def test_who_comes_in_while_the_others_are_closed_is_closed_too(env: NodeEnv) -> None:
    """The way in reads the party anew, since it has moved on, and meanwhile the process is told to end."""
    env.enter()
    at_the_handshake = env.store.whole(env.store.id)
    env.feed.announce(env.store.join())
    stopping: list[gevent.Greenlet] = []

    def stop() -> None:
        if not stopping:
            stopping.append(gevent.spawn(env.node.stop))
            stopping[0].join(10)

    env.store.after_reading = stop
    arriving = gevent.spawn(env.connect, at_the_handshake)
    arriving.join(10)
    peer = arriving.value
    peer.reads_until(lambda: peer.close_code)
    assert peer.texts, "it had been let in"
    assert peer.close_code == CloseCode.RESTART
    peer.close()


@pytest.mark.thorough
def test_who_comes_after_the_close_is_closed_without_a_welcome(env: NodeEnv) -> None:
    env.node.stop()
    peer = env.connect()
    peer.reads_until(lambda: peer.close_code)
    assert (peer.close_code, peer.texts, len(env.hub)) == (CloseCode.RESTART, [], 0)
    peer.close()


def test_what_fails_after_the_handshake_is_told_by_the_socket_alone(
    env: NodeEnv, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("broken")

    answer = b"\x81\x03101"
    # Before anything was written, and after the welcome.
    monkeypatch.setattr(env.opener._join, "enter", fail)
    early = env.connect(answer=answer)
    monkeypatch.undo()
    monkeypatch.setattr(env.presence, "came", fail)
    late = env.connect(answer=answer)
    for peer, count in ((early, 1), (late, 2)):
        peer.reads_until(partial(getattr, peer, "close_code"))
        assert (peer.close_code, peer.texts[0], len(peer.texts)) == (CloseCode.OURS, "101", count)
        peer.close()
    run_until(lambda: not len(env.hub))


@pytest.mark.thorough
def test_a_process_ends_once_what_was_asked_for_is_done_and_published(env: NodeEnv) -> None:
    peer = env.connect()
    may_commit = Event()

    def command() -> None:
        may_commit.wait()
        env.order.done.append("committed")

    env.node.spawn(command)
    ending = gevent.spawn(env.node.finish, 30.0)
    peer.reads_until(lambda: peer.close_code)
    assert peer.close_code == CloseCode.RESTART
    peer.close()
    run_until(lambda: not len(env.hub))
    run_for_a_moment()
    assert not ending.dead, "the command is still under way"
    env.order.done.clear()
    may_commit.set()
    run_until(lambda: "presence written" in env.order.done)
    assert env.order.done[0] == "committed"
    run_for_a_moment()
    assert not ending.dead, "what was published is not sent yet"
    env.order.may_send.set()
    ending.join(10)
    assert ending.dead
    assert "sent" in env.order.done


def test_work_of_the_loop_begins_at_once_and_the_loop_goes_on_with_its_first_wait(env: NodeEnv) -> None:
    order: list[str] = []
    may_end = Event()

    def work() -> None:
        order.append("begun")
        may_end.wait()
        order.append("ended")

    def callback() -> None:
        env.node.spawn(work)
        order.append("gone on")

    gevent.get_hub().loop.run_callback(callback)
    run_until(lambda: order)
    assert order == ["begun", "gone on"]
    may_end.set()
    run_until(lambda: order[-1] == "ended")


def test_work_of_a_greenlet_doesnt_take_its_place(env: NodeEnv) -> None:
    order: list[str] = []

    def caller() -> None:
        env.node.spawn(lambda: order.append("work"))
        order.append("gone on")

    gevent.spawn(caller).join(10)
    run_until(lambda: len(order) == 2)
    assert order == ["gone on", "work"]


def test_work_that_fails_is_logged_and_over(env: NodeEnv, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise ValueError("canary")

    gevent.get_hub().loop.run_callback(env.node.spawn, fail)
    run_until(lambda: "work failed: ValueError" in caplog.text)
    ending = gevent.spawn(env.node.finish, 30.0)
    ending.join(10)
    assert ending.dead


@pytest.mark.thorough
def test_what_never_ends_is_not_waited_for(env: NodeEnv) -> None:
    env.node.spawn(Event().wait)
    ending = gevent.spawn(env.node.finish, 1.2)
    ending.join(10)
    assert ending.dead


@pytest.mark.thorough
def test_it_starts_with_its_bus(env: NodeEnv) -> None:
    env.node.start()
    assert env.order.done == ["started"]
    env.node.stop()


@pytest.mark.thorough
def test_the_sockets_of_a_process_share_its_budget_of_messages(env: NodeEnv) -> None:
    first, second = env.connect(), env.connect()
    assert [_pace_said_to(peer) for peer in (first, second)] == [1000, 2000]
    for peer in (first, second):
        peer.close()
    run_until(lambda: not len(env.hub))
    third = env.connect()
    assert _pace_said_to(third) == 1000
    third.close()


def _pace_said_to(peer: Peer) -> int:
    """How often the welcome asks for pings, in ms."""
    peer.reads_until(lambda: peer.texts)
    pace: dict[str, int] = json.loads(peer.texts[0])["pace"]
    return pace["ping_ms"]
