"""kill -9 at random moments while films are uploaded and prepared.

    python -m bench.films.kills [--rounds 20] [--victims worker ffmpeg web redis postgres] [--seed 15]

A round uploads four films, one for each way of preparing one, kills the victim at a moment that the seed
chooses, and waits until all films have come to an end. Then each must be playable with the frames of an
undisturbed run, made by one run and no more, and neither a file nor a program may be left over. What is
otherwise is printed with its round, and the status is 1 at the end.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]

from bench.films.kill_checks import Films, kinds
from bench.films.service import FilmService
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Unexpected, eventually
from tests.support.upload_env import TUS
from tests.support.waiting import RECOVERY_S
from tests.support.web_workers import web_workers

#: An upload is sent in so many parts, so that a kill may come between two.
PARTS = 4
SETTLED_S = 300.0


def kill(pids: Sequence[int]) -> None:
    """Kill them at once."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def worker(stack: Stack, chance: random.Random, _films: Films) -> None:
    """The process that prepares films, one of its pool, or all of them."""
    main = stack.pid_of("transcode")
    pool = [child.pid for child in psutil.Process(main).children()]
    kill(chance.choice(([main], pool, [main, *pool])))


def ffmpeg(_stack: Stack, chance: random.Random, films: Films) -> None:
    """A program that works on a film, once there is one."""
    with suppress(Unexpected):
        kill([chance.choice(eventually(films.programs, 5.0, 0.002)).pid])


def web(stack: Stack, chance: random.Random, _films: Films) -> None:
    """A web process, or the one above it too."""
    workers = web_workers(stack)
    kill(chance.choice((workers, [stack.pid_of("web"), *workers])))


def redis(stack: Stack, _chance: random.Random, _films: Films) -> None:
    """Redis."""
    stack.kill("valkey")


def postgres(stack: Stack, _chance: random.Random, _films: Films) -> None:
    """Postgres."""
    stack.kill("postgres")


VICTIMS: dict[str, Callable[[Stack, random.Random, Films], None]] = {
    "worker": worker,
    "ffmpeg": ffmpeg,
    "web": web,
    "redis": redis,
    "postgres": postgres,
}


class Uploader:
    """Sends films as a page does: it asks where each stands, and goes on from there, whatever happens."""

    def __init__(self, service: FilmService) -> None:
        self._http = httpx.Client(
            base_url=service.stack.url,
            headers={**TUS, "Authorization": f"Bearer {service.guest.token}"},
            trust_env=False,
            timeout=30.0,
        )

    def send(self, film: Path) -> str:
        """The id of the film that it becomes."""
        data = film.read_bytes()
        begun = self._until("POST", "/api/uploads", {"Upload-Length": str(len(data))}, (201,))
        address = begun.headers["Location"]
        while True:
            head = self._until("HEAD", address, {}, (200,))
            offset = int(head.headers["Upload-Offset"])
            if "Party-Video-Id" in head.headers:
                return head.headers["Party-Video-Id"]
            part = data[offset : offset + len(data) // PARTS + 1]
            headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
            with suppress(httpx.HTTPError):
                self._http.patch(address, content=part, headers=headers)

    def _until(
        self, method: str, address: str, headers: dict[str, str], statuses: tuple[int, ...]
    ) -> httpx.Response:
        def answered() -> httpx.Response | None:
            with suppress(httpx.HTTPError):
                answer = self._http.request(method, address, headers=headers)
                if answer.status_code in statuses:
                    return answer
                if answer.status_code in (404, 410):
                    raise Unexpected(f"{method} {address} gave {answer.status_code}: the upload was lost")
            return None

        answer = eventually(answered, RECOVERY_S, 0.1)
        assert answer is not None
        return answer


class Rounds:
    """Uploads all films once a round, with a kill in it."""

    def __init__(self, service: FilmService, folder: Path, seconds: float, seed: int) -> None:
        self._service, self._films = service, kinds(folder, seconds)
        self._uploader = Uploader(service)
        self._seed = seed
        others = Films(service, {}).present()
        begun = time.monotonic()
        uploaded = self._uploaded()
        self._checks = Films(service, {})
        eventually(lambda: all(self._settled(one) for one in uploaded.values()), SETTLED_S)
        self._took_s = time.monotonic() - begun
        frames = {kind: self._checks.reference(one) for kind, one in uploaded.items()}
        self._checks = Films(service, frames, others)
        self._remove(uploaded)

    def one(self, victim: str, number: int) -> tuple[float, list[str]]:
        """When it was killed, in s after the round's begin, and what was wrong afterwards."""
        chance = random.Random(f"{self._seed} {victim} {number}")
        at_s = chance.uniform(0.0, self._took_s)
        killing = threading.Timer(at_s, VICTIMS[victim], args=(self._service.stack, chance, self._checks))
        killing.start()
        try:
            uploaded = self._uploaded()
            killing.join()
            eventually(lambda: all(self._settled(one) for one in uploaded.values()), SETTLED_S, 0.1)
        except Unexpected as error:
            killing.join()
            return at_s, [str(error)]
        wrong = list(self._checks.wrong(uploaded))
        with suppress(Unexpected):
            eventually(lambda: not self._checks.left_over(uploaded))
        wrong += [f"left over: {name}" for name in self._checks.left_over(uploaded)]
        self._remove(uploaded)
        return at_s, wrong

    def _uploaded(self) -> dict[str, str]:
        return {kind: self._uploader.send(film) for kind, film in self._films.items()}

    def _settled(self, video_id: str) -> bool:
        # Web may be away, and Postgres.
        try:
            return self._checks.settled(video_id)
        except (httpx.HTTPError, Unexpected):
            return False

    def _remove(self, uploaded: dict[str, str]) -> None:
        for video_id in uploaded.values():
            self._service.remove(video_id)


def main() -> None:
    """Run the rounds, the victims in turn."""
    parser = argparse.ArgumentParser(prog="python -m bench.films.kills")
    parser.add_argument("--rounds", type=int, default=20, help="for each victim")
    parser.add_argument("--first", type=int, default=0, help="the number of the first, to see one again")
    parser.add_argument("--victims", nargs="+", choices=VICTIMS, default=list(VICTIMS))
    parser.add_argument("--seed", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=20.0, help="the length of the films")
    given = parser.parse_args()
    found = 0
    with own_folder() as folder, Stack(folder / "data", films=True) as stack:
        rounds = Rounds(FilmService(stack), folder, given.seconds, given.seed)
        for number in range(given.first, given.first + given.rounds):
            for victim in given.victims:
                at_s, wrong = rounds.one(victim, number)
                found += bool(wrong)
                print(
                    f"{victim:9} round {number:3}, killed after {at_s:5.2f} s: {wrong or 'well'}", flush=True
                )
    print(f"{given.rounds} kills each of {', '.join(given.victims)}: {found} rounds with findings")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
