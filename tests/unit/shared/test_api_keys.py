"""The keys of others' servers, as an operator writes them."""

from __future__ import annotations

import pytest

from partyapp.shared.ops.api_keys import read_api_keys, read_guests

ONE = "OVkQ2xqJH0o7dEuJ3VbZ9cTnRw5yLgXa8mKsPf1iD4hU"
TWO = ONE[::-1]


def test_they_are_pairs_and_an_id_may_have_two() -> None:
    assert read_api_keys(None) == {}
    assert read_api_keys(f"films:{ONE}, shop:{TWO},films:{TWO}") == {"films": (ONE, TWO), "shop": (TWO,)}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (ONE, "number 1 is none"),
        (f"films:{ONE},:{TWO}", "number 2 is none"),
        (f"Films:{ONE}", "number 1 is none"),
        ("films:short", "too simple"),
        (f"films:{'ab' * 20}", "too simple"),
    ],
)
def test_what_is_none_is_said_without_the_secret(given: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        read_api_keys(given)
    assert ONE not in str(refused.value)
    assert TWO not in str(refused.value)


def test_there_are_guests_unless_it_says_no() -> None:
    assert [read_guests(text) for text in (None, "", "1", "0")] == [True, True, True, False]
    with pytest.raises(ValueError, match="must be 1 or 0"):
        read_guests("no")
