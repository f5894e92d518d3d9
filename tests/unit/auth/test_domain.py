"""The rules of identity, without a token around them."""

from __future__ import annotations

from typing import Any

import pytest

from partyapp.auth.domain import (
    LEEWAY_S,
    check_times,
    provider_display_name,
    provider_user_id,
)
from partyapp.shared.kernel.errors import Unauthenticated

NOW_S = 1_700_000_000.0


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "Ada", "preferred_username": "ada1"}, "Ada"),
        ({"name": " ", "preferred_username": "ada1"}, "ada1"),
        ({"name": 3}, "Guest"),
        ({}, "Guest"),
    ],
)
def test_the_first_usable_name_of_a_provider_counts(claims: dict[str, Any], name: str) -> None:
    assert provider_display_name(claims) == name


def test_a_subject_is_one_user_for_its_issuer_and_another_for_another() -> None:
    subject = "0199f000-0000-7000-8000-000000000001"
    first = provider_user_id("https://one.example", subject)
    assert first == provider_user_id("https://one.example", subject)
    assert first != provider_user_id("https://two.example", subject)
    assert str(first) != subject


def test_a_token_holds_from_its_beginning_to_its_end() -> None:
    claims = {"iat": NOW_S, "nbf": NOW_S, "exp": NOW_S + 60}
    assert check_times(claims, NOW_S) == NOW_S + 60
    assert check_times(claims, NOW_S - LEEWAY_S) == NOW_S + 60
    assert check_times(claims, NOW_S + 60 + LEEWAY_S - 0.001) == NOW_S + 60


@pytest.mark.parametrize("now_s", [NOW_S - LEEWAY_S - 0.001, NOW_S + 60 + LEEWAY_S])
@pytest.mark.parametrize("start", ["iat", "nbf"])
def test_a_token_is_refused_outside_its_time(now_s: float, start: str) -> None:
    with pytest.raises(Unauthenticated):
        check_times({start: NOW_S, "exp": NOW_S + 60}, now_s)


@pytest.mark.parametrize(
    "value",
    [None, "1700000600", True, [], float("nan"), float("inf"), pytest.param(10**400, id="10**400"), -1],
)
@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
def test_a_time_that_is_no_number_of_seconds_is_refused(claim: str, value: object) -> None:
    claims: dict[str, Any] = {"iat": NOW_S, "nbf": NOW_S, "exp": NOW_S + 60, claim: value}
    with pytest.raises(Unauthenticated):
        check_times(claims, NOW_S)
