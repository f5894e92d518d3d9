"""Somebody is put out of a party that this process has sockets of."""

from __future__ import annotations

import pytest

from partyapp.realtime.websocket.frames import CloseCode
from tests.support.live_env import LiveEnv
from tests.support.party_objects import T0, host_of


@pytest.fixture
def env() -> LiveEnv:
    return LiveEnv()


@pytest.mark.parametrize("banned", [False, True])
def test_who_is_removed_hears_so_and_is_closed_and_nobody_else(env: LiveEnv, banned: bool) -> None:
    store = env.store
    store.join()
    removed = next(user for user in store.members if user != store.session.state.host_id)
    (staying, room), (line, _) = env.enter(), env.enter(removed)
    store.session.remove_member(host_of(store.session), store.members[removed], banned=banned, at_ms=T0)
    store.members[removed] = store.members[removed].left(T0)
    env.feed.receive(store.publication(store.commit()))
    assert line.messages[-1] == {"type": "removed", "banned": banned}
    assert line.closed_with == [CloseCode.REMOVED]
    assert staying.closed_with == []
    assert staying.of("removed") == []
    assert staying.revisions[-1] == 3
    assert room.state.replica.member(removed) is None
