"""Which process holds which members: each member once, and as even as can be."""

from __future__ import annotations

import pytest

from partyapp.simulation.plan import Plan, processes_for, shares


def plan(parties: int, members: int) -> Plan:
    return Plan("http://localhost", parties, members, 10.0, 5.0)


@pytest.mark.parametrize(("parties", "members", "processes"), [(2, 3, 4), (1, 7, 3), (5, 1, 2), (1, 1, 8)])
def test_each_member_is_held_once(parties: int, members: int, processes: int) -> None:
    held = shares(plan(parties, members), processes)
    found = sorted((party, one) for share in held for party, ones in share.items() for one in ones)
    assert found == [(party, one) for party in range(parties) for one in range(members)]
    sizes = [sum(map(len, share.values())) for share in held]
    assert max(sizes) - min(sizes) <= 1
    assert min(sizes) >= 1


def test_a_party_stays_together_where_it_can() -> None:
    assert [sorted(share) for share in shares(plan(4, 50), 2)] == [[0, 1], [2, 3]]


def test_as_many_processes_as_are_of_use() -> None:
    assert [processes_for(plan(10, size), 8) for size in (1, 10, 11, 500)] == [1, 1, 2, 8]
