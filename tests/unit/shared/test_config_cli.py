"""`party config` and `party secret` in a terminal."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from partyapp.config_cli import config, secret
from partyapp.shared.ops.settings import Settings

ENVIRONMENT = {
    "DATABASE_URL": "postgresql://party:geheim@db/party",
    "REDIS_URL": "redis://redis",
    "PARTY_SECRET_KEY": "k3y-abcdefgh" * 4,
    "PARTY_REMIND_S": "60",
    "PARTY_PUBLIC_URL": "https://party.example",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def test_what_is_set_is_told_from_what_is_not() -> None:
    lines = [json.loads(line) for line in CliRunner().invoke(config, ["--json"]).output.splitlines()]
    found = {line["name"]: (line["value"], line["source"]) for line in lines}
    assert found["PARTY_REMIND_S"] == ("60", "environment")
    assert found["PARTY_TICK_INTERVAL_S"] == ("5", "default")
    shown = CliRunner().invoke(config, ["--set"], env={"COLUMNS": "200"}).output
    assert "https://party.example" in shown
    assert "PARTY_TICK_INTERVAL_S" not in shown
    assert "geheim" not in shown + str(found)
    assert ENVIRONMENT["PARTY_SECRET_KEY"] not in shown + str(found)


def test_settings_that_can_not_be_used_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTY_REMIND_S", "soon")
    result = CliRunner().invoke(config)
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "PARTY_REMIND_S" in result.output


def test_a_secret_is_new_each_time_and_good_enough() -> None:
    made = [CliRunner().invoke(secret).output.strip() for _ in range(2)]
    assert made[0] != made[1]
    for one in made:
        Settings.from_environment({**ENVIRONMENT, "PARTY_SECRET_KEY": one, "PARTY_ENV": "production"})
