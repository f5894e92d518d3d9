"""Two tabs of one person, one sound; a private window without storage; leaving alone, and what is over."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import LIMIT_MS, part, start_party, wait_for_stage, wait_until_moving
from tests.support.local_stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(180)]

_NO_CHANNEL = "delete window.BroadcastChannel"
_NO_STORAGE = """for (const area of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, area, { get() { throw new DOMException("denied", "SecurityError"); } });
}"""


def is_muted(page: Page, muted: bool) -> None:
    page.wait_for_function("(muted) => document.querySelector('video').muted === muted", arg=muted)


@pytest.mark.parametrize("broadcast", [True, False], ids=["BroadcastChannel", "storage events"])
def test_two_tabs_of_one_person_have_one_sound(stack: Stack, new_person: NewPerson, broadcast: bool) -> None:
    first = new_person()
    if not broadcast:
        first.context.add_init_script(_NO_CHANNEL)
    start_party(first, stack.url, "Ada")
    is_muted(first, False)
    second = first.context.new_page()
    # Not by the link: at another address of the machine the browser keeps other things.
    second.goto(first.url)
    wait_for_stage(second, connection="open")
    is_muted(first, True)
    is_muted(second, False)
    expect(part(first, "other-tab")).to_contain_text("another tab")
    expect(part(second, "other-tab")).to_be_hidden()

    first.bring_to_front()
    first.set_viewport_size({"width": 320, "height": 640})
    text = part(first, "other-tab").locator("span").bounding_box()
    button = part(first, "sound-here").bounding_box()
    assert text is not None
    assert button is not None
    assert button["y"] < text["y"] + text["height"], "the text wraps beside its button"
    assert button["x"] + button["width"] <= 320
    part(first, "sound-here").click()
    is_muted(second, True)
    is_muted(first, False)
    expect(part(first, "mute")).to_be_focused()
    # Whoever turns the sound on where it is not takes it there, too.
    for here, there in ((second, first), (first, second)):
        part(here, "mute").click()
        is_muted(here, False)
        is_muted(there, True)
    # Being silenced is nobody's wish: it is not remembered.
    assert second.evaluate("() => localStorage.getItem('party.muted')") != "yes"
    first.close()
    is_muted(second, False)
    expect(part(second, "other-tab")).to_be_hidden()


def test_a_private_window_without_storage_works_to_the_end(stack: Stack, new_person: NewPerson) -> None:
    ada = new_person()
    ada.context.add_init_script(_NO_STORAGE)
    ada.context.add_init_script(_NO_CHANNEL)
    complaints = complaints_of(ada)
    start_party(ada, stack.url, "Ada")
    part(ada, "play").click()
    wait_until_moving(ada)
    for name in ("mute", "own-pause", "rejoin"):
        part(ada, name).click()
    wait_until_moving(ada)

    # Alone, leaving ends the party, and says so first. Enter gives the harmless answer.
    part(ada, "leave").click()
    expect(part(ada, "leave-dialog")).to_contain_text("the party ends")
    expect(part(ada, "cancel-leave")).to_be_focused()
    ada.keyboard.press("Enter")
    expect(part(ada, "leave-dialog")).to_be_hidden()
    wait_for_stage(ada, connection="open", state="playing")
    part(ada, "leave").click()
    part(ada, "confirm-leave").click()
    expect(part(ada, "create-form")).to_be_visible(timeout=LIMIT_MS)
    expect(part(ada, "me")).to_have_text("Ada")
    assert complaints == []


def test_a_party_that_is_over_can_be_left(stack: Stack, new_person: NewPerson) -> None:
    ada = new_person()
    start_party(ada, stack.url, "Ada")
    address = ada.url
    part(ada, "end").click()
    part(ada, "confirm-end").click()
    for again in (False, True):
        if again:
            ada.goto(address)
        expect(part(ada, "card")).to_contain_text("The party is over", timeout=LIMIT_MS)
        part(ada, "leave-ended").click()
        expect(part(ada, "create-form")).to_be_visible(timeout=LIMIT_MS)
        party_id = address.split("/p/")[1].split("?")[0]
        expect(ada.locator(f"[data-party-id='{party_id}']")).to_have_count(0)
