"""The address at which people outside reach the service, as an operator writes it."""

from __future__ import annotations

import pytest

from partyapp.shared.ops.public_url import origin_of, path_of, read_public_url


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
        ("https://example.org/party/", "https://example.org/party"),
        ("https://example.org/our/Party_1.x", "https://example.org/our/Party_1.x"),
    ],
)
def test_it_is_scheme_host_port_and_path(given: str | None, read: str | None) -> None:
    assert read_public_url(given) == read


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("party.example", "must begin"),
        ("ftp://party.example", "must begin"),
        ("javascript:alert(1)", "must begin"),
        ("https://", "must name a host"),
        ("https:///p", "must name a host"),
        ("https://a b", "must name a host"),
        ('https://a"><script>', "must name a host"),
        ("https://-", "must name a host"),
        ("https://u:hunter2@party.example", "a user or a password"),
        ("https://party.example/a//b", "must hold a path of"),
        ("https://party.example/a/../b", "must hold a path of"),
        ("https://party.example/a%20b", "must hold a path of"),
        ("https://party.example/a b", "must hold a path of"),
        ('https://party.example/"><script>', "must hold a path of"),
        ("https://party.example/api", "Party itself uses"),
        ("https://party.example/p/party", "Party itself uses"),
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


def test_its_origin_and_its_path_are_told_apart() -> None:
    url = "https://example.org:8443/our/party"
    assert (origin_of(url), path_of(url)) == ("https://example.org:8443", "/our/party")
    assert (origin_of("https://example.org"), path_of("https://example.org")) == ("https://example.org", "")
    assert path_of(None) == ""
