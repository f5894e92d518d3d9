"""Real Redis servers as operators have them: TLS by an authority of one's own, users with rights, a Sentinel.

A main server and a replica of it, where the machine has `redis-server` and `redis-sentinel`. The Sentinel
puts the replica in the main one's place within seconds once that is gone.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import pytest
import redis

from tests.support.local_stack import free_port
from tests.support.tls_front import server_certificate
from tests.support.waiting import RECOVERY_S, eventually

SERVER, SENTINEL = shutil.which("redis-server"), shutil.which("redis-sentinel")
needs_sentinel = pytest.mark.skipif(
    not (SERVER and SENTINEL), reason="Redis and its Sentinel are not installed"
)
#: Of the operator, who may do everything; `party` has the rights that are given to `WatchedRedis`.
OPERATOR, PASSWORD, SENTINEL_PASSWORD = "operator", "0perat0r", "s3ntinel"
MASTER = "main"


class WatchedRedis:
    """The servers and the Sentinel, until the end of the block. `rights` is a line of an ACL file."""

    def __init__(self, folder: Path, rights: str) -> None:
        self._folder = folder
        self.authority = folder / "authority.pem"
        self._certificate = server_certificate(folder, self.authority, "localhost")
        (folder / "users.acl").write_text(
            f"user default off\nuser {OPERATOR} on >{PASSWORD} ~* &* +@all\n{rights}\n", encoding="utf-8"
        )
        self.ports = [free_port(), free_port()]
        self.sentinel_port = free_port()
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        try:
            for number, port in enumerate(self.ports):
                self._start_server(port, replica=number > 0)
            eventually(lambda: self._replica_follows(), RECOVERY_S)
            self._start_sentinel()
            eventually(lambda: self._sentinel_knows_both(), RECOVERY_S)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        for process in self._processes:
            process.kill()
            process.wait(RECOVERY_S)

    def _tls(self, port: int) -> list[str]:
        return [
            "port 0", f"tls-port {port}", "bind 127.0.0.1", f"tls-cert-file {self._certificate}",
            f"tls-key-file {self._certificate}", f"tls-ca-cert-file {self.authority}", "tls-auth-clients no",
            "tls-replication yes", "loglevel notice",
        ]  # fmt: skip

    def _run(self, program: str | None, name: str, lines: Sequence[str]) -> None:
        assert program is not None
        folder = self._folder / name
        folder.mkdir()
        configuration = folder / "redis.conf"
        configuration.write_text("\n".join([*lines, f"dir {folder}", ""]), encoding="utf-8")
        with (folder / "log").open("wb") as log:
            words = [program, str(configuration)]
            self._processes.append(
                subprocess.Popen(
                    words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
                )
            )

    def _start_server(self, port: int, replica: bool) -> None:
        of = [f"replicaof 127.0.0.1 {self.ports[0]}"] if replica else []
        users = [f"aclfile {self._folder / 'users.acl'}", f"masteruser {OPERATOR}", f"masterauth {PASSWORD}"]
        lines = [*self._tls(port), *users, *of, 'save ""', "repl-diskless-sync-delay 0"]
        self._run(SERVER, f"server-{port}", lines)

    def _start_sentinel(self) -> None:
        watched = [
            f"sentinel monitor {MASTER} 127.0.0.1 {self.ports[0]} 1",
            f"sentinel auth-user {MASTER} {OPERATOR}",
            f"sentinel auth-pass {MASTER} {PASSWORD}",
            f"sentinel down-after-milliseconds {MASTER} 1000",
            f"sentinel failover-timeout {MASTER} 5000",
            f"requirepass {SENTINEL_PASSWORD}",
        ]
        self._run(SENTINEL, "sentinel", [*self._tls(self.sentinel_port), *watched])

    def url(self, password: str) -> str:
        """Of `party`, by the Sentinel; the certificates are for another name than the servers' address."""
        return (
            f"rediss+sentinel://party:{password}@127.0.0.1:{self.sentinel_port}/{MASTER}/0"
            f"?sentinel_password={SENTINEL_PASSWORD}"
        )

    def operator(self, port: int) -> redis.Redis:
        """A client of one server that may do everything."""
        return redis.Redis(
            port=port, username=OPERATOR, password=PASSWORD, ssl=True, ssl_ca_certs=str(self.authority),
            host="localhost", socket_timeout=5, decode_responses=True,
        )  # fmt: skip

    def kill_main(self) -> int:
        """End the main server at once; the port of the one that will take its place."""
        self._processes[0].kill()
        self._processes[0].wait(RECOVERY_S)
        return self.ports[1]

    def _replica_follows(self) -> bool:
        return self._answers(self.ports[1], lambda info: info.get("master_link_status") == "up")

    def _answers(self, port: int, suits: Any) -> bool:
        try:
            with self.operator(port) as client:
                return bool(suits(client.info("replication")))
        except (redis.RedisError, OSError):
            return False

    def is_main(self, port: int) -> bool:
        """Whether that server takes changes now."""
        return self._answers(port, lambda info: info["role"] == "master")

    def _sentinel_knows_both(self) -> bool:
        try:
            with redis.Redis(
                host="localhost", port=self.sentinel_port, password=SENTINEL_PASSWORD, socket_timeout=5,
                ssl=True, ssl_ca_certs=str(self.authority),
            ) as client:  # fmt: skip
                state: Any = client.sentinel_master(MASTER)
                return bool(state["num-slaves"]) and not state["is_sdown"]
        except (redis.RedisError, OSError):
            return False
