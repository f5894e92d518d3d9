"""Mutated films of every container through probing and preparing.

Run: `python -m bench.films.fuzz [--files 1000] [--seed 15] [--at 0]`. Each file must end as a film or in
words for its owner. One that ends otherwise, or leaves a process or a file over, is a finding: it is printed
(the seed and its number, as `--at`, make it again), and the status is 1 at the end. So it is when
this process leaks memory or open files.
"""

from __future__ import annotations

import argparse
import re
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from partyapp.transcode.domain.probed_film import FilmNotPrepared
from partyapp.transcode.infrastructure.ffmpeg.guarded_process import MIB, Limits
from partyapp.transcode.infrastructure.ffmpeg.prepare import FfmpegFilmPreparer
from tests.support.film_clips import Clips
from tests.support.film_fuzz import mutated, seeds
from tests.support.film_preparing import as_webvtt

LIMITS = Limits(memory_bytes=1024 * MIB, cpu_s=30, file_bytes=64 * MIB, wall_s=60.0, stall_s=30.0)
#: This process may grow by so much, in KiB, over all files.
GROWTH_KIB = 40 * 1024


class Fuzz:
    """Runs files through a preparer, and counts how they end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / "work"
        self.preparer = FfmpegFilmPreparer(as_webvtt, limits=LIMITS, threads=1)
        self.ends: Counter[str] = Counter()
        self.slowest_s = 0.0
        self.findings = 0

    def one(self, number: int, name: str, content: bytes) -> None:
        """Prepare the file, and say so if it doesn't end as it should."""
        path = self.folder / f"{number}-{name}"
        path.write_bytes(content)
        began = time.monotonic()
        wrong = [*self._prepare(path), *self._left_over(path, content)]
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        if wrong:
            self.findings += 1
            print(f"file {number}, {name}: {'; '.join(wrong)}", flush=True)
        path.unlink()
        shutil.rmtree(self.work, ignore_errors=True)

    def _prepare(self, path: Path) -> Iterator[str]:
        try:
            film = self.preparer.prepare(path, self.work, lambda report: None, lambda: False)
        except FilmNotPrepared as error:
            if error.try_again:
                yield f"blamed on this machine: {error.reason}"
            self.ends[re.sub(r"[\d.:%× ]+", " ", error.reason)] += 1
        except Exception as error:
            yield repr(error)
        else:
            self.ends["a film"] += 1
            left = {one.name for one in self.work.iterdir()}
            if left != {name for name in film.names() if name}:
                yield f"left {left}"

    def _left_over(self, path: Path, content: bytes) -> Iterator[str]:
        if psutil.Process().children(recursive=True):
            yield "a process is left"
        if path.read_bytes() != content:
            yield "the film was written to"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--files", type=int, default=1000)
    options.add_argument("--seed", type=int, default=15)
    options.add_argument("--at", type=int, default=0, help="begin with this file, to see one again")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clips = Clips(Path(folder) / "clips")
        clips.folder.mkdir()
        fuzz = Fuzz(Path(folder))
        files = enumerate(mutated(seeds(clips), count=given.files, seed=given.seed))
        open_files, memory, began = 0, 0, time.monotonic()
        for number, (name, content) in files:
            if number < given.at:
                continue
            fuzz.one(number, name, content)
            if number == given.at + 20:
                open_files = psutil.Process().num_fds()
                memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        took_s = time.monotonic() - began
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
        print(f"{sum(fuzz.ends.values())} files in {took_s:.0f} s, slowest {fuzz.slowest_s:.1f} s")
        for end, times in fuzz.ends.most_common():
            print(f"{times:6} {end}")
        if memory:
            print(f"open files {open_files} → {psutil.Process().num_fds()}, memory + {grown / 1024:.1f} MiB")
            assert psutil.Process().num_fds() <= open_files, "open files leak"
            assert grown < GROWTH_KIB, "memory leaks"
        sys.exit(1 if fuzz.findings else 0)


if __name__ == "__main__":
    main()
