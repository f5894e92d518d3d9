"""The real nginx and the real Caddy in front of web, by the files in `deploy`, where the machine has them."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.local_stack import Stack, environment, free_port
from tests.support.tls_front import server_certificate
from tests.support.waiting import RECOVERY_S, Unexpected, eventually

DEPLOY = Path(__file__).parents[2] / "deploy"
PROGRAMS = {
    name: shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin") for name in ("nginx", "caddy")
}


class Proxy:
    """What was started: `url` is the page's address, `tls` believes the proxy's certificate."""

    def __init__(self, folder: Path, port: int, *, tls: bool = True) -> None:
        """Without `tls` it speaks plain HTTP, at all addresses of this machine."""
        self.folder = folder
        self.port = port
        self.plain_port = free_port()
        self._has_tls = tls
        self.url = f"{'https' if tls else 'http'}://localhost:{port}"
        self._authority = folder / "authority.pem"
        self._pem = server_certificate(folder, self._authority, "localhost")
        self.tls = ssl.create_default_context(cafile=str(self._authority))
        self.client = httpx.Client(verify=self.tls, timeout=30, trust_env=False)

    @contextmanager
    def running(self, name: str, web_ports: Sequence[int], films: Path) -> Iterator[Proxy]:
        """The proxy `name` as a process of its own until the end of the block, before web at these ports."""
        words = getattr(self, f"_{name}")(web_ports, films)
        output = self.folder / "output"
        with output.open("wb") as sink:
            process = subprocess.Popen(
                words,
                env={**os.environ, "HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder)},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
            )
        try:
            eventually(lambda: self._answers() or process.poll() is not None, RECOVERY_S)
            if process.poll() is not None:
                raise Unexpected(output.read_text())
            yield self
        finally:
            self.client.close()
            process.terminate()
            try:
                process.wait(RECOVERY_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(RECOVERY_S)

    def _answers(self) -> bool:
        try:
            self.client.get(f"{self.url}/healthz")
        except httpx.TransportError:
            return False
        return True

    def _nginx(self, web_ports: Sequence[int], films: Path) -> list[str]:
        """The file with this machine's ports and paths, in the smallest nginx.conf that can hold it."""
        given = {
            r"listen 443 ssl http2;": f"listen 127.0.0.1:{self.port} ssl http2;"
            if self._has_tls
            else f"listen {self.port};",
            r"listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            r"listen \[::\]:\d+[^;]*;": "",
            r"server_name party\.example;": "server_name localhost;",
            r"/etc/ssl/party/\w+\.pem": str(self._pem),
            r"/var/log/nginx/party\.log": str(self.folder / "access.log"),
            r"server 127\.0\.0\.1:8000;": "".join(f"server 127.0.0.1:{port};" for port in web_ports),
            r"/var/lib/party/films/": f"{films}/",
        }
        site = filled(DEPLOY / "nginx.conf", given)
        if not self._has_tls:
            site = re.sub(r"(?m)^ *ssl_.*$", "", site)
        return nginx(self.folder, site)

    def _caddy(self, web_ports: Sequence[int], films: Path) -> list[str]:
        """The file with a certificate of ours, since nobody would sign one for localhost."""
        given = {
            r"\{\$PARTY_SITE:party\.example\} \{": f"{self.url} {{\n\ttls {self._pem} {self._pem}"
            if self._has_tls
            else f"http://:{self.port} {{",
            r"\{\$PARTY_WEB:127\.0\.0\.1:8000\}": " ".join(f"127.0.0.1:{port}" for port in web_ports),
        }
        path = self.folder / "Caddyfile"
        path.write_text(
            f"{{\n\tadmin off\n\tauto_https disable_redirects\n\thttp_port {self.plain_port}\n}}\n"
            + filled(DEPLOY / "Caddyfile", given)
        )
        return [str(PROGRAMS["caddy"]), "run", "--config", str(path), "--adapter", "caddyfile"]


def nginx(folder: Path, site: str) -> list[str]:
    """How an nginx is started in `folder` that serves this, in the smallest nginx.conf that can hold it."""
    temp = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
    path = folder / "nginx.conf"
    path.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;"
        f" worker_processes 1; {'user root;' if os.geteuid() == 0 else ''}\n"
        f"events {{ worker_connections 200; }}\n"
        f"http {{ client_body_temp_path {folder}/body; {temp}\n{site}\n}}\n"
    )
    return [str(PROGRAMS["nginx"]), "-e", str(folder / "error.log"), "-c", str(path)]


def filled(path: Path, given: Mapping[str, str]) -> str:
    """The file with each of these patterns replaced; each has to be there."""
    text = path.read_text(encoding="utf-8")
    for pattern, value in given.items():
        text, found = re.subn(pattern, value.replace("\\", r"\\"), text)
        assert found, f"{path.name} has no {pattern}"
    return text


@contextmanager
def another_web(stack: Stack, extra: Mapping[str, str], port: int | None = None) -> Iterator[int]:
    """One more web process of the same deployment, with other settings; gives its port."""
    port = port or free_port()
    lines = (stack.data_dir / "environment").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines) | {"WEB_CONCURRENCY": "1"} | dict(extra)
    given.pop("PROMETHEUS_MULTIPROC_DIR", None)
    program = str(Path(given["PATH"].split(os.pathsep)[0]) / "gunicorn")
    words = [program, "--config", "python:partyapp.gunicorn_conf", "partyapp.wsgi:app"]
    env = environment(stack.data_dir, port, given | {"HOST": "127.0.0.1", "PORT": str(port)})
    log = stack.data_dir / "logs" / f"web-{port}.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(words, env=env, cwd=stack.data_dir, stdout=sink, stderr=subprocess.STDOUT)
    try:
        eventually(lambda: is_alive(port) or process.poll() is not None, RECOVERY_S)
        if process.poll() is not None:
            raise Unexpected(log.read_text())
        yield port
    finally:
        process.terminate()
        process.wait(RECOVERY_S)


def is_alive(port: int) -> bool:
    """Whether a web process answers there."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
