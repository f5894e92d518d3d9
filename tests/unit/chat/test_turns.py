"""Turns at a party's chat: by the order of asking, whoever gives up or is ended."""

from __future__ import annotations

from uuid import UUID

import gevent
import pytest
from gevent.event import Event

from partyapp.chat.live.turns import Turns
from partyapp.shared.kernel.errors import Unavailable

PARTY, OTHER = UUID(int=1), UUID(int=2)


def take(turns: Turns, took: list[int], number: int, until: Event) -> None:
    with turns.turn(PARTY):
        took.append(number)
        until.wait()


def test_who_asks_right_after_a_release_comes_after_those_who_wait() -> None:
    turns, took, go_on = Turns(), list[int](), Event()
    go_on.set()
    with turns.turn(PARTY):
        waiting = gevent.spawn(take, turns, took, 1, go_on)
        gevent.idle()
    take(turns, took, 2, go_on)
    waiting.join()
    assert took == [1, 2]


def test_each_party_has_turns_of_its_own_and_none_is_kept() -> None:
    turns = Turns()
    with turns.turn(PARTY), turns.turn(OTHER):
        pass
    assert not turns._waiting


def test_who_waits_for_too_long_gives_up_and_the_others_go_on() -> None:
    turns, took, go_on = Turns(turn_s=0.01), list[int](), Event()
    go_on.set()
    with turns.turn(PARTY), pytest.raises(Unavailable):
        take(turns, took, 1, go_on)
    take(turns, took, 2, go_on)
    assert took == [2]
    assert not turns._waiting


def test_one_that_is_ended_as_its_turn_comes_passes_it_on() -> None:
    turns, took, go_on = Turns(), list[int](), Event()
    go_on.set()
    with turns.turn(PARTY):
        ended, next_one = (gevent.spawn(take, turns, took, number, go_on) for number in (1, 2))
        gevent.idle()
        ended.kill(block=False)
    next_one.join(timeout=5)
    assert took == [2]
    assert not turns._waiting
