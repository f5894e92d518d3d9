"""The app of docs/tutorial.md, as it stands there: two people of it are in one party, framed by its page."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Service
from tests.support.code_blocks import blocks
from tests.support.local_stack import Stack, free_port
from tests.support.party_client import REQUEST_TIMEOUT_S, Guest, eventually
from tests.support.proxies import another_web
from tests.support.waiting import RECOVERY_S

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[3]
SECRET = "mW0cQ6xqJH0o7dEuJ3VbZ9cTnRw5yLgXa8mKsPf1iD4hU"


def block(name: str) -> str:
    (found,) = blocks("docs/tutorial.md", f"python {name}")
    return found


@dataclass
class Site:
    """The tutorial's app, running, and the service that it was started with."""

    url: str
    party_url: str

    def page_of(self, name: str) -> str:
        """What somebody sees who signs in by the form of the first page."""
        with httpx.Client(
            base_url=self.url, follow_redirects=True, timeout=RECOVERY_S, trust_env=False
        ) as one:
            (field,) = re.findall(r'<form method="post"><input name="(\w+)"', one.get("/").text)
            answer = one.post("/", data={field: name})
        assert answer.status_code == 200, answer.text
        return answer.text


@contextmanager
def running_app(folder: Path, party_url: str, port: int) -> Iterator[None]:
    # By the page's own command: a module called as one of Python's own would be that one.
    (command,) = blocks("docs/tutorial.md", "sh", "flask --app")
    (name,) = re.findall(r"flask --app (\w+) run", command)
    (folder / f"{name}.py").write_text(block("app") + block("party"), encoding="utf-8")
    environment = {
        **os.environ,
        "APP_SECRET": "of the tests alone",
        "PARTY_URL": party_url,
        "PARTY_KEY": SECRET,
        "PYTHONPATH": f"{folder}{os.pathsep}{ROOT / 'clients' / 'python' / 'src'}",
    }
    words = [sys.executable, "-m", "flask", "--app", name, "run", "--port", str(port)]
    with (
        (folder / "output").open("wb") as output,
        subprocess.Popen(words, env=environment, cwd=folder, stdout=output, stderr=output) as process,
    ):
        try:
            eventually(lambda: answers(f"http://127.0.0.1:{port}") or process.poll() is not None, RECOVERY_S)
            yield
        finally:
            process.kill()


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=REQUEST_TIMEOUT_S, trust_env=False).status_code > 0
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def site(stack: Stack, service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    settings = {"PARTY_API_KEYS": f"site:{SECRET}", "PARTY_ALLOWED_ORIGINS": origin, "PARTY_GUESTS": "0"}
    folder = tmp_path_factory.mktemp("site")
    with another_web(stack, settings) as party_port:
        party_url = f"http://127.0.0.1:{party_port}"
        with running_app(folder, party_url, port):
            yield Site(origin, party_url)


def test_two_people_of_a_site_are_in_one_party(site: Site) -> None:
    people = []
    for name in ("Ada", "Ben"):
        page = site.page_of(name)
        source = re.search(r'<iframe src="([^"]+)"', page)
        assert source, page
        address, _, fragment = html.unescape(source[1]).partition("#token=")
        frame = httpx.get(address, timeout=REQUEST_TIMEOUT_S, trust_env=False)
        assert frame.status_code == 200
        assert site.url in frame.headers["Content-Security-Policy"].partition("frame-ancestors ")[2]
        people.append((address.rpartition("/")[2], Guest(site.party_url, token=fragment)))
    (party_id, ada), (the_same, ben) = people
    assert the_same == party_id
    assert ada.party(party_id)["host_id"] == ada.user_id
    socket = ben.connect(party_id)
    members = socket.expect("welcome")["party"]["members"]
    assert {one["display_name"] for one in members} == {"Ada", "Ben"}
    assert socket.command("play")["type"] == "ack"
    # The token of the page is for this party alone.
    assert ben.get("/api/parties").status_code == 403
    for guest in (ada, ben):
        guest.close()


def test_it_is_as_short_as_it_is_said_to_be() -> None:
    lines = [line for line in block("party").splitlines() if line.strip()]
    assert len(lines) <= 30
