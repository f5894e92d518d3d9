"""Rates and quotas as an operator writes them."""

from __future__ import annotations

import pytest

from partyapp.shared.kernel.bounds import UNLIMITED, BadBound, Quotas, Rate, Rates
from partyapp.shared.ops.settings import BadSettings, Settings

NEEDED = {
    "PARTY_SECRET_KEY": "an unguessable sequence of 41 characters..",
    "DATABASE_URL": "postgres://h/d",
    "REDIS_URL": "redis://h",
}


def test_nothing_set_is_a_sensible_bound() -> None:
    settings = Settings.from_environment(NEEDED)
    assert settings.rates == Rates()
    assert settings.rates.enabled
    assert settings.quotas == Quotas(parties=50, members=10_000, sockets=20)
    assert settings.trusted_hops == 0


def test_each_bound_can_be_set() -> None:
    environ = {"RATELIMIT_SIGN_IN": "5/minute", "RATELIMIT_MESSAGES": "7/second", "PARTY_MAX_SOCKETS": "3"}
    settings = Settings.from_environment(NEEDED | environ | {"PARTY_TRUSTED_HOPS": "2"})
    assert settings.rates.sign_in == Rate(amount=5, per_s=60)
    assert settings.rates.messages == Rate(amount=7, per_s=1)
    assert settings.quotas.sockets == 3
    assert settings.trusted_hops == 2


def test_a_load_test_has_no_rates_and_no_quotas_but_those_it_sets() -> None:
    assert not Rates.from_environment({"RATELIMIT_ENABLED": "0"}).enabled
    quotas = Quotas.from_environment({"RATELIMIT_ENABLED": "0", "PARTY_MAX_PARTIES": "7"})
    assert (quotas.parties, quotas.members, quotas.sockets) == (7, 10_000, UNLIMITED)


def test_no_party_is_larger_than_the_contract_allows() -> None:
    assert Quotas.from_environment({"PARTY_MAX_MEMBERS": "20000"}).members == 10_000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RATELIMIT_ENABLED", "no"),
        ("RATELIMIT_USER", "60"),
        ("RATELIMIT_USER", "0/minute"),
        ("RATELIMIT_USER", "60 per minute"),
        ("RATELIMIT_USER", "6e1/minute"),
        ("PARTY_MAX_PARTIES", "0"),
        ("PARTY_MAX_PARTIES", "-1"),
        ("PARTY_MAX_PARTIES", "99999999999"),
        ("PARTY_TRUSTED_HOPS", "ten"),
        ("PARTY_TRUSTED_HOPS", "10"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=name):
        Settings.from_environment(NEEDED | {name: value})


def test_a_bad_bound_is_an_error_of_its_own() -> None:
    with pytest.raises(BadBound, match="RATELIMIT_USER"):
        Rate.parse("RATELIMIT_USER", "")
