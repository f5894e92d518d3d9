"""Which address the page is told to give to others."""

from __future__ import annotations

import pytest
from flask import Flask

from partyapp.shared.ops.settings import Settings
from partyapp.web.public_url import own_page_url, public_url_of

FOUND = ["192.168.1.5", "10.0.0.5", "fd12::5"]


def settings(**given: object) -> Settings:
    known: dict[str, object] = {"database_url": "", "redis_url": "", "secret_key": "", "environment": "local"}
    return Settings(**(known | {"host": "[::]"} | given))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found = list(FOUND)
    monkeypatch.setattr("partyapp.web.public_url.network_addresses", lambda: found)
    return found


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "[::1]", "LOCALHOST"])
def test_a_loopback_name_gives_way_to_the_network(host: str) -> None:
    told = public_url_of(settings(), host)
    assert told is not None
    assert (told.url, told.source) == ("http://192.168.1.5:8000", "network")


@pytest.mark.parametrize(
    "host", ["192.168.1.5:8000", "party.local", "[fd12::5]:8000", "party.example:80", ""]
)
def test_any_other_name_is_one_that_others_may_know(host: str) -> None:
    assert public_url_of(settings(), host) is None


def test_what_is_set_goes_before_all() -> None:
    told = public_url_of(settings(public_url="https://party.example"), "localhost")
    assert told is not None
    assert (told.url, told.source) == ("https://party.example", "setting")


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({"host": "0.0.0.0", "port": 9000}, "http://192.168.1.5:9000"),
        ({"host": "10.0.0.5"}, "http://10.0.0.5:8000"),
        ({"host": "[fd12::5]"}, "http://[fd12::5]:8000"),
        ({"host": "127.0.0.1"}, None),
        ({"host": "[::1]"}, None),
        ({"environment": "production"}, None),
    ],
)
def test_it_is_an_address_at_which_web_listens(given: dict[str, object], url: str | None) -> None:
    told = public_url_of(settings(**given), "localhost:8000")
    assert (told.url if told else None) == url


def test_without_a_network_there_is_none(addresses: list[str]) -> None:
    addresses.clear()
    assert public_url_of(settings(), "localhost") is None
    addresses.append("fd12::5")
    assert public_url_of(settings(host="0.0.0.0"), "localhost") is None, "nobody listens there by IPv6"


@pytest.mark.parametrize(
    ("headers", "url"),
    [
        ({}, "http://party.example"),
        ({"Origin": "http://party.example"}, "http://party.example"),
        # A proxy has spoken https with the browser, which that says itself, or the proxy.
        ({"Origin": "https://party.example"}, "https://party.example"),
        ({"X-Forwarded-Proto": "https"}, "https://party.example"),
        # Nobody else's page is it.
        ({"Origin": "https://evil.example"}, "http://party.example"),
        ({"Origin": "https://party.example.evil.example"}, "http://party.example"),
        ({"Origin": "null"}, "http://party.example"),
        ({"X-Forwarded-Proto": "javascript"}, "http://party.example"),
    ],
)
def test_where_a_provider_leads_back_to(headers: dict[str, str], url: str) -> None:
    with Flask(__name__).test_request_context("/", base_url="http://party.example", headers=headers):
        assert own_page_url(settings()) == url
        assert own_page_url(settings(public_url="https://a.example/p1")) == "https://a.example/p1"
