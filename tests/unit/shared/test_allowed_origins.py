"""The pages of other origins, as an operator writes them."""

from __future__ import annotations

import pytest

from partyapp.shared.ops.allowed_origins import read_allowed_origins


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (None, set()),
        (" , ", set()),
        ("https://films.example", {"https://films.example"}),
        ("https://films.example, http://localhost:3000", {"https://films.example", "http://localhost:3000"}),
        ("https://a.example http://b.example:80", {"https://a.example", "http://b.example"}),
        ("HTTPS://Films.Example:443/", {"https://films.example"}),
        ("http://[::1]:8000", {"http://[::1]:8000"}),
    ],
)
def test_they_are_read_as_browsers_name_them(given: str | None, read: set[str]) -> None:
    assert read_allowed_origins(given) == read


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("*", "must name each origin"),
        ("https://*.example", "must name each origin"),
        ("null", "holds 'null', which must begin with http:// or https://"),
        ("films.example", "holds 'films.example', which must begin with"),
        ("https://films.example/watch", "is scheme, host and port alone"),
        ("https://a@films.example", "must not hold a user"),
        ("https://films.example?x", "must not hold a query"),
        ("https://films.example:port", "is no URL"),
        ("https://a.example;https://b.example", "must name a host"),
    ],
)
def test_what_is_none_is_said(given: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"^") as refused:
        read_allowed_origins(given)
    assert said in str(refused.value)
