"""Films that an S3 store sends, in a real browser: redirected, from another origin, by addresses that end."""

from __future__ import annotations

import json
import time

import pytest
from playwright.sync_api import Page, expect

from bench.films.service import FilmService
from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import LIMIT_MS, open_invite, part, wait_until_moving
from tests.support.code_blocks import blocks
from tests.support.film_clips import ffmpeg
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.s3_front import s3_front
from tests.support.s3_server import BUCKET, CREDENTIALS, kept_cors, s3_server
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(300)]

#: More than a browser has of it before the addresses end.
LENGTH_S, RATE = 120, "1M"
_READ = """async (address) => {
  try {
    const answer = await fetch(address, { headers: { Range: 'bytes=4-7' }, credentials: 'same-origin' });
    return [answer.status, await answer.text()];
  } catch (error) {
    return [0, error.name];
  }
}"""


def test_a_film_from_a_store_goes_on_when_its_address_ends(new_person: NewPerson) -> None:
    with own_folder() as folder, s3_server(folder) as store, s3_front(store) as front:
        film = folder / "Noise.mp4"
        ffmpeg(
            "-f", "lavfi", "-i", f"testsrc2=size=320x180:rate=10:duration={LENGTH_S},noise=alls=60:allf=t",
            "-f", "lavfi", "-i", f"sine=duration={LENGTH_S}", "-c:v", "libx264", "-preset", "ultrafast",
            "-b:v", RATE, "-g", "20", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart", film,
        )  # fmt: skip
        extra = {
            **CREDENTIALS,
            "PARTY_FILMS": f"s3://{BUCKET}/party",
            "PARTY_S3_ENDPOINT": store,
            "PARTY_S3_PUBLIC_URL": front.url,
        }
        with Stack(folder / "data", films=True, extra=extra) as stack:
            service = FilmService(stack)
            video = service.playable(service.upload(film).video_id)
            party = service.guest.create_party(video["id"])
            page = new_person()
            complaints = complaints_of(page)
            open_invite(page, f"{stack.url}/p/{party['id']}#invite={party['invite_code']}", "Grace")
            service.guest.playback(party["id"], "play")
            wait_until_moving(page)
            assert front.asked
            assert page.evaluate("() => document.querySelector('video').videoWidth") == 320

            # The page reads parts itself while a film is prepared, which the bucket has to allow.
            address = video["sources"][0]["url"]
            assert page.evaluate(_READ, address) == [0, "TypeError"]
            assert complaints
            complaints.clear()
            (cors,) = blocks("docs/operations.md", "json", "CORSRules")
            rules = json.loads(cors.replace("https://party.example.org", stack.url))
            front.cors_rules = kept_cors(store, rules)
            assert page.evaluate(_READ, address) == [206, "ftyp"]

            front.end_all()
            # One that is signed within this second counts as ended too.
            eventually(lambda: time.time() > front.ended_before.timestamp() + 1)
            _seek_to(service, party["id"], page, LENGTH_S - 30.0)
            assert front.refused
            assert [one for one in complaints if "403" not in one] == []


def _seek_to(service: FilmService, party_id: str, page: Page, position_s: float) -> None:
    """Have the party go there, and the page with it, without a word to its person."""
    service.guest.playback(party_id, "seek", position_s=position_s)
    page.wait_for_function(
        f"() => document.querySelector('video').currentTime > {position_s} + 1 "
        "&& document.querySelector('video').readyState >= 3",
        timeout=LIMIT_MS,
    )
    expect(part(page, "media-error")).to_be_hidden()
    wait_until_moving(page)
