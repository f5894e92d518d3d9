"""A party too large for the list beside the film: who is in it is found all the same."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import LIMIT_MS, open_invite, part, start_party, wait_for_stage
from tests.support.large_party import fill_party
from tests.support.local_stack import Stack
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(240)]

OTHERS = 300
UUID_IN = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


def names(page: Page) -> Locator:
    return part(page, "everyone").locator("bdi")


def fill_up(page: Page, stack: Stack, title: str) -> str:
    """Others join the party that this page shows, once nobody is there; the party's address."""
    address = page.url

    def nobody_is_there() -> bool:
        page.goto(stack.url)
        row = part(page, "party-link").filter(has_text=title)
        row.wait_for()
        return "nobody here now" in row.inner_text()

    eventually(nobody_is_there, limit_s=LIMIT_MS / 1000)
    fill_party(stack.database_url, UUID_IN.findall(address)[0], OTHERS)
    return address


def test_anybody_of_a_large_party_is_found_and_looked_after(stack: Stack, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person(width=390, height=844)
    complaints = complaints_of(ada)
    open_invite(grace, start_party(ada, stack.url, "Ada", title="Full house"), "Grace")
    expect(part(ada, "open-everyone")).to_be_hidden()
    grace.goto(stack.url)
    ada.goto(fill_up(ada, stack, "Full house"))
    wait_for_stage(ada, connection="open", role="host")

    part(ada, "open-everyone").press("Enter")
    expect(names(ada)).to_have_count(50, timeout=LIMIT_MS)
    part(ada, "everyone").get_by_role("button", name="More", exact=True).press("Enter")
    expect(names(ada)).to_have_count(100, timeout=LIMIT_MS)
    part(ada, "everyone-search").fill("member 299")
    expect(names(ada)).to_have_text(["Member 299"], timeout=LIMIT_MS)
    about = ada.get_by_role("button", name="More about Member 299")
    playback = ada.locator("[data-part=person-boxes] [data-grant=playback]")
    about.press("Enter")
    expect(ada.locator("#person-name")).to_have_text("Member 299")
    expect(playback).not_to_be_checked()
    playback.press("Space")
    # What was given is shown again, though the list beside the film doesn't hold them.
    expect(part(ada, "person-defaults")).to_be_visible(timeout=LIMIT_MS)
    part(ada, "close-person").press("Enter")
    expect(about).to_be_focused()
    part(ada, "everyone-search").fill("member 29")
    expect(names(ada)).to_have_count(11, timeout=LIMIT_MS)
    about.press("Enter")
    expect(playback).to_be_checked()
    part(ada, "person-remove").press("Enter")
    part(ada, "ask-yes").press("Enter")
    expect(names(ada)).to_have_count(10, timeout=LIMIT_MS)
    expect(about).to_have_count(0)
    expect(part(ada, "everyone-dialog").locator(":focus")).to_have_count(1)

    part(ada, "everyone-search").fill("")
    part(ada, "everyone-online").check()
    expect(names(ada)).to_have_text(["Ada"], timeout=LIMIT_MS)
    part(ada, "close-everyone").press("Enter")
    expect(part(ada, "open-everyone")).to_be_focused()
    part(ada, "open-history").press("Enter")
    history = part(ada, "history-list")
    expect(history).to_contain_text("Grace joined", timeout=LIMIT_MS)
    expect(history).to_contain_text("Ada took Member 299 out")
    expect(history).not_to_contain_text("Somebody")
    assert complaints == []


def test_who_may_do_nothing_about_others_sees_who_is_there(stack: Stack, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person(width=390, height=844)
    link = start_party(ada, stack.url, "Ada", title="Another full house")
    fill_up(ada, stack, "Another full house")
    open_invite(grace, link, "Grace")
    part(grace, "open-everyone").click()
    part(grace, "everyone-search").fill("grace")
    expect(names(grace)).to_have_text(["Grace"], timeout=LIMIT_MS)
    expect(part(grace, "everyone")).to_contain_text("you")
    part(grace, "everyone-search").fill("nobody is called so")
    expect(part(grace, "everyone")).to_contain_text("Nobody’s name begins so", timeout=LIMIT_MS)
    expect(part(grace, "everyone-menu")).to_have_count(0)
    assert grace.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
