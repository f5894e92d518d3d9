"""Two people in two real browsers watch the sample clip through the page alone."""

from __future__ import annotations

import re
import signal
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from partyapp.transcode.cli import SAMPLE_VIDEO_ID
from tests.browser.conftest import NewPerson, complaints_of
from tests.support.local_stack import Stack
from tests.support.party_client import Guest
from tests.support.waiting import eventually
from tests.support.web_workers import web_workers

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(240)]

#: A second after a command the two pictures may be this far apart, in s.
APART_S = 0.5

#: A picture that moves is seen to move within this time, in ms, however busy the machine.
STILL_MS = 1000

LIMIT_MS = 20_000

#: Where the picture is (s), when that was on the machine's clock (ms), and whether it stands still.
_PICTURE = """() => {
  const video = document.querySelector("video");
  return [video.currentTime, performance.timeOrigin + performance.now(), video.paused];
}"""


#: Count from now on how often the picture stood still.
_COUNT_STOPS = """() => {
  window.stops = 0;
  document.querySelector("video").addEventListener("pause", () => { window.stops += 1; });
}"""


def part(page: Page, name: str) -> Locator:
    return page.locator(f"[data-testid={name}]")


def stage_is(page: Page, **facts: str) -> None:
    """Wait until the stage says so."""
    for name, value in facts.items():
        expect(page.locator("#stage")).to_have_attribute(f"data-{name}", value, timeout=LIMIT_MS)


def start_party(page: Page, url: str, name: str) -> str:
    """Name yourself, pick the sample clip and start; returns the invite link that the page shows."""
    page.goto(url)
    part(page, "name").fill(name)
    part(page, "continue").click()
    page.locator(f'[data-video-id="{SAMPLE_VIDEO_ID}"]').click()
    part(page, "create").click()
    page.wait_for_url("**/p/**")
    expect(part(page, "invite-link")).to_have_value(re.compile(r"/p/.+\?invite=.+"))
    stage_is(page, connection="open", role="host")
    return part(page, "invite-link").input_value()


def come_by(page: Page, link: str, name: str) -> None:
    """Open the invite link; nothing is asked."""
    page.goto(f"{link}&name={name}")
    stage_is(page, connection="open")


def moves(page: Page) -> None:
    """Wait until the picture is seen to move."""
    page.wait_for_function(
        """() => {
          const video = document.querySelector("video");
          window.seenAt ??= video.currentTime;
          return !video.paused && video.currentTime > window.seenAt + 0.3;
        }"""
    )
    page.evaluate("() => { delete window.seenAt; }")


def apart_s(one: Page, other: Page) -> float:
    """How far the other's picture is ahead, both brought to one instant of the machine's clock."""
    (here, at_here, still), (there, at_there, _) = one.evaluate(_PICTURE), other.evaluate(_PICTURE)
    passed = 0.0 if still else (at_there - at_here) / 1000.0
    return float(there - here - passed)


def seek(page: Page, seconds: int) -> None:
    """Go to a position with the page's own slider."""
    slider = part(page, "seek")
    slider.fill(str(seconds))
    slider.dispatch_event("change")


def a_second_passes(page: Page) -> None:
    """Wait for a second of the browser's clock."""
    page.evaluate("() => new Promise((resolve) => setTimeout(resolve, 1000))")


