"""Party behind the real nginx and Caddy, by the files in `deploy`: at the top of a host and below a path.

TLS by a certificate of the tests' own. What passes through web alone is proven elsewhere.
"""

from __future__ import annotations

import random
import re
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urljoin
from uuid import UUID, uuid4

import httpx
import pytest
import websocket

from partyapp.realtime.websocket.frames import CloseCode
from partyapp.shared.kernel.clock import WallClock
from partyapp.transcode.domain.media_grant import SignedGrants
from tests.support.clients.blocking import Socket
from tests.support.local_stack import Stack, free_port
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, body_of, eventually
from tests.support.proxies import PROGRAMS, Proxy, another_web

pytestmark = pytest.mark.stack

DATA = random.Random(5).randbytes(3 * 1024 * 1024 + 7)
TUS = {"Tus-Resumable": "1.0.0"}


@dataclass
class Front:
    """A proxy in front of the service; `url` is that of the page, without a slash at its end."""

    name: str
    proxy: Proxy
    stack: Stack
    url: str
    path: str

    def get(self, address: str, **headers: str) -> httpx.Response:
        """What is found below the page's address."""
        return self.proxy.client.get(self.url + address, headers=headers)


@pytest.fixture(scope="module")
def port() -> int:
    """At which one proxy after the other stands before the service below a path, which knows its address."""
    return free_port()


@pytest.fixture(scope="module")
def below(port: int) -> Iterator[Stack]:
    """A service that was told its address, below a path."""
    extra = {"PARTY_PUBLIC_URL": f"https://localhost:{port}/party", "PARTY_TRUSTED_HOPS": "1"}
    with own_folder() as folder, Stack(folder / "data", extra=extra) as running:
        yield running


#: A page of another origin, which web is told of where nginx sends films itself.
SITE = "https://films.example"


@pytest.fixture(
    scope="module", params=[(path, name) for path in ("", "/party") for name in ("nginx", "caddy")], ids=str
)
def front(request: pytest.FixtureRequest) -> Iterator[Front]:
    """At the top of a host it is the web that all tests share, which nobody told where it is reached."""
    path, name = request.param
    if PROGRAMS[name] is None:
        pytest.skip(f"{name} is not installed: Party behind it was not tried")
    stack: Stack = request.getfixturevalue("below" if path else "stack")
    proxy_port = request.getfixturevalue("port") if path else free_port()
    films = stack.data_dir / "films"
    with ExitStack() as running:
        proxy = Proxy(running.enter_context(own_folder()), proxy_port)
        web_port = stack.port
        if path and name == "nginx":
            told = {
                "PARTY_PUBLIC_URL": proxy.url + path,
                "PARTY_SENDFILE": "/_films",
                "PARTY_ALLOWED_ORIGINS": SITE,
            }
            web_port = running.enter_context(another_web(stack, told))
        running.enter_context(proxy.running(name, [web_port], films))
        yield Front(name, proxy, stack, proxy.url + path, path)


@pytest.fixture
def ada(front: Front) -> Iterator[Guest]:
    guest = Guest(front.url, "Ada", tls=front.proxy.tls)
    yield guest
    guest.close()


def test_the_page_and_all_that_it_loads(front: Front) -> None:
    page = front.get("/")
    assert page.status_code == 200
    own = re.findall(r'(?:href|src)="(/[^"]*)"', page.text)
    assert len(own) > 5
    for address in {*own, f"{front.path}/api/docs", f"{front.path}/api/openapi.json"}:
        assert address.startswith(f"{front.path}/"), address
        assert front.proxy.client.get(front.proxy.url + address).status_code == 200, address
    script = front.get("/static/page/main.js").text
    for imported in re.findall(r"from '([^']+)'", script):
        assert (
            front.proxy.client.get(urljoin(f"{front.url}/static/page/main.js", imported)).status_code == 200
        )
    assert front.get("/api/openapi.json").json()["servers"] == [{"url": f"{front.path}/"}]


def test_a_party_over_rest_and_its_socket(front: Front, ada: Guest) -> None:
    video = body_of(ada.post("/api/videos", {"title": "A film", "playback_url": "/media/sample.mp4"}), 201)
    assert video["playback_url"] == (f"{front.url}/media/sample.mp4" if front.path else "/media/sample.mp4")
    answer = ada.post("/api/parties", {"video_id": video["id"]})
    party = body_of(answer, 201)
    assert party["video"]["playback_url"] == video["playback_url"]
    made_at = urljoin(f"{front.url}/api/parties", answer.headers["Location"])
    assert body_of(ada.http.get(made_at), 200)["id"] == party["id"]
    invite = body_of(ada.post(f"/api/parties/{party['id']}/invites"), 201)
    if front.path:
        # Otherwise a machine of its own names its address on the network.
        assert invite["url"].startswith(f"{front.url}/p/{party['id']}#")
        assert front.proxy.client.get(invite["url"]).status_code == 200
    page = ada.connect(party["id"], headers={"Origin": front.proxy.url})
    page.expect("welcome")
    assert page.command("play")["type"] == "ack"
    assert page.expect("playback")["playback"]["state"] == "playing"


def test_who_is_still_sending_hears_why_a_socket_ends(front: Front, ada: Guest) -> None:
    """A busy page sends on before it has read that the party is over. It must not take that for a loss."""
    party = ada.create_party(ada.create_video()["id"])
    busy = ada.connect(party["id"], read=False, device_id=str(uuid4()))
    reading = ada.connect(party["id"], device_id=str(uuid4()))
    assert ada.delete(f"/api/parties/{party['id']}").status_code == 204
    assert reading.wait_closed() == CloseCode.PARTY_ENDED
    assert _hears_sending_on(busy) == CloseCode.PARTY_ENDED


