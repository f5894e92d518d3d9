"""`party check` names what keeps people from signing in at a provider, by a real one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from partyapp.deployment_checks import findings_of
from partyapp.login_checks import login_checks
from partyapp.shared.ops.oidc_settings import OidcSettings
from tests.support.local_stack import free_port
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcServer

PAGE = "http://party.test/below"


@pytest.fixture(scope="module")
def server() -> Iterator[OidcServer]:
    with OidcServer([f"{PAGE}/login"]).running() as server:
        yield server


def found(server: OidcServer, page_url: str | None = PAGE, **changes: Any) -> dict[str, tuple[str, str]]:
    settings = OidcSettings(issuer=server.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    no_resources: Any = None
    checks = login_checks(replace(settings, **changes), page_url)
    rows = list(findings_of(no_resources, checks))
    assert CLIENT_SECRET not in repr(rows)
    return {row.name: (str(row.outcome), f"{row.text} {row.remedy}") for row in rows}


def test_nothing_is_wrong(server: OidcServer) -> None:
    rows = found(server)
    assert [outcome for outcome, _ in rows.values()] == ["ok"] * 3
    assert f"{PAGE}/login" in rows["login address"][1]
    assert found(server, None)["login address"] == ("ok", "not tried without PARTY_PUBLIC_URL or --address ")


def test_each_fault_is_named(server: OidcServer) -> None:
    renamed = found(server, issuer=server.issuer.replace("127.0.0.1", "localhost"))["login provider"]
    assert renamed[0] == "fault"
    assert "calls itself" in renamed[1]
    gone = found(server, issuer=f"http://127.0.0.1:{free_port()}")
    assert {outcome for outcome, _ in gone.values()} == {"fault"}
    assert "can't be reached" in gone["login provider"][1]
    for changes in (
        {"page_url": "http://elsewhere.test"},
        {"client_id": "another"},
        {"scopes": ("profile",)},
    ):
        outcome, said = found(server, **changes)["login address"]
        assert outcome == "fault", changes
        assert "redirect URI" in said
