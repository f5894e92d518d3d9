"""The pages as browsers, programs and link previews get them, without anything behind them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from partyapp.shared.http.problem_json import install_problem_json
from partyapp.shared.http.response_headers import PAGE_POLICY, install_response_headers
from partyapp.shared.kernel.errors import NotFound, RateLimited, Unauthenticated, Unavailable
from partyapp.web.head import PublicUrl
from partyapp.web.pages import ROOT, STATIC, install_pages
from partyapp.web.refusals import install_refusals

PARTY = "7bd3fde8-e611-4513-9e0f-221346e2fd29"
CODE = "aZ0_-9bY8xW7vU6tS5rQ4pO3nM2lK1jI"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
TITLE = '"><script>alert(1)</script> & <b>Ada’s'


class Titles:
    """The titles of parties: one is private, and asked for as often as `asked` tells."""

    def __init__(self) -> None:
        self.asked = 0
        self.fault: Exception | None = None

    def __call__(self, party_id: UUID, invite_code: str | None) -> str | None:
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        if (str(party_id), invite_code) != (PARTY, CODE):
            raise NotFound()
        return TITLE


@pytest.fixture
def titles() -> Titles:
    return Titles()


@pytest.fixture
def client(titles: Titles) -> FlaskClient:
    app = Flask(
        "test",
        static_folder=str(STATIC),
        static_url_path="/static",
        template_folder=str(ROOT / "templates"),
    )
    install_problem_json(app)
    public = {"localhost": PublicUrl(url="http://192.168.1.5:8000", source="network")}
    install_pages(app, titles, public.get, syncplay_port=8999)
    install_response_headers(app, always_https=False)
    install_refusals(app)

    @app.get("/api/secret")
    def secret() -> str:
        raise Unauthenticated()

    @app.post("/api/only-post")
    def only_post() -> str:
        raise ZeroDivisionError("words of ours")

    app.testing, app.config["PROPAGATE_EXCEPTIONS"] = False, False
    return app.test_client()


class Head(HTMLParser):
    """The meta elements of a page by name or property, and what else a head holds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.meta: dict[str, dict[str, str | None]] = {}
        self.tags: list[str] = []
        self.feed(html.partition("</head>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if tag == "meta":
            self.meta[given.get("name") or given.get("property") or "charset"] = given


def head_of(client: FlaskClient, address: str, **headers: str) -> Head:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, address
    return Head(answer.text)


def test_a_mangled_link_is_led_to_itself(client: FlaskClient, titles: Titles) -> None:
    for mangled in (f"/p/{PARTY}/?invite={CODE}", f"/p/{PARTY.upper()}?invite={CODE}.", f"/P/{PARTY})"):
        answer = client.get(mangled, headers=BROWSER)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(f"/p/{PARTY}"), "no host, so that it leads nowhere else"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert client.get(answer.headers["Location"]).status_code == 200
    assert titles.asked == 3, "nothing is asked for a redirect"


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "application/problem+json"])
def test_programs_are_led_too_and_get_problems_otherwise(client: FlaskClient, accept: str) -> None:
    headers = {"Accept": accept}
    assert client.get(f"/p/{PARTY}.", headers=headers).status_code == 302
    for address, code in (("/p/nonsense", "not_found"), ("/p", "not_found"), ("/nothing", "not_found")):
        answer = client.get(address, headers=headers)
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
        assert answer.get_json()["code"] == code
        assert "Vary" not in answer.headers


@pytest.mark.parametrize("address", ["/api", "/api/p/{}", "/static/p/{}", "/media/p/{}"])
def test_a_link_is_looked_for_among_pages_alone(client: FlaskClient, address: str) -> None:
    assert client.get(address.format(PARTY), headers=BROWSER).status_code == 404
    assert client.post(f"/P/{PARTY}", headers=BROWSER).status_code in (404, 405)


