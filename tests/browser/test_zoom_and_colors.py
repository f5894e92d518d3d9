"""Each view at 200 and 400 % zoom, on a phone held either way, and in the system's own colours.

Nothing is cut off, covered or out of reach, at an address of the network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import LIMIT_MS, open_invite, part, say, start_party
from tests.support.browsers.firefox import FirefoxWindow, firefox_window
from tests.support.browsers.programs import installed
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.waiting import RECOVERY_S, eventually

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(400)]

#: A window of 1280 by 800, at 400 % one of 1280 by 1024, and a phone: the sizes in CSS pixels.
SIZES = {"200 %": (640, 400), "400 %": (320, 256), "upright": (390, 844), "lying": (844, 390)}
START_DIALOGS = ("device-dialog", "channels-dialog", "rename-dialog", "delete-dialog")
PARTY_DIALOGS = (
    "keys-dialog", "person-dialog", "pick-dialog", "invites-dialog", "settings-dialog", "bans-dialog",
    "history-dialog",
)  # fmt: skip

#: What is wrong with the view: sideways scrolling, what stands outside, texts that are cut off without a sign
#: or broken where they are one word, and controls that are covered or can't be brought into the window.
FAULTS = """() => {
  const faults = [];
  const { clientWidth: width, scrollWidth } = document.documentElement;
  if (scrollWidth > width + 1) faults.push(`it scrolls sideways: ${scrollWidth} of ${width}`);
  const view = document.querySelector("dialog[open]") ?? document.body;
  const nameOf = (one) => one.dataset.testid || one.dataset.part || one.id || String(one.className);
  const seen = (one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && !one.closest(".sr-only") && one.getBoundingClientRect().width > 1;
  const scrolls = (one) => {
    for (let box = one.parentElement; box; box = box.parentElement) {
      const { overflowX } = getComputedStyle(box);
      if (/auto|scroll/.test(overflowX) && box.scrollWidth > box.clientWidth) return true;
    }
    return false;
  };
  for (const one of view.querySelectorAll("*:not(svg *)")) {
    if (!seen(one)) continue;
    const { left, right } = one.getBoundingClientRect();
    const { overflowX, overflowY, textOverflow } = getComputedStyle(one);
    if ((left < -1 || right > width + 1) && !scrolls(one)) faults.push(`outside: ${nameOf(one)}`);
    if (one.childElementCount > 0 || !one.textContent.trim()) continue;
    const cut = one.scrollWidth > one.clientWidth + 1 && textOverflow !== "ellipsis";
    const tall = one.scrollHeight > one.clientHeight + 2;
    const hides = overflowX === "hidden" && overflowY === "hidden";
    if (hides && (cut || tall)) faults.push(`cut off: ${nameOf(one)}`);
    const range = document.createRange();
    range.selectNodeContents(one);
    if (one.matches("time, .chat-place") && range.getClientRects().length > 1) {
      faults.push(`broken: ${nameOf(one)} ${one.textContent}`);
    }
  }
  for (const one of view.querySelectorAll("button, a[href], input, select, summary, textarea")) {
    if (!seen(one) || ["radio", "file"].includes(one.type)) continue;
    one.scrollIntoView({ block: "center", inline: "center" });
    const { left, top, width: wide, height: high } = one.getBoundingClientRect();
    const hit = document.elementFromPoint(left + wide / 2, top + high / 2);
    const itself = hit && (one.contains(hit) || hit.contains(one) || [...one.labels ?? []].includes(hit));
    if (!hit) faults.push(`out of reach: ${nameOf(one)}`);
    else if (!itself) faults.push(`covered: ${nameOf(one)} by ${nameOf(hit)}`);
  }
  scrollTo(0, 0);
  return [...new Set(faults)];
}"""

#: Boxes that a background alone would tell from what they stand on.
UNBOUNDED = """() => [...document.querySelectorAll(".button, .icon-button, .panel")]
  .filter((one) => one.checkVisibility() && parseFloat(getComputedStyle(one).borderTopWidth) < 1)
  .map((one) => one.dataset.testid || one.className)"""


def faults_of(run: Callable[..., Any], dialogs: tuple[str, ...]) -> dict[str, list[str]]:
    """By view, the page itself and then each dialog, what is wrong with it; `run` runs functions there."""
    found = {"page": run(FAULTS)}
    for name in dialogs:
        # A dialog is as it is without what it is opened for: its layout is what counts here.
        run("(name) => { document.querySelector(`[data-testid=${name}]`).showModal(); }", name)
        found[name] = run(FAULTS)
        run("(name) => { document.querySelector(`[data-testid=${name}]`).close(); }", name)
    return {view: faults for view, faults in found.items() if faults}


@pytest.fixture
def link(stack: Stack, lan_url: str, new_person: NewPerson) -> str:
    """To a party with a long title, of somebody with a long name who has said a few things."""
    host = new_person()
    link = start_party(
        host, lan_url, "Ada Lovelace-Byron of Ockham", title="A rather long evening with friends and family"
    )
    for number in range(3):
        say(host, f"Something at some length, so that it breaks into lines, number {number}")
    expect(part(host, "chat-message")).to_have_count(3, timeout=LIMIT_MS)
    return link


@pytest.mark.parametrize("colors", ["own colours", "the system's colours"])
@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut_off_covered_or_out_of_reach(
    link: str, lan_url: str, new_person: NewPerson, size: str, colors: str
) -> None:
    width, height = SIZES[size]
    page = new_person(width=width, height=height)
    complaints = complaints_of(page)
    forced = colors == "the system's colours"
    page.emulate_media(forced_colors="active" if forced else "none")
    page.goto(lan_url)
    expect(part(page, "name")).to_be_visible(timeout=LIMIT_MS)
    assert page.evaluate(FAULTS) == []
    part(page, "name").fill("Grace")
    part(page, "name").press("Enter")
    # Its list of films comes after it.
    expect(part(page, "video-choice").first).to_be_visible(timeout=LIMIT_MS)
    assert faults_of(page.evaluate, START_DIALOGS) == {}
    open_invite(page, link, "Grace")
    chat = page.locator("details.chat")
    for is_open in (False, True):
        chat.evaluate("(chat, open) => { chat.open = open; }", is_open)
        expect(part(page, "chat-field")).to_be_visible(visible=is_open)
        assert faults_of(page.evaluate, PARTY_DIALOGS if is_open else ()) == {}
        assert not forced or page.evaluate(UNBOUNDED) == []
    assert complaints == []


#: Of Firefox: the page's own colours always, by what the system wants, or never.
COLORS = "browser.display.document_color_use"
SEEN = """(name) => document.querySelector(`[data-testid=${name}]`)?.checkVisibility() ?? false"""


def resize(window: FirefoxWindow, width: int, height: int) -> None:
    window.resize(width, height)
    eventually(lambda: window.run("() => innerWidth") == width)


@pytest.mark.parametrize("use", [1, 2], ids=["own colours", "the system's colours"])
def test_nor_in_firefox(link: str, lan_url: str, use: int) -> None:
    program = installed("firefox")
    if program is None:
        pytest.skip("no Firefox on this machine: zoom and colours were not tried in it")

    with own_folder() as folder, firefox_window(program, folder, {COLORS: use}) as window:
        window.open(f"{link}&name=Grace")
        eventually(lambda: window.run(SEEN, "chat-panel"), RECOVERY_S)
        assert window.run("() => matchMedia('(forced-colors: active)').matches") is (use == 2)
        window.run("() => { document.querySelector('details.chat').open = true; }")
        for width, height in SIZES.values():
            resize(window, width, height)
            assert (width, faults_of(window.run, PARTY_DIALOGS)) == (width, {})
            assert use == 1 or window.run(UNBOUNDED) == []
        window.open(lan_url)
        eventually(lambda: window.run(SEEN, "video-choice"), RECOVERY_S)
        for width, height in SIZES.values():
            resize(window, width, height)
            assert (width, faults_of(window.run, START_DIALOGS)) == (width, {})
