"""What so many members need follows from what one costs."""

from __future__ import annotations

import pytest

from bench.live.capacity_plan import Cost, Costs, Evening, needs_of

COSTS = Costs(
    member=Cost(cpu={"web": 1e-4, "redis": 1e-6}, redis=10.0),
    command=Cost(cpu={"web": 1e-3, "postgres": 2e-3}, wal=1000.0, rows=500.0),
    join=Cost(cpu={"web": 4e-3, "postgres": 3e-3}, wal=3000.0, rows=900.0),
    memory=20_000.0,
    wire=100.0,
)


def test_an_evening_is_what_its_members_commands_and_joins_cost() -> None:
    needs = needs_of(Evening(members=9000, party=5, commands_an_hour=30, arrival_s=900, hours=2), COSTS)
    assert needs.commits == pytest.approx(15 + 10)
    assert needs.cores["web"] == pytest.approx(0.9 + 0.015 + 0.04)
    assert needs.cores["postgres"] == pytest.approx(0.03 + 0.03)
    assert needs.cores["worker"] == 0.0
    assert needs.web_processes == 2, "a core is filled to six tenths"
    assert (needs.web_memory, needs.wire, needs.redis) == (180e6, 900e3, 90e3)
    assert needs.wal == pytest.approx(15_000 + 30_000)
    assert needs.growth == pytest.approx(15 * 7200 * 500 + 9000 * 900)


def test_needs_grow_as_the_members_do() -> None:
    one, ten = (needs_of(Evening(members=members), COSTS) for members in (100_000, 1_000_000))
    assert ten.cores["web"] == pytest.approx(10 * one.cores["web"])
    assert ten.wal == pytest.approx(10 * one.wal)
    assert ten.growth == pytest.approx(10 * one.growth)
    assert needs_of(Evening(members=0), COSTS).web_processes == 1


def test_fewer_who_press_in_larger_parties_commit_less() -> None:
    small, large = (needs_of(Evening(members=1000, party=size), COSTS) for size in (5, 50))
    assert large.commits < small.commits
    assert large.wire == small.wire
