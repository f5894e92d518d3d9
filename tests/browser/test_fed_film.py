"""A film that grows, fed to a real Chromium: the right frame at each place, and the move to the MP4.

It holds the fake of Media Source Extensions in `tests/js` to the real ones.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Playwright

from bench.films.fed_film import FedFilm
from bench.films.file_server import file_server
from bench.films.segments import _FIRST, _SEEK, measured
from tests.browser.conftest import FLAGS, Opened
from tests.support.browsers.chromium import chromium_window
from tests.support.own_folder import own_folder
from tests.support.waiting import RECOVERY_S, eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


def test_a_film_that_grows(playwright: Playwright, chromium: str) -> None:
    with own_folder() as folder:
        film = FedFilm(folder)
        with file_server(folder) as address, chromium_window(playwright, chromium, FLAGS) as window:
            found = measured(window, film, address)
    assert found["wrong"] == []
    assert found["faults"] == []
    assert found["edge_s"] > 19, "it played up to the edge, and went on"
    assert found["move"]["shown"] is True


@pytest.mark.parametrize("browser", ["chromium", "firefox", "webkit"])
def test_a_paused_seek_to_just_before_what_the_buffer_has_shows_its_own_frame(
    opened: Opened, browser: str
) -> None:
    with own_folder() as folder:
        film = FedFilm(folder)
        film.publish(film.seconds + 10)
        with file_server(folder) as address:
            window = opened(browser)
            window.open(f"{address}/page.html")
            eventually(lambda: window.run("() => Boolean(window.fed)"), RECOVERY_S)
            window.run(_FIRST)
            # A segment begins at 40 s; the one before it isn't there until the place asks for it.
            for place, frame in ((40.02, 1000), (39.98, 999)):
                window.run(_SEEK, place)
                eventually(lambda frame=frame: window.run("() => filmScreen.number()") == frame)  # type: ignore[misc]
