"""The gateway's settings as an operator writes them."""

from __future__ import annotations

import pytest

from partyapp.shared.ops.syncplay_settings import SyncplaySettings, web_url_of


def test_it_is_on_unless_it_is_switched_off() -> None:
    found = SyncplaySettings.from_environment({})
    assert (found.enabled, found.host, found.port, found.tls_cert) == (True, None, 8999, None)
    assert not SyncplaySettings.from_environment({"SYNCPLAY_ENABLED": "0"}).enabled


@pytest.mark.parametrize(
    ("env", "url"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"HOST": "0.0.0.0", "PORT": "8001"}, "http://127.0.0.1:8001"),
        ({"HOST": "[::]"}, "http://127.0.0.1:8000"),
        ({"HOST": "[fd00::2]"}, "http://[fd00::2]:8000"),
        ({"HOST": "192.0.2.2"}, "http://192.0.2.2:8000"),
        ({"PARTY_WEB_URL": "http://web:8000/", "HOST": "x"}, "http://web:8000"),
    ],
)
def test_web_is_on_this_machine_unless_it_is_said(env: dict[str, str], url: str) -> None:
    assert web_url_of(env) == url


@pytest.mark.parametrize(
    "env",
    [
        {"SYNCPLAY_ENABLED": "yes"},
        {"SYNCPLAY_PORT": "0"},
        {"SYNCPLAY_PORT": "65536"},
        {"SYNCPLAY_PORT": "x"},
        {"SYNCPLAY_TLS_KEY": "key.pem"},
        {"PARTY_WEB_URL": "web:8000"},
    ],
)
def test_what_can_not_be_used_is_named(env: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(env))):
        SyncplaySettings.from_environment(env)
        web_url_of(env)
