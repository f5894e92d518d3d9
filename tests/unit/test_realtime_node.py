"""How a web process ends: nobody is forgotten who was just coming in, and nothing that was asked for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from gevent.event import Event
from gevent.pool import Group

from partyapp.realtime.rooms import Hub
from partyapp.realtime.websocket.frames import CloseCode
from partyapp.realtime.websocket.write_batcher import WriteBatcher
from partyapp.realtime_node import RealtimeNode
from partyapp.shared.kernel.bounds import Rates
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.ids import new_id
from tests.support.party_objects import principal
from tests.support.socket_pairs import Peer, run_until, tcp_pair


class Told:
    """A bus and a keeper that remember in which order they were asked."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.idle = False

    def say_goodbye(self) -> None:
        """As the keeper does."""
        self.order.append("presence")
        gevent.spawn(self._send)

    def _send(self) -> None:
        self.order.append("sent")
        self.idle = True


@pytest.fixture
def live() -> Any:
    """A live side without servers: what it ends with is its own, what it works with is not needed."""
    live: Any = RealtimeNode.__new__(RealtimeNode)
    live._resources = SimpleNamespace(clock=FixedClock(), settings=SimpleNamespace(rates=Rates()))
    live.hub, live._batcher, live._work = Hub(), WriteBatcher(gevent.get_hub().loop), Group()
    live.live = live.playback = live.commands = live.synchronizer = None
    live.presence_publisher = live.bus = Told()
    live.keepalive = SimpleNamespace(stop=lambda: live.presence_publisher.order.append("goodbye"))
    live.stopping = False
    return live


def test_who_is_being_seated_during_the_goodbye_hears_it_too(
    live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seats = SimpleNamespace(
        sit_down=lambda *_: live.stop(), stand_up=lambda: None, party_id=new_id(), heard=lambda _: None
    )
    monkeypatch.setattr("partyapp.realtime_node.MemberConnection", lambda *_: seats)
    ours, theirs = tcp_pair(0)
    peer = Peer(theirs)
    admission: Any = SimpleNamespace(
        principal=principal(), party_id=new_id(), device_id=None, last_revision=7, reading=None, place=None
    )
    live.usher(ours, admission)
    ours.close()
    peer.reads_until(lambda: peer.close_code)
    assert peer.close_code == CloseCode.RESTART
    peer.hang_up()


def test_a_process_ends_once_what_was_asked_for_is_done_and_told(live: Any) -> None:
    may_commit = Event()

    def command() -> None:
        may_commit.wait()
        live.presence_publisher.order.append("committed")

    live._work.spawn(command)
    ending = gevent.spawn(live.finish, 30.0)
    run_until(lambda: live.presence_publisher.order == ["goodbye"])
    may_commit.set()
    ending.join(10)
    assert live.presence_publisher.order == ["goodbye", "committed", "presence", "sent"]


def test_what_never_ends_is_not_waited_for(live: Any) -> None:
    stuck = live._work.spawn(Event().wait)
    live.stopping = True
    live.finish(1.2)
    assert live.presence_publisher.order == ["presence", "sent"]
    stuck.kill()
