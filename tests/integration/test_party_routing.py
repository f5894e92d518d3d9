"""The files in `deploy` lead all that names a party to one web process: in the real nginx and Caddy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from uuid import uuid4

import pytest

from tests.support.local_stack import free_port
from tests.support.own_folder import own_folder
from tests.support.proxies import PROGRAMS, Proxy
from tests.support.waiting import eventually

#: What clients ask of a party: below a path too, with a ticket, and with letters as somebody wrote them.
ADDRESSES = (
    "/api/parties/{id}",
    "/api/parties/{id}/members?limit=5",
    "/api/parties/{id}/ws?ticket={other}",
    "/party/api/parties/{id}/commands/{other}",
)
PARTIES = 30


class Named(BaseHTTPRequestHandler):
    """Answers with the port at which it was asked."""

    def do_GET(self) -> None:
        assert isinstance(self.server, ThreadingHTTPServer)
        body = str(self.server.server_port).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Nothing is of interest."""


@contextmanager
def webs(number: int) -> Iterator[dict[int, ThreadingHTTPServer]]:
    """So many servers in web's place, by their ports."""
    running = [ThreadingHTTPServer(("127.0.0.1", 0), Named) for _ in range(number)]
    for server in running:
        Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield {server.server_port: server for server in running}
    finally:
        for server in running:
            server.shutdown()
            server.server_close()


def asked(proxy: Proxy, address: str, **headers: str) -> int:
    answer = proxy.client.get(proxy.url + address, headers=headers)
    assert answer.status_code == 200, answer.text
    return int(answer.text)


@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_all_that_names_a_party_goes_to_one_process_and_moves_when_that_is_gone(name: str) -> None:
    if PROGRAMS[name] is None:
        pytest.skip(f"{name} is not installed")
    with ExitStack() as stack:
        folder = stack.enter_context(own_folder())
        running = stack.enter_context(webs(3))
        proxy = stack.enter_context(Proxy(folder, free_port()).running(name, list(running), folder))

        def room_of(party: str) -> int:
            held = {
                asked(proxy, address.format(id=party, other=uuid4()), **{"Party-Room": str(uuid4())})
                for address in ADDRESSES
            }
            assert len(held) == 1, f"{party} is at {held}"
            return held.pop()

        before = {party: room_of(party) for party in (str(uuid4()) for _ in range(PARTIES))}
        by_process = defaultdict(list)
        for party, port in before.items():
            by_process[port].append(party)
        assert by_process.keys() == running.keys(), "no process is without parties"
        seen: set[int] = set()
        eventually(lambda: seen.add(asked(proxy, "/api/videos")) or len(seen) == 3)  # type: ignore[func-returns-value]

        gone = next(iter(running))
        running[gone].shutdown()
        running[gone].server_close()
        after = {party: room_of(party) for party in before}
    assert gone not in after.values()
    moved = {party for party in before if before[party] != after[party]}
    assert moved == set(by_process[gone]), "who was elsewhere stays there"
