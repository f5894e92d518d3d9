"""A circuit breaker, on a clock that is moved by hand."""

from __future__ import annotations

from partyapp.shared.kernel.circuit import Circuit


class Hands:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_it_opens_at_a_failure_and_lets_one_try_after_the_pause() -> None:
    clock = Hands()
    circuit = Circuit(2.0, clock)
    assert circuit.lets_through()
    assert circuit.lets_through()
    circuit.failed()
    clock.now_s += 1.99
    assert not circuit.lets_through()
    clock.now_s += 0.01
    assert circuit.lets_through(), "one tries"
    assert not circuit.lets_through(), "the others don't wait with it"
    circuit.worked()
    assert circuit.lets_through()
    assert circuit.lets_through()


def test_a_try_that_fails_or_never_ends_opens_it_again() -> None:
    clock = Hands()
    circuit = Circuit(2.0, clock)
    circuit.failed()
    clock.now_s += 2.0
    assert circuit.lets_through()
    clock.now_s += 1.0
    circuit.failed()
    clock.now_s += 1.5
    assert not circuit.lets_through()
    clock.now_s += 0.5
    assert circuit.lets_through()
    clock.now_s += 2.0
    assert circuit.lets_through(), "the one before was never heard of again"
