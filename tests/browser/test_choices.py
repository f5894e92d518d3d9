"""What each person chooses for themselves, in a real browser: subtitles, sound, quality."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import create_engine

from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from partyapp.transcode.domain.film import AudioTrack, FilmSource, PreparedFilm, SubtitleTrack
from partyapp.transcode.domain.video import FilmFile, Video, VideoKind
from partyapp.transcode.infrastructure.postgres_videos import PostgresVideos
from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import LIMIT_MS, part, seek, start_party, wait_for_stage, wait_until_moving
from tests.browser.test_next_film import pick
from tests.support.local_stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(180)]

VTT = "WEBVTT\n\n00:00:00.000 --> 00:09:59.000\n{words}\n\n00:10:00.000 --> 00:10:01.000\nlater\n"
WORDS = {"de.vtt": "Guten Abend", "en.vtt": "Good evening"}
#: What is over the picture: the cues that are shown, and when the first of all cues begins.
CUES = """() => {
  const shown = [...document.querySelector("video").textTracks].filter(({ mode }) => mode === "showing");
  return shown.map(({ language, activeCues, cues }) =>
    [language, [...activeCues ?? []].map(({ text }) => text).join(), cues?.[1]?.startTime ?? null]);
}"""
#: The name of the file that is played.
PLAYED = "() => document.querySelector('video').currentSrc.split('/').at(-1)"


def _source(file: str, height: int, sound: str) -> FilmSource:
    return FilmSource(
        file=file,
        type="video/mp4",
        width=height * 16 // 9,
        height=height,
        bitrate=height * 3000,
        audio_track=sound,
    )


@pytest.fixture(scope="module")
def film(stack: Stack) -> Video:
    """A film of the installation with everything that can be chosen. Its files are the tests' own."""
    prepared = PreparedFilm(
        duration_s=600.0,
        width=1280,
        height=720,
        frame_rate=25.0,
        sources=(
            _source("720.mp4", 720, "de"),
            _source("360.mp4", 360, "de"),
            _source("360-ja.mp4", 360, "ja"),
        ),
        subtitles=(
            SubtitleTrack(id="subtitles-1", language="de", label="Deutsch", file="de.vtt"),
            SubtitleTrack(id="subtitles-2", language="en", label="English", file="en.vtt"),
        ),
        audio_tracks=(
            AudioTrack(id="de", language="de", label="Deutsch", default=True),
            AudioTrack(id="ja", language="ja", label="日本語"),
        ),
    )
    video = Video(
        id=new_id(),
        title="A film with tracks",
        duration_s=600.0,
        playback_url="",
        owner_id=None,
        created_at_ms=1,
        kind=VideoKind.LIBRARY,
        source=FilmFile(key="film-with-tracks.mp4", size=1),
        film=prepared,
    )
    engine = create_engine(stack.database_url)
    assert PostgresVideos(Transactions(engine)).add(video)
    engine.dispose()
    return video


def serve(page: Page, stack: Stack, film: Video) -> None:
    """The film's files, for this page."""

    def answer(route: Route) -> None:
        name = route.request.url.rsplit("/", 1)[-1]
        if name in WORDS:
            route.fulfill(content_type="text/vtt", body=VTT.format(words=WORDS[name]))
        else:
            route.continue_(url=f"{stack.url}/media/sample.mp4")

    page.route(re.compile(rf"/media/[^/]+/{film.id}/"), answer)


@pytest.fixture
def watching(stack: Stack, film: Video, new_person: NewPerson) -> Iterator[Page]:
    """A party of one that watches it. The browser speaks English, so German sound gets English subtitles."""
    page = new_person()
    serve(page, stack, film)
    complaints = complaints_of(page)
    page.goto(stack.url)
    part(page, "name").fill("Ada")
    part(page, "continue").click()
    page.locator(f'[data-video-id="{film.id}"]').click()
    part(page, "create").click()
    wait_for_stage(page, connection="open", role="host")
    # Chromium shows no subtitles over a picture that has never moved.
    page.locator("h1").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('video').currentTime >= 5")
    yield page
    assert complaints == []


def expect_cues(page: Page, *expected: list[Any]) -> None:
    page.wait_for_function(
        f"(wanted) => JSON.stringify(({CUES})()) === wanted", arg=json.dumps(expected, separators=(",", ":"))
    )


def expect_played(page: Page, name: str) -> None:
    page.wait_for_function(f"(wanted) => ({PLAYED})() === wanted", arg=name)


