"""Several people's browsers in one party, each frame that they show noted on the machine's clock."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

from playwright.sync_api import Browser, Page, Playwright

from partyapp.transcode.cli import SAMPLE_VIDEO_ID
from tests.browser.conftest import FLAGS
from tests.support.waiting import Unexpected

SAMPLER = Path(__file__).with_name("frame_sampler.js")

_LIMIT_MS = 60_000
_NAMES = ("Ada", "Grace", "Edsger", "Barbara", "Alan", "Radia", "Donald", "Frances")
#: Each browser takes its clock from the machine's; further apart than this they can't be compared, ms.
CLOCK_LIMIT_MS = 1.0
_COMPARISONS = 10


class Windows:
    """Real Chromiums, one a person; the first to be opened starts the party, the others come by its link."""

    def __init__(self, playwright: Playwright, chromium: str) -> None:
        self._playwright, self._chromium = playwright, chromium
        self._browsers: list[Browser] = []
        self._on_exit = ExitStack()
        self.pages: list[Page] = []
        self.link = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._on_exit.close()

    def open(self, url: str, *, clip: str = str(SAMPLE_VIDEO_ID)) -> Page:
        """One more person, at this address of the service. Returns when they are connected."""
        page = self._page()
        name = _NAMES[(len(self.pages) - 1) % len(_NAMES)]
        if self.link:
            link, base = urlsplit(self.link), urlsplit(url)
            page.goto(urlunsplit((base.scheme, base.netloc, link.path, f"name={name}", link.fragment)))
            _connected(page)
            return page
        page.goto(url)
        page.get_by_test_id("name").fill(name)
        page.get_by_test_id("continue").click()
        page.locator(f'[data-video-id="{clip}"]').click()
        page.get_by_test_id("create").click()
        _connected(page)
        page.wait_for_function("() => document.querySelector('[data-testid=invite-link]').value")
        self.link = page.get_by_test_id("invite-link").input_value()
        return page

    def _page(self) -> Page:
        browser = self._playwright.chromium.launch(executable_path=self._chromium, args=FLAGS)
        self._on_exit.callback(browser.close)
        context = browser.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
        context.add_init_script(path=SAMPLER)
        page = context.new_page()
        page.set_default_timeout(_LIMIT_MS)
        self.pages.append(page)
        return page

    def wait_until_loaded(self) -> None:
        """Wait until each has its picture and knows the time."""
        for page in self.pages:
            page.wait_for_function(
                "() => window.partySampler.follower?.media.readyState >= 3"
                " && window.partySampler.connection?.estimate()?.samples >= 8"
            )

    def reports(self) -> list[dict[str, Any]]:
        """What each page's sampler has noted (see `frame_sampler.js`).

        Raises Unexpected if the browsers' clocks are further apart than `CLOCK_LIMIT_MS`, however often they
        are compared.
        """
        for _ in range(_COMPARISONS):
            reports: list[dict[str, Any]] = [
                page.evaluate("() => partySampler.report()") for page in self.pages
            ]
            ahead = [report["aheadMs"] for report in reports]
            if max(ahead) - min(ahead) <= CLOCK_LIMIT_MS:
                return reports
        raise Unexpected(f"the browsers' own clocks are too far apart: {ahead} ms")


def toggle(page: Page) -> None:
    """Press the page's own button: play or pause."""
    page.get_by_test_id("play").click()


def seek(page: Page, seconds: float) -> None:
    """Go there with the page's own slider."""
    page.get_by_test_id("seek").fill(str(seconds))


def set_asleep(page: Page, asleep: bool) -> None:
    """Freeze the page as the browser does with one in the background of a sleeping device, or thaw it."""
    session = page.context.new_cdp_session(page)
    session.send("Page.setWebLifecycleState", {"state": "frozen" if asleep else "active"})
    session.detach()


def pass_s(page: Page, seconds: float) -> None:
    """Let time pass in the page."""
    page.evaluate("(ms) => new Promise((resolve) => setTimeout(resolve, ms))", seconds * 1000)


def _connected(page: Page) -> None:
    page.wait_for_function("() => document.querySelector('#stage')?.dataset.connection === 'open'")