@pytest.mark.parametrize("code", [CloseCode.TOO_BIG, CloseCode.PROTOCOL_ERROR])
def test_who_breaks_the_protocol_and_is_still_sending_hears_so(
    front: Front, ada: Guest, code: CloseCode
) -> None:
    party = ada.create_party(ada.create_video()["id"])
    busy = ada.connect(party["id"], read=False)
    if code is CloseCode.TOO_BIG:
        busy.send_raw("x" * 16_385)
    else:
        assert busy.raw.sock is not None
        busy.raw.sock.send(b"\x81\x01x")  # not masked
    assert _hears_sending_on(busy) == code


def _hears_sending_on(busy: Socket) -> int | None:
    """The close code that a client hears which sends 20 frames more, 10 ms apart, before it reads."""
    lost = select.poll()
    assert busy.raw.sock is not None
    lost.register(busy.raw.sock, select.POLLERR)
    for _ in range(20):
        busy.send_raw(b"", websocket.ABNF.OPCODE_PONG)
        assert lost.poll(10) == []
    busy.start_reading()
    return busy.wait_closed()


def test_a_refused_page_is_told_why(front: Front, ada: Guest) -> None:
    party = ada.create_party(ada.create_video()["id"])
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        ada.connect(party["id"], headers={"Origin": "https://other.example"})
    said = (refused.value.resp_body or b"").decode()
    host = front.proxy.url.removeprefix("https://")
    for word in ("https://other.example", host, "PARTY_PUBLIC_URL", "PARTY_ALLOWED_ORIGINS"):
        assert word in said


def test_an_upload_is_kept_as_far_as_it_came(front: Front, ada: Guest) -> None:
    """A proxy that waits for the whole body passes nothing of it on when the client is gone.

    One that takes that for a failure of web refuses everybody for a while.
    """
    made = ada.http.post("/api/uploads", headers={**TUS, "Upload-Length": str(len(DATA))})
    assert made.status_code == 201
    upload = urljoin(f"{front.url}/api/uploads", made.headers["Location"])
    path = upload.removeprefix(front.proxy.url)
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: localhost:{front.proxy.port}\r\n"
        f"Authorization: Bearer {ada.token}\r\n"
        f"Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\n"
        f"Content-Length: {len(DATA)}\r\n\r\n"
    )
    with (
        socket.create_connection(("localhost", front.proxy.port)) as raw,
        front.proxy.tls.wrap_socket(raw, server_hostname="localhost") as sent,
    ):
        sent.sendall(head.encode() + DATA[: 2 * 1024 * 1024])
        eventually(lambda: _is_being_written(ada, upload))
    kept = eventually(lambda: _offset(ada, upload))
    assert kept <= 2 * 1024 * 1024
    headers = {**TUS, "Upload-Offset": str(kept), "Content-Type": "application/offset+octet-stream"}
    rest = ada.http.patch(upload, content=DATA[kept:], headers=headers)
    assert (rest.status_code, rest.headers["Upload-Offset"]) == (204, str(len(DATA)))


def _is_being_written(guest: Guest, upload: str) -> bool:
    """Who writes holds the upload: another who asks where it stands makes it end, or is told so."""
    answer = guest.http.head(upload, headers=TUS)
    return answer.status_code == 423 or int(answer.headers["Upload-Offset"]) > 0


def _offset(guest: Guest, upload: str) -> int:
    answer = guest.http.head(upload, headers=TUS)
    assert answer.status_code in (200, 423)
    return int(answer.headers["Upload-Offset"]) if answer.status_code == 200 else 0


def test_a_film_comes_in_parts(front: Front, ada: Guest) -> None:
    film = uuid4()
    path = front.stack.data_dir / "films" / "films" / str(film) / "7" / "film.mp4"
    path.parent.mkdir(parents=True)
    path.write_bytes(DATA)
    grant = SignedGrants(front.stack.secret_key, WallClock()).for_person(film, UUID(ada.user_id))
    part = front.get(f"/media/{grant}/{film}/7/film.mp4", Range="bytes=1000000-2500000", Origin=SITE)
    assert (part.status_code, part.content) == (206, DATA[1_000_000:2_500_001])
    assert part.headers["Content-Range"] == f"bytes 1000000-2500000/{len(DATA)}"
    if front.path and front.name == "nginx":
        # nginx sends it itself, and says what Party said of pages of other origins.
        assert part.headers["Access-Control-Allow-Origin"] == SITE
        assert "Content-Range" in part.headers["Access-Control-Expose-Headers"]
        assert part.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "Origin" in part.headers["Vary"]
    assert front.get(f"/media/{grant}/{film}/7/film.mp4").content == DATA
    assert front.get(f"/_films/store/films/{film}/7/film.mp4").status_code == 404
    log = front.proxy.folder / "access.log"
    if front.name == "nginx":
        # Written once the answer was sent.
        eventually(lambda: f"{film}/7/film.mp4" in log.read_text())
        assert grant not in log.read_text()


def test_what_is_for_operators_is_not_shown(front: Front) -> None:
    for address in ("/metrics", "/readyz", "/healthz"):
        assert front.get(address).status_code == 404
        assert front.proxy.client.get(front.proxy.url + address).status_code == 404


def test_plain_http_leads_to_tls(front: Front) -> None:
    if front.name == "caddy":
        pytest.skip("Caddy does so by itself, on port 80 alone")
    plain = f"http://localhost:{front.proxy.plain_port}{front.path}/p/x?invite=y"
    answer = httpx.get(plain, trust_env=False)
    assert (answer.status_code, answer.headers["Location"]) == (
        301,
        f"https://localhost{front.path}/p/x?invite=y",
    )
