"""What a party notices of an upload at full speed, two readers of a film and two transcodes beside it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.films.service import FilmService
from bench.percentiles import percentiles
from tests.support.party_client import body_of
from tests.support.upload_env import TUS

READERS = 2
TRANSCODES = 2


@dataclass(frozen=True, kw_only=True)
class Noticed:
    """Round trips of pings and of commands (ms) beside `what`; rates of what went on meanwhile, in MB/s."""

    what: str
    pong_ms: dict[str, float]
    command_ms: dict[str, float]
    upload_mb_s: float = 0.0
    read_mb_s: float = 0.0


class BusyFilms:
    """An upload and readers that begin again as soon as they are done, until the block ends."""

    def __init__(self, service: FilmService, film: Path, address: str) -> None:
        self._service, self._film, self._address = service, film, address
        self._ended = threading.Event()
        self._running: set[subprocess.Popen[str]] = set()
        self.uploaded = self.read = 0

    @contextmanager
    def busy(self, *, upload: bool, readers: int) -> Iterator[None]:
        """Busy with these in the block."""
        work = [self._upload] * upload + [self._read] * readers
        threads = [threading.Thread(target=self._again_and_again, args=(one,)) for one in work]
        self._ended.clear()
        self.uploaded = self.read = 0
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            for process in list(self._running):
                process.kill()
            for thread in threads:
                thread.join()

    def _again_and_again(self, work: Callable[[], None]) -> None:
        while not self._ended.is_set():
            work()

    def _upload(self) -> None:
        """All of the film but its last byte, so that it becomes no film."""
        size = self._film.stat().st_size
        http = self._service.guest.http
        begun = http.post("/api/uploads", headers={**TUS, "Upload-Length": str(size + 1)})
        body_of(begun, 201)
        url = self._service.stack.url + begun.headers["Location"]
        words = ["-X", "PATCH", "-T", str(self._film)]
        for name, value in {
            **TUS,
            "Authorization": f"Bearer {self._service.guest.token}",
            "Upload-Offset": "0",
            "Content-Type": "application/offset+octet-stream",
        }.items():
            words += ["-H", f"{name}: {value}"]
        self.uploaded += self._curl("%{size_upload}", *words, url)
        http.delete(begun.headers["Location"], headers=TUS)

    def _read(self) -> None:
        self.read += self._curl("%{size_download}", "-H", "Range: bytes=0-", self._address)

    def _curl(self, counted: str, *words: str) -> int:
        command = ["curl", "-s", "-o", "/dev/null", "-H", "Expect:", "-w", counted, *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._running.add(process)
        printed = process.communicate()[0]
        self._running.discard(process)
        with suppress(ValueError):
            return int(printed)
        return 0


def measured(service: FilmService, film: Path, old_film: Path, seconds: float) -> Iterator[Noticed]:
    """A party's round trips beside nothing, each of them, all, and nothing again.

    `film` is uploaded and read, `old_film` transcoded; it has to last longer than the whole takes.
    """
    party = service.guest.create_party()
    service.guest.playback(party["id"], "play")
    shown = service.playable(service.upload(film).video_id)
    busy = BusyFilms(service, film, service.stack.url + shown["sources"][0]["url"])

    def line(what: str, *, upload: bool = False, readers: int = 0) -> Noticed:
        with busy.busy(upload=upload, readers=readers):
            found = _member(service, party["id"], seconds)
        return Noticed(
            what=what,
            pong_ms=percentiles(found["pong_ms"]),
            command_ms=percentiles(found["command_ms"]),
            upload_mb_s=round(busy.uploaded / seconds / 1e6),
            read_mb_s=round(busy.read / seconds / 1e6),
        )

    yield line("nothing")
    yield line("an upload", upload=True)
    yield line(f"{READERS} readers", readers=READERS)
    with ExitStack() as transcodes:
        for _ in range(TRANSCODES):
            video_id = service.upload(old_film).video_id
            transcodes.callback(service.remove, video_id)
            service.watchable(video_id)
        yield line(f"{TRANSCODES} transcodes")
        yield line("all of these", upload=True, readers=READERS)
    yield line("nothing again")


def _member(service: FilmService, party_id: str, seconds: float) -> Any:
    words = ["-m", "bench.films.party_member", service.stack.url, party_id, service.guest.token, str(seconds)]
    ran = subprocess.run([sys.executable, *words], check=True, capture_output=True, text=True)
    return json.loads(ran.stdout)
