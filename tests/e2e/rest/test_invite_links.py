"""An invite link on the real service: mangled, previewed, and opened by people and programs."""

from __future__ import annotations

import html
import re
import uuid

import httpx
import pytest

from tests.e2e.conftest import Room, Service, SignIn
from tests.support.contract import assert_answer, assert_refused
from tests.support.party_client import Json
from tests.support.waiting import eventually

pytestmark = pytest.mark.stack

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def address_of(party: Json) -> str:
    return f"/p/{party['id']}?invite={party['invite_code']}"


def opened(service: Service, address: str) -> httpx.Response:
    """As a browser follows it."""
    return service.http.get(address, headers=BROWSER, follow_redirects=True)


@pytest.mark.parametrize(
    "mangle",
    [
        lambda path, code: f"{path}/?invite={code}",
        lambda path, code: f"{path}?invite={code})",
        lambda path, code: f"{path}?invite={code}.",
        lambda path, code: f"{path}),?invite={code},",
        lambda path, code: f"{path}%E2%80%8B?invite={code}%E2%80%8B",
        lambda path, code: f"{path}?utm_source=chat&amp;invite={code}",
        lambda path, code: f"{path.upper()}?invite={code}",
        lambda path, code: f"{path}%3Finvite={code}",
    ],
    ids=["slash", "bracket", "full stop", "comma", "zero width", "escaped", "upper case", "eninvite"],
)
def test_a_mangled_link_leads_to_the_party(room: Room, service: Service, mangle: object) -> None:
    assert callable(mangle)
    page = opened(service, mangle(f"/p/{room.id}", room.party["invite_code"]))
    assert page.status_code == 200
    assert page.url.raw_path.decode() == address_of(room.party)


def test_a_link_without_its_code_opens_the_page(room: Room, service: Service) -> None:
    assert opened(service, f"/p/{room.id}/").status_code == 200
    assert opened(service, f"/p/{room.id}/").url.path == f"/p/{room.id}"


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/p/nonsense", 404),
        ("GET", "/p/", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/api/parties", 401),
        ("GET", "/api/nowhere", 401),
        ("DELETE", "/", 405),
        ("GET", f"/p/{uuid.uuid4()}/{'x' * 5000}", 414),
    ],
)
def test_no_browser_gets_json(service: Service, method: str, address: str, status: int) -> None:
    answer = service.http.request(method, address, headers=BROWSER)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert re.search(r"<h1>.*?\w.*?</h1>", answer.text)
    as_program = service.http.request(method, address)
    assert as_program.headers["Content-Type"] == "application/problem+json"
    assert as_program.status_code == status


def title_in(page: httpx.Response) -> str:
    found = re.search(r'<meta property="og:title" content="([^"]*)">', page.text)
    assert found is not None
    return html.unescape(found[1])


def test_a_link_preview_has_the_title_for_who_was_sent_the_link(service: Service, sign_in: SignIn) -> None:
    host = sign_in("Ada")
    title = 'Friday <b>"night"</b> & more'
    named = host.create_party(service.video["id"], title=title)
    unnamed = host.create_party(service.video["id"])
    public = host.create_party(service.video["id"], title="Come in", visibility="public")
    nobodys = title_in(service.http.get(f"/p/{uuid.uuid4()}?invite=x"))
    assert title_in(service.http.get(address_of(named))) == title
    assert title_in(service.http.get(address_of(unnamed))) == nobodys, "it is called after its film"
    assert title_in(service.http.get(f"/p/{public['id']}")) == "Come in"
    for address in (f"/p/{named['id']}", f"/p/{named['id']}?invite={unnamed['invite_code']}"):
        assert title_in(service.http.get(address)) == nobodys
    host.end(named["id"])
    assert title_in(service.http.get(address_of(named))) == nobodys
    assert "Ada" not in service.http.get(address_of(unnamed)).text


def preview(service: Service, party_id: str, invite: str | None) -> httpx.Response:
    headers = {} if invite is None else {b"Party-Invite": invite.encode()}
    return service.http.get(f"/api/parties/{party_id}/preview", headers=headers)


def test_an_invite_says_to_what_before_anybody_signs_in(room: Room, service: Service) -> None:
    room.host.connect(room.id).expect("welcome")
    shown = eventually(lambda: online(preview(service, room.id, room.party["invite_code"])))
    assert assert_answer("previewParty", shown) == {
        "id": room.id,
        "title": room.party["title"],
        "state": "active",
        "member_count": 2,
        "host_name": "Ada",
        "video_title": service.video["title"],
        "online_count": 1,
    }
    room.host.end(room.id)
    ended = preview(service, room.id, room.party["invite_code"]).json()
    assert (ended["state"], ended["host_name"]) == ("ended", "Ada")


def online(answer: httpx.Response) -> Json | None:
    assert answer.status_code == 200
    shown: Json = answer.json()
    return shown if shown["online_count"] else None


def test_a_public_party_shows_what_it_is_to_everybody(open_room: Room, service: Service) -> None:
    assert preview(service, open_room.id, None).json()["video_title"] == service.video["title"]


@pytest.mark.parametrize("invite", [None, "", "a-wrong-code", "é" * 40])
def test_a_private_party_is_none_without_its_invite(room: Room, service: Service, invite: str | None) -> None:
    for party_id in (room.id, str(uuid.uuid4()), "nonsense", "%5B%02%0C", "x" * 36):
        assert_refused(preview(service, party_id, invite), "not_found")
    assert preview(service, room.id, invite).content == preview(service, str(uuid.uuid4()), invite).content
