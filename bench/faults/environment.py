"""The environment of a fault run: the real stack, whose processes reach their servers through TCP proxies."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

import httpx
import psutil  # type: ignore[import-untyped]

from partyapp.local_run.procfile import find_procfile, parse_procfile
from tests.support.local_stack import START_LIMIT_S, Stack, environment
from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import Unexpected, eventually

ROOT = Path(__file__).resolve().parents[2]
WEB_PROCESSES = 2
#: Which proxies a process uses: those of web or those of the worker.
SIDES = {"web": "web", "worker": "worker", "transcode": "worker", "beat": "worker"}
SERVERS = ("postgres", "redis")
RECOVERY_LIMIT_S = 90.0
#: The supervised programs, by their names in supervisord; Redis has that of its program.
SUPERVISED = ("web", "worker", "beat", "valkey", "postgres")


class FaultEnvironment:
    """`party up` with two web processes, and a proxy for each link from web or worker to a server."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self._end = ExitStack()
        self.proxies = {
            f"{side}-{server}": self._end.enter_context(TcpProxy(("127.0.0.1", 9), seed=seed))
            for side in ("web", "worker")
            for server in SERVERS
        }
        procfile = folder / "Procfile"
        procfile.write_text(self._procfile(), encoding="utf-8")
        extra = {
            "WEB_CONCURRENCY": str(WEB_PROCESSES),
            "WORKER_CONCURRENCY": "2",
            "RATELIMIT_ENABLED": "0",
            # The processes run in the folder of their Procfile, which is not that of the code.
            "PYTHONPATH": str(ROOT),
        }
        self.stack = Stack(folder / "data", procfile=procfile, extra=extra)
        #: How often each supervised process was killed, and the pids of all that were.
        self.killed: Counter[str] = Counter()
        self.killed_pids: set[int] = set()

    def _procfile(self) -> str:
        """Party's own Procfile, with the addresses of the proxies in the environment of each process."""
        found = parse_procfile(find_procfile())
        lines = [f"release: {found.release}"]
        for name, command in found.processes.items():
            if name not in SIDES:
                # Neither receivers of webhooks nor desktop players take part.
                continue
            given = " ".join(f"{key}={value}" for key, value in self.urls(SIDES[name]).items())
            lines.append(f"{name}: {given} {command}")
        return "\n".join(lines) + "\n"

    def urls(self, side: str) -> dict[str, str]:
        """The addresses of Postgres and Redis for the processes of this side."""
        ports = {server: self.proxies[f"{side}-{server}"].port for server in SERVERS}
        postgres = f"postgresql+psycopg://postgres@127.0.0.1:{ports['postgres']}/party?sslmode=disable"
        return {"DATABASE_URL": postgres, "REDIS_URL": f"redis://127.0.0.1:{ports['redis']}/0"}

    def __enter__(self) -> Self:
        try:
            self._end.enter_context(self.stack.launch())
            eventually(self._set_proxy_targets, 30.0)
            eventually(lambda: self.stack.is_ready or not self.stack.is_running, START_LIMIT_S)
            if not self.stack.is_ready:
                raise Unexpected(f"party up ended: {self.stack.output}")
        except BaseException:
            self._end.close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self._end.close()

    def _set_proxy_targets(self) -> bool:
        """Point the proxies to the servers' sockets; False before the stack has recorded where those are."""
        try:
            postgres = parse_qs(urlsplit(self.stack.database_url).query)["host"][0]
            redis = urlsplit(self.stack.redis_url).path
        except (OSError, KeyError):
            return False
        for name, proxy in self.proxies.items():
            proxy.target = f"{postgres}/.s.PGSQL.5432" if name.endswith("postgres") else redis
        return True

    def process_tree(self, name: str) -> list[int]:
        """The pids of a supervised process and its descendants, parents first; empty when it is down."""
        pid = self.stack.pids().get(name, 0)
        with suppress(psutil.Error):
            if pid:
                return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
        return []

    def is_start_check(self, pid: int) -> bool:
        """Whether this process looks for a web process whether it may start."""
        with suppress(psutil.Error):
            return "partyapp.shared.ops.start_checks" in psutil.Process(pid).cmdline()
        return False

    def start_second_beat(self) -> subprocess.Popen[bytes]:
        """A second beat, as when a deployment overlaps the one before."""
        given = dict(self._recorded_environment()) | self.urls("worker")
        env = environment(self.stack.data_dir, self.stack.port, given)
        words = ["-m", "celery", "--app", "workers.beat", "beat", "--pidfile="]
        words += ["--schedule", str(self.folder / "second-beat-schedule")]
        with (self.stack.data_dir / "logs" / "second-beat.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *words], env=env, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def _recorded_environment(self) -> Iterator[tuple[str, str]]:
        for line in (self.stack.data_dir / "environment").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            yield name, value
        yield "PYTHONPATH", str(ROOT)

    def remove_faults(self) -> None:
        """Revert every network fault that lasts."""
        for proxy in self.proxies.values():
            proxy.delay_ms = proxy.jitter_ms = 0.0
            proxy.resume()

    def is_up(self) -> bool:
        """Whether every process runs and the service is ready."""
        pids = self.stack.pids()
        if not all(pids.get(name) for name in SUPERVISED):
            return False
        if len(self.process_tree("web")) < 1 + WEB_PROCESSES:
            return False
        with suppress(httpx.HTTPError):
            return (
                httpx.get(f"{self.stack.url}/readyz?strict=1", timeout=5.0, trust_env=False).status_code
                == 200
            )
        return False

    def wait_until_up(self) -> None:
        """Wait for `is_up`. Raises Unexpected when that takes longer than `RECOVERY_LIMIT_S`."""
        eventually(self.is_up, RECOVERY_LIMIT_S, every_s=0.05)

    def supervisor_output(self) -> str:
        """What the supervisor has printed."""
        return self.stack.output


def signal_all(pids: list[int], sig: int) -> None:
    """Send a signal to each process that still runs."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, sig)