def test_two_people_see_the_same_picture(stack: Stack, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person(width=390, height=844)
    complaints = [complaints_of(page) for page in (ada, grace)]
    come_by(grace, start_party(ada, stack.url, "Ada"), "Grace")
    expect(part(ada, "member")).to_have_count(2, timeout=LIMIT_MS)
    stage_is(grace, role="member")
    expect(part(grace, "play")).to_be_disabled()

    part(ada, "play").click()
    moves(ada)
    moves(grace)

    seek(ada, 120)
    a_second_passes(grace)
    assert abs(apart_s(ada, grace)) < APART_S
    assert 119.5 < grace.evaluate(_PICTURE)[0] < 150

    part(ada, "play").click()
    for page in (ada, grace):
        page.wait_for_function('() => document.querySelector("video").paused')
    eventually(lambda: abs(apart_s(ada, grace)) < 0.1, 10)

    part(ada, "hand-over").click()
    stage_is(grace, role="host")
    stage_is(ada, role="member")
    expect(part(ada, "play")).to_be_disabled()
    expect(part(grace, "play")).to_be_enabled()
    part(grace, "play").click()
    for page in (ada, grace):
        moves(page)

    part(ada, "leave").click()
    expect(part(grace, "member")).to_have_count(1, timeout=LIMIT_MS)
    assert complaints == [[], []]


def test_the_picture_plays_on_while_the_server_is_gone(own_stack: Stack, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person()
    come_by(grace, start_party(ada, own_stack.url, "Ada"), "Grace")
    part(ada, "play").click()
    for page in (ada, grace):
        moves(page)
        page.evaluate(_COUNT_STOPS)
    before_s = grace.evaluate(_PICTURE)[0]

    own_stack.kill("web", signal.SIGKILL)
    expect(part(grace, "connection")).to_contain_text("Reconnecting", timeout=LIMIT_MS)
    for page in (ada, grace):
        stage_is(page, connection="open")
        moves(page)
        assert page.evaluate("() => window.stops") == 0
    assert grace.evaluate(_PICTURE)[0] > before_s + 0.5

    seek(ada, 200)
    grace.wait_for_function('() => document.querySelector("video").currentTime > 199')
    a_second_passes(grace)
    assert abs(apart_s(ada, grace)) < APART_S


#: Note from now on what a viewer would notice, and each state of the connection.
_NOTE_WHAT_IS_SEEN = """() => {
  const video = document.querySelector("video"), stage = document.querySelector("#stage");
  window.seen = { stops: [], connection: [], alerts: [], longestStillMs: 0 };
  for (const kind of ["pause", "error", "emptied", "ended"]) {
    video.addEventListener(kind, () => window.seen.stops.push(kind));
  }
  let at = video.currentTime, movedMs = performance.now();
  setInterval(() => {
    if (video.currentTime !== at) [at, movedMs] = [video.currentTime, performance.now()];
    window.seen.longestStillMs = Math.max(window.seen.longestStillMs, performance.now() - movedMs);
  }, 50);
  new MutationObserver(() => window.seen.connection.push(stage.dataset.connection))
    .observe(stage, { attributeFilter: ["data-connection"] });
  const alerts = document.querySelector("[data-testid=alerts]");
  new MutationObserver(() => window.seen.alerts.push(alerts.textContent))
    .observe(alerts, { childList: true });
}"""


def test_nobody_watching_notices_a_deploy(own_stack: Stack, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person()
    complaints = [complaints_of(page) for page in (ada, grace)]
    come_by(grace, start_party(ada, own_stack.url, "Ada"), "Grace")
    part(ada, "play").click()
    for page in (ada, grace):
        moves(page)
        page.evaluate(_NOTE_WHAT_IS_SEEN)
    began_s = grace.evaluate(_PICTURE)

    old = web_workers(own_stack)
    own_stack.kill("web", signal.SIGHUP)
    eventually(lambda: (now := web_workers(own_stack)) and set(old).isdisjoint(now), 40)
    for page in (ada, grace):
        page.wait_for_function("() => window.seen.connection.includes('open')")
        stage_is(page, connection="open")
        moves(page)
        assert page.evaluate("() => window.seen.stops") == []
        assert page.evaluate("() => window.seen.alerts") == []
        assert page.evaluate("() => window.seen.longestStillMs") < STILL_MS
    now_s = grace.evaluate(_PICTURE)
    assert abs((now_s[0] - began_s[0]) - (now_s[1] - began_s[1]) / 1000.0) < APART_S

    seek(ada, 200)
    for page in (ada, grace):
        page.wait_for_function('() => document.querySelector("video").currentTime > 199')
    a_second_passes(grace)
    assert abs(apart_s(ada, grace)) < APART_S
    assert complaints == [[], []]


def test_keys_work_and_a_phone_needs_no_sideways_scrolling(stack: Stack, new_person: NewPerson) -> None:
    ada = new_person(width=360, height=740)
    start_party(ada, stack.url, "Ada")
    ada.locator("body").press("Space")
    moves(ada)
    ada.locator("body").press("Space")
    ada.wait_for_function('() => document.querySelector("video").paused')
    assert ada.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")


def test_the_page_keeps_to_its_own_content_security_policy(stack: Stack, new_person: NewPerson) -> None:
    ada = new_person(bypass_csp=False)
    complaints = complaints_of(ada)
    start_party(ada, stack.url, "Ada")
    part(ada, "play").click()
    stage_is(ada, state="playing")
    assert complaints == []


@pytest.mark.parametrize("ended", [False, True])
def test_what_is_wrong_is_told_in_words(stack: Stack, new_person: NewPerson, ended: bool) -> None:
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
