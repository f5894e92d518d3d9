"""A person's notifications over HTTP, on the ones in memory."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from flask import Flask, Response, jsonify
from flask.testing import FlaskClient

from partyapp.commands.controllers import IdempotentPost
from partyapp.commands.idempotency import MakeAnswer
from partyapp.notification.application import Inbox
from partyapp.notification.controllers import notification_blueprint
from partyapp.notification.domain import Notification
from partyapp.shared.http import current
from partyapp.shared.http.problem_json import install_problem_json
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal
from tests.support.fakes_notification import InMemoryNotifications

ADA = Principal(user_id=new_id(), display_name="Ada")
BOB = Principal(user_id=new_id(), display_name="Bob")
PARTY = new_id()


class Env(IdempotentPost):
    """Notifications behind HTTP; POSTs are counted, and `asks` is who is signed in."""

    def __init__(self) -> None:
        self.kept = InMemoryNotifications()
        self.clock = FixedClock(5_000)
        self.asks = ADA
        self.effects = 0
        app = Flask(__name__)
        install_problem_json(app)
        app.before_request(lambda: current.set_principal(self.asks))
        inbox = Inbox(notifications=self.kept, clock=self.clock)
        app.register_blueprint(notification_blueprint(inbox, self))
        self.client: FlaskClient = app.test_client()

    def respond(
        self, make: MakeAnswer, *, secret: bool = False, anybody: bool = False, content: str | None = None
    ) -> Response:
        """As `IdempotentPost` does."""
        self.effects += 1
        status, body, headers = make(new_id())
        response = Response(status=204) if status == 204 else jsonify(body)
        response.status_code = status
        response.headers.update(headers)
        return response

    def tell(self, number: int, to: Principal = ADA) -> str:
        item = Notification(
            id=new_id(),
            user_id=to.user_id,
            event_id=new_id(),
            party_id=PARTY,
            type="member_joined",
            data={"party_title": f"Night {number}"},
            created_at_ms=number,
        )
        self.kept.store([item])
        return str(item.id)

    def listed(self, query: str = "") -> Any:
        answer = self.client.get(f"/api/notifications{query}")
        assert answer.status_code == 200
        body = answer.get_json()
        assert body.keys() == {"items", "next_cursor", "unread_count"}
        return body

    def ids(self, query: str = "") -> list[str]:
        return [item["id"] for item in self.listed(query)["items"]]


@pytest.fixture
def env() -> Env:
    return Env()


def test_an_empty_inbox(env: Env) -> None:
    assert env.listed() == {"items": [], "next_cursor": None, "unread_count": 0}


def test_ones_own_are_listed_newest_first(env: Env) -> None:
    first, second = env.tell(1), env.tell(2)
    env.tell(3, to=BOB)
    body = env.listed()
    assert [item["id"] for item in body["items"]] == [second, first]
    assert body["items"][1] == {
        "id": first,
        "type": "member_joined",
        "party_id": str(PARTY),
        "created_at_ms": 1,
        "read_at_ms": None,
        "data": {"party_title": "Night 1"},
    }
    assert body["unread_count"] == 2


def test_pages(env: Env) -> None:
    told = [env.tell(number) for number in range(5)]
    first = env.listed("?limit=2")
    second = env.listed(f"?limit=2&cursor={first['next_cursor']}")
    third = env.listed(f"?limit=2&cursor={second['next_cursor']}")
    seen = [item["id"] for part in (first, second, third) for item in part["items"]]
    assert seen == told[::-1]
    assert third["next_cursor"] is None
    assert second["unread_count"] == 5


def test_reading_one(env: Env) -> None:
    first, second = env.tell(1), env.tell(2)
    answer = env.client.post(f"/api/notifications/{first}/read", json={})
    assert (answer.status_code, answer.data) == (204, b"")
    env.clock.advance(1_000)
    assert env.client.post(f"/api/notifications/{first}/read").status_code == 204
    assert env.effects == 2
    assert env.ids("?unread=true") == [second]
    assert env.ids("?unread=false") == env.ids() == [second, first]
    body = env.listed()
    assert body["unread_count"] == 1
    assert body["items"][1]["read_at_ms"] == 5_000, "the first reading counts"


def test_reading_all(env: Env) -> None:
    env.tell(1), env.tell(2)
    anothers = env.tell(3, to=BOB)
    assert env.client.post("/api/notifications/read-all", json={}).status_code == 204
    assert env.effects == 1
    assert env.listed()["unread_count"] == 0
    env.asks = BOB
    assert env.ids("?unread=true") == [anothers]


def test_anothers_is_not_found_just_like_none_at_all(env: Env) -> None:
    anothers = env.tell(1, to=BOB)
    refused = [
        env.client.post(f"/api/notifications/{notification_id}/read", json={})
        for notification_id in (anothers, new_id(), "nonsense")
    ]
    assert [answer.status_code for answer in refused] == [404, 404, 404]
    assert refused[0].get_json() == refused[1].get_json()
    assert env.kept.unread_count(BOB.user_id) == 1


def test_the_cursor_of_another_gives_nothing(env: Env) -> None:
    env.tell(1), env.tell(2, to=BOB), env.tell(3, to=BOB)
    env.asks = BOB
    cursor = env.listed("?limit=1")["next_cursor"]
    env.asks = ADA
    assert env.ids(f"?cursor={cursor}") == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "cursor=nonsense", "unread=yes", "unread=", "user_id=1"]
)
def test_bad_queries_are_refused(env: Env, query: str) -> None:
    answer = env.client.get(f"/api/notifications?{query}")
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [query.partition("=")[0]]


@pytest.mark.parametrize("address", [f"/api/notifications/{UUID(int=1)}/read", "/api/notifications/read-all"])
def test_bodies_that_say_something_are_refused(env: Env, address: str) -> None:
    assert env.client.post(address, json={"user_id": str(BOB.user_id)}).status_code == 422
    assert env.client.post(address, data="{", content_type="application/json").status_code == 400
    assert env.effects == 0
