"""The page's own source of a film in real browsers, as its element moves to another file of the film.

It holds the fake element of `tests/js/sourced-media.js` to a real one, where orders of events are tried.
"""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright

from bench.films.fed_film import CLIENT, SCREEN, FedFilm
from bench.films.file_server import file_server
from tests.browser.conftest import FLAGS, Opened
from tests.support.browsers.chromium import chromium_window
from tests.support.own_folder import own_folder

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]

PLACE_S = 17.52
#: A second picture is up to 53 ms ahead of the first one, which is up to 30 ms behind when it is seen again.
FRAMES_BACK = 3
_PAGE = """<!doctype html><title>moves</title>
<style>div { position: relative } video { width: 288px; height: 160px }
.second-picture { position: absolute; inset: 0 }</style>
<body><div><video playsinline muted crossorigin="anonymous"></video></div><script type="module">
import { PlaybackFollower } from './party-client/index.js';
import { FilmSource } from './page/film-source.js';
const media = document.querySelector('video');
class Connection extends EventTarget {
  now = () => performance.now();
  partyTimeMs(ms = performance.now()) { return ms; }
  estimate() { return { boundMs: 1 }; }
  sendStatus() { return true; }
  go(fields) {
    const revision = (this.party?.revision ?? 0) + 1;
    const playback = { position_s: 0, rate: 1, at_ms: performance.now(), revision, ...fields };
    const video = { id: 'v', duration_s: 60, frame_rate: 25, sources: [] };
    this.party = { state: 'active', revision, playback, video };
    this.dispatchEvent(new CustomEvent('playback', { detail: {} }));
  }
}
const connection = new Connection();
connection.go({ state: 'paused', position_s: PLACE });
const room = {
  party: connection.party, signal: new AbortController().signal,
  on: (target, type, listener) => target.addEventListener(type, listener),
  after: (ms, act) => { const timer = setTimeout(act, ms); return () => clearTimeout(timer); },
};
const follower = new PlaybackFollower({ media, connection });
const source = new FilmSource({ room, media, follower, onFault: () => {} });
const urlOf = (name) => new URL(name, location.href).href;
follower.start();
const screen = (SCREEN);
const errorS = () => follower.wanted.positionS - media.currentTime;
const isThere = () => media.readyState >= 2 && !media.seeking && Math.abs(errorS()) < 0.05;
const isMoved = () => media.currentSrc.endsWith('.mp4') && !document.querySelector('.second-picture');
const until = async (holds) => {
  for (const begun = performance.now(); !holds();) {
    if (performance.now() - begun > 30000) return false;
    await new Promise((done) => setTimeout(done, 20));
  }
  return true;
};
window.film = { media, source, follower, connection, urlOf, screen, isThere, isMoved, until };
</script>
"""
_PAUSED = """async (file) => {
  const { media, source, urlOf, isThere, isMoved, until, screen } = film;
  source.play(urlOf('film.m3u8'));
  if (!(await until(isThere))) return 'it never came to its place in segments';
  void source.change(urlOf(file));
  if (!(await until(isMoved))) return 'it never moved';
  if (!(await until(isThere))) return `it stands at ${media.currentTime}`;
  screen();
  for (let looks = 0; looks < 12; looks += 1) await new Promise((done) => requestAnimationFrame(done));
  return filmScreen.number();
}"""
#: What is on the screen at each of its refreshes while one file gives way to another.
_FILES = """async ([from, to, state]) => {
  const { media, source, connection, urlOf, isThere, isMoved, until, screen } = film;
  connection.go({ state, position_s: 8.02 });
  source.play(urlOf(from));
  const isOnItsWay = () => isThere() && (state === 'paused' || media.currentTime > 9);
  if (!(await until(isOnItsWay))) return 'it never came';
  screen();
  const seen = [];
  let isWatching = true;
  const watch = () => {
    seen.push([performance.now(), filmScreen.number()]);
    if (isWatching) requestAnimationFrame(watch);
  };
  watch();
  void source.change(urlOf(to));
  const isAtTheOther = () => media.src === urlOf(to) && isMoved() && isThere();
  if (!(await until(isAtTheOther))) return 'it never moved';
  await new Promise((done) => setTimeout(done, 300));
  isWatching = false;
  return seen;
}"""


def _made(folder: Path) -> FedFilm:
    film = FedFilm(folder)
    film.publish(film.seconds + 10)
    shutil.copytree(CLIENT.parent / "page", folder / "page")
    page = _PAGE.replace("PLACE", str(PLACE_S)).replace("SCREEN", SCREEN.read_text(encoding="utf-8"))
    (folder / "moves.html").write_text(page)
    return film


@pytest.mark.parametrize("state", ["paused", "playing"])
@pytest.mark.parametrize("browser", ["chromium", "firefox"])
def test_from_one_file_to_another_the_picture_is_never_gone(opened: Opened, browser: str, state: str) -> None:
    with own_folder() as folder:
        film = _made(folder)
        with file_server(folder) as address:
            window = opened(browser)
            window.open(f"{address}/moves.html")
            name = film.clip.name + ".mp4"
            seen: Any = window.run(_FILES, [f"whole/{name}", name, state])
    assert isinstance(seen, list), seen
    numbers = [number for _, number in seen]
    assert numbers.count(None) == 0, f"gone at {numbers.count(None)} of {len(numbers)} looks"
    if state == "paused":
        assert set(numbers) == {int(8.02 * 25 + 1e-3)}
    else:
        back = max(one - next_one for one, next_one in pairwise(numbers))
        assert back <= FRAMES_BACK, f"{back} frames back"


def test_a_move_while_paused_ends_on_the_same_frame(playwright: Playwright, chromium: str) -> None:
    with own_folder() as folder:
        film = _made(folder)
        with file_server(folder) as address, chromium_window(playwright, chromium, FLAGS) as window:
            window.open(f"{address}/moves.html")
            found: Any = window.run(_PAUSED, film.clip.name + ".mp4")
            assert found == int(PLACE_S * 25 + 1e-3)
