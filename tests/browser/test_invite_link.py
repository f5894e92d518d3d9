"""The invite link of who opened the page as their own machine: others can open it, and the page says why."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from partyapp.shared.ops.network_addresses import http_url, network_addresses
from partyapp.transcode.cli import SAMPLE_VIDEO_ID
from tests.browser.conftest import NewPerson
from tests.browser.page_actions import LIMIT_MS, open_invite, part, start_party
from tests.support.local_stack import Stack
from tests.support.party_client import Guest

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(120)]


def test_a_link_of_localhost_is_the_address_on_the_network(stack: Stack, new_person: NewPerson) -> None:
    if not network_addresses():
        pytest.skip("this machine is on no network: there is no other address to give")
    ada, ben = new_person(), new_person()
    link = start_party(ada, stack.url, "Ada")
    assert stack.url.startswith("http://localhost:")
    # Of web itself: whether a proxy in front is on the network nobody told it.
    assert link.startswith(http_url(network_addresses()[0], stack.port) + "/p/")
    expect(part(ada, "invite-note")).to_have_text(re.compile("on your network"))
    expect(part(ada, "invite-note")).to_be_visible()
    # As a chat program hands it on.
    open_invite(ben, f"{link}.", "Ben")
    expect(part(ada, "member-count")).to_have_text(re.compile("2"), timeout=LIMIT_MS)
    expect(part(ben, "invite-link")).to_have_value(link)
    expect(part(ben, "invite-note")).to_be_hidden()


def test_an_older_link_lets_in_and_its_code_goes_into_the_fragment(
    stack: Stack, new_person: NewPerson
) -> None:
    ada = Guest(stack.url, "Ada")
    party = ada.create_party(str(SAMPLE_VIDEO_ID))
    ada.close()
    address, code = f"{stack.url}/p/{party['id']}", party["invite_code"]
    page = new_person()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for link in (f"{address}#invite={code}", f"{address}?utm_source=chat&invite={code}"):
        page.goto(link)
        expect(part(page, "name")).to_be_focused(timeout=LIMIT_MS)
        assert page.url.endswith(f"#invite={code}")
    # What a browser hands on of a request leaves the fragment out only on its way: here it is still there.
    sent = [url.partition("#")[0] for url in asked]
    assert [url for url in sent if code in url] == [f"{address}?utm_source=chat&invite={code}"]
