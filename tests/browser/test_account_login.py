"""By an invite alone, where nobody comes in by a name: to the school's sign-in, back, and into the party."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import LIMIT_MS, part, wait_for_stage
from tests.support.local_stack import Stack, free_port
from tests.support.oidc_provider import OidcServer
from tests.support.party_client import Guest
from tests.support.proxies import another_web

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(240)]

LABEL = "Sign in with the school"


def test_an_invite_outlives_the_way_to_the_provider_and_back(stack: Stack, new_person: NewPerson) -> None:
    host = Guest(stack.url, "Host")
    party = host.create_party()
    port = free_port()
    server = OidcServer([f"http://127.0.0.1:{port}/login"])
    told = {**server.settings, "PARTY_GUESTS": "0", "PARTY_OIDC_LABEL": LABEL}
    with server.running(), another_web(stack, told, port=port):
        page = new_person()
        complaints = complaints_of(page)
        page.goto(f"http://127.0.0.1:{port}/p/{party['id']}#invite={party['invite_code']}")
        sign_in = part(page, "account-sign-in")
        expect(sign_in).to_have_text(LABEL, timeout=LIMIT_MS)
        expect(part(page, "name")).to_be_hidden()

        # Who presses "deny" is told so, and goes back to where they were.
        sign_in.click()
        page.get_by_role("link", name="Deny").click(timeout=LIMIT_MS)
        expect(page.get_by_role("heading", name="You did not sign in")).to_be_visible(timeout=LIMIT_MS)
        part(page, "back").click()
        expect(sign_in).to_be_visible(timeout=LIMIT_MS)

        sign_in.click()
        sign_in_at_provider(page, "ada")
        wait_for_stage(page, connection="open", role="member")
        expect(page).to_have_url(re.compile(rf"/p/{party['id']}#invite={party['invite_code']}$"))
        assert {member["display_name"] for member in members_of(host, party["id"])} == {
            "Host",
            "Ada of the school",
        }
        # No address that one can go back to holds what the provider said.
        page.go_back()
        page.wait_for_load_state()
        assert "code=" not in page.url

        page.goto(f"http://127.0.0.1:{port}/")
        part(page, "sign-out").click(timeout=LIMIT_MS)
        expect(part(page, "provider-sign-out")).to_have_attribute("href", re.compile(rf"^{server.issuer}/"))
        part(page, "home").click()
        expect(sign_in).to_be_visible(timeout=LIMIT_MS)
        assert page.evaluate("localStorage.getItem('party.token')") is None
        assert complaints == []
    host.close()


def sign_in_at_provider(page: Page, login: str) -> None:
    page.get_by_label("Login").fill(login, timeout=LIMIT_MS)
    page.get_by_role("button", name="Sign in").click()


def members_of(host: Guest, party_id: str) -> list[dict[str, str]]:
    members: list[dict[str, str]] = host.get(f"/api/parties/{party_id}/members").json()["items"]
    return members
