"""The schedule plans the same faults for the same seed, every few seconds, of every kind."""

from itertools import islice

from bench.faults.injections import INJECTIONS
from bench.faults.schedule import EVERY_S, plan


def test_a_seed_repeats_its_faults_and_another_has_others() -> None:
    assert list(islice(plan(7), 50)) == list(islice(plan(7), 50))
    assert list(islice(plan(7), 50)) != list(islice(plan(8), 50))


def test_every_kind_of_fault_comes_within_its_bounds() -> None:
    faults = list(islice(plan(1), 1500))
    assert {fault.name for fault in faults} == set(INJECTIONS)
    for fault in faults:
        assert EVERY_S[0] <= fault.after_s <= EVERY_S[1]
        low, high = INJECTIONS[fault.name].lasts_s
        assert low <= fault.lasts_s <= high
        assert 0 <= fault.draw < 1
