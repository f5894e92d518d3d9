"""How fast a film goes up and down over loopback, what web needs for it, and how long others wait meanwhile.

    python -m bench.films.upload_speed [--gib 2] [--runs 3] [--json out.json]

Needs curl, and nginx for the lines that compare. Each line is one transfer of a film of zeros by curl, on a
stack of its own with one web process, while a member exchanges time over a socket: MB/s, the growth of web's
memory at its highest over that before the first transfer, and the round trips of the member's pings.

- `tus PATCH`: an upload; `nginx DAV PUT`: nginx's own, with `client_body_in_file_only` left as it is.
- `GET from web`: this process sends; `GET by X-Accel-Redirect`: nginx does, told by web.
- `send_file`: Flask's own on the same server, which is what `GET from web` is instead of.

The goals: an upload at half of nginx's speed or more, and at most 30 MB above idle, whatever the size.
"""

import argparse
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

import httpx
import psutil  # type: ignore[import-untyped]

from bench.percentiles import percentiles
from partyapp.shared.kernel.clock import WallClock
from partyapp.transcode.domain.media_grant import SignedGrants
from tests.support.local_stack import Stack, free_port
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, eventually
from tests.support.web_workers import web_workers

_NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; user root; worker_processes 1;
events {{ worker_connections 100; }}
http {{
  access_log off; sendfile on; client_max_body_size 0; client_body_temp_path {folder}/temp;
  server {{
    listen 127.0.0.1:{port};
    location /dav/ {{ root {folder}; dav_methods PUT; create_full_put_path on; }}
    location /_films/store/ {{ internal; alias {films}/; }}
    location / {{ proxy_pass http://127.0.0.1:{web}; proxy_request_buffering off; }}
  }}
}}
"""
_SEND_FILE = """
from flask import Flask, send_file
app = Flask(__name__)
@app.get("/film")
def film(): return send_file({film!r}, conditional=True)
@app.get("/ping")
def ping(): return ""
"""


@dataclass(frozen=True, kw_only=True)
class Line:
    """What one transfer took. Times of the pings in ms, `grown_mb` in MB (1e6)."""

    what: str
    mb_s: float
    grown_mb: float | None
    others_ms: dict[str, float]


class Bench:
    """A stack with one web process, a film, and a member who pings."""

    def __init__(self, stack: Stack, folder: Path, size: int) -> None:
        self._stack, self._folder, self._size = stack, folder, size
        self.film = folder / "film.mp4"
        with self.film.open("wb") as file:
            file.truncate(size)
        self._guest = Guest(stack.url, "Ada")
        party = self._guest.create_party()
        self._socket = self._guest.connect(party["id"])
        self._socket.expect("welcome")
        self._web = psutil.Process(web_workers(stack)[0])
        self._idle = self._web.memory_info().rss
        self._pings = 0

    def quiet(self) -> Line:
        """Nobody sends anything."""
        return self._line("nothing", lambda: time.sleep(3), self._ping, with_memory=True, size=0)

    def upload(self) -> tuple[Line, str]:
        """A whole film by one PATCH; its video's id too."""
        begun = self._guest.http.post(
            "/api/uploads", headers={"Tus-Resumable": "1.0.0", "Upload-Length": str(self._size)}
        )
        headers = {
            "Authorization": f"Bearer {self._guest.token}",
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": "0",
            "Content-Type": "application/offset+octet-stream",
        }
        url = self._stack.url + begun.headers["Location"]
        shown: list[str] = []

        def send() -> None:
            shown.append(curl(url, "-X", "PATCH", "-T", str(self.film), "-D", "-", headers=headers))

        line = self._line("tus PATCH", send, self._ping, with_memory=True)
        found = [row for row in shown[0].splitlines() if row.lower().startswith("party-video-id")]
        return line, found[0].partition(":")[2].strip()

    def put(self, url: str) -> Line:
        """The same to nginx."""
        return self._line("nginx DAV PUT", lambda: curl(url, "-T", str(self.film)), self._ping)

    def get(self, what: str, url: str, others: Callable[[], None] | None = None) -> Line:
        """The whole film in one request, as a player asks."""
        headers = {"Range": "bytes=0-"}
        return self._line(
            what, lambda: curl(url, headers=headers), others or self._ping, with_memory=others is None
        )

    def _ping(self) -> None:
        self._pings += 1
        self._socket.ping(self._pings)

    def _line(
        self,
        what: str,
        transfer: Callable[[], object],
        other: Callable[[], None],
        *,
        with_memory: bool = False,
        size: int | None = None,
    ) -> Line:
        waits: list[float] = []
        highest = 0
        thread = threading.Thread(target=transfer)
        begun = time.monotonic()
        thread.start()
        while thread.is_alive():
            asked = time.monotonic()
            other()
            waits.append((time.monotonic() - asked) * 1000)
            highest = max(highest, self._web.memory_info().rss)
            thread.join(0.01)
        took = time.monotonic() - begun
        return Line(
            what=what,
            mb_s=round((self._size if size is None else size) / took / 1e6, 1),
            grown_mb=round((highest - self._idle) / 1e6, 1) if with_memory else None,
            others_ms=percentiles(waits),
        )


def curl(url: str, *words: str, headers: dict[str, str] | None = None) -> str:
    """What curl prints of headers; the body goes nowhere. Raises CalledProcessError for a refusal."""
    named = [word for name, value in (headers or {}).items() for word in ("-H", f"{name}: {value}")]
    command = ["curl", "-sSf", "-o", "/dev/null", "-H", "Expect:", *named, *words, url]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@contextmanager
def running(command: Sequence[str], url: str, cwd: Path) -> Iterator[None]:
    """A server, once it answers at `url`; ended with the block."""
    process = subprocess.Popen(command, cwd=cwd, stderr=subprocess.DEVNULL)
    try:
        eventually(
            lambda: subprocess.run(["curl", "-s", "-o", "/dev/null", url], check=False).returncode == 0
        )
        yield
    finally:
        process.terminate()
        process.wait()


def compare(bench: Bench, stack: Stack, folder: Path, runs: int) -> Iterator[Line]:
    """All lines."""
    nginx = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    films, port = stack.data_dir / "films", free_port()
    grants = SignedGrants(stack.secret_key, WallClock())
    yield bench.quiet()
    with ExitStack() as servers:
        if nginx is not None:
            config = folder / "nginx.conf"
            config.write_text(_NGINX.format(folder=folder, port=port, films=films, web=stack.port))
            servers.enter_context(running([nginx, "-c", str(config)], f"http://127.0.0.1:{port}/", folder))
        for number in range(runs):
            line, video_id = bench.upload()
            yield line
            address = f"/media/{grants.for_person(_uuid(video_id), _uuid(video_id))}/{video_id}/source"
            yield bench.get("GET from web", stack.url + address)
            if nginx is not None:
                yield bench.put(f"http://127.0.0.1:{port}/dav/{number}.mp4")
                yield bench.get("nginx, proxying web", f"http://127.0.0.1:{port}{address}")
                (folder / "dav" / f"{number}.mp4").unlink()
        yield send_file(bench, folder, servers)


def send_file(bench: Bench, folder: Path, servers: ExitStack) -> Line:
    """Flask's own way, on gunicorn with gevent."""
    (folder / "plain.py").write_text(_SEND_FILE.format(film=str(bench.film)))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    words = ["-m", "gunicorn", "-k", "gevent", "--no-control-socket", "-b", f"127.0.0.1:{port}", "plain:app"]
    servers.enter_context(running([sys.executable, *words], f"{url}/ping", folder))
    return bench.get("send_file", f"{url}/film", lambda: _get(f"{url}/ping"))


def _get(url: str) -> None:

    httpx.get(url, trust_env=False, timeout=60.0)


def _uuid(text: str) -> UUID:

    return UUID(text)


def main() -> None:
    """Run it and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.films.upload_speed")
    parser.add_argument("--gib", type=float, default=2.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    size = int(given.gib * 1024**3)
    extra = {"PARTY_UPLOAD_MAX_BYTES": str(size), "RATELIMIT_MESSAGES": "100000/second"}
    lines: list[Line] = []
    with own_folder() as folder, Stack(folder / "data", extra=extra) as stack:
        bench = Bench(stack, folder, size)
        for line in compare(bench, stack, folder, given.runs):
            lines.append(line)
            grown = "" if line.grown_mb is None else f"web +{line.grown_mb} MB"
            print(f"{line.what:24} {line.mb_s:8.1f} MB/s  {grown:16} others {line.others_ms} ms", flush=True)
    if given.json is not None:
        given.json.write_text(json.dumps([asdict(line) for line in lines], indent=2) + "\n")


if __name__ == "__main__":
    main()
