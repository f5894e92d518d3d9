"""What is measured at a scrape, on the real servers; and that it is shown to who brings the token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine, text

from partyapp.app import create_app
from partyapp.bootstrap.channels import build_channels
from partyapp.bootstrap.jobs import BackgroundJobs
from partyapp.bootstrap.webhooks import build_webhook_endpoints
from partyapp.party.infrastructure.services.party_session_service import PartySessionService
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops.settings import Settings, sqlalchemy_url
from partyapp.shared.storage.database import Base
from tests.support.fresh_database import fresh_database
from tests.support.party_objects import created

TOKEN = "w4x9Qm-k7Zt2vB8hJ5rN"


@pytest.fixture
def app(database_url: str, redis_url: str) -> Iterator[Any]:
    with fresh_database(database_url) as url:
        engine = create_engine(sqlalchemy_url(url))
        Base.metadata.create_all(engine)
        engine.dispose()
        given: dict[str, Any] = {"database_url": sqlalchemy_url(url), "redis_url": redis_url}
        yield create_app(
            Settings(**given, secret_key="x" * 40, environment="test", redis_prefix="m", metrics_token=TOKEN)
        )


def scraped(app: Any) -> dict[tuple[str, str], float]:
    """The samples by their name and the value of their first label."""
    answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_channels_are_counted_and_what_waits_for_them(app: Any) -> None:
    resources = app.extensions["resources"]
    build_channels(resources).add(new_id(), new_id(), "ntfys://ntfy.sh/films", None)
    shown = scraped(app)
    assert (shown["party_notify_channels", "unverified"], shown["party_notify_channels", "active"]) == (1, 0)
    assert shown["party_notify_waiting", ""] == 1
    assert shown["party_notify_age_seconds", ""] >= 0


def test_what_waits_is_counted_with_its_age(app: Any) -> None:
    resources = app.extensions["resources"]
    quiet = scraped(app)
    assert (quiet["party_outbox_rows", ""], quiet["party_commands_pending", ""]) == (0, 0)
    row = {"id": new_id(), "user": new_id(), "at": int(resources.clock.now_ms()) - 90_000}
    with create_engine(resources.settings.database_url).begin() as connection:
        connection.execute(
            text(
                "INSERT INTO party_commands (id, user_id, fingerprint, kind, payload, state, attempts,"
                " created_at_ms, driven_at_ms)"
                " VALUES (:id, :user, 'f', 'party', '{}', 'pending', 0, :at, :at)"
            ),
            row,
        )
    resources.redis.lpush("m:party.tick", "a task", "another")
    found = scraped(app)
    resources.redis.delete("m:party.tick")
    assert found["party_commands_pending", ""] == 1
    assert 89 < found["party_commands_age_seconds", ""] < 600
    assert (found["party_queue_depth", "party.tick"], found["party_queue_depth", "party.relay"]) == (2, 0)
    assert (found["party_server_up", "postgres"], found["party_server_up", "redis"]) == (1, 1)


def test_webhooks_are_counted_with_the_age_of_what_waits(app: Any) -> None:
    resources = app.extensions["resources"]
    assert scraped(app)["party_webhook_age_seconds", ""] == 0
    session = created(created_at_ms=resources.clock.now_ms() - 90_000)
    endpoints = build_webhook_endpoints(resources)
    endpoint, _ = endpoints.add("https://hooks.example")
    with resources.transactions.begin() as transaction:
        PartySessionService(transaction).add(session)
    assert BackgroundJobs(resources).relay() == 1
    found = scraped(app)
    assert (found["party_webhook_endpoints", "active"], found["party_webhook_endpoints", "down"]) == (1, 0)
    assert found["party_webhook_waiting", ""] == 1
    assert 89 < found["party_webhook_age_seconds", ""] < 600
    now_ms = resources.clock.now_ms()
    endpoints.endpoints.failed(endpoint.id, "refused", began_ms=0.0, now_ms=now_ms, not_before_ms=now_ms)
    endpoints.streams.give_up(endpoint.id, None, "refused", before_ms=now_ms, now_ms=now_ms)
    found = scraped(app)
    assert (found["party_webhook_endpoints", "active"], found["party_webhook_endpoints", "down"]) == (0, 1)
    failing = ("party_webhook_failing", "connection"), ("party_webhook_failing", "http_5xx")
    assert [found[one] for one in failing] == [1, 0]
    assert (found["party_webhook_waiting", ""], found["party_webhook_dead_letters", ""]) == (0, 1)


def test_metrics_are_shown_to_who_brings_the_token(app: Any) -> None:
    client = app.test_client()
    for headers in ({}, {"Authorization": "Bearer other"}, {"Authorization": f"Basic {TOKEN}"}):
        answer = client.get("/metrics", headers=headers)
        assert (answer.status_code, answer.get_json()["code"]) == (401, "unauthenticated")


def test_a_server_that_is_gone_is_told_and_hides_nothing_else(app: Any) -> None:
    lost = create_app(
        Settings(
            database_url="postgresql+psycopg://nobody@127.0.0.1:1/nothing",
            redis_url="redis://127.0.0.1:1",
            secret_key="x" * 40,
            environment="test",
            metrics_token=TOKEN,
        )
    )
    found = scraped(lost)
    assert (found["party_server_up", "postgres"], found["party_server_up", "redis"]) == (0, 0)
    assert ("party_sockets", "") in found
