"""Cursors and ids: what is not of our making is refused, and pages join without a gap."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partyapp.shared.http.paging import encode_cursor, id_of_cursor, page
from partyapp.shared.kernel.errors import ValidationFailed
from partyapp.shared.kernel.ids import derived_id, new_id, parse_id
from tests.support.examples import examples

ids = st.builds(UUID, int=st.integers(0, 2**128 - 1))


@settings(max_examples=examples(50))
@given(ids)
def test_a_cursor_is_read_as_it_was_made(value: UUID) -> None:
    cursor = encode_cursor(value)
    assert id_of_cursor(cursor) == value
    assert parse_id(cursor) == value


def test_a_page_that_was_read_before_an_update_goes_on() -> None:
    value = UUID("0198b3a0-0000-7000-8000-000000000002")
    assert id_of_cursor("MDE5OGIzYTAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAy") == value


def test_no_cursor_is_the_beginning() -> None:
    assert id_of_cursor(None) is None


@pytest.mark.parametrize("wrong", ["", "x", "!!!!", "ä", "\x00", "A" * 10_000, "MTI", "%%%", "\ud800"])
def test_a_cursor_of_somebody_elses_making(wrong: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        id_of_cursor(wrong)
    assert set(caught.value.problem()["errors"]) == {"cursor"}


@settings(max_examples=examples(50))
@given(st.text(max_size=60))
def test_any_text_is_a_cursor_or_refused(text: str) -> None:
    try:
        id_of_cursor(text)
    except ValidationFailed:
        return


@pytest.mark.parametrize("count", range(8))
def test_pages_join_without_a_gap(count: int) -> None:
    rows = [UUID(int=number) for number in range(count)]
    seen: list[UUID] = []
    cursor: str | None = None
    while True:
        after = id_of_cursor(cursor)
        rest = rows if after is None else [row for row in rows if row > after]
        items, cursor = page(rest[:4], 3, lambda row: row)
        seen += items
        if cursor is None:
            break
        assert len(items) == 3
    assert seen == rows


def test_new_ids_are_of_version_7_and_in_order() -> None:
    made = [new_id() for _ in range(1000)]
    assert made == sorted(set(made))
    assert {one.version for one in made} == {7}
    assert all(parse_id(str(one)) == one for one in made)


def test_a_derived_id_is_that_of_its_parts() -> None:
    assert derived_id("a", 1) == derived_id("a", 1) == derived_id("a", "1")
    assert derived_id("a", "b") != derived_id("ab") != derived_id("b", "a")
