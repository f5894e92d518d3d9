"""What the processes of a simulation measured, kept within bounds and added up."""

from __future__ import annotations

import json

from partyapp.simulation.samples import Figures, Samples


def test_it_keeps_a_bounded_and_fair_sample() -> None:
    samples = Samples(most=100)
    for value in range(10_000):
        samples.add(float(value))
    assert len(samples.kept) == 100
    # The chance that all are from one half is 2^-100.
    assert min(samples.kept) < 5_000 < max(samples.kept)
    samples.clear()
    assert samples.kept == []


def test_a_command_is_as_late_as_the_last_of_all_processes() -> None:
    first = Figures(commands={"0/5": 100.0}, heard={"0/5": (110.0, 2)}, put_off=1, cores=[0.2])
    second = Figures(heard={"0/5": (130.0, 3), "1/2": (50.0, 1)}, put_off=2, cores=[0.3])
    second.refused["rate_limited"] += 4
    both = Figures()
    for one in (first, second):
        both.add(json.loads(json.dumps(vars(one))))
    assert both.heard == {"0/5": (130.0, 5), "1/2": (50.0, 1)}
    assert both.commands == {"0/5": 100.0}
    assert (both.put_off, both.cores, both.refused) == (3, [0.2, 0.3], {"rate_limited": 4})
