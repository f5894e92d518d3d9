"""Which addresses are the API's."""

from __future__ import annotations

import pytest

from partyapp.shared.http.api_paths import is_api


@pytest.mark.parametrize(
    ("path", "api"),
    [
        ("/api", True),
        ("/api/", True),
        ("/api/parties", True),
        ("/apis", False),
        ("/", False),
        ("/p/api/", False),
    ],
)
def test_an_address_is_the_apis_or_not(path: str, api: bool) -> None:
    assert is_api(path) is api
