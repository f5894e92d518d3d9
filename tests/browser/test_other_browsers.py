"""The main path in Firefox and WebKit beside Chromium: a name, a party, its link, the film, a seek, in sync.

All by a plain-http address of the network, as a household does it: a guest's browser of the same make as the
host's, and a party of all three.
"""

from __future__ import annotations

import pytest

from partyapp.transcode.cli import SAMPLE_VIDEO_ID
from tests.browser.conftest import Opened
from tests.browser.page_actions import APART_S, FRAME, PICTURE, frames_apart_s
from tests.support.browsers.window import Window
from tests.support.waiting import RECOVERY_S, eventually

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(400)]


def part(name: str) -> str:
    return f"[data-testid={name}]"


def wait_for(window: Window, function: str, *arguments: object) -> None:
    """Wait until the function of the page answers something true."""
    eventually(lambda: window.run(function, *arguments), RECOVERY_S)


def wait_for_part(window: Window, selector: str) -> None:
    """Wait until the element is there, seen and can be pressed."""
    wait_for(
        window,
        "(selector) => { const found = document.querySelector(selector);"
        " return Boolean(found && !found.disabled && found.getClientRects().length); }",
        selector,
    )


def press(window: Window, selector: str) -> None:
    wait_for_part(window, selector)
    window.press(selector)


def name_yourself(window: Window, name: str, button: str) -> None:
    wait_for_part(window, part("name"))
    window.type_text(part("name"), name)
    press(window, part(button))


def wait_for_stage(window: Window, connection: str, role: str) -> None:
    wait_for(
        window,
        "(connection, role) => { const { dataset } = document.querySelector('#stage') ?? { dataset: {} };"
        " return dataset.connection === connection && dataset.role === role; }",
        connection,
        role,
    )


def position_s(window: Window) -> float:
    return float(window.run(PICTURE)[0])


def apart_s(one: Window, other: Window) -> float:
    """How far the other's picture is ahead, by the frames on the screen, both brought to one instant."""
    return frames_apart_s(one.run(FRAME), other.run(FRAME))


def wait_until_past(window: Window, position: float) -> None:
    eventually(lambda: position_s(window) > position, RECOVERY_S)


def wait_until_moving(*windows: Window) -> None:
    for window in windows:
        wait_until_past(window, position_s(window) + 0.3)


def follow_the_main_path(url: str, host: Window, *guests: Window) -> None:
    host.open(url)
    name_yourself(host, "Ada", "continue")
    press(host, f'[data-video-id="{SAMPLE_VIDEO_ID}"]')
    press(host, part("create"))
    wait_for_stage(host, "open", "host")
    link = host.run("() => document.querySelector('[data-testid=invite-link]').value")
    assert link.startswith(f"{url}/p/")

    for guest, name in zip(guests, ("Grace", "Edsger"), strict=False):
        guest.open(link)
        name_yourself(guest, name, "join")
        wait_for_stage(guest, "open", "member")
    count_members = "(selector, count) => document.querySelectorAll(selector).length === count"
    wait_for(host, count_members, part("member"), 1 + len(guests))

    everybody = (host, *guests)
    press(host, part("play"))
    wait_until_moving(*everybody)
    host.run(_SLIDE, part("seek"), 120)
    for window in everybody:
        wait_until_past(window, 119.5)
    wait_until_moving(*everybody)
    for guest in guests:
        eventually(lambda guest=guest: abs(apart_s(host, guest)) < APART_S, RECOVERY_S)  # type: ignore[misc]

    press(host, part("play"))
    for window in everybody:
        wait_for(window, "() => document.querySelector('video').paused")
    for guest in guests:
        eventually(lambda guest=guest: abs(position_s(host) - position_s(guest)) < 0.1)  # type: ignore[misc]


_SLIDE = """(selector, value) => {
  const slider = document.querySelector(selector);
  slider.value = value;
  for (const kind of ["input", "change"]) slider.dispatchEvent(new Event(kind, { bubbles: true }));
}"""


@pytest.mark.parametrize(
    "browsers",
    [("firefox", "firefox"), ("webkit", "webkit"), ("chromium", "firefox", "webkit")],
    ids=lambda browsers: "-".join(browsers),
)
def test_the_main_path(lan_url: str, opened: Opened, browsers: tuple[str, ...]) -> None:
    follow_the_main_path(lan_url, *map(opened, browsers))
