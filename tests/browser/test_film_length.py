"""The length of a film is its file's, whatever was typed; and the page says in words what nobody knows."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import LIMIT_MS, open_invite, part, seek, wait_for_stage, wait_until_moving
from tests.support.local_stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(240)]

#: The sample clip's real length.
SHOWN_LENGTH = "5:30"
LENGTH_S = 330

#: A video and a party for it, made by the signed-in person of the page; answers the party.
_CREATE = """async ([playbackUrl, durationS]) => {
  const headers = {
    'Content-Type': 'application/json', Authorization: `Bearer ${localStorage.getItem('party.token')}`,
  };
  const post = async (path, body) => {
    const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
    return answer.json();
  };
  const film = { title: 'A film', playback_url: playbackUrl, duration_s: durationS };
  const video = await post('/api/videos', film);
  return post('/api/parties', { video_id: video.id, control: 'everyone' });
}"""

#: The picture becomes a live one: what a canvas shows from now on.
_GO_LIVE = """() => {
  const canvas = document.createElement('canvas');
  canvas.getContext('2d').fillRect(0, 0, 10, 10);
  const video = document.querySelector('video');
  video.removeAttribute('src');
  video.srcObject = canvas.captureStream();
}"""


def party_of(page: Page, url: str, duration_s: float | None, playback_url: str = "/media/sample.mp4") -> Any:
    """Sign Ada in and open a party of a film for which this length (s) was typed."""
    page.goto(url)
    part(page, "name").fill("Ada")
    part(page, "continue").click()
    expect(part(page, "create-form")).to_be_visible()
    party = page.evaluate(_CREATE, [playback_url, duration_s])
    page.goto(f"{url}/p/{party['id']}?invite={party['invite_code']}")
    wait_for_stage(page, connection="open", role="host")
    return party


@pytest.mark.parametrize("typed_s", [30, 900], ids=["too short", "too long"])
def test_everybody_reaches_the_files_end_whatever_was_typed(
    stack: Stack, new_person: NewPerson, typed_s: int
) -> None:
    ada, grace = new_person(), new_person()
    complaints = [complaints_of(page) for page in (ada, grace)]
    party = party_of(ada, stack.url, typed_s)
    open_invite(grace, f"{stack.url}/p/{party['id']}?invite={party['invite_code']}", "Grace")
    for page in (ada, grace):
        expect(part(page, "total")).to_have_text(SHOWN_LENGTH, timeout=LIMIT_MS)
    seek(grace, LENGTH_S - 3)
    part(ada, "play").click()
    for page in (ada, grace):
        expect(part(page, "play")).to_have_attribute("aria-label", "Play again", timeout=LIMIT_MS)
        expect(part(page, "elapsed")).to_have_text(SHOWN_LENGTH)
        page.wait_for_function(f"() => document.querySelector('video').currentTime > {LENGTH_S - 1}")
    part(grace, "play").click()
    for page in (ada, grace):
        expect(part(page, "play")).to_have_attribute("aria-label", "Pause", timeout=LIMIT_MS)
        page.wait_for_function("() => document.querySelector('video').currentTime < 200")
        wait_until_moving(page)
    assert complaints == [[], []]


def test_a_length_that_nobody_knows_is_said_in_words(stack: Stack, new_person: NewPerson) -> None:
    page = new_person(width=320, height=640)
    party_of(page, stack.url, None, "http://127.0.0.1:9/film.mp4")
    slider = part(page, "seek")
    expect(part(page, "total")).to_have_text("length unknown", timeout=LIMIT_MS)
    expect(slider).to_have_attribute("aria-valuetext", "0 seconds, length unknown")
    expect(slider).to_have_attribute("aria-disabled", "true")
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    slider.press("End")
    expect(part(page, "alerts")).to_contain_text("Nobody knows yet where this video ends")
    slider.blur()
    page.evaluate(_GO_LIVE)
    expect(part(page, "total")).to_have_text("live", timeout=LIMIT_MS)
    expect(slider).to_have_attribute("aria-valuetext", "0 seconds, live")
    assert page.evaluate(
        "() => [...document.querySelectorAll('[style]')].every((one) => !/NaN/.test(one.style.cssText))"
    )
    assert "NaN" not in page.inner_text("body")
    page.goto(stack.url)
    expect(part(page, "videos")).to_contain_text("length unknown")
