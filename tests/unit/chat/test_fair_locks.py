"""The locks of parties' chats: by the order of asking, whoever gives up or is ended."""

from __future__ import annotations

from uuid import UUID

import gevent
import pytest
from gevent.event import Event

from partyapp.chat.live.fair_locks import FairLocks
from partyapp.shared.kernel.errors import Unavailable

PARTY, OTHER = UUID(int=1), UUID(int=2)


def take(locks: FairLocks, took: list[int], number: int, until: Event) -> None:
    with locks.lock(PARTY):
        took.append(number)
        until.wait()


def test_who_asks_right_after_a_release_comes_after_those_who_wait() -> None:
    locks, took, go_on = FairLocks(), list[int](), Event()
    go_on.set()
    with locks.lock(PARTY):
        waiting = gevent.spawn(take, locks, took, 1, go_on)
        gevent.idle()
    take(locks, took, 2, go_on)
    waiting.join()
    assert took == [1, 2]


def test_each_party_has_a_lock_of_its_own_and_none_is_kept() -> None:
    locks = FairLocks()
    with locks.lock(PARTY), locks.lock(OTHER):
        pass
    assert not locks._waiting


def test_who_waits_for_too_long_gives_up_and_the_others_go_on() -> None:
    locks, took, go_on = FairLocks(limit_s=0.01), list[int](), Event()
    go_on.set()
    with locks.lock(PARTY), pytest.raises(Unavailable):
        take(locks, took, 1, go_on)
    take(locks, took, 2, go_on)
    assert took == [2]
    assert not locks._waiting


def test_one_that_is_ended_as_it_gets_the_lock_passes_it_on() -> None:
    locks, took, go_on = FairLocks(), list[int](), Event()
    go_on.set()
    with locks.lock(PARTY):
        ended, next_one = (gevent.spawn(take, locks, took, number, go_on) for number in (1, 2))
        gevent.idle()
        ended.kill(block=False)
    next_one.join(timeout=5)
    assert took == [2]
    assert not locks._waiting
