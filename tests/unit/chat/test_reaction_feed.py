"""Reactions of a moment reach a room together, and the first of them at once."""

from __future__ import annotations

from uuid import UUID

import gevent
from gevent.event import Event

from partyapp.chat.domain.reaction import Reactions
from partyapp.chat.live.reaction_feed import PAUSE_S, Coalescer
from partyapp.shared.kernel.ids import new_id

PARTY, PERSON = new_id(), new_id()
ONE = Reactions(counts={"🎉": 1}, by=[PERSON])


def test_the_first_is_sent_at_once_and_the_rest_once_a_pause() -> None:
    sent: list[tuple[UUID, dict[str, int]]] = []
    pauses: list[float] = []
    next_pause = Event()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        next_pause.wait()
        next_pause.clear()

    coalescer = Coalescer(lambda party, reactions: sent.append((party, reactions.counts)), pause)
    coalescer.add(PARTY, ONE)
    assert sent == [(PARTY, {"🎉": 1})]
    for _ in range(5):
        coalescer.add(PARTY, ONE)
    gevent.sleep(0)
    assert len(sent) == 1
    next_pause.set()
    gevent.sleep(0)
    gevent.sleep(0)
    assert sent[1:] == [(PARTY, {"🎉": 5})]
    # Nothing more came: the pause ends and the next one is a first one again.
    next_pause.set()
    gevent.sleep(0)
    gevent.sleep(0)
    coalescer.add(PARTY, ONE)
    assert sent[2:] == [(PARTY, {"🎉": 1})]
    assert set(pauses) == {PAUSE_S}
    assert PAUSE_S >= 0.25, "four times a second at most"
