"""A browser that starts no video with sound by itself: the page asks for a click, and then follows."""

from __future__ import annotations

import pytest
from playwright.sync_api import Playwright, expect

from tests.browser.conftest import FLAGS, NewPerson
from tests.browser.page_actions import (
    LIMIT_MS,
    part,
    start_party,
    wait_until_moving,
    wait_until_together,
)
from tests.support.local_stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together]

#: Logs to the console that the page asks. Playwright's own look into a page counts as a click there, so
#: nothing may look into it before.
_REPORT = """const timer = setInterval(() => {
  if (!document.querySelector("[data-testid=unblock]")?.checkVisibility()) return;
  clearInterval(timer);
  console.log("asks for a click");
}, 50);"""


def test_the_page_asks_for_a_click_and_then_follows(
    stack: Stack, playwright: Playwright, chromium: str, new_person: NewPerson
) -> None:
    ada = new_person()
    link = start_party(ada, stack.url, "Ada")
    part(ada, "play").click()
    wait_until_moving(ada)
    strict = [flag for flag in FLAGS if "autoplay" not in flag] + ["--autoplay-policy=user-gesture-required"]
    browser = playwright.chromium.launch(executable_path=chromium, args=strict)
    try:
        grace = browser.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True).new_page()
        grace.add_init_script(_REPORT)
        with grace.expect_console_message(
            lambda message: message.text == "asks for a click", timeout=LIMIT_MS
        ):
            grace.goto(f"{link}&name=Grace")
        grace.mouse.click(400, 300)
        expect(part(grace, "unblock")).to_be_hidden(timeout=LIMIT_MS)
        wait_until_moving(grace)
        wait_until_together(ada, grace)
    finally:
        browser.close()
