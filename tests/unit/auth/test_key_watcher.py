"""What goes on with a key ends when the key does."""

from __future__ import annotations

from collections.abc import Set
from uuid import UUID

import pytest

from partyapp.auth.infrastructure.key_watcher import KeyWatcher
from partyapp.shared.kernel.errors import Unauthenticated, Unavailable
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal


class Keys:
    """Those that count, or nobody can tell."""

    def __init__(self, *ids: UUID) -> None:
        self.ids: frozenset[UUID] | None = frozenset(ids)
        self.ended: list[Set[UUID]] = []

    def counting(self) -> Set[UUID]:
        if self.ids is None:
            raise Unavailable()
        return self.ids


def test_who_ends_is_told_of_once() -> None:
    first, second = new_id(), new_id()
    keys = Keys(first, second)
    watcher = KeyWatcher(keys.counting, keys.ended.append)
    watcher.look()
    keys.ids = frozenset({second})
    watcher.look()
    watcher.look()
    assert keys.ended == [{first}]


def test_a_key_that_comes_ends_nothing() -> None:
    keys = Keys()
    watcher = KeyWatcher(keys.counting, keys.ended.append)
    watcher.look()
    keys.ids = frozenset({new_id()})
    watcher.look()
    assert not keys.ended


def test_an_outage_ends_nothing_and_hides_nothing() -> None:
    first = new_id()
    keys = Keys(first)
    watcher = KeyWatcher(keys.counting, keys.ended.append)
    watcher.look()
    keys.ids = None
    watcher.look()
    assert not keys.ended
    keys.ids = frozenset()
    watcher.look()
    assert keys.ended == [{first}]


def test_who_came_by_a_key_that_ended_is_not_let_in_by_what_it_gave_them() -> None:
    first, second = new_id(), new_id()
    keys = Keys(first, second)
    watcher = KeyWatcher(keys.counting, keys.ended.append)
    watcher.look()
    by_first, by_second = (
        Principal(user_id=new_id(), display_name="Ada", expires_at_ms=0.0, session_id=key)
        for key in (first, second)
    )
    assert watcher.current(by_first) is by_first
    keys.ids = frozenset({second})
    watcher.look()
    assert watcher.current(by_second) is by_second
    with pytest.raises(Unauthenticated):
        watcher.current(by_first)
