"""Talk beside the film and reactions over it, through the page alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import LIMIT_MS, open_invite, part, say, start_party
from tests.support.local_stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(240)]

#: Whether two elements share a part of the window.
_OVERLAP = """([one, other]) => {
  const boxOf = (name) => document.querySelector(`[data-testid=${name}]`).getBoundingClientRect();
  const [a, b] = [boxOf(one), boxOf(other)];
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}"""


def overlaps(page: Page, one: str, other: str) -> bool:
    return bool(page.evaluate(_OVERLAP, [one, other]))


def test_two_talk_beside_the_film(stack: Stack, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person(width=390, height=844)
    complaints = [complaints_of(page) for page in (ada, grace)]
    open_invite(grace, start_party(ada, stack.url, "Ada"), "Grace")
    # On a phone it is folded at first, and says how much was not read.
    say(ada, "Hello")
    say(ada, "Are you there?")
    expect(part(grace, "chat-unread")).to_have_text("2", timeout=LIMIT_MS)
    part(grace, "chat-summary").press("Enter")
    expect(part(grace, "chat-message")).to_have_count(2)
    expect(part(grace, "chat-unread")).to_be_hidden()
    # A key in the field is text and no command.
    say(grace, "k m f")
    expect(part(ada, "chat-message").last).to_contain_text("k m f", timeout=LIMIT_MS)
    expect(part(ada, "chat-message").last).to_contain_text("Grace")
    assert ada.locator("html.is-fullscreen").count() == grace.locator("html.is-fullscreen").count() == 0
    # One's own message is one's own to delete; the host looks after all.
    expect(part(grace, "chat-delete")).to_have_count(1)
    expect(part(ada, "chat-delete")).to_have_count(3)
    # Of who wrote she is led to what she may do about them.
    expect(part(grace, "chat-author")).to_have_count(0)
    expect(part(ada, "chat-author")).to_have_count(1)
    part(ada, "chat-author").press("Enter")
    expect(ada.locator("#person-name")).to_have_text("Grace")
    part(ada, "close-person").press("Enter")
    expect(part(ada, "chat-author")).to_be_focused()
    part(grace, "chat-delete").click()
    for page in (ada, grace):
        expect(part(page, "chat-message")).to_have_count(2, timeout=LIMIT_MS)
    part(ada, "react").first.click()
    expect(part(grace, "reaction").first).to_be_attached(timeout=LIMIT_MS)
    expect(part(grace, "reaction")).to_have_count(0, timeout=LIMIT_MS)
    # What was said is there after a reload.
    grace.reload()
    expect(part(grace, "chat-message")).to_have_count(2, timeout=LIMIT_MS)
    assert complaints == [[], []]


#: Ten at once, of which two are too many, and the next one on its way in the field.
_IN_A_HURRY = """() => {
  const field = document.querySelector("[data-testid=chat-field]");
  for (let number = 0; number < 10; number += 1) {
    field.value = `message ${number}`;
    field.form.requestSubmit();
  }
  field.value = "the next one";
}"""


def test_what_was_not_sent_is_not_lost(stack: Stack, new_person: NewPerson) -> None:
    ada = new_person()
    start_party(ada, stack.url, "Ada")
    expect(part(ada, "chat-field")).to_be_visible()
    ada.evaluate(_IN_A_HURRY)
    unsent = part(ada, "chat-unsent")
    expect(unsent.first).to_be_visible(timeout=LIMIT_MS)
    expect(part(ada, "chat-pending")).to_have_count(0, timeout=LIMIT_MS)
    expect(part(ada, "chat-field")).to_have_value("the next one")
    refused = unsent.count()
    assert part(ada, "chat-message").count() == 10 - refused
    while unsent.count():
        part(ada, "chat-again").first.press("Enter")
        expect(part(ada, "chat-field")).to_be_focused()
        expect(part(ada, "chat-pending")).to_have_count(0, timeout=LIMIT_MS)
    expect(part(ada, "chat-message")).to_have_count(10, timeout=LIMIT_MS)
    expect(part(ada, "chat-error")).to_be_hidden()


def test_a_place_in_the_film_is_asked_about_first(stack: Stack, new_person: NewPerson) -> None:
    ada = new_person()
    start_party(ada, stack.url, "Ada")
    ada.wait_for_function("() => Number(document.querySelector('[data-testid=seek]').max) > 60")
    say(ada, "From the beginning")
    slider = part(ada, "seek")
    slider.fill("100")
    slider.dispatch_event("change")
    expect(part(ada, "elapsed")).to_have_text("1:40", timeout=LIMIT_MS)
    # The offer to take the seek back comes with its answer, and takes the place of one before it.
    expect(part(ada, "undo-seek")).to_be_visible(timeout=LIMIT_MS)
    part(ada, "chat-place").click()
    expect(part(ada, "go-there")).to_be_visible()
    expect(part(ada, "elapsed")).to_have_text("1:40")
    part(ada, "go-there").click()
    expect(part(ada, "elapsed")).to_have_text("0:00", timeout=LIMIT_MS)


def test_it_covers_no_control_in_full_screen(stack: Stack, new_person: NewPerson) -> None:
    ada = new_person()
    start_party(ada, stack.url, "Ada")
    part(ada, "fullscreen").click()
    for width, height in ((1280, 800), (844, 390), (390, 844)):
        ada.set_viewport_size({"width": width, "height": height})
        if part(ada, "toggle-chat").get_attribute("aria-expanded") == "false":
            part(ada, "toggle-chat").click()
        expect(part(ada, "chat-field")).to_be_in_viewport()
        for control in ("play", "seek", "fullscreen", "toggle-chat"):
            expect(part(ada, control)).to_be_in_viewport()
            assert not overlaps(ada, control, "chat-panel"), (control, width)


def test_reactions_stand_in_one_line_in_a_window_of_middle_width(stack: Stack, new_person: NewPerson) -> None:
    ada = new_person(width=1100)
    start_party(ada, stack.url, "Ada")
    expect(part(ada, "react").first).to_be_visible(timeout=LIMIT_MS)
    tops = part(ada, "react").evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().top)")
    assert len(set(tops)) == 1


def test_why_one_may_not_write_is_said(stack: Stack, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person(width=390, height=844)
    open_invite(grace, start_party(ada, stack.url, "Ada"), "Grace")
    part(ada, "person-menu").nth(1).click()
    expect(part(ada, "person-unmute")).to_be_hidden()
    part(ada, "person-mute").click()
    expect(part(ada, "person-unmute")).to_be_focused(timeout=LIMIT_MS)
    expect(part(ada, "person-mute")).to_be_hidden()
    expect(part(ada, "notices")).to_contain_text("can’t write", timeout=LIMIT_MS)
    # On a phone the chat is folded.
    expect(part(grace, "notices")).to_contain_text("you were muted", timeout=LIMIT_MS)
    part(ada, "person-unmute").click()
    expect(part(grace, "notices")).to_contain_text("can write in the chat again", timeout=LIMIT_MS)
    part(ada, "person-mute").click()
    expect(part(ada, "person-unmute")).to_be_focused(timeout=LIMIT_MS)
    part(ada, "close-person").click()
    part(ada, "person-menu").nth(1).click()
    expect(part(ada, "person-unmute")).to_be_visible(timeout=LIMIT_MS)
    expect(part(ada, "person-mute")).to_be_hidden()
    part(ada, "close-person").click()
    expect(part(grace, "chat-reason")).to_contain_text("muted", timeout=LIMIT_MS)
    expect(part(grace, "chat-field")).not_to_be_editable()
    part(ada, "open-settings").click()
    part(ada, "chat-enabled").uncheck()
    part(ada, "save-settings").click()
    expect(part(grace, "chat-reason")).to_contain_text("is off", timeout=LIMIT_MS)
