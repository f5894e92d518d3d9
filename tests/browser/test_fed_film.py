"""A film that grows, fed to a real Chromium: the right frame at each place, and the move to the MP4.

It holds the fake of Media Source Extensions in `tests/js` to the real ones.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Playwright

from bench.films.fed_film import FedFilm
from bench.films.file_server import file_server
from bench.films.segments import measured
from tests.browser.conftest import FLAGS
from tests.support.browsers.chromium import chromium_window
from tests.support.own_folder import own_folder

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
