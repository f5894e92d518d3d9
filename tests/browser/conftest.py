"""Real Chromiums, driven by Playwright: one process a person."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from itertools import count

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.support.browsers.chromium import chromium_window
from tests.support.browsers.firefox import firefox_window
from tests.support.browsers.programs import installed
from tests.support.browsers.webkit import mini_browser, webkit_window
from tests.support.browsers.window import Window
from tests.support.fronted_stack import front, stack_for_pages
from tests.support.local_stack import Stack
from tests.support.other_origin import OtherSite
from tests.support.own_folder import own_folder

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
]

#: What the other site's server signs tokens with.
SITE_SECRET = "OVkQ2xqJH0o7dEuJ3VbZ9cTnRw5yLgXa8mKsPf1iD4hU"

#: Files of tests that have a proxy of their own.
OWN_PROXY = {"test_below_a_path.py", "test_proxy_login.py"}
#: Tests, and files of tests, in which the page has more addresses than the one that the service was told of.
MORE_ADDRESSES = {
    "test_a_link_of_localhost_is_the_address_on_the_network",
    "test_who_opened_localhost_goes_on_at_the_networks_address_with_a_code",
    "test_plain_http.py",
    "test_other_browsers.py",
}

NewPerson = Callable[..., Page]
Opened = Callable[[str], Window]


@pytest.fixture(scope="session")
def other_site() -> Iterator[OtherSite]:
    """Somebody else's site, which `stack` allows."""
    with OtherSite() as site:
        yield site


@pytest.fixture(scope="session")
def stack(other_site: OtherSite) -> Iterator[Stack]:
    """As everywhere, with the sample video, which is what these tests watch."""
    extra = {"PARTY_ALLOWED_ORIGINS": other_site.origin, "PARTY_API_KEYS": f"films:{SITE_SECRET}"}
    with own_folder() as folder, stack_for_pages(folder / "data", extra=extra) as running:
        yield running


@pytest.fixture(scope="module")
def own_stack() -> Iterator[Stack]:
    """One for tests that kill and freeze its processes."""
    with own_folder() as folder, stack_for_pages(folder / "data") as running:
        yield running


@pytest.fixture(autouse=True)
def _is_for_this_front(request: pytest.FixtureRequest) -> None:
    names = {request.path.name, request.node.name}
    if front() and names & OWN_PROXY:
        pytest.skip("this has a proxy of its own")
    if front().endswith("-prefix") and names & MORE_ADDRESSES:
        pytest.skip("below a path the page has one address")


@pytest.fixture(scope="session")
def lan_url(stack: Stack) -> str:
    """The service at an address of this machine that is not the loopback's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Sends nothing, but lets the system choose the address it would send from (TEST-NET-2, RFC 5737).
            probe.connect(("198.51.100.1", 9))
        except OSError:
            pytest.skip("this machine has no address but the loopback's: plain http was not tried")
        address: str = probe.getsockname()[0]
    if address.startswith("127."):
        pytest.skip("this machine has no address but the loopback's: plain http was not tried")
    return f"http://{address}:{stack.page_port}{stack.page_path}"


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the browser is; without one these tests say so and are skipped."""
    found = installed("chromium")
    if found is None:
        pytest.skip("no Chromium on this machine: the browser tests were not run")
    return found


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture
def new_person(playwright: Playwright, chromium: str) -> Iterator[NewPerson]:
    """Opens a browser of their own for a person."""
    browsers: list[Browser] = []

    def opened(
        *,
        width: int = 1280,
        height: int = 800,
        bypass_csp: bool = True,
        ignore_https_errors: bool = False,
    ) -> Page:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        browsers.append(browser)
        # Waiting for a function in the page needs `eval`, which the page's own policy forbids.
        context = browser.new_context(
            viewport={"width": width, "height": height},
            bypass_csp=bypass_csp,
            ignore_https_errors=ignore_https_errors,
        )
        page = context.new_page()
        page.set_default_timeout(60_000)
        return page

    yield opened
    for browser in browsers:
        browser.close()


def complaints_of(page: Page) -> list[str]:
    """What the page complains of from now on: errors on its console and uncaught ones."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def program_of(browser: str) -> str | None:
    """Where the browser is, or None."""
    if browser == "webkit":
        return mini_browser()
    return installed(browser)


@pytest.fixture
def opened(playwright: Playwright) -> Iterator[Opened]:
    """Opens a browser of its own; the test is skipped where the machine has none of that make."""
    with own_folder() as folder, ExitStack() as windows:
        numbers = count()

        def opened(browser: str) -> Window:
            program = program_of(browser)
            if program is None:
                pytest.skip(f"no {browser} on this machine: the main path was not tried in it")
            own = folder / str(next(numbers))
            made: dict[str, Callable[[], AbstractContextManager[Window]]] = {
                "chromium": lambda: chromium_window(playwright, program, FLAGS),
                "firefox": lambda: firefox_window(program, own),
                "webkit": lambda: webkit_window(program, own),
            }
            return windows.enter_context(made[browser]())

        yield opened
