"""`python -m bench.films.segments`: a film fed by segments while it grows, in three engines, by its picture.

How soon it begins, whether it shows the right frame wherever it is sought, how soon it goes on at the edge
once more is there, and how far the second picture is from the first when the film moves to the MP4.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from bench.films.fed_film import FedFilm
from bench.films.file_server import file_server
from bench.films.screens import Screens
from tests.support.browsers.window import Window
from tests.support.own_folder import own_folder
from tests.support.waiting import RECOVERY_S, eventually

#: Places to seek to, s; the last ones lie beyond what is there at first.
PLACES_S = (3.02, 17.5, 8.26, 0.02, 15.98, 11.1)
LATER_S = (41.5, 57.3, 24.02)
_FIRST = """async () => {
  const begun = performance.now(), { media } = window.fed;
  while (media.readyState < 3) await new Promise((done) => setTimeout(done, 5));
  fed.screen();
  return performance.now() - begun;
}"""
_SEEK = """async (place) => {
  const { media } = window.fed, begun = performance.now();
  media.pause();
  media.currentTime = place;
  while (media.seeking || media.readyState < 2) {
    if (performance.now() - begun > 20000) return null;
    await new Promise((done) => setTimeout(done, 5));
  }
  const ms = performance.now() - begun;
  for (let looks = 0; looks < 12; looks += 1) await new Promise((done) => requestAnimationFrame(done));
  return { ms, shown: filmScreen.number(), at: media.currentTime };
}"""
_EDGE = """async () => {
  const { media } = window.fed;
  await media.play();
  let last = media.currentTime, same = 0;
  while (same < 20) {
    await new Promise((done) => setTimeout(done, 25));
    same = media.currentTime === last ? same + 1 : 0;
    last = media.currentTime;
  }
  return last;
}"""
_GOES_ON = """async (edge) => {
  const { media, feeder } = window.fed;
  while (feeder.readyS <= edge + 1) await new Promise((done) => setTimeout(done, 5));
  const begun = performance.now();
  while (media.currentTime <= edge + 0.02) await new Promise((done) => setTimeout(done, 5));
  return performance.now() - begun;
}"""
_MOVE = """async () => {
  const { media } = window.fed;
  await media.play();
  fed.move();
  while (window.moved === undefined) await new Promise((done) => setTimeout(done, 5));
  const second = document.querySelector('.second-picture');
  return { shown: window.moved, apartMs: second ? (second.currentTime - media.currentTime) * 1000 : null };
}"""


def measured(window: Window, film: FedFilm, address: str) -> dict[str, Any]:
    """The figures of one engine."""
    film.publish(20.0)
    window.open(f"{address}/page.html")
    eventually(lambda: window.run("() => Boolean(window.fed)"), RECOVERY_S)
    found: dict[str, Any] = {"ready_ms": round(window.run(_FIRST))}
    seeks = [(place, window.run(_SEEK, place)) for place in PLACES_S]
    window.run(_SEEK, 17.0)
    edge = float(window.run(_EDGE))
    film.publish(30.0)
    found |= {"edge_s": edge, "goes_on_ms": round(window.run(_GOES_ON, edge))}
    film.publish(film.seconds + 10)
    eventually(lambda: window.run("() => fed.feeder.readyS > 55"), RECOVERY_S)
    seeks += [(place, window.run(_SEEK, place)) for place in LATER_S]
    right = [bool(at) and at["shown"] == int(place * float(film.clip.rate) + 1e-3) for place, at in seeks]
    wrong = [(place, at) for (place, at), is_right in zip(seeks, right, strict=True) if not is_right]
    found |= {"right": f"{sum(right)} of {len(right)}", "wrong": wrong}
    found["seek_ms"] = round(max(at["ms"] for _, at in seeks if at))
    return found | {"move": window.run(_MOVE), "faults": window.run("() => fed.faults")}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.films.segments", description=__doc__)
    parser.add_argument("--engines", nargs="+", default=["chromium", "firefox", "webkit"])
    parser.add_argument("--json", type=Path, help="write all figures here")
    options = parser.parse_args()
    results = {}
    with own_folder() as folder:
        (folder / "film").mkdir()
        film = FedFilm(folder / "film")
        with file_server(folder / "film") as address, Screens(folder / "windows") as screens:
            screens.open(options.engines)
            for member in screens.members:
                results[member.engine] = measured(member.window, film, address)
                print(member.engine, json.dumps(results[member.engine]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
