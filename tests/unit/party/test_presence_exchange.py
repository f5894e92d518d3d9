"""What processes tell each other of a large party: changes alone, and the whole to who has missed one."""

from __future__ import annotations

import json
import random
from collections.abc import Collection
from typing import Any
from uuid import UUID

import gevent
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partyapp.party.application.views import LISTED
from partyapp.party.infrastructure.playback.lead_needs import LeadNeeds
from partyapp.party.live.presence import Share
from partyapp.party.live.presence_changes import PresenceAsked, PresenceChange
from partyapp.party.live.presence_exchange import ASK_AGAIN_MS, PresenceExchange, ProcessPresence
from partyapp.party.live.room_state import RoomState
from partyapp.party.live.small_changes import PARTS, REPEAT_LARGE_AFTER_MS, TURN_MS, part_of
from tests.support.crowd import Crowd, user
from tests.support.examples import examples

OTHER = "two"
SYNCS = [None, *({"drift_ms": 100.0 * n, "offset_bound_ms": 1.0, "rtt_ms": 1.0} for n in range(3))]


def share_of(members: dict[int, tuple[str, int]]) -> Share:
    """A large share: of each member, by number, the verdict's letter and which of the syncs."""
    first = sorted(members)[:LISTED]
    syncs: dict[UUID, Any] = {user(number): None for number in members}
    for number in first:
        sync = SYNCS[members[number][1]]
        syncs[user(number)] = sync and {**sync, "verdict": "in_sync", "state": "playing"}
    letters = "".join(letter for letter, _ in members.values())
    return Share(syncs, LeadNeeds(persons=len(members)), {user(n): 1000.0 + n for n in first}, letters)


class Pair:
    """This process, which has a room of the party, and another one, whose publications may be lost."""

    def __init__(self) -> None:
        self.crowd = Crowd(20_000)
        self.crowd.enter(user(19_999))
        self.room = self.crowd.room
        self.share = Share({})
        self.sent: list[Any] = []
        self.sizes: list[int] = []
        self.other = PresenceExchange(
            self.crowd.env.hub,
            self.crowd.clock,
            self,  # type: ignore[arg-type]
            OTHER,
            touch=lambda _: None,
            own_share=lambda *_: self.share,
        )
        self.lossy = False
        self.answered = 0

    def publish(self, channel: str, payload: bytes) -> None:
        """The other process's bus."""
        self.sizes.append(len(payload))
        message = msgspec.json.decode(payload, type=ProcessPresence | PresenceChange)
        self.sent.append(message)
        if not self.lossy:
            here = self.crowd.publisher.exchange
            (here.receive if isinstance(message, ProcessPresence) else here.receive_change)(message)  # type: ignore[arg-type]

    def tell(self, share: Share, *, lost: bool = False) -> None:
        """The other process has these members now."""
        self.share, self.lossy = share, lost
        self.crowd.clock.advance(ASK_AGAIN_MS)
        self.other.publish(self.room.id, share, self.crowd.clock.now_ms())
        self.lossy = False
        self._answer()

    def _answer(self) -> None:
        for _, message in self.crowd.env.bus.published[self.answered :]:
            if message["type"] == "presence_asked":
                self.other.receive_asked(msgspec.convert(message, PresenceAsked))
        self.answered = len(self.crowd.env.bus.published)
        gevent.idle()

    @property
    def asked(self) -> int:
        """How often the whole was asked for."""
        return sum(message["type"] == "presence_asked" for _, message in self.crowd.env.bus.published)

    def known(self) -> tuple[Any, ...]:
        """What this process knows of the other's members."""
        state: RoomState = self.room.state
        _, members = state.remote[OTHER]
        first, verdicts = dict(state.remote_first[OTHER]), dict(state.remote_verdicts[OTHER])
        return members, first, verdicts, state.remote_needs[OTHER]

    def is_right(self) -> bool:
        """Whether that is what the other process has."""
        verdicts = dict(zip(self.share.members, self.share.verdicts, strict=True))
        return self.known() == (self.share.members, self.share.first, verdicts, self.share.needs)


def many(numbers: Collection[int], letter: str = "i", sync: int = 1) -> dict[int, tuple[str, int]]:
    """So many members who are alike."""
    return {number: (letter, sync) for number in numbers}


def test_of_a_large_party_only_what_changes_is_told() -> None:
    sizes = []
    for size in (1000, 10_000):
        pair, members = Pair(), many(range(1, size))
        pair.tell(share_of(members))
        members[5000] = ("o", 0)
        members[7] = ("l", 2)
        del members[500]
        pair.tell(share_of(members))
        assert pair.is_right()
        assert pair.asked == 0
        sizes.append(pair.sizes[-1])
    assert sizes[1] == pytest.approx(sizes[0], rel=0.05)
    assert sizes[1] < 1500


