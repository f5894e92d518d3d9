"""The address at which people outside reach the service, as an operator writes it."""

from __future__ import annotations

import pytest

from partyapp.shared.ops.public_url import read_public_url


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (None, None),
        ("", None),
        ("https://party.example", "https://party.example"),
        ("https://party.example/", "https://party.example"),
        (" https://party.example// ", "https://party.example"),
        ("HTTPS://Party.Example:443/", "https://party.example"),
        ("http://party.example:80", "http://party.example"),
        ("http://party.example:443", "http://party.example:443"),
        ("http://192.168.1.5:8000/", "http://192.168.1.5:8000"),
        ("http://[fd00::2]:8000", "http://[fd00::2]:8000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_it_is_scheme_host_and_port(given: str | None, read: str | None) -> None:
    assert read_public_url(given) == read


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("party.example", "must begin"),
        ("ftp://party.example", "must begin"),
        ("javascript:alert(1)", "must begin"),
        ("https://", "must name a host"),
        ("https:///p", "must not hold a path"),
        ("https://a b", "must name a host"),
        ('https://a"><script>', "must name a host"),
        ("https://-", "must name a host"),
        ("https://u:hunter2@party.example", "a user or a password"),
        ("https://party.example/watch", "must not hold a path"),
        ("https://party.example/?", "query or a fragment"),
        ("https://party.example?a=b", "query or a fragment"),
        ("https://party.example#top", "query or a fragment"),
        ("https://party.example:http", "is no URL"),
        ("https://party.example:99999", "is no URL"),
        ("https://[fd00::2", "is no URL"),
        ("https://[fd00::zz]", "is no URL"),
    ],
)
def test_anything_else_is_refused_in_words(given: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as refused:
        read_public_url(given)
    assert "hunter2" not in str(refused.value)
