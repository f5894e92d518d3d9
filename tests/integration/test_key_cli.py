"""What an operator does with servers' keys by `party keys`, on a real database."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text

from partyapp.auth.infrastructure.api_keys import PostgresApiKeys
from partyapp.auth.infrastructure.key_ring import KeyRing
from partyapp.bootstrap.channels import build_channels
from partyapp.bootstrap.resources import Resources, build_resources
from partyapp.channel.infrastructure.entities import NotifyChannelEntity
from partyapp.channel.infrastructure.vault import SealedAddresses
from partyapp.key_cli import keys
from partyapp.people_cli import people
from partyapp.reseal_cli import reseal
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.kernel.errors import Unauthenticated
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops.migrations import upgrade
from partyapp.shared.ops.settings import Settings
from partyapp.webhook.infrastructure.postgres_endpoints import PostgresEndpoints
from partyapp.webhook.infrastructure.secrets import SealedSecrets
from partyapp.webhook_cli import webhooks
from tests.support.fresh_database import fresh_database


@pytest.fixture(scope="module")
def resources(database_url: str, redis_url: str) -> Iterator[Resources]:
    with fresh_database(database_url) as url, pytest.MonkeyPatch.context() as patch:
        upgrade(url)
        for name, value in {
            "DATABASE_URL": url,
            "REDIS_URL": redis_url,
            "PARTY_REDIS_PREFIX": "key-cli-tests",
            "PARTY_SECRET_KEY": "k3y-" * 10,
            "PARTY_ENV": "test",
        }.items():
            patch.setenv(name, value)
        opened = build_resources(Settings.from_environment(), 2)
        yield opened
        opened.engine.dispose()


def run(*words: str) -> Result:
    return CliRunner().invoke(keys, list(words))


def printed(*words: str) -> list[Any]:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def ring(resources: Resources) -> KeyRing:
    """What a process that starts now knows."""
    return KeyRing(resources.api_keys.standing, WallClock())


def test_a_key_is_made_listed_and_revoked(resources: Resources) -> None:
    done = run("create", "films", "--scope", "parties:write", "--scope", "tokens:sign", "--expires", "90d")
    assert done.exit_code == 0, done.output
    found = re.fullmatch(
        r"id              (\S+)\nkey             (party_key_\S+)\nsigning secret  (\S{64})\n", done.output
    )
    assert found
    key_id, sent, signing = found.groups()
    here = ring(resources).verify(sent)
    assert (str(here.key_id), sorted(here.scopes)) == (key_id, ["parties:write", "tokens:sign"])
    assert [one.secret for one in ring(resources).signing_secrets("films")] == [signing]
    # Neither secret is shown again, nor read by who reads the database.
    (listed,) = printed("list")
    assert (listed["id"], listed["state"], listed["name"]) == (key_id, "active", "films")
    assert listed["expires_at_ms"] - listed["created_at_ms"] == 90 * 86_400_000
    with resources.transactions() as session:
        row = str(session.execute(text("SELECT * FROM api_keys")).one())
    for secret in (sent, sent.rpartition("_")[2], signing):
        assert secret not in row + run("list").output + json.dumps(listed)
    # With another PARTY_SECRET_KEY the key still counts, and signs nothing.
    elsewhere = PostgresApiKeys(resources.transactions, "another secret of a deployment")
    other = KeyRing(elsewhere.standing, WallClock())
    assert str(other.verify(sent).key_id) == key_id
    assert [one.secret for one in other.signing_secrets("films")] == []
    (second,) = printed("create", "films", "--scope", "events:read")
    assert second["signing_secret"] is None
    for _ in range(2):
        assert run("revoke", key_id).exit_code == 0
    with pytest.raises(Unauthenticated):
        ring(resources).verify(sent)
    assert [one.secret for one in ring(resources).signing_secrets("films")] == []
    ring(resources).verify(second["key"])
    states = {one["id"]: one["state"] for one in printed("list")}
    assert states == {key_id: "revoked", second["id"]: "active"}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["create", "films"], "--scope"),
        (["create", "Films", "--scope", "events:read"], "small letters"),
        (["create", "films", "--scope", "everything"], "everything"),
        (["create", "films", "--scope", "events:read", "--expires", "soon"], "no duration"),
        (["create", "films", "--scope", "events:read", "--expires", "0d"], "between"),
        (["revoke", "0198b3a0-0000-7000-8000-000000000001"], "no such key"),
        (["revoke", "party_key_0198b3a0_hush"], "is an id that"),
    ],
)
def test_what_is_refused(resources: Resources, words: list[str], why: str) -> None:
    result = run(*words)
    assert result.exit_code != 0
    assert why in result.output
    assert "hush" not in result.output


def test_secrets_outlive_the_secret_that_they_were_sealed_with(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    (made,) = printed("create", "shop", "--scope", "tokens:sign")
    added = CliRunner().invoke(webhooks, ["add", "https://films.example/hook", "--json"])
    endpoint = json.loads(added.output)
    ada = new_id()
    build_channels(resources).add(new_id(), ada, "ntfys://ntfy.sh/films", None)
    monkeypatch.setenv("PARTY_SECRET_KEY_PREVIOUS", "k3y-" * 10)
    monkeypatch.setenv("PARTY_SECRET_KEY", "n3w-" * 10)
    during = build_resources(Settings.from_environment(), 1)
    assert [one.secret for one in ring(during).signing_secrets("shop")] == [made["signing_secret"]]
    done = CliRunner().invoke(reseal, [])
    assert (done.exit_code, "1 of webhooks and 1 addresses" in done.output) == (0, True)
    monkeypatch.delenv("PARTY_SECRET_KEY_PREVIOUS")
    after = build_resources(Settings.from_environment(), 1)
    assert [one.secret for one in ring(after).signing_secrets("shop")] == [made["signing_secret"]]
    with after.transactions() as session:
        (sealed,) = session.scalars(select(NotifyChannelEntity.sealed))
    assert SealedAddresses("n3w-" * 10).opened(sealed) == "ntfys://ntfy.sh/films"
    shown = CliRunner().invoke(people, ["channels", str(ada)])
    assert ("unverified" in shown.output, "ntfy.sh" in shown.output) == (True, False)
    assert "removed" in CliRunner().invoke(people, ["channels", str(ada), "--remove"]).output
    assert CliRunner().invoke(people, ["channels", str(ada)]).output == ""
    (kept,) = PostgresEndpoints(after.transactions).all()
    assert SealedSecrets("n3w-" * 10).opened(kept.sealed_secret) == endpoint["secret"]
    assert [one.secret for one in ring(resources).signing_secrets("shop")] == []
    for opened in (during, after):
        opened.engine.dispose()
