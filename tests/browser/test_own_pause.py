"""A member's own pause, the speed, the picture that is clicked, and the time at the pointer."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import (
    LIMIT_MS,
    open_invite,
    part,
    start_party,
    wait_for_stage,
    wait_until_moving,
    wait_until_together,
)
from tests.support.local_stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(180)]

#: Keeps what the page answers the media keys with, so that a test can press them.
_KEEP_MEDIA_KEYS = """() => {
  window.mediaKeys = {};
  const set = MediaSession.prototype.setActionHandler;
  MediaSession.prototype.setActionHandler = function (action, act) {
    window.mediaKeys[action] = act;
    return set.call(this, action, act);
  };
}"""


def is_paused(page: Page, paused: bool) -> None:
    page.wait_for_function("(paused) => document.querySelector('video').paused === paused", arg=paused)


def away_and_back(page: Page, other: Page) -> None:
    """Once paused, the party plays on, and the return is to where it is then."""
    is_paused(page, True)
    expect(part(page, "rejoin")).to_be_visible()
    held_s = page.evaluate("() => document.querySelector('video').currentTime")
    wait_until_moving(other)
    assert page.evaluate("() => document.querySelector('video').currentTime") == held_s
    wait_for_stage(page, state="playing", detached="yes")


def test_a_pause_for_oneself_lets_the_party_play_on(stack: Stack, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person(width=390, height=844)
    complaints = [complaints_of(page) for page in (ada, grace)]
    link = start_party(ada, stack.url, "Ada")
    grace.add_init_script(f"({_KEEP_MEDIA_KEYS})()")
    open_invite(grace, link, "Grace")
    part(ada, "play").click()
    for page in (ada, grace):
        wait_until_moving(page)

    part(grace, "own-pause").click()
    away_and_back(grace, ada)
    rows = part(ada, "member").filter(has_text="Grace")
    expect(rows).to_contain_text("paused for now", timeout=LIMIT_MS)
    part(grace, "rejoin").click()
    wait_until_moving(grace)
    wait_until_together(ada, grace)

    # A member's click on the picture is for them alone, and so is Space.
    grace.locator("video").click()
    away_and_back(grace, ada)
    grace.locator("body").press("Space")
    wait_until_moving(grace)

    # A headset's key.
    grace.evaluate("() => window.mediaKeys.pause({ action: 'pause' })")
    away_and_back(grace, ada)
    grace.evaluate("() => window.mediaKeys.play({ action: 'play' })")
    wait_until_moving(grace)

    # The system, or the browser's own window for the picture.
    grace.evaluate("() => document.querySelector('video').pause()")
    away_and_back(grace, ada)
    part(grace, "own-pause").click()
    wait_until_moving(grace)
    wait_until_together(ada, grace)

    # The host's click on the picture is for everybody.
    ada.locator("video").click()
    for page in (ada, grace):
        is_paused(page, True)
    wait_for_stage(grace, state="paused", detached="no")
    assert complaints == [[], []]


def test_the_speed_is_shown_and_set_by_who_controls(stack: Stack, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person()
    open_invite(grace, start_party(ada, stack.url, "Ada"), "Grace")
    part(ada, "play").click()
    wait_until_moving(grace)
    part(ada, "rate").select_option("1.5")
    expect(part(grace, "rate")).to_have_value("1.5", timeout=LIMIT_MS)
    expect(part(grace, "notices")).to_contain_text("Ada set the speed to 1.5×")
    grace.wait_for_function("() => Math.abs(document.querySelector('video').playbackRate - 1.5) < 0.2")
    wait_until_together(ada, grace)
    expect(part(grace, "rate")).to_have_attribute("aria-disabled", "true")
    part(grace, "rate").focus()
    grace.keyboard.press("ArrowDown")
    expect(part(grace, "rate")).to_have_value("1.5")
    # By the keyboard: the arrows of the list, and the keys of the page.
    part(ada, "rate").focus()
    ada.keyboard.press("ArrowDown")
    expect(part(grace, "rate")).to_have_value("1.75", timeout=LIMIT_MS)
    ada.evaluate("() => document.activeElement.blur()")
    ada.keyboard.press("<")
    expect(part(grace, "rate")).to_have_value("1.5", timeout=LIMIT_MS)


def test_the_bar_shows_the_time_at_the_pointer_and_at_a_key(stack: Stack, new_person: NewPerson) -> None:
    ada = new_person()
    start_party(ada, stack.url, "Ada")
    hint = part(ada, "seek-hint")
    expect(part(ada, "total")).to_have_text("5:30", timeout=LIMIT_MS)
    box = part(ada, "seek").bounding_box()
    assert box is not None
    middle, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    ada.mouse.move(middle, y)
    expect(hint).to_have_text(re.compile("2:4[456]"))
    ada.mouse.move(middle, y - 200)
    expect(hint).to_be_hidden()
    part(ada, "seek").focus()
    ada.keyboard.press("PageUp")
    expect(hint).to_have_text("0:30")


def test_the_picture_gets_a_window_of_its_own(stack: Stack, new_person: NewPerson) -> None:
    ada = new_person()
    start_party(ada, stack.url, "Ada")
    if not ada.evaluate("() => document.pictureInPictureEnabled"):
        expect(part(ada, "picture")).to_be_hidden()
        return
    ada.wait_for_function("() => document.querySelector('video').readyState > 0")
    ada.evaluate("""() => {
      HTMLVideoElement.prototype.requestPictureInPicture = async function () {
        this.dispatchEvent(new Event("enterpictureinpicture"));
        window.asked = true;
      };
    }""")
    part(ada, "picture").click()
    ada.wait_for_function("() => window.asked")
