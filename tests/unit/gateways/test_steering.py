"""The steering of one client, without IO."""

from __future__ import annotations

from partyapp.gateways.syncplay.states import ClientState
from partyapp.gateways.syncplay.steering import MemberSteering


def test_a_change_of_the_client_is_confirmed_by_the_next_state() -> None:
    steering = MemberSteering("Ada")
    steering.client_state(ClientState(received_ms=0.0, client_count=1))
    first = steering.next_state(0.0)
    assert first is not None
    assert first.client_count == 1
    second = steering.next_state(steering.due_ms)
    assert second is not None
    assert second.client_count is None
