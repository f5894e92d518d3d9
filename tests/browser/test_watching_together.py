"""Two members in two real browsers watch the sample clip through the page alone."""

from __future__ import annotations

import re
import signal
from typing import Any

import pytest
from playwright.sync_api import expect

from partyapp.transcode.cli import SAMPLE_VIDEO_ID
from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import (
    APART_S,
    LIMIT_MS,
    PICTURE,
    apart_s,
    open_invite,
    part,
    seek,
    start_party,
    wait_for_stage,
    wait_until_moving,
    wait_until_together,
)
from tests.support.local_stack import Stack
from tests.support.party_client import Guest
from tests.support.waiting import RECOVERY_S, eventually
from tests.support.web_workers import web_workers

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(240)]

#: A playing picture is not still for longer than this, in ms, and what the machine holds the page itself up.
STILL_MS = 1000

#: Count from now on how often the picture stood still.
_COUNT_STOPS = """() => {
  window.stops = 0;
  document.querySelector("video").addEventListener("pause", () => { window.stops += 1; });
}"""


def test_two_people_see_the_same_picture(stack: Stack, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person(width=390, height=844)
    complaints = [complaints_of(page) for page in (ada, grace)]
    open_invite(grace, start_party(ada, stack.url, "Ada"), "Grace")
    expect(part(ada, "member")).to_have_count(2, timeout=LIMIT_MS)
    wait_for_stage(grace, role="member")
    expect(part(grace, "play")).to_be_disabled()

    part(ada, "play").click()
    wait_until_moving(ada)
    wait_until_moving(grace)

    seek(ada, 120)
    for page in (ada, grace):
        page.wait_for_function('() => document.querySelector("video").currentTime > 119.5')
    wait_until_together(ada, grace)
    assert 119.5 < grace.evaluate(PICTURE)[0] < 150

    part(ada, "play").click()
    for page in (ada, grace):
        page.wait_for_function('() => document.querySelector("video").paused')
    eventually(lambda: abs(apart_s(ada, grace)) < 0.1)

    part(ada, "hand-over").click()
    wait_for_stage(grace, role="host")
    wait_for_stage(ada, role="member")
    expect(part(ada, "play")).to_be_disabled()
    expect(part(grace, "play")).to_be_enabled()
    part(grace, "play").click()
    for page in (ada, grace):
        wait_until_moving(page)

    part(ada, "leave").click()
    expect(part(grace, "member")).to_have_count(1, timeout=LIMIT_MS)
    assert complaints == [[], []]


def test_the_picture_plays_on_while_the_server_is_gone(own_stack: Stack, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person()
    open_invite(grace, start_party(ada, own_stack.url, "Ada"), "Grace")
    part(ada, "play").click()
    for page in (ada, grace):
        wait_until_moving(page)
        page.evaluate(_COUNT_STOPS)
    before_s = grace.evaluate(PICTURE)[0]

    own_stack.kill("web", signal.SIGKILL)
    expect(part(grace, "connection")).to_contain_text("Reconnecting", timeout=LIMIT_MS)
    for page in (ada, grace):
        wait_for_stage(page, connection="open")
        wait_until_moving(page)
        assert page.evaluate("() => window.stops") == 0
    assert grace.evaluate(PICTURE)[0] > before_s + 0.5

    seek(ada, 200)
    grace.wait_for_function('() => document.querySelector("video").currentTime > 199')
    wait_until_together(ada, grace)


#: Record from now on each interruption of the picture, and each state of the connection.
_RECORD_INTERRUPTIONS = """() => {
  const video = document.querySelector("video"), stage = document.querySelector("#stage");
  window.seen = { stops: [], connection: [], alerts: [], longestStillMs: 0, longestHeldUpMs: 0 };
  for (const kind of ["pause", "error", "emptied", "ended"]) {
    video.addEventListener(kind, () => window.seen.stops.push(kind));
  }
  let at = video.currentTime, movedMs = performance.now(), lookedMs = movedMs;
  setInterval(() => {
    const nowMs = performance.now();
    if (video.currentTime !== at) [at, movedMs] = [video.currentTime, nowMs];
    window.seen.longestStillMs = Math.max(window.seen.longestStillMs, nowMs - movedMs);
    window.seen.longestHeldUpMs = Math.max(window.seen.longestHeldUpMs, nowMs - lookedMs);
    lookedMs = nowMs;
  }, 50);
  new MutationObserver(() => window.seen.connection.push(stage.dataset.connection))
    .observe(stage, { attributeFilter: ["data-connection"] });
  const alerts = document.querySelector("[data-testid=alerts]");
  new MutationObserver(() => window.seen.alerts.push(alerts.textContent))
    .observe(alerts, { childList: true });
}"""


def test_a_deploy_does_not_interrupt_the_picture(own_stack: Stack, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person()
    complaints = [complaints_of(page) for page in (ada, grace)]
    open_invite(grace, start_party(ada, own_stack.url, "Ada"), "Grace")
    part(ada, "play").click()
    for page in (ada, grace):
        wait_until_moving(page)
        page.evaluate(_RECORD_INTERRUPTIONS)
    began_s = grace.evaluate(PICTURE)

    old = web_workers(own_stack)
    own_stack.kill("web", signal.SIGHUP)
    eventually(lambda: (now := web_workers(own_stack)) and set(old).isdisjoint(now), RECOVERY_S)
    for page in (ada, grace):
        page.wait_for_function("() => window.seen.connection.includes('open')")
        wait_for_stage(page, connection="open")
        wait_until_moving(page)
        assert page.evaluate("() => window.seen.stops") == []
        assert page.evaluate("() => window.seen.alerts") == []
        still_ms, held_up_ms = page.evaluate(
            "() => [window.seen.longestStillMs, window.seen.longestHeldUpMs]"
        )
        assert still_ms < STILL_MS + held_up_ms

    def has_lost_no_time() -> bool:
        now_s = grace.evaluate(PICTURE)
        return bool(abs((now_s[0] - began_s[0]) - (now_s[1] - began_s[1]) / 1000.0) < APART_S)

    eventually(has_lost_no_time)

    seek(ada, 200)
    for page in (ada, grace):
        page.wait_for_function('() => document.querySelector("video").currentTime > 199')
    wait_until_together(ada, grace)
    assert complaints == [[], []]


def test_keys_work_and_a_phone_needs_no_sideways_scrolling(stack: Stack, new_person: NewPerson) -> None:
    ada = new_person(width=360, height=740)
    start_party(ada, stack.url, "Ada")
    ada.locator("body").press("Space")
    wait_until_moving(ada)
    ada.locator("body").press("Space")
    ada.wait_for_function('() => document.querySelector("video").paused')
    assert ada.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")


def test_a_screen_reader_is_told_of_waits_and_of_the_next_film(stack: Stack, new_person: NewPerson) -> None:
    """A live region is read as it changes only where it was there before; buttons come with their card."""
    page = new_person()
    start_party(page, stack.url, "Ada")
    for name in ("held-for", "next-title"):
        expect(page.get_by_role("status").and_(part(page, name))).to_have_count(1)
    for name in ("go-on", "next-now", "not-yet"):
        expect(page.get_by_role("button").and_(part(page, name))).to_have_count(0)


def test_the_page_keeps_to_its_own_content_security_policy(stack: Stack, new_person: NewPerson) -> None:
    ada = new_person(bypass_csp=False)
    complaints = complaints_of(ada)
    start_party(ada, stack.url, "Ada")
    part(ada, "play").click()
    wait_for_stage(ada, state="playing")
    assert complaints == []


@pytest.mark.parametrize("ended", [False, True])
def test_an_invite_that_fails_is_explained(stack: Stack, new_person: NewPerson, ended: bool) -> None:
    host = Guest(stack.url, "Ada")
    party: dict[str, Any] = host.create_party(str(SAMPLE_VIDEO_ID))
    invite = party["invite_code"] if ended else "wrong"
    if ended:
        host.end(party["id"])
    host.close()
    page = new_person()
    page.goto(f"{stack.url}/p/{party['id']}?invite={invite}&name=Grace")
    card = part(page, "card")
    expect(card).to_be_visible(timeout=LIMIT_MS)
    expect(card).to_contain_text(re.compile("over|ended" if ended else "does not exist|not complete", re.I))
