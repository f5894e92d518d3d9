"""The start page with more films than its list holds: by keys alone, searched, changed and deleted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import LIMIT_MS, part
from tests.support.fronted_stack import stack_for_pages
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(180)]

VIDEOS = 60


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One of its own, since so many videos push the sample off the first page."""
    with own_folder() as folder, stack_for_pages(folder / "data", sample=False) as running:
        yield running


@pytest.fixture
def ada(stack: Stack, new_person: NewPerson) -> Page:
    """A phone with the page of Ada, who has many films."""
    page = new_person(width=360, height=740)
    page.goto(stack.url)
    part(page, "name").fill("Ada")
    part(page, "name").press("Enter")
    expect(part(page, "create-form")).to_be_visible(timeout=LIMIT_MS)
    guest = Guest(stack.url, token=page.evaluate("() => localStorage.getItem('party.token')"))
    for number in range(VIDEOS):
        guest.create_video(f"Film {number}")
    guest.close()
    page.reload()
    return page


def test_the_focus_goes_on_to_what_came_when_more_vanishes(ada: Page) -> None:
    rows = part(ada, "video-choice")
    more = part(ada, "videos").get_by_role("button", name="More")
    expect(more).to_be_visible(timeout=LIMIT_MS)
    known = rows.count()
    more.focus()
    ada.keyboard.press("Enter")
    expect(rows).to_have_count(VIDEOS, timeout=LIMIT_MS)
    expect(more).to_be_hidden()
    expect(rows.nth(known).locator("input")).to_be_focused()


def test_a_film_is_looked_for_renamed_and_deleted(ada: Page) -> None:
    complaints = complaints_of(ada)
    rows = part(ada, "video-choice")
    part(ada, "search-films").fill("film 42")
    expect(rows).to_have_count(1, timeout=LIMIT_MS)
    expect(rows).to_contain_text("Film 42")
    part(ada, "search-films").press("Enter")
    part(ada, "film-rename").click()
    expect(part(ada, "film-title")).to_have_value("Film 42")
    part(ada, "film-title").fill("The Long Boat <b>")
    part(ada, "film-title").press("Enter")
    expect(rows).to_contain_text("The Long Boat <b>")
    part(ada, "search-films").fill("nothing is called so")
    expect(part(ada, "videos")).to_contain_text("No film fits that", timeout=LIMIT_MS)
    expect(part(ada, "create")).to_be_disabled()
    part(ada, "search-films").fill("long boat")
    expect(rows).to_have_count(1, timeout=LIMIT_MS)
    part(ada, "film-remove").click()
    part(ada, "confirm-delete").click()
    expect(rows).to_have_count(0, timeout=LIMIT_MS)
    part(ada, "search-films").fill("")
    part(ada, "film-kind").select_option("mine")
    expect(rows).not_to_have_count(0, timeout=LIMIT_MS)
    expect(part(ada, "videos")).not_to_contain_text("Long Boat")
    assert ada.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    assert complaints == []


def test_a_film_that_a_party_shows_is_not_deleted(ada: Page) -> None:
    guest = Guest(ada.url, token=ada.evaluate("() => localStorage.getItem('party.token')"))
    shown = guest.create_video("Shown now")
    guest.create_party(shown["id"])
    guest.close()
    ada.reload()
    row = ada.locator(f'[data-video-id="{shown["id"]}"]')
    row.click()
    part(ada, "film-remove").filter(visible=True).click()
    part(ada, "confirm-delete").click()
    expect(part(ada, "alerts")).to_contain_text("A party shows this film now", timeout=LIMIT_MS)
    expect(row).to_be_visible()


def test_an_address_says_what_is_wrong_with_it_and_is_added_all_the_same(ada: Page) -> None:
    address, said = part(ada, "film-address"), part(ada, "address-error")
    address.fill("the long film")
    part(ada, "add-address").click()
    expect(said).to_contain_text("Paste the whole address")
    address.fill(f"{ada.url}p/0199f000-0000-7000-8000-000000000001#invite=abc")
    address.press("Enter")
    expect(said).to_contain_text("leads to a party")
    address.fill(ada.url)
    address.press("Enter")
    expect(said).to_contain_text("a web page, not a video", timeout=LIMIT_MS)
    address.fill("https://www.youtube.com/watch?v=abc")
    address.press("Enter")
    expect(said).to_contain_text("video site's page")
    expect(address).to_be_focused()
    address.fill("http://127.0.0.1:9/The_Long%20Boat.mp4")
    address.press("Enter")
    expect(said).to_contain_text("Press again to add it all the same", timeout=LIMIT_MS)
    address.press("Enter")
    row = part(ada, "video-choice").filter(has_text="The Long Boat")
    expect(row.locator("input")).to_be_checked(timeout=LIMIT_MS)
    expect(said).to_be_hidden()
    expect(address).to_have_value("")
