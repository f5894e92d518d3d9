"""How much one person's claim to be slow weighs, and how much several persons' do."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partyapp.party.infrastructure.playback.lead_needs import (
    BACKED_BY_SHARE,
    ONE_PERSON_MS,
    ONE_PERSON_SHARE,
    SHARED,
    LeadNeeds,
    lead_of,
    needs_of,
    together,
)
from partyapp.party.infrastructure.playback.lead_time import (
    DEFAULT_LEAD_MS,
    MARGIN_MS,
    MAX_LEAD_MS,
    MIN_LEAD_MS,
)
from tests.support.examples import examples

HOST = UUID(int=1)
DELAYS = st.lists(st.one_of(st.none(), st.floats(0.0, 5000.0)), max_size=40)


def room(*delays: float | None, host: float | None = None) -> LeadNeeds:
    """A room of a host and others with these delays."""
    others = [(UUID(int=number + 2), delay) for number, delay in enumerate(delays)]
    return needs_of([(HOST, host), *others], HOST)


@pytest.mark.parametrize(
    ("needs", "lead_ms"),
    [
        (room(), DEFAULT_LEAD_MS),
        (room(2010.0), DEFAULT_LEAD_MS),
        (room(10.0, host=10.0), MIN_LEAD_MS),
        (room(host=1190.0), MAX_LEAD_MS),
        # The host's counts in full, and so does what two others need.
        (room(10.0, 10.0, host=700.0), 700.0 + MARGIN_MS),
        (room(700.0, 710.0, 10.0, 10.0, host=10.0), 710.0 + MARGIN_MS),
        # One person alone: the more have to wait for it, the less.
        (room(900.0, host=10.0), 10.0 + ONE_PERSON_MS / 2 + MARGIN_MS),
        (room(900.0, 10.0, 10.0, host=10.0), 10.0 + ONE_PERSON_MS / 4 + MARGIN_MS),
        (room(900.0, *[10.0] * 18, host=10.0), MIN_LEAD_MS),
        (room(120.0, 10.0, 10.0, host=10.0), 120.0 + MARGIN_MS),
        # Among slow ones it is nothing rare to be slower still.
        (room(900.0, 400.0, 400.0, 10.0, host=10.0), 400.0 * (1 + ONE_PERSON_SHARE) + MARGIN_MS),
        (room(1210.0, 60.0, host=10.0), 60.0 + MARGIN_MS),
    ],
)
def test_the_lead_of_a_room(needs: LeadNeeds, lead_ms: float) -> None:
    assert lead_of(needs) == pytest.approx(lead_ms)


def test_in_a_large_room_a_share_of_all_has_to_need_it() -> None:
    few = int(400 * BACKED_BY_SHARE) - 1
    honest = [15.0] * (399 - few)
    assert lead_of(room(*[900.0] * few, *honest, host=15.0)) == MIN_LEAD_MS
    assert lead_of(room(*[900.0] * (few + 1), *honest[1:], host=15.0)) == 900.0 + MARGIN_MS
    assert lead_of(room(*[900.0] * SHARED, *[15.0] * 9000)) == 900.0 + MARGIN_MS, "at most so many are shared"


@settings(max_examples=examples(200))
@given(DELAYS, st.floats(0.0, 5000.0), st.one_of(st.none(), st.floats(0.0, 1200.0)))
def test_one_more_person_adds_no_more_than_their_share(
    delays: list[float | None], lie_ms: float, host_ms: float | None
) -> None:
    without, with_it = room(*delays, host=host_ms), room(*delays, lie_ms, host=host_ms)
    assert MIN_LEAD_MS <= lead_of(with_it) <= MAX_LEAD_MS
    if not without.measured:
        return
    claims = sorted(without.members_ms.values(), reverse=True)
    # A second person's claim counts in full: then it was the first's that was cut.
    backed = claims[0] + MARGIN_MS if claims else 0.0
    allowed = max(ONE_PERSON_MS / with_it.persons, ONE_PERSON_SHARE * max(lead_of(without), backed))
    assert lead_of(with_it) <= max(lead_of(without) + allowed, backed + allowed) + 1e-6


@settings(max_examples=examples(100))
@given(st.lists(st.tuples(st.integers(1, 30), st.floats(0.0, 2000.0)), max_size=60), st.integers(1, 4))
def test_it_makes_no_difference_who_is_connected_where(
    found: list[tuple[int, float]], processes: int
) -> None:
    """As long as nobody is on two processes at once."""
    delays = [(UUID(int=person), delay) for person, delay in found]
    apart = [
        needs_of([one for one in delays if one[0].int % processes == process], HOST)
        for process in range(processes)
    ]
    assert together(apart) == needs_of(delays, HOST)


def test_an_older_process_counts_as_it_did() -> None:
    assert lead_of(together([LeadNeeds.of_older(340.0), room(10.0, host=10.0)])) == 340.0
    assert not LeadNeeds.of_older(0.0).measured
    assert not LeadNeeds.of_older(None).measured
