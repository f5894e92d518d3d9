"""Four windows, one of whose film is starved: how long the others' pictures stand still, by the pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise
from statistics import median

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from bench.films.barcode import number_at
from bench.films.barcode_clips import CLIPS, HEAVY, made
from bench.films.file_server import file_server
from bench.films.screens import SCREEN
from tests.browser.conftest import FLAGS
from tests.browser.page_actions import LIMIT_MS, part, wait_for_stage
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, Json
from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(240)]

#: Long enough that the last seek goes to where nobody has been: a browser keeps what it once had.
FILM_S, RATE = 300.0, 25
WAIT: Json = {"for": "everyone", "grace_s": 2.0, "limit_s": 3.0, "budget_s": 4.0}
#: What a busy machine adds to a wait: a status, a commit and four browsers that draw, in s.
BUSY_S = 2.0
#: A frame that stands for so long is no hitch, in s.
STANDS_S = 1.0
NAMES = ("Ada", "Grace", "Cleo", "Dot")
#: Two pictures are the same within so many frames, each a refresh of the screen early or late.
FRAMES_APART = 2

_SHOWN = "() => ({ shown: filmScreen.shown, aheadMs: filmScreen.aheadMs() })"
_HAS_SHOWN = (
    "([first, last]) => { const now = filmScreen.number(); return now >= last && now < last + 1000; }"
)


class Evening:
    """Ada is host; Dot's browser reaches the film's server by a network that can be starved."""

    def __init__(self, stack: Stack, browsers: Sequence[Browser], network: TcpProxy, host: Guest) -> None:
        self.network, self.host = network, host
        film = {"title": "Bars", "playback_url": "http://films.test/25.mp4", "duration_s": FILM_S}
        self.party = host.create_party(host.post("/api/videos", film).json()["id"], wait=WAIT)
        self.id: str = self.party["id"]
        self.pages = [browser.new_page(bypass_csp=True) for browser in browsers]
        for page in self.pages:
            page.set_default_timeout(LIMIT_MS)
            page.set_viewport_size({"width": 640, "height": 480})
        # Whoever made the party comes as its host.
        token = json.dumps(host.token)
        self.pages[0].add_init_script(f"localStorage.setItem('party.token', {token});")
        link = f"{stack.url}/p/{self.id}?invite={self.party['invite_code']}"
        for page, name in zip(self.pages, NAMES, strict=True):
            page.goto(f"{link}&name={name}", wait_until="commit")
        for page in self.pages:
            wait_for_stage(page, connection="open")
            page.evaluate(SCREEN)
        for page in self.pages:
            page.wait_for_function("() => filmScreen.number() !== null")
        members = host.party(self.id)["members"]
        (self.dot_id,) = (one["user_id"] for one in members if one["display_name"] == "Dot")

    def log(self, *kinds: str) -> list[Json]:
        """All events of these types."""
        return [event for event in self.host.events(self.id) if event["type"] in kinds]

    def waits(self) -> list[tuple[Json, Json | None]]:
        """The beginning of each wait, and its end, unless somebody pressed.

        One that goes on for others is the same: it is told of again, with the `at_ms` that it had.
        """
        found: list[tuple[Json, Json | None]] = []
        for event in self.log("playback_held", "playback_resumed"):
            data = event["data"]
            if event["type"] == "playback_resumed":
                found[-1] = (found[-1][0], data)
            elif found and found[-1][1] is None and found[-1][0]["at_ms"] == data["at_ms"]:
                named = {*found[-1][0]["for"], *data["for"]}
                found[-1] = ({**data, "for": [*named]}, None)
            else:
                found.append((data, None))
        return found

    def starve(self, position_s: int) -> None:
        """Nothing of the film comes to Dot any more, and all go to where she has nothing of it."""
        self.network.black_hole("down")
        self.host.playback(self.id, "seek", position_s=position_s)

    def go_on(self, pages: Sequence[Page], position_s: int, seconds: float = 1.0) -> None:
        """Wait until these have shown so much of the film from there."""
        for page in pages:
            page.wait_for_function(_HAS_SHOWN, arg=[position_s * RATE, (position_s + seconds) * RATE])

    def standing_s(self, page: Page) -> list[float]:
        """For how long a frame of this screen stood where that was for long."""
        shown = page.evaluate(_SHOWN)["shown"]
        spans = [(after[0] - before[0]) / 1000.0 for before, after in pairwise(shown)]
        return [span for span in spans if span >= STANDS_S]

    def are_together(self) -> bool:
        """Whether all screens showed the same frames in the last second."""
        reports = [page.evaluate(_SHOWN) for page in self.pages]
        end_ms = min(report["shown"][-1][0] - report["aheadMs"] for report in reports)
        apart: list[int] = []
        for look in range(1, 20):
            numbers = [number_at(report, end_ms - look * 50.0) for report in reports]
            known = [number for number in numbers if number is not None]
            apart.append(max(known) - min(known) if len(known) == len(numbers) else RATE)
        return median(apart) <= FRAMES_APART


@pytest.fixture(scope="module")
def films() -> Iterator[str]:
    """A server of the film."""
    with own_folder() as folder:
        made(CLIPS["25"], folder, FILM_S, HEAVY)
        with file_server(folder) as address:
            yield address


@pytest.fixture(scope="module")
def evening(stack: Stack, playwright: Playwright, chromium: str, films: str) -> Iterator[Evening]:
    port = int(films.rsplit(":", 1)[1])
    with TcpProxy(("127.0.0.1", port)) as network, ExitStack() as on_exit:
        host = Guest(stack.url, NAMES[0])
        on_exit.callback(host.close)

        def browser(to: int) -> Browser:
            flags = [*FLAGS, f"--host-resolver-rules=MAP films.test 127.0.0.1:{to}"]
            opened = playwright.chromium.launch(executable_path=chromium, args=flags)
            on_exit.callback(opened.close)
            return opened

        fed, starved = browser(port), browser(network.port)
        made_evening = Evening(stack, (fed, fed, fed, starved), network, host)
        host.playback(made_evening.id, "play")
        made_evening.go_on(made_evening.pages, 0)
        eventually(made_evening.are_together, every_s=0.3)
        yield made_evening


def test_a_starved_window_costs_the_others_no_more_than_the_limit_and_the_budget(evening: Evening) -> None:
    *others, _ = evening.pages
    evening.starve(60)
    for page in others:
        expect(part(page, "held-for")).to_contain_text("Dot", timeout=LIMIT_MS)
        expect(page.locator("[data-part=held-until]")).to_contain_text("Goes on in")
    # They go on by themselves, and Dot finds back to them; and so again and again.
    for position_s in (60, 110, 35):
        if position_s != 60:
            evening.starve(position_s)
        evening.go_on(others, position_s, WAIT["grace_s"] + 1.0)
        evening.network.resume()
        eventually(evening.are_together, every_s=0.3)

    waits = evening.waits()
    of_dot = [(held, resumed) for held, resumed in waits if evening.dot_id in held["for"]]
    assert any(end["reason"] == "limit" and evening.dot_id in end["late"] for _, end in of_dot if end)
    spans, budget_s = [], WAIT["budget_s"] + WAIT["grace_s"]
    for held, resumed in waits:
        assert resumed is not None, "nobody pressed"
        assert held["until_ms"] - held["at_ms"] <= WAIT["limit_s"] * 1000.0 + 0.1
        spans.append((resumed["at_ms"] - held["at_ms"]) / 1000.0)
        assert spans[-1] <= WAIT["limit_s"] + resumed["lead_ms"] / 1000.0 + BUSY_S
        # One that is over sooner costs her no more of the budget than it took.
        if evening.dot_id in held["for"]:
            until_ms = min(held["until_ms"], resumed["at_ms"])
            budget_s -= (until_ms - held["at_ms"] - resumed["lead_ms"]) / 1000.0
    assert budget_s >= 0.0
    for page in others:
        stood = evening.standing_s(page)
        assert max(stood) <= max(spans) + BUSY_S
        assert sum(stood) <= sum(spans) + 3 * BUSY_S


def test_a_press_ends_the_wait(evening: Evening) -> None:
    *others, _ = evening.pages
    rule = {"wait": {**WAIT, "limit_s": 100.0, "budget_s": 500.0}}
    assert evening.host.request("PATCH", f"/api/parties/{evening.id}", json=rule).status_code == 200
    evening.starve(220)
    for page in others:
        expect(part(page, "held-for")).to_contain_text("Dot", timeout=LIMIT_MS)
    # It is the host's to press: the others see for whom they wait alone.
    expect(part(others[1], "go-on")).to_be_hidden()
    part(others[0], "go-on").click()
    for page in others:
        expect(part(page, "held-for")).to_be_empty(timeout=LIMIT_MS)
    evening.go_on(others, 220, WAIT["grace_s"] + 1.0)
    assert evening.waits()[-1][1] is None
    assert evening.log("playback_started")[-1]["actor_id"] == evening.host.user_id
    evening.network.resume()
    eventually(evening.are_together, every_s=0.3)
