"""How a web process ends: nobody is forgotten who was just coming in, and nothing that was asked for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from gevent.event import Event
from gevent.pool import Group

from partyapp.live_web import LiveWeb
from partyapp.realtime.frames import CloseCode
from partyapp.realtime.room import Hub
from partyapp.realtime.turn import Turn
from partyapp.shared.bounds import Rates
from partyapp.shared.clock import FixedClock
from partyapp.shared.ids import new_id
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
    live: Any = LiveWeb.__new__(LiveWeb)
    live._ground = SimpleNamespace(clock=FixedClock(), settings=SimpleNamespace(rates=Rates()))
    live.hub, live._turn, live._work = Hub(), Turn(gevent.get_hub().loop), Group()
    live.live = live.desk = live.synchronizer = None
    live.keeper = live.bus = Told()
    live.heart = SimpleNamespace(stop=lambda: live.keeper.order.append("goodbye"))
    live.stopping = False
    return live


def test_who_is_being_seated_during_the_goodbye_hears_it_too(
    live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seats = SimpleNamespace(
        sit_down=lambda *_: live.stop(), stand_up=lambda: None, party_id=new_id(), heard=lambda _: None
    )
    monkeypatch.setattr("partyapp.live_web.LiveSeat", lambda *_: seats)
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
        live.keeper.order.append("committed")

    live._work.spawn(command)
    ending = gevent.spawn(live.finish, 30.0)
    run_until(lambda: live.keeper.order == ["goodbye"])
    may_commit.set()
    ending.join(10)
    assert live.keeper.order == ["goodbye", "committed", "presence", "sent"]


def test_what_never_ends_is_not_waited_for(live: Any) -> None:
    stuck = live._work.spawn(Event().wait)
    live.stopping = True
    live.finish(1.2)
    assert live.keeper.order == ["presence", "sent"]
    stuck.kill()
