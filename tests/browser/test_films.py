"""From a file to everybody's screen, by the page alone."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from playwright.sync_api import Page, expect

from bench.films.service import FilmService
from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import LIMIT_MS, open_invite, part, wait_for_stage, wait_until_moving
from tests.support.film_clips import ffmpeg
from tests.support.fronted_stack import stack_for_pages
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.whole_films import disc_film

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(300)]

#: Longer than a part of an upload.
JUNK_BYTES = 24_000_000
#: So slowly does the first attempt leave, in bytes a second.
SLOW = 4_000_000
READY_MS = 3 * LIMIT_MS
LENGTH_S = 60
#: Of 25 in a second: far enough behind the start that the film plays first.
DAMAGED_FRAME = 310

#: A file comes from outside of the browser: what is let go above the page.
_DROP = """([name, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name));
  for (const type of ['dragenter', 'dragover', 'drop']) {
    document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
  }
}"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One of its own, with the process that prepares films."""
    with own_folder() as folder, stack_for_pages(folder / "data", films=True) as running:
        yield running


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with own_folder() as made:
        yield made


def sign_in(page: Page, url: str, name: str = "Ada") -> None:
    page.goto(url)
    part(page, "name").fill(name)
    part(page, "continue").click()
    expect(part(page, "create-form")).to_be_visible(timeout=LIMIT_MS)


def test_a_film_from_a_disc_is_dropped_and_another_sees_and_hears_it(
    stack: Stack, new_person: NewPerson, folder: Path
) -> None:
    ada, grace = new_person(), new_person()
    complaints = [complaints_of(page) for page in (ada, grace)]
    film = disc_film(folder, seconds=LENGTH_S)
    # Her steps: a name, the film, and the link is there.
    sign_in(ada, stack.url)
    ada.evaluate(_DROP, [film.name, base64.b64encode(film.read_bytes()).decode()])
    expect(part(ada, "waiting-for")).to_contain_text("The party opens by itself")
    ada.wait_for_url("**/p/**", timeout=READY_MS)
    wait_for_stage(ada, connection="open", role="host")
    expect(part(ada, "party-title")).to_have_text(film.stem)
    open_invite(grace, part(ada, "invite-link").input_value(), "Grace")
    part(ada, "play").click()
    for page in (ada, grace):
        wait_until_moving(page)
        page.wait_for_function("() => document.querySelector('video').webkitAudioDecodedByteCount > 0")
        assert page.evaluate("() => document.querySelector('video').videoWidth") == 320
    part(ada, "play").click()
    assert complaints == [[], []]


