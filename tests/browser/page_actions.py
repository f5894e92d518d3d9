"""What a person does and sees on the page, by the page's own elements."""

from __future__ import annotations

import re
from collections.abc import Sequence

from playwright.sync_api import Locator, Page, expect

from partyapp.transcode.cli import SAMPLE_VIDEO_ID
from tests.support.waiting import eventually

#: Two pictures that follow the same party are no further apart than this, in s.
APART_S = 0.5

#: What the page shows comes within this time, in ms, however busy the machine.
LIMIT_MS = 40_000

#: Where the picture is (s), when that was on the machine's clock (ms), and whether it stands still.
PICTURE = """() => {
  const video = document.querySelector("video");
  return [video.currentTime, performance.timeOrigin + performance.now(), video.paused];
}"""

#: The next frame that is shown: its place in the film (s), and when on the machine's clock (ms).
FRAME = """() => new Promise((resolve) => {
  document.querySelector("video").requestVideoFrameCallback((_now, { mediaTime, expectedDisplayTime }) => {
    resolve([mediaTime, performance.timeOrigin + expectedDisplayTime]);
  });
})"""


def frames_apart_s(one: Sequence[float], other: Sequence[float]) -> float:
    """How far the other's picture is ahead, from a `FRAME` of each, both brought to one instant."""
    (here, at_here), (there, at_there) = one, other
    return float(there - here - (at_there - at_here) / 1000.0)


def part(page: Page | Locator, name: str) -> Locator:
    return page.locator(f"[data-testid={name}]")


def wait_for_stage(page: Page, **facts: str) -> None:
    """Wait until the stage says so."""
    for name, value in facts.items():
        expect(page.locator("#stage")).to_have_attribute(f"data-{name}", value, timeout=LIMIT_MS)


def start_party(page: Page, url: str, name: str, connection: str = "open", title: str = "") -> str:
    """Name yourself, pick the sample clip and start; returns the invite link that the page shows."""
    page.goto(url)
    part(page, "name").fill(name)
    part(page, "continue").click()
    page.locator(f'[data-video-id="{SAMPLE_VIDEO_ID}"]').click()
    if title:
        part(page, "title").fill(title)
    part(page, "create").click()
    page.wait_for_url("**/p/**")
    expect(part(page, "invite-link")).to_have_value(re.compile(r"/p/.+#invite=.+"))
    wait_for_stage(page, connection=connection, role="host")
    return part(page, "invite-link").input_value()


def open_invite(page: Page, link: str, name: str) -> None:
    """Open the invite link; nothing is asked."""
    page.goto(f"{link}&name={name}")
    wait_for_stage(page, connection="open")


def say(page: Page, text: str) -> None:
    """Say it in the party."""
    part(page, "chat-field").fill(text)
    part(page, "chat-field").press("Enter")


def wait_until_moving(page: Page) -> None:
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
    (here, at_here, still), (there, at_there, _) = one.evaluate(PICTURE), other.evaluate(PICTURE)
    passed = 0.0 if still else (at_there - at_here) / 1000.0
    return float(there - here - passed)


def wait_until_together(one: Page, other: Page) -> None:
    """Wait until both show the same part of the film."""
    eventually(lambda: abs(apart_s(one, other)) < APART_S)


def seek(page: Page, seconds: int) -> None:
    """Go to a position with the page's own slider."""
    slider = part(page, "seek")
    slider.fill(str(seconds))
    slider.dispatch_event("change")
