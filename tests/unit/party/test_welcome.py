"""A large room's welcomes share their list, and say what a list made for each of them would say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
import pytest

from partyapp.party.application.views import member_view, party_view, size_of
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.live.welcome import WIDEST
from tests.support.crowd import IN_SYNC, OUT, Crowd, user
from tests.support.live_env import Line

MEMBERS = 10_000
CONNECTED = range(1, 180)
LONG = "\U0001f37f" * 40


def made_for(crowd: Crowd, user_id: UUID) -> dict[str, Any]:
    """The party as it is shown to this member, without anything shared."""
    state = crowd.room.state
    store = crowd.env.store
    listed = {user_id, store.session.state.host_id, *state.first}
    online = state.with_own(state.online(crowd.clock.now_ms()), user_id)
    return party_view(store.session.state, [store.members[one] for one in listed], online, user_id)


def shown(line: Line) -> dict[str, Any]:
    party: dict[str, Any] = line.of("welcome")[-1]["party"]
    return party


@pytest.fixture(params=["short names", "names that fill the list"])
def crowd(request: pytest.FixtureRequest) -> Crowd:
    """Of ten thousand members some are connected here, more of them elsewhere."""
    found = Crowd(MEMBERS)
    store = found.env.store
    if request.param != "short names":
        for member in list(store.members.values()):
            store.members[member.user_id] = member.renamed(LONG)
    for number in (3, 7000, 8000):
        found.enter(user(number))
    found.elsewhere({user(number): OUT if number % 2 else IN_SYNC for number in CONNECTED})
    found.seconds(2)
    return found


@pytest.mark.parametrize("number", [0, 3, 5, 9000])
def test_who_comes_is_shown_the_list_with_themselves(crowd: Crowd, number: int) -> None:
    user_id = user(number) if number else crowd.host_id
    expected = made_for(crowd, user_id)
    for _ in range(2):
        assert shown(crowd.enter(user_id)) == expected
    ids = [one["user_id"] for one in expected["members"]]
    assert ids[: 2 if number else 1] == list(dict.fromkeys([str(crowd.host_id), str(user_id)]))
    given = crowd.room.state.listed_to
    assert {str(one) for one in next(reversed(given.values()))} <= {*ids, str(user_id)}


def test_the_list_is_another_one_after_an_event_and_after_a_second(crowd: Crowd) -> None:
    before = shown(crowd.enter(user(9000)))
    crowd.elsewhere({user(number): IN_SYNC for number in range(2, 90)})
    assert shown(crowd.enter(user(9000)))["members"] == before["members"]
    crowd.seconds(2)
    assert shown(crowd.enter(user(9000))) == made_for(crowd, user(9000)) != before

    store = crowd.env.store
    renamed = replace(store.session.state, title="Another", revision=store.session.state.revision)
    store.session = SyncedPartySession.reconstitute(renamed)
    crowd.env.feed.announce(store.join("Somebody new"))
    after = shown(crowd.enter(user(9001)))
    assert after["member_count"] == MEMBERS + 1
    assert after == made_for(crowd, user(9001))


def test_most_sockets_of_a_large_room_share_whom_they_were_given() -> None:
    crowd = Crowd(MEMBERS)
    for number in range(1, 400):
        crowd.enter(user(number))
    given = list(crowd.room.state.listed_to.values())
    assert all(one is given[200] for one in given[200:])
    # The list grows while there are few, and not for each of them.
    assert len(set(given)) < 25
    crowd.seconds(1)
    for number in range(500, 510):
        crowd.enter(user(number))
    given = list(crowd.room.state.listed_to.values())[-10:]
    assert all(one is given[0] for one in given)


def test_a_welcome_is_made_without_a_turn_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    # What happened meanwhile would be missed: the connection isn't in its room yet.
    crowd = Crowd(MEMBERS)
    turns = list[float]()
    monkeypatch.setattr("partyapp.realtime.yielding.gevent.sleep", turns.append)
    for number in range(1, 400):
        crowd.enter(user(number))
        assert not turns, f"at the one who came as number {number}"


def test_all_who_come_back_in_the_same_second_are_listed_and_heard_of() -> None:
    crowd = Crowd(MEMBERS)
    lines = {number: crowd.enter(user(number)) for number in range(1, 400)}
    for number in (50, 200, 399):
        listed = {one["user_id"] for one in shown(lines[number])["members"]}
        assert len(listed & {str(user(one)) for one in range(1, number)}) >= min(98, number * 3 // 4)
    crowd.seconds(2)
    heard = {
        one["user_id"] for message in lines[399].of("presence") for one in message["members"] if one["online"]
    }
    assert {str(user(number)) for number in range(1, 99)} <= heard


@pytest.mark.parametrize("name", ["A", LONG, "\u00e9" * 40, "\ufffd" * 40, '"\\\x7f' * 13])
def test_a_members_size_is_known_roughly_without_being_counted(name: str) -> None:
    crowd = Crowd(MEMBERS)
    member = crowd.env.store.members[user(5)].renamed(name)
    view = member_view(member, crowd.env.store.session.state, {"online": True, "sync": OUT})
    assert size_of(view) <= WIDEST * len(msgspec.json.encode(view))


def test_so_do_they_where_not_all_who_are_listed_fit(crowd: Crowd) -> None:
    for number in (9000, 9001):
        crowd.enter(user(number))
    one, other = list(crowd.room.state.listed_to.values())[-2:]
    assert one == other
    assert not one & {user(9000), user(9001)}


def test_that_all_who_are_listed_are_known_holds_until_the_list_or_the_host_is_another() -> None:
    crowd = Crowd(10_000)
    crowd.enter(user(1))
    crowd.elsewhere({user(number): IN_SYNC for number in range(100, 200)})
    crowd.seconds(2)
    state = crowd.room.state
    assert state.unknown_with(crowd.host_id) == state.first - {user(1)}
    crowd.enter(user(8000))
    for _ in range(2):
        assert not state.unknown_with(crowd.host_id)
        assert state.unknown_with(user(9000)) == {user(9000)}
    state.first |= {user(7000)}
    assert state.unknown_with(crowd.host_id) == {user(7000)}