def test_an_upload_goes_on_after_a_reload_and_a_film_that_is_none_says_why(
    stack: Stack, new_person: NewPerson, folder: Path
) -> None:
    page = new_person(width=360, height=740)
    junk = folder / "No film at all.mkv"
    junk.write_bytes(b"no film " * (JUNK_BYTES // 8))
    sign_in(page, stack.url)
    slowly = page.context.new_cdp_session(page)
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": SLOW}
    slowly.send("Network.emulateNetworkConditions", limits)
    part(page, "film-file").set_input_files(junk)
    row = part(page, "film").filter(has_text=junk.name)
    expect(row).to_contain_text(re.compile(r"Uploading, [3-9]\d %"), timeout=LIMIT_MS)
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(row).to_contain_text("Choose the file again", timeout=LIMIT_MS)
    slowly.send("Network.emulateNetworkConditions", limits | {"uploadThroughput": -1})

    offsets: list[int] = []
    page.on(
        "request",
        lambda one: offsets.append(int(one.headers["upload-offset"])) if one.method == "PATCH" else None,
    )
    with page.expect_file_chooser() as chosen:
        row.get_by_role("button", name="Choose the file").click()
    chosen.value.set_files(junk)
    film = part(page, "film").filter(has_text="No film at all")
    expect(film).to_have_attribute("data-stage", "failed", timeout=READY_MS)
    assert offsets
    assert offsets[0] > 0
    expect(part(page, "alerts")).to_contain_text("No film at all")
    assert part(film, "film-state").inner_text().strip()
    expect(film.locator("input")).to_be_disabled()
    expect(film.get_by_role("button", name="Try again")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")

    part(film, "film-remove").click()
    part(page, "confirm-delete").click()
    expect(film).to_have_count(0, timeout=LIMIT_MS)
    page.reload()
    expect(part(page, "video-choice")).not_to_have_count(0, timeout=LIMIT_MS)
    expect(part(page, "videos")).not_to_contain_text("No film at all")


def test_several_files_are_paused_gone_on_with_and_cancelled(
    stack: Stack, new_person: NewPerson, folder: Path
) -> None:
    page = new_person()
    complaints = complaints_of(page)
    sign_in(page, stack.url)
    slowly = page.context.new_cdp_session(page)
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": SLOW}
    slowly.send("Network.emulateNetworkConditions", limits)
    words = folder / "The words.srt"
    words.write_text("1\n")
    names = ["One.mkv", "Two.mkv", "Three.mkv"]
    for name in names:
        (folder / name).write_bytes(name.encode() * (JUNK_BYTES // 8))
    part(page, "film-file").set_input_files([*(folder / name for name in names), words])
    expect(part(page, "alerts")).to_contain_text("holds subtitles", timeout=LIMIT_MS)
    # Nobody knows which of them is to be watched.
    expect(part(page, "waiting")).to_be_hidden()
    one, two, three = (part(page, "film").filter(has_text=name) for name in names)
    expect(one).to_have_attribute("data-stage", "uploading")
    expect(three).to_have_attribute("data-stage", "queued")
    part(one, "film-pause").click()
    expect(one).to_contain_text("Paused")
    expect(part(one, "film-resume")).to_be_focused()
    expect(three).to_have_attribute("data-stage", "uploading", timeout=LIMIT_MS)
    part(two, "film-cancel").click()
    expect(two).to_have_count(0)
    page.keyboard.press("Escape")
    part(one, "film-resume").click()
    expect(one).to_have_attribute("data-stage", "uploading", timeout=LIMIT_MS)
    for film in (one, three):
        part(film, "film-cancel").click()
        expect(film).to_have_count(0)
    page.reload()
    expect(part(page, "video-choice")).not_to_have_count(0, timeout=LIMIT_MS)
    assert [name for name in names if name in part(page, "videos").inner_text()] == []
    assert complaints == []


def test_a_film_goes_on_behind_a_place_that_the_browser_cant_decode(
    stack: Stack, new_person: NewPerson, folder: Path
) -> None:
    film = folder / "Damaged.mp4"
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=40", "-c:v", "libx264", "-g", "50",
        "-bf", "0", "-pix_fmt", "yuv420p", "-movflags", "+faststart", film,
    )  # fmt: skip
    with av.open(str(film)) as read:
        lost = [packet for packet in read.demux(video=0) if packet.pts is not None][DAMAGED_FRAME]
        at, size = lost.pos or 0, lost.size
    raw = bytearray(film.read_bytes())
    raw[at : at + size] = b"\xff" * size
    film.write_bytes(raw)
    service = FilmService(stack)
    video = service.playable(service.upload(film).video_id)
    party = service.guest.create_party(video["id"])
    page = new_person()
    open_invite(page, f"{stack.url}/p/{party['id']}#invite={party['invite_code']}", "Grace")
    service.guest.playback(party["id"], "play")
    wait_until_moving(page)
    expect(part(page, "media-error")).to_contain_text("goes on behind it", timeout=LIMIT_MS)
    damaged_s = DAMAGED_FRAME / 25
    page.wait_for_function(
        f"() => document.querySelector('video').currentTime > {damaged_s} + 3", timeout=LIMIT_MS
    )
    wait_until_moving(page)
    expect(part(page, "media-error")).to_be_hidden()
