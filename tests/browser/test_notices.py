"""Notices lie on no control, whatever the window's size, while twelve people join."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPerson
from tests.browser.page_actions import LIMIT_MS, open_invite, part, start_party
from tests.support.local_stack import Stack
from tests.support.party_client import Guest, body_of

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(180)]

#: Phones upright and lying, 1280 px at 400 % zoom, a desktop and a 4K screen.
SIZES = [(320, 568), (390, 844), (844, 390), (320, 200), (700, 900), (1280, 800), (3840, 2160)]

#: Notices go by themselves after 6 and 12 s; here they stay, so that a slow machine finds them still there.
_NOTICES_STAY = """() => {
  const gone = new Set([6000, 12000]);
  const set = window.setTimeout.bind(window);
  window.setTimeout = (run, after, ...rest) => set(run, gone.has(after) ? 3600_000 : after, ...rest);
}"""

#: The controls on which a notice lies, by their boxes where the page begins, and by what a finger would meet.
_COVERED = """() => {
  const notices = [...document.querySelectorAll(".notice")];
  const rest = "#app :is(button, a[href], input, select, summary)";
  const controls = [...document.querySelectorAll(rest)].filter((one) =>
    one.checkVisibility({ visibilityProperty: true }) && !one.closest("dialog, .notice"));
  const meet = (a, b, from, to) => a[from] < b[to] - 1 && b[from] < a[to] - 1;
  const lies = (a, b) => meet(a, b, "left", "right") && meet(a, b, "top", "bottom");
  const covered = controls.filter((control) => {
    const box = control.getBoundingClientRect();
    const overlaps = notices.some((notice) => lies(notice.getBoundingClientRect(), box));
    const met = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return (window.scrollY === 0 && overlaps) || met?.closest(".notice");
  });
  const wide = document.documentElement.scrollWidth > window.innerWidth ? ["the page is too wide"] : [];
  return [notices.length, ...wide, ...covered.map((one) => one.dataset.testid ?? one.textContent)];
}"""


def lie_on_nothing(page: Page, notices: int) -> bool:
    found = page.evaluate(_COVERED)
    assert found == [notices], f"{page.viewport_size}, {page.evaluate('() => window.scrollY')}: {found}"
    return True


def test_an_invitation_from_another_party_is_said_and_leads_there(
    stack: Stack, new_person: NewPerson
) -> None:
    ada = new_person()
    link = start_party(ada, stack.url, "Ada")
    found = re.search(r"/p/([^#]+)#invite=(.+)$", link)
    assert found is not None
    ben = Guest(stack.url, "Ben")
    ben.join(*found.groups())
    other = ben.create_party(title="Film night")
    host_id = ben.party(found.group(1))["host_id"]
    body_of(ben.post(f"/api/parties/{other['id']}/invites", {"user_id": host_id}), 201)
    expect(part(ada, "notices")).to_contain_text("Ben invites you to “Film night”", timeout=LIMIT_MS)
    part(ada, "go-to-party").click()
    ada.wait_for_url(f"**/p/{other['id']}")
    expect(ada.locator("h1")).to_contain_text("Film night", timeout=LIMIT_MS)
    ben.close()


def test_a_channel_is_added_verified_by_its_code_alone_and_removed(
    stack: Stack, new_person: NewPerson
) -> None:
    ada = new_person()
    ada.goto(stack.url)
    part(ada, "name").fill("Ada")
    part(ada, "continue").click()
    part(ada, "open-channels").click()
    expect(part(ada, "offered")).to_contain_text("ntfy")
    expect(part(ada, "no-channels")).to_be_visible()
    part(ada, "channel-address").fill("syslog://")
    part(ada, "add-channel").click()
    expect(part(ada, "channel-error")).to_contain_text("not offered", timeout=LIMIT_MS)
    part(ada, "channel-address").fill("ntfys://ntfy.sh/a-secret-place")
    part(ada, "add-channel").click()
    expect(part(ada, "channel")).to_contain_text("ntfys …ace", timeout=LIMIT_MS)
    expect(part(ada, "channel-state")).to_contain_text("code")
    part(ada, "channel-code").fill("000000")
    part(ada, "verify-channel").click()
    expect(part(ada, "channel").get_by_role("alert")).to_contain_text("not the code", timeout=LIMIT_MS)
    part(ada, "quiet").check()
    part(ada, "quiet-begin").fill("23:30")
    part(ada, "save-quiet").click()
    expect(part(ada, "quiet-saved")).to_contain_text("Saved", timeout=LIMIT_MS)
    ada.reload()
    part(ada, "open-channels").click()
    expect(part(ada, "quiet-begin")).to_have_value("23:30", timeout=LIMIT_MS)
    part(ada, "remove-channel").click()
    expect(part(ada, "no-channels")).to_be_visible(timeout=LIMIT_MS)


def test_notices_lie_on_no_control(stack: Stack, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person(width=320, height=568)
    grace.add_init_script(f"({_NOTICES_STAY})()")
    link = start_party(ada, stack.url, "Ada")
    open_invite(grace, link, "Grace")
    found = re.search(r"/p/([^#]+)#invite=(.+)$", link)
    assert found is not None
    party_id, invite_code = found.groups()
    guests = [Guest(stack.url, f"Guest number {number} with a long name") for number in range(12)]
    for guest in guests:
        guest.join(party_id, invite_code)
    expect(part(grace, "member")).to_have_count(14, timeout=LIMIT_MS)
    expect(part(grace, "notices")).to_contain_text("joined", timeout=LIMIT_MS)
    lie_on_nothing(grace, 1)

    for width, height in SIZES:
        grace.set_viewport_size({"width": width, "height": height})
        for guest in guests[:3]:
            guest.leave(party_id)
            guest.join(party_id, invite_code)
        # A member's play is refused with the reason.
        part(grace, "play").click(force=True)
        expect(part(grace, "alerts")).to_contain_text("Only the host")
        expect(part(grace, "notices")).to_contain_text("joined", timeout=LIMIT_MS)
        grace.evaluate("() => window.scrollTo(0, 0)")
        lie_on_nothing(grace, 2)
        grace.evaluate("() => window.scrollTo(0, document.body.scrollHeight)")
        lie_on_nothing(grace, 2)
        grace.evaluate("() => window.scrollTo(0, 0)")
        grace.keyboard.press("f")
        grace.wait_for_function("() => document.documentElement.classList.contains('is-fullscreen')")
        lie_on_nothing(grace, 2)
        grace.keyboard.press("f")
        grace.wait_for_function("() => !document.fullscreenElement")
    for guest in guests:
        guest.close()
