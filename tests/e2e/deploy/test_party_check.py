"""`party check` on a running deployment: all is well, and what is wrong in front of it is named."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.support.local_stack import Stack, environment, free_port, party
from tests.support.proxies import PROGRAMS, is_alive, nginx
from tests.support.tls_front import TlsFront
from tests.support.waiting import RECOVERY_S, eventually

pytestmark = pytest.mark.stack


def findings(stack: Stack, address: str, **extra: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """The exit status, and of each check its outcome and what it said."""
    lines = (stack.data_dir / "environment").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines) | extra
    done = subprocess.run(
        [*party("check"), "--json", "--address", address],
        env=environment(stack.data_dir, stack.port, given),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, {row["name"]: (row["outcome"], row["text"]) for row in rows}


def test_a_deployment_that_works_has_no_fault(stack: Stack) -> None:
    status, found = findings(stack, stack.url, PARTY_METRICS_TOKEN="")
    assert {name for name, (outcome, _) in found.items() if outcome == "fault"} == {"metrics"}
    assert status == 1, "whoever reaches web may read its metrics"
    assert found["worker"] == ("ok", "heard of lately")
    assert found["WebSocket"] == ("ok", "passed on")
    assert found["public address"][0] == "warning", "plain http"


@contextmanager
def plain_nginx(folder: Path, web_port: int, more: str) -> Iterator[str]:
    """An nginx in front of web that nobody has told of sockets."""
    if PROGRAMS["nginx"] is None:
        pytest.skip("no nginx on this machine: a proxy that drops upgrades was not tried")
    port = free_port()
    site = (
        f"access_log off; server {{ listen 127.0.0.1:{port};"
        f" location / {{ proxy_pass http://127.0.0.1:{web_port}; {more} }}"
        " location /metrics { return 404; } }"
    )
    process = subprocess.Popen(nginx(folder, site))
    try:
        eventually(lambda: is_alive(port), RECOVERY_S)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(RECOVERY_S)


def test_a_proxy_that_drops_upgrades_is_named(stack: Stack, tmp_path: Path) -> None:
    with plain_nginx(tmp_path, stack.port, "proxy_set_header Host $http_host;") as url:
        status, found = findings(stack, url)
    assert status == 1
    assert found["WebSocket"] == ("fault", "is not passed on by the proxy")
    assert found["metrics"] == ("ok", "hidden")
    assert "nobody trusts" in found["public address"][1]


def test_a_proxy_that_passes_another_host_on_is_named(stack: Stack, tmp_path: Path) -> None:
    passed = {"Upgrade": "$http_upgrade", "Connection": '"upgrade"'}
    more = "".join(f"proxy_set_header {name} {value}; " for name, value in passed.items())
    with plain_nginx(tmp_path, stack.port, f"proxy_http_version 1.1; {more}") as url:
        _, found = findings(stack, url)
    assert found["WebSocket"][0] == "fault"
    assert "another Host" in found["WebSocket"][1]


def test_a_certificate_that_nobody_trusts_is_named(stack: Stack, tmp_path: Path) -> None:
    with TlsFront(tmp_path, stack.port, postgres=False, name="localhost") as front:
        _, found = findings(stack, f"https://localhost:{front.port}")
    assert found["public address"][0] == "fault"
    assert "certificate that is not trusted" in found["public address"][1]


class Parked(BaseHTTPRequestHandler):
    """What somebody else shows at that address."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<h1>This domain is for sale</h1>")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def test_an_address_that_leads_elsewhere_is_named(stack: Stack) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Parked) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        _, found = findings(stack, f"http://127.0.0.1:{server.server_address[1]}")
        server.shutdown()
    assert found["public address"][0] == "fault"
    assert "something else than Party (200)" in found["public address"][1]
    _, found = findings(stack, f"http://127.0.0.1:{free_port()}")
    assert "can't be reached from here" in found["public address"][1]
