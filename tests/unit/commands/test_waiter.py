"""Outcomes reach all that wait for them, and nothing is kept of what nobody waits for."""

from __future__ import annotations

from partyapp.commands.waiter import OutcomeWaiter
from partyapp.shared.kernel.ids import new_id


def test_all_that_wait_get_the_outcome() -> None:
    waiter, command_id = OutcomeWaiter(), new_id()
    first, second = waiter.expect(command_id), waiter.expect(command_id)
    other = waiter.expect(new_id())
    waiter.arrived(command_id, {"result": 1})
    assert first.is_set()
    assert second.is_set()
    assert not other.is_set()
    assert waiter.outcome_of(command_id) == {"result": 1}
    waiter.forget(command_id, first)
    assert waiter.outcome_of(command_id) == {"result": 1}, "another one still reads it"
    waiter.forget(command_id, second)
    assert waiter.outcome_of(command_id) is None


def test_an_outcome_that_is_not_waited_for_is_not_kept() -> None:
    waiter, command_id = OutcomeWaiter(), new_id()
    waiter.arrived(command_id, {"result": 1})
    event = waiter.expect(command_id)
    assert not event.is_set()
    assert waiter.outcome_of(command_id) is None
    waiter.forget(command_id, event)
    waiter.forget(command_id, event)
