"""The start page by keys alone, with more videos than a page of the list holds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPerson
from tests.browser.page_actions import LIMIT_MS, part
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(180)]

VIDEOS = 60


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One of its own, since so many videos push the sample off the first page."""
    with own_folder() as folder, Stack(folder / "data") as running:
        guest = Guest(running.url, "Ada")
        for number in range(VIDEOS):
            guest.create_video(f"Film {number}")
        guest.close()
        yield running


def test_the_focus_goes_on_to_what_came_when_more_vanishes(stack: Stack, new_person: NewPerson) -> None:
    page = new_person()
    page.goto(stack.url)
    part(page, "name").fill("Ada")
    part(page, "name").press("Enter")
    rows = part(page, "video-choice")
    more = part(page, "videos").get_by_role("button", name="More")
    expect(more).to_be_visible(timeout=LIMIT_MS)
    known = rows.count()
    more.focus()
    page.keyboard.press("Enter")
    expect(rows).to_have_count(VIDEOS, timeout=LIMIT_MS)
    expect(more).to_be_hidden()
    expect(rows.nth(known).locator("input")).to_be_focused()
