"""Whom a party waits for is offered at its start, kept, and shown in its settings: by keys alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from partyapp.transcode.cli import SAMPLE_VIDEO_ID
from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import LIMIT_MS, part, wait_for_stage
from tests.support.local_stack import Stack
from tests.support.party_client import Guest, eventually

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(180)]

WAITED_FOR = {"everyone", "most", "host", "nobody"}
#: Between the title and whom the party waits for there are so many fields at most.
FIELDS = 8


def offered(choice: Locator) -> set[str]:
    found: list[str] = choice.locator("option:enabled").evaluate_all("(all) => all.map(({ value }) => value)")
    return set(found)


def tab_to(page: Page, wanted: Locator) -> None:
    """Press the Tab key until it has the focus."""
    for _ in range(FIELDS):
        page.keyboard.press("Tab")
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
    pytest.fail("the Tab key leads past it")


@pytest.mark.parametrize(("key", "chosen"), [(None, "everyone"), ("End", "nobody")])
def test_whom_the_party_waits_for(stack: Stack, new_person: NewPerson, key: str | None, chosen: str) -> None:
    page = new_person()
    complaints = complaints_of(page)
    page.goto(stack.url)
    part(page, "name").fill("Ada")
    part(page, "name").press("Enter")
    page.locator(f'[data-video-id="{SAMPLE_VIDEO_ID}"] input').press("Space")
    part(page, "title").focus()
    choice = part(page, "create-wait")
    tab_to(page, choice)
    expect(choice).to_have_accessible_name("When somebody’s video loads, wait for")
    assert offered(choice) == WAITED_FOR
    # Offered without a press.
    expect(choice).to_have_value("everyone")
    if key is not None:
        page.keyboard.press(key)
    expect(choice).to_have_value(chosen)
    part(page, "create").press("Enter")
    page.wait_for_url("**/p/**")
    wait_for_stage(page, connection="open", role="host")
    found = re.search(r"/p/([0-9a-f-]{36})", page.url)
    assert found is not None
    guest = Guest(stack.url, token=page.evaluate("() => localStorage.getItem('party.token')"))
    assert guest.party(found[1])["wait"]["for"] == chosen

    part(page, "open-settings").press("Enter")
    shown = part(page, "wait-for")
    expect(shown).to_have_value(chosen)
    assert offered(shown) == WAITED_FOR
    shown.press("Home" if chosen == "everyone" else "End")
    other = "nobody" if chosen == "everyone" else "everyone"
    expect(shown).to_have_value(other)
    part(page, "save-settings").press("Enter")
    expect(part(page, "settings-dialog")).to_be_hidden(timeout=LIMIT_MS)
    eventually(lambda: guest.party(found[1])["wait"]["for"] == other)
    part(page, "open-settings").press("Enter")
    expect(shown).to_have_value(other, timeout=LIMIT_MS)
    guest.close()
    assert complaints == []