@pytest.mark.parametrize(
    ("method", "address", "status", "said"),
    [
        ("GET", "/p", 404, "This link is not whole"),
        ("GET", "/p/", 404, "It leads to no party"),
        ("GET", f"/p/{PARTY[:20]}?invite={CODE}", 404, "This link is not whole"),
        ("GET", "/nothing/here", 404, "There is nothing here"),
        ("GET", "/static/nothing.js", 404, "There is nothing here"),
        ("GET", "/media/nothing.mp4", 404, "There is nothing here"),
        ("GET", "/api/secret", 401, "which sign in first"),
        ("GET", "/api/only-post", 405, "can&#39;t be opened"),
        ("POST", "/", 405, "can&#39;t be opened"),
        ("POST", "/api/only-post", 500, "Something went wrong here"),
    ],
)
def test_a_browser_gets_words(client: FlaskClient, method: str, address: str, status: int, said: str) -> None:
    answer = client.open(address, method=method, headers=BROWSER)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert said in answer.text
    assert 'href="/"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == PAGE_POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.vary.to_header() == "Accept"
    assert not re.search(r"<style|\sstyle=|<script|\son[a-z]+=|words of ours|[{}]", answer.text)
    if status == 405:
        assert answer.headers["Allow"]
    for link in re.findall(r'(?:src|href)="([^"]+)"', answer.text):
        assert client.get(link).status_code == 200, link


@pytest.mark.parametrize(
    ("accept", "is_page"),
    [
        ("text/html", True),
        ("text/*", True),
        (BROWSER["Accept"], True),
        ("application/json, text/html;q=0.9", False),
        ("application/json;q=0.5, text/html;q=0.9", True),
        ("text/html, application/problem+json", False),
        ("*/*", False),
        ("text/plain", False),
    ],
)
def test_who_prefers_a_page(client: FlaskClient, accept: str, is_page: bool) -> None:
    answer = client.get("/nothing", headers={"Accept": accept})
    assert (answer.mimetype == "text/html") is is_page


def test_a_preview_shows_the_title_to_who_was_sent_the_link(client: FlaskClient) -> None:
    head = head_of(client, f"/p/{PARTY}?invite={CODE}")
    assert head.meta["og:title"]["content"] == TITLE
    assert head.tags.count("script") == Head((STATIC / "index.html").read_text()).tags.count("script")
    assert "og:url" not in head.meta
    assert head.meta["robots"]["content"] == "noindex"


def test_without_the_invite_a_party_looks_like_none(client: FlaskClient) -> None:
    unknown = client.get(f"/p/{PARTY.replace('7', '8')}?invite={CODE}").text
    for address in (f"/p/{PARTY}", f"/p/{PARTY}?invite=wrong", f"/p/{PARTY}?name=Ada"):
        assert client.get(address).text == unknown
    assert Head(unknown).meta["og:title"]["content"] == "You are invited to watch together"


def test_the_page_opens_whatever_is_gone(client: FlaskClient, titles: Titles) -> None:
    titles.fault = RateLimited()
    assert head_of(client, f"/p/{PARTY}?invite={CODE}").meta["og:title"]["content"] != TITLE
    titles.fault = Unavailable()
    for _ in range(3):
        assert head_of(client, f"/p/{PARTY}?invite={CODE}").meta["og:title"]["content"] != TITLE
    assert titles.asked == 2, "who has just failed to answer is left alone"


def test_what_depends_on_the_link_is_kept_by_nobody_on_the_way(client: FlaskClient, titles: Titles) -> None:
    first: Any = client.get(f"/p/{PARTY}?invite={CODE}")
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = client.get(f"/p/{PARTY}?invite={CODE}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    titles.fault = NotFound()
    assert client.get(f"/p/{PARTY}", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200
    assert client.get("/").headers["Cache-Control"] == "no-cache"


def test_the_page_is_told_where_others_reach_it(client: FlaskClient) -> None:
    for address in ("/", f"/p/{PARTY}"):
        told = head_of(client, address).meta["party-public-url"]
        assert (told["content"], told["data-source"]) == ("http://192.168.1.5:8000", "network")
        assert "party-public-url" not in head_of(client, address, Host="party.example").meta


def test_the_page_is_told_where_desktop_players_are_served(client: FlaskClient) -> None:
    assert head_of(client, "/").meta["party-syncplay-port"]["content"] == "8999"
    app = Flask("without", template_folder=str(ROOT / "templates"))
    install_pages(app, Titles(), lambda host: None)
    assert "party-syncplay-port" not in head_of(app.test_client(), "/").meta
