"""What films cost: from the last byte to the picture, an upload's speed, and what a party notices of it all.

    python -m bench.films [--mb 4096] [--encode-s 60] [--runs 3] [--party-s 20]
                          [--only preparing uploading party]

Each figure stands beside one of the same run: plain ffmpeg's (the same program, the same settings, the same
file), nginx's upload, the party when nothing else happens. Only such ratios are compared with a goal, since
times are the machine's. It needs twelve times `--mb` of disk; without curl and nginx, uploads are left out.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from bench.films import beside_films, preparing, upload_speed
from bench.films.long_clips import LongClips
from bench.films.preparing import MIB
from bench.films.service import FilmService
from bench.processes import StealTime
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder

#: No film is too large, and none of the party's exchanges is too many.
_UNBOUNDED = {"PARTY_UPLOAD_MAX_BYTES": str(1 << 40), "RATELIMIT_MESSAGES": "100000/second"}


def preparing_lines(given: argparse.Namespace) -> Iterator[str]:
    """From an upload's last byte, beside plain ffmpeg."""
    yield f"{'From the last byte, in s':28} {'MB':>6} {'frame':>8} {'playable':>9} {'ffmpeg':>8} {'ratio':>6}"
    with own_folder() as folder:
        clips = LongClips(folder)
        with Stack(folder / "data", films=True, extra=_UNBOUNDED) as stack:
            service = FilmService(stack)
            size = given.mb * MIB
            for row in preparing.measured(
                service, clips, size=size, encode_s=given.encode_s, runs=given.runs
            ):
                yield (
                    f"{row.what:28} {row.megabytes:6} {row.first_frame_s:8.2f} {row.playable_s:9.2f} "
                    f"{row.ffmpeg_s:8.2f} {row.ratio:6.2f}"
                )
    yield "goals: frame 5 s; ratio 1.25 of a copy, 1.1 of what is encoded"


def uploading_lines(given: argparse.Namespace) -> Iterator[str]:
    """An upload beside nginx's own."""
    if not shutil.which("curl"):
        yield "uploads: curl is missing"
        return
    size = given.mb * MIB
    rates: dict[str, list[float]] = {}
    grown = 0.0
    extra = {**_UNBOUNDED, "PARTY_UPLOAD_MAX_BYTES": str(size)}
    with own_folder() as folder, Stack(folder / "data", extra=extra) as stack:
        for line in upload_speed.compare(upload_speed.Bench(stack, folder, size), stack, folder, given.runs):
            rates.setdefault(line.what, []).append(line.mb_s)
            grown = max(grown, line.grown_mb or 0.0)
    yield f"{'Transfers over loopback':28} {'MB/s':>8}"
    for what, found in rates.items():
        if what != "nothing":
            yield f"{what:28} {median(found):8.0f}"
    if "nginx DAV PUT" in rates:
        ratio = median(rates["tus PATCH"]) / median(rates["nginx DAV PUT"])
        yield f"upload / nginx's own: {ratio:.2f} (goal 0.5 or more)"
    yield f"web's memory above idle: {grown:.0f} MB at most (goal 30)"


def party_lines(given: argparse.Namespace) -> Iterator[str]:
    """A party beside films."""
    yield (
        f"{'A party beside, ms':24} {'pong p50':>8} {'p95':>7} {'p99':>7} "
        f"{'command p50':>12} {'p95':>7} {'p99':>7} {'up MB/s':>8} {'read':>6}"
    )
    extra = {**_UNBOUNDED, "TRANSCODE_CONCURRENCY": str(beside_films.TRANSCODES)}
    rows = []
    with own_folder() as folder:
        clips = LongClips(folder)
        film = clips.film("film.mp4", min(given.mb, 1024) * MIB, "-movflags", "+faststart")
        old_film = clips.old_film(int(given.party_s * 20))
        with Stack(folder / "data", films=True, extra=extra) as stack:
            for row in beside_films.measured(FilmService(stack), film, old_film, given.party_s):
                rows.append(row)
                pong, command = row.pong_ms, row.command_ms
                yield (
                    f"{row.what:24} {pong['p50']:8.2f} {pong['p95']:7.2f} {pong['p99']:7.2f} "
                    f"{command['p50']:12.2f} {command['p95']:7.2f} {command['p99']:7.2f} "
                    f"{row.upload_mb_s:8.0f} {row.read_mb_s:6.0f}"
                )
    alone = median(row.command_ms["p99"] for row in (rows[0], rows[-1]))
    beside = rows[-2]
    yield (
        f"command p99, beside all of these / alone: {beside.command_ms['p99'] / alone:.2f} (goal 1.5); "
        f"pong p95: {beside.pong_ms['p95']:.1f} ms (goal 5)"
    )


PARTS: dict[str, Callable[[argparse.Namespace], Iterator[str]]] = {
    "preparing": preparing_lines,
    "uploading": uploading_lines,
    "party": party_lines,
}


def main() -> None:
    """Run the parts and print their tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.films")
    parser.add_argument("--mb", type=int, default=4096, help="the size of the films that are copied")
    parser.add_argument("--encode-s", type=int, default=60, help="the length of the film that is encoded")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--party-s", type=float, default=20.0, help="for each line of the party")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--out", type=Path, help="a file for the tables too")
    given = parser.parse_args()
    lines = []
    for name in given.only:
        steal = StealTime()
        for line in PARTS[name](given):
            print(line, flush=True)
            lines.append(line)
        print(f"steal time: {steal.share():.1%} of the processors\n", flush=True)
    if given.out is not None:
        given.out.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
