"""Plain http at an address of the network, as in a local network: no secure context."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import (
    LIMIT_MS,
    part,
    seek,
    start_party,
    wait_for_stage,
    wait_until_moving,
    wait_until_together,
)
from tests.support.code_blocks import blocks

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(120)]


def is_insecure(page: Page) -> bool:
    """Whether the browser leaves out what it offers in secure contexts only."""
    return not page.evaluate(
        "() => window.isSecureContext || 'randomUUID' in crypto || 'clipboard' in navigator"
    )


def ten_lines(party_id: str, invite_code: str) -> str:
    """The README's page, filled in."""
    (html,) = blocks("README.md", "html")
    filled: str = html.replace("PARTY_ID", json.dumps(party_id)).replace(
        "INVITE_CODE", json.dumps(invite_code)
    )
    assert filled.count(party_id) == filled.count(invite_code) == 1
    return f"<!doctype html>\n{filled}"


def test_a_party_at_an_address_of_the_network(lan_url: str, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person()
    complaints = [complaints_of(page) for page in (ada, grace)]
    link = start_party(ada, lan_url, "Ada")
    assert is_insecure(ada)
    assert link.startswith(f"{lan_url}/p/")
    part(ada, "copy-invite").click()
    expect(part(ada, "copy-invite")).to_have_text("Copied", timeout=LIMIT_MS)

    grace.goto(link)
    part(grace, "name").fill("Grace")
    part(grace, "join").click()
    wait_for_stage(grace, connection="open", role="member")
    expect(part(ada, "member")).to_have_count(2, timeout=LIMIT_MS)

    part(ada, "play").click()
    for page in (ada, grace):
        wait_until_moving(page)
    seek(ada, 120)
    for page in (ada, grace):
        page.wait_for_function('() => document.querySelector("video").currentTime > 119.5')
        wait_until_moving(page)
    wait_until_together(ada, grace)
    assert complaints == [[], []]


def test_the_page_of_ten_lines_at_an_address_of_the_network(lan_url: str, new_person: NewPerson) -> None:
    ada, ben = new_person(), new_person()
    link = start_party(ada, lan_url, "Ada")
    found = re.search(r"/p/([^#]+)#invite=(.+)$", link)
    assert found is not None
    complaints = complaints_of(ben)
    ben.route(
        "**/ten-lines", lambda route: route.fulfill(body=ten_lines(*found.groups()), content_type="text/html")
    )
    ben.goto(f"{lan_url}/ten-lines")
    assert is_insecure(ben)
    expect(part(ada, "member")).to_have_count(2, timeout=LIMIT_MS)

    part(ada, "play").click()
    for page in (ada, ben):
        wait_until_moving(page)
    seek(ada, 120)
    for page in (ada, ben):
        page.wait_for_function('() => document.querySelector("video").currentTime > 119.5')
        wait_until_moving(page)
    wait_until_together(ada, ben)
    assert complaints == []
