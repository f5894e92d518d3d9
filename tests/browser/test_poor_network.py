"""Networks that let a page through, but not all of what it needs: no WebSockets, no byte ranges."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from partyapp import web
from tests.browser.conftest import NewPerson
from tests.browser.page_actions import (
    LIMIT_MS,
    open_invite,
    part,
    seek,
    start_party,
    wait_for_stage,
    wait_until_moving,
    wait_until_together,
)
from tests.support.local_stack import Stack
from tests.support.no_websockets import no_websockets
from tests.support.party_client import Guest

#: The sample clip as it lies in the package.
SAMPLE = Path(web.__file__).with_name("media") / "sample.mp4"

#: Keeps the texts of all notices, which are gone soon.
_KEEP_NOTICES = """window.told = [];
  new MutationObserver(() => {
    for (const { dataset } of document.querySelectorAll(".notice")) window.told.push(dataset.text);
  }).observe(document, { childList: true, subtree: true });"""

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(150)]


@pytest.mark.parametrize("status", [403, None], ids=["refused", "hanging"])
def test_a_party_without_websockets(stack: Stack, new_person: NewPerson, status: int | None) -> None:
    """Grace's network refuses them, or leaves them hanging; she watches by REST, and the page says so."""
    ada, grace = new_person(), new_person()
    grace.add_init_script(_KEEP_NOTICES)
    with no_websockets(stack.page_port, status) as network:
        link = start_party(ada, stack.url, "Ada")
        grace.goto(f"{network.url}{stack.page_path}{link[link.index('/p/') :]}&name=Grace")
        wait_for_stage(grace, connection="polling", role="member")
        expect(part(grace, "connection")).to_contain_text("without live updates", timeout=LIMIT_MS)
        grace.wait_for_function("() => window.told.some((text) => text.includes('blocks live connections'))")
        part(ada, "play").click()
        for page in (ada, grace):
            wait_until_moving(page)
        seek(ada, 120)
        wait_until_together(ada, grace)
        part(ada, "play").click()
        wait_for_stage(grace, state="paused")
        wait_until_together(ada, grace)
        assert network.refused >= 1


def test_the_host_can_do_all_of_it_without_websockets(stack: Stack, new_person: NewPerson) -> None:
    page = new_person()
    with no_websockets(stack.page_port) as network:
        start_party(page, network.url + stack.page_path, "Ada", connection="polling")
        part(page, "play").click()
        wait_for_stage(page, state="playing")
        wait_until_moving(page)
        network.status = None
        part(page, "play").click()
        wait_for_stage(page, state="paused")


def test_a_film_without_byte_ranges(stack: Stack, new_person: NewPerson) -> None:
    """Ada's way to the film sends it only whole: no endless way back to its start, and told why."""
    ada, grace = new_person(), new_person()
    film = SAMPLE.read_bytes()

    def whole(route: Route) -> None:
        route.fulfill(status=200, body=film, headers={"Content-Type": "video/mp4"})

    link = start_party(grace, stack.url, "Grace")
    ada.route(re.compile(r"\.mp4"), whole)
    part(grace, "play").click()
    wait_until_moving(grace)
    seek(grace, 200)
    ada.add_init_script("window.seeks = 0; addEventListener('seeking', () => { window.seeks += 1; }, true);")
    open_invite(ada, link, "Ada")
    expect(part(ada, "alerts")).to_contain_text("no byte ranges", timeout=LIMIT_MS)
    wait_until_moving(ada)
    ada.wait_for_function("() => document.querySelector('video').currentTime > 5")
    assert ada.evaluate("() => window.seeks") <= 4


def test_a_film_that_is_gone_is_told_before_the_party_starts(stack: Stack, new_person: NewPerson) -> None:
    ada = new_person()
    ada.route("http://films.test/**", lambda route: route.fulfill(status=404))
    ada.goto(stack.url)
    part(ada, "name").fill("Ada")
    part(ada, "continue").click()
    expect(part(ada, "create-form")).to_be_visible(timeout=LIMIT_MS)
    film = {"title": "A film that is gone", "playback_url": "http://films.test/gone.mp4"}
    guest = Guest(stack.url, token=ada.evaluate("() => localStorage.getItem('party.token')"))
    video = guest.post("/api/videos", film).json()["id"]
    guest.close()
    ada.reload()
    ada.locator(f'[data-video-id="{video}"]').click()
    part(ada, "create").click()
    told = part(ada, "form-error")
    expect(told).to_contain_text("Press again", timeout=LIMIT_MS)
    expect(told).to_contain_text(re.compile("no video at this address|can't play"))
    assert "/p/" not in ada.url
    # Whoever knows better has the last word.
    part(ada, "create").click()
    ada.wait_for_url("**/p/**")
