"""The film of a party changes, by a press or by itself, and all go on together."""

from __future__ import annotations

from statistics import median

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import (
    FRAME,
    LIMIT_MS,
    frames_apart_s,
    open_invite,
    part,
    seek,
    start_party,
    wait_for_stage,
    wait_until_moving,
    wait_until_together,
)
from tests.support.local_stack import Stack
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(240)]

#: A film of the person of the page: the sample clip under another address.
_ADD = """async (title) => {
  const token = localStorage.getItem('party.token');
  const answer = await fetch('/api/videos', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ title, playback_url: '/media/sample.mp4?another', duration_s: 330 }),
  });
  return (await answer.json()).id;
}"""

_SET_PAUSE = """async (seconds) => {
  const [, party] = location.pathname.match(/\\/p\\/([^/]+)/);
  const token = localStorage.getItem('party.token');
  const answer = await fetch(`/api/parties/${party}`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ next_after_s: seconds }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}"""

_SHOWS_ANOTHER = "() => document.querySelector('video').currentSrc.endsWith('?another')"

#: Note the first frame that is seen of the next film: its place there (s), and when by the clock (ms).
_NOTE_FIRST = """() => {
  const video = document.querySelector('video');
  const source = video.currentSrc;
  const note = (_now, { mediaTime, expectedDisplayTime }) => {
    if (video.currentSrc !== source) window.first = [mediaTime, performance.timeOrigin + expectedDisplayTime];
    else video.requestVideoFrameCallback(note);
  };
  video.requestVideoFrameCallback(note);
}"""

#: The party's pause before the next film: a page that is loaded anew is back by then on a slow machine, too.
COUNTDOWN_S = 15.0
#: Who sees a film from its start has a frame of its first second, however late that is drawn, in s.
START_S = 1.0
#: Two screens show the same frame when they are no further apart than one, in s.
FRAME_S = 1 / 25


def start_together(ada: Page, grace: Page, url: str) -> str:
    """Ada and Grace watch the sample; answers the id of another film of Ada's."""
    link = start_party(ada, url, "Ada")
    video_id: str = ada.evaluate(_ADD, "Another film")
    open_invite(grace, link, "Grace")
    part(ada, "play").click()
    for page in (ada, grace):
        wait_until_moving(page)
    return video_id


def set_pause(page: Page, seconds: float) -> None:
    """After how long the next film begins by itself."""
    page.evaluate(_SET_PAUSE, seconds)


def show_the_same_frame(one: Page, other: Page) -> bool:
    """Whether both screens do, at most of some looks."""
    apart_s = [abs(frames_apart_s(one.evaluate(FRAME), other.evaluate(FRAME))) for _ in range(7)]
    return median(apart_s) < FRAME_S


def pick(page: Page, video_id: str, how: str) -> None:
    if not part(page, "add-to-queue").is_visible():
        page.locator("[data-testid=queue] summary").click()
    part(page, "add-to-queue").click()
    page.locator(f'.pick-row[data-video-id="{video_id}"]').locator(f"[data-testid={how}]").click()


def test_the_film_changes_for_all_at_a_press(stack: Stack, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person()
    complaints = [complaints_of(page) for page in (ada, grace)]
    video_id = start_together(ada, grace, stack.url)
    seek(ada, 100)
    pick(ada, video_id, "pick-now")
    part(ada, "ask-yes").click()
    for page in (ada, grace):
        page.wait_for_function(_SHOWS_ANOTHER)
        # The party keeps the title that it was given at its start.
        expect(page.locator("[data-part=subtitle]")).to_contain_text("Another film", timeout=LIMIT_MS)
        wait_until_moving(page)
        # From its beginning, and not from where the film before was.
        assert page.evaluate("() => document.querySelector('video').currentTime") < 60
    wait_until_together(ada, grace)
    assert complaints == [[], []]


def test_the_next_film_begins_by_itself_where_nobody_presses(stack: Stack, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person()
    video_id = start_together(ada, grace, stack.url)
    pick(ada, video_id, "pick-add")
    part(ada, "close-pick").click()
    expect(part(grace, "queue-count")).to_have_text("1", timeout=LIMIT_MS)
    set_pause(ada, COUNTDOWN_S)
    seek(ada, 326)
    expect(part(grace, "next-title")).to_have_text("Next: Another film", timeout=LIMIT_MS)
    # It is loaded unseen, and who comes back in the countdown is back in time.
    expect(ada.locator("video.second-picture")).to_have_count(1)
    expect(part(grace, "not-yet")).to_be_hidden()
    grace.reload()
    wait_for_stage(grace, connection="open")
    expect(part(grace, "next-title")).to_have_text("Next: Another film", timeout=LIMIT_MS)
    for page in (ada, grace):
        page.wait_for_function("() => document.querySelector('video')?.currentSrc")
        page.evaluate(_NOTE_FIRST)
    for page in (ada, grace):
        page.wait_for_function(_SHOWS_ANOTHER)
        wait_until_moving(page)
        place_s, _ = page.evaluate("() => window.first")
        assert place_s < START_S, "the film's beginning was missed"
    expect(ada.locator("video.second-picture")).to_have_count(0, timeout=LIMIT_MS)
    eventually(lambda: show_the_same_frame(ada, grace))


def test_the_next_film_is_there_before_it_begins_where_there_is_no_countdown(
    stack: Stack, new_person: NewPerson
) -> None:
    ada, grace = new_person(), new_person()
    video_id = start_together(ada, grace, stack.url)
    pick(ada, video_id, "pick-add")
    part(ada, "close-pick").click()
    set_pause(ada, 0)
    expect(ada.locator("video.second-picture")).to_have_count(0)
    seek(ada, 315)
    for page in (ada, grace):
        expect(page.locator("video.second-picture")).to_have_count(1, timeout=LIMIT_MS)
        assert not page.evaluate(_SHOWS_ANOTHER)
        page.evaluate(_NOTE_FIRST)
    seek(ada, 326)
    for page in (ada, grace):
        page.wait_for_function(_SHOWS_ANOTHER)
        wait_until_moving(page)
        assert page.evaluate("() => window.first")[0] < START_S
    eventually(lambda: show_the_same_frame(ada, grace))


def test_not_yet_ends_the_countdown(stack: Stack, new_person: NewPerson) -> None:
    ada, grace = new_person(), new_person()
    video_id = start_together(ada, grace, stack.url)
    pick(ada, video_id, "pick-add")
    part(ada, "close-pick").click()
    seek(ada, 326)
    part(ada, "not-yet").click()
    expect(part(grace, "notices")).to_contain_text("Ada put off the next film", timeout=LIMIT_MS)
    part(grace, "open-history").click()
    told = grace.locator("[data-testid=history-item][data-type=playback_paused]").first
    expect(told).to_contain_text("Ada put off the next film", timeout=LIMIT_MS)
    grace.keyboard.press("Escape")
    for page in (ada, grace):
        expect(part(page, "next-title")).to_be_empty(timeout=LIMIT_MS)
    part(ada, "next-film-now").click()
    for page in (ada, grace):
        page.wait_for_function(_SHOWS_ANOTHER)
        wait_until_moving(page)
