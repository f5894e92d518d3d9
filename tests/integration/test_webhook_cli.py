"""What an operator sees and does with webhooks by `party`, on real servers and with a real receiver."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from partyapp.bootstrap.jobs import BackgroundJobs
from partyapp.bootstrap.resources import Resources, build_resources
from partyapp.bootstrap.webhooks import build_deliveries
from partyapp.party.infrastructure.services.party_session_service import PartySessionService
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops.migrations import upgrade
from partyapp.shared.ops.settings import Settings
from partyapp.webhook_cli import webhooks
from tests.support.fresh_database import fresh_database
from tests.support.party_objects import created
from tests.support.webhook_receiver import WebhookReceiver


@pytest.fixture
def resources(database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Resources]:
    """A database of its own, and the environment of an operator's terminal."""
    with fresh_database(database_url) as url:
        upgrade(url)
        for name, value in {
            "DATABASE_URL": url,
            "REDIS_URL": redis_url,
            "PARTY_REDIS_PREFIX": "webhook-cli-tests",
            "PARTY_SECRET_KEY": "k3y-" * 10,
            "PARTY_ENV": "test",
            "PARTY_WEBHOOK_ALLOW_PRIVATE": "1",
            # What failed is given up at the second failure.
            "PARTY_WEBHOOK_FIRST_RETRY_S": "0.001",
            "PARTY_WEBHOOK_RETRY_FOR_S": "0.001",
        }.items():
            monkeypatch.setenv(name, value)
        opened = build_resources(Settings.from_environment(), 4)
        yield opened
        opened.engine.dispose()


def run(*words: str) -> Result:
    return CliRunner().invoke(webhooks, list(words))


def printed(*words: str) -> Any:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def happen(resources: Resources) -> str:
    """A party is made, and its event relayed."""
    session = created(created_at_ms=resources.clock.now_ms())
    with resources.transactions.begin() as transaction:
        PartySessionService(transaction).add(session)
    assert BackgroundJobs(resources).relay() == 1
    return str(session.state.id)


def test_an_endpoint_is_added_shown_tested_and_removed(resources: Resources) -> None:
    with WebhookReceiver() as receiver:
        done = run("add", receiver.url, "--events", "member_joined, party_session_ended")
        assert done.exit_code == 0, done.output
        found = re.fullmatch(r"id      (\S+)\nsecret  (whsec_\S+)\n", done.output)
        assert found
        endpoint_id, secret = found.groups()
        (shown,) = printed("list")
        assert (shown["id"], shown["url"], shown["state"]) == (endpoint_id, receiver.url, "active")
        assert shown["events"] == ["member_joined", "party_session_ended"]
        assert secret not in run("list").output + run("list", "--json").output
        assert f"{endpoint_id}  active" in run("list").output
        with resources.transactions() as session:
            row = str(session.execute(text("SELECT * FROM webhook_endpoints")).one())
        assert secret not in row
        assert run("test", endpoint_id).output.startswith("accepted with 204")
        assert receiver.received[0].verified(secret)["type"] == "webhook_test"
        receiver.reply = lambda _: 500
        refused = run("test", endpoint_id)
        assert (refused.exit_code, "http_500" in refused.output) == (1, True)
    assert run("remove", endpoint_id).exit_code == 0
    assert run("list").output == ""
    for word in ("remove", "test", "dead", "replay", "enable"):
        missing = run(word, endpoint_id)
        assert (missing.exit_code, "no such webhook endpoint" in missing.output) == (1, True)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["ftp://example.com"], "http"),
        (["https://example.com", "--events", "member_danced"], "member_danced"),
        (["https://example.com", "--party", "no-id"], "no-id"),
    ],
)
def test_what_cant_be_registered_is_told_in_words(resources: Resources, words: list[str], why: str) -> None:
    refused = run("add", *words)
    assert refused.exit_code
    assert why in refused.output
    assert printed("list") == []


def test_what_was_given_up_is_listed_and_sent_once_more(resources: Resources) -> None:
    with WebhookReceiver(lambda _: 500) as receiver:
        (added,) = printed("add", receiver.url)
        party_id = happen(resources)
        deliveries = build_deliveries(resources)
        while not printed("dead"):
            deliveries.run_until_idle()
        (letter,) = printed("dead", added["id"])
        assert (letter["party"], letter["revision"], letter["error"]) == (party_id, 1, "http_500")
        assert letter["id"] in run("dead").output
        receiver.reply = lambda _: 204
        assert run("replay", added["id"], str(new_id())).output == "0 to be sent once more\n"
        assert run("replay", added["id"], letter["id"]).output == "1 to be sent once more\n"
        run("enable", added["id"])
        assert deliveries.run_until_idle() == 1
        assert receiver.received[-1].headers["webhook-id"] == receiver.received[0].headers["webhook-id"]
        assert printed("dead") == []
        deliveries.close()


def test_only_these_parties_and_410_disables(resources: Resources) -> None:
    with WebhookReceiver(lambda _: 410) as receiver:
        (added,) = printed("add", receiver.url)
        printed("add", receiver.url, "--party", str(new_id()))
        happen(resources)
        deliveries = build_deliveries(resources)
        assert deliveries.run_until_idle() == 0
        assert len(receiver.received) == 1
        assert {found["id"]: found["state"] for found in printed("list")}[added["id"]] == "disabled"
        receiver.reply = lambda _: 204
        happen(resources)
        assert deliveries.run_until_idle() == 0
        assert run("enable", added["id"]).exit_code == 0
        assert deliveries.run_until_idle() == 1
        deliveries.close()


def test_a_secret_of_another_deployment_signs_nothing(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    with WebhookReceiver() as receiver:
        (added,) = printed("add", receiver.url)
        monkeypatch.setenv("PARTY_SECRET_KEY", "0ther-" * 10)
        refused = run("test", added["id"])
        assert (refused.exit_code, "secret_lost" in refused.output) == (1, True)
        assert receiver.received == []