def test_subtitles_are_chosen_shifted_and_remembered(watching: Page) -> None:
    page = watching
    expect_cues(page, ["en", "Good evening", 600])
    part(page, "choose").click()
    part(page, "choose-subtitles").select_option(label="Deutsch")
    expect_cues(page, ["de", "Guten Abend", 600])
    for _ in range(3):
        part(page, "subtitles-later").click()
    expect(part(page, "subtitle-delay")).to_have_text("0.3 s later")
    expect_cues(page, ["de", "Guten Abend", 600.3])
    part(page, "subtitle-delay").click()
    expect_cues(page, ["de", "Guten Abend", 600])
    part(page, "subtitles-earlier").click()
    part(page, "choose-subtitle-size").select_option("huge")
    page.reload()
    wait_for_stage(page, connection="open")
    expect_cues(page, ["de", "Guten Abend", 599.9])
    expect(page.locator(".screen")).to_have_attribute("data-subtitle-size", "huge")


def test_the_menu_is_used_by_keys_and_the_party_hears_nothing(watching: Page) -> None:
    page = watching
    revision = page.locator("#stage").get_attribute("data-revision")
    expect_cues(page, ["en", "Good evening", 600])
    page.locator("h1").focus()
    page.keyboard.press("c")
    expect_cues(page)
    page.keyboard.press("c")
    expect_cues(page, ["en", "Good evening", 600])
    part(page, "choose").focus()
    page.keyboard.press("Enter")
    expect(part(page, "choose-subtitles")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect_cues(page, ["de", "Guten Abend", 600])
    page.keyboard.press("Escape")
    expect(part(page, "choices")).to_be_hidden()
    expect(part(page, "choose")).to_be_focused()
    part(page, "choose").click()
    # Beside the menu, where the picture would be pressed without it.
    page.locator(".choices-cover").click(position={"x": 20, "y": 20})
    expect(part(page, "choices")).to_be_hidden()
    assert page.locator("#stage").get_attribute("data-revision") == revision


def test_sound_and_quality_change_what_is_played_and_the_picture_goes_on(watching: Page) -> None:
    page = watching
    expect_played(page, "720.mp4")
    part(page, "play").click()
    wait_until_moving(page)
    part(page, "choose").click()
    part(page, "choose-quality").select_option(label="360p · 1.1 Mbit/s")
    expect_played(page, "360.mp4")
    wait_until_moving(page)
    part(page, "choose-sound").select_option(label="日本語")
    expect_played(page, "360-ja.mp4")
    wait_until_moving(page)
    expect(part(page, "my-sync")).to_contain_text("in sync", timeout=LIMIT_MS)
    page.reload()
    wait_for_stage(page, connection="open", state="playing")
    expect_played(page, "360-ja.mp4")


def test_the_next_film_is_loaded_as_it_will_be_played(
    stack: Stack, film: Video, new_person: NewPerson
) -> None:
    page = new_person()
    serve(page, stack, film)
    start_party(page, stack.url, "Ada")
    chosen = json.dumps({"sound": {"language": "ja", "label": "日本語"}})
    page.evaluate("(chosen) => localStorage.setItem('party.choices', chosen)", chosen)
    pick(page, str(film.id), "pick-add")
    part(page, "close-pick").click()
    part(page, "play").click()
    wait_until_moving(page)
    seek(page, 326)
    following = page.locator("video.second-picture")
    expect(following).to_have_attribute("src", re.compile("/360-ja.mp4$"), timeout=LIMIT_MS)
    expect_played(page, "360-ja.mp4")


def test_a_finger_reaches_it_on_a_phone(stack: Stack, film: Video, watching: Page) -> None:
    page = watching
    page.set_viewport_size({"width": 360, "height": 640})
    part(page, "choose").click()
    box = part(page, "choices").bounding_box()
    screen = page.locator(".screen").bounding_box()
    assert box is not None
    assert screen is not None
    assert box["height"] <= screen["height"]
    part(page, "choose-quality").scroll_into_view_if_needed()
    for name in ("choose-subtitles", "subtitles-later", "choose-sound", "choose-quality", "close-choices"):
        place = part(page, name).bounding_box()
        assert place is not None
        assert min(place["height"], place["width"]) >= 40, name
    part(page, "close-choices").click()
    expect(part(page, "choices")).to_be_hidden()