def some(seed: int) -> dict[int, tuple[str, int]]:
    """Members of a large share, of all kinds."""
    chance = random.Random(seed)
    numbers = chance.sample(range(1, 300), chance.randint(LISTED + 1, LISTED + 60))
    return {number: (chance.choice("oliu"), chance.randrange(len(SYNCS))) for number in numbers}


@pytest.mark.thorough
@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2**32), st.booleans()), min_size=2, max_size=8))
def test_whatever_is_lost_the_next_that_comes_through_puts_right(steps: list[tuple[int, bool]]) -> None:
    pair = Pair()
    for seed, lost in steps:
        pair.tell(share_of(some(seed)), lost=lost)
        if not lost:
            assert pair.is_right()
    pair.tell(pair.share)
    assert pair.is_right()


def test_who_has_missed_nothing_asks_for_nothing_and_is_told_the_whole_once() -> None:
    pair, members = Pair(), many(range(1, 400))
    for number in range(400, 440):
        members |= many([number])
        pair.tell(share_of(members))
    assert pair.is_right()
    assert pair.asked == 0
    assert [type(message) for message in pair.sent] == [ProcessPresence] + 39 * [PresenceChange]


def test_the_whole_is_asked_for_once_a_second_at_most() -> None:
    pair = Pair()
    pair.tell(share_of(many(range(1, 400))), lost=True)
    for number in range(400, 405):
        pair.other.publish(pair.room.id, share_of(many(range(1, number))), pair.crowd.clock.now_ms())
    assert pair.asked == 1


def test_small_changes_of_a_sync_wait() -> None:
    pair, members = Pair(), many(range(1, 400))
    share = share_of(members)
    pair.tell(share)
    nearly = {
        one: sync and {**sync, "drift_ms": sync["drift_ms"] + 0.1} for one, sync in share.members.items()
    }
    pair.tell(share._replace(members=nearly))
    assert not pair.sent[-1].listed
    pair.crowd.clock.advance(REPEAT_LARGE_AFTER_MS)
    pair.tell(share._replace(members=nearly))
    assert len(pair.sent[-1].listed) == LISTED
    assert pair.is_right()


def test_clocks_that_are_never_still_cost_what_still_ones_do() -> None:
    """A fifth of those listed in each turn: each once in 80 s, however often others are told."""
    pair, listed = Pair(), list[UUID]()
    share = share_of(many(range(1, 400)))
    pair.tell(share)
    for step in range(1, int(REPEAT_LARGE_AFTER_MS // ASK_AGAIN_MS) + 1):
        noise = {"rtt_ms": 20.0 * step, "offset_bound_ms": 70.0 * (step % 2)}
        pair.tell(
            share._replace(members={one: sync and {**sync, **noise} for one, sync in share.members.items()})
        )
        listed += pair.sent[-1].listed
        assert len(pair.sent[-1].listed) in (0, LISTED / PARTS)
        # A turn before that in which those who are told tell their members.
        turn = int(pair.crowd.clock.now_ms() // TURN_MS) + 1
        assert {part_of(one) for one in pair.sent[-1].listed} <= {turn % PARTS}
    assert sorted(listed) == sorted(share.first or ())
    assert pair.asked == 0


def test_a_party_that_becomes_small_and_large_again_is_told_whole() -> None:
    pair = Pair()
    large, small = share_of(many(range(1, 400))), Share({user(3): None})
    for share in (large, small, large, small):
        pair.tell(share)
        assert pair.known()[0] == share.members
    assert {type(message) for message in pair.sent} == {ProcessPresence}
    pair.tell(Share({}))
    assert OTHER not in pair.room.state.remote


def test_what_is_told_again_meanwhile_takes_the_place_of_a_change() -> None:
    pair, members = Pair(), many(range(1, 400))
    pair.tell(share_of(members))
    members |= many(range(400, 2000), "o")
    pair.share = share_of(members)
    at_once = gevent.spawn(pair.other.publish, pair.room.id, pair.share, pair.crowd.clock.now_ms())
    gevent.sleep(0)
    assert not at_once.ready(), "a change of so many takes several turns"
    pair.other.receive_asked(PresenceAsked(party=pair.room.id, process="one", asked=OTHER))
    at_once.join(5)
    pair.tell(pair.share)
    assert pair.is_right()
    assert pair.asked == 0


def test_only_who_is_asked_answers() -> None:
    pair = Pair()
    pair.tell(share_of(many(range(1, 400))))
    pair.other.receive_asked(PresenceAsked(party=pair.room.id, process="one", asked="three"))
    gevent.idle()
    assert len(pair.sent) == 1
    assert json.loads(msgspec.json.encode(pair.sent[0]))["type"] == "presence"
