"""`party check` names each planted fault of the servers, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from partyapp.check_cli import check
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.ops.migrations import downgrade, upgrade
from partyapp.shared.ops.settings import sqlalchemy_url
from partyapp.shared.storage.deployment_mark import MARK_KEY
from partyapp.shared.storage.redis_client import create_redis
from partyapp.shared.storage.redis_names import RedisNames
from tests.support.fresh_database import fresh_database
from tests.support.local_stack import free_port
from tests.support.tls_front import TlsFront, behind

PREFIX = "deployment-checks-tests"
SECRET = "k3y-" * 10
#: What to break: it gets the database's URL, a folder, and the environment that it changes.
Break = Callable[[str, Path, dict[str, str]], None]


@pytest.fixture
def deployment(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a deployment of which nothing runs but its servers."""
    (tmp_path / "library").mkdir()
    with fresh_database(database_url) as url:
        upgrade(url)
        yield {
            "DATABASE_URL": url,
            "REDIS_URL": redis_url,
            "PARTY_REDIS_PREFIX": PREFIX,
            "PARTY_SECRET_KEY": SECRET,
            "PARTY_ENV": "test",
            "PARTY_FILMS": str(tmp_path / "films"),
            "PARTY_LIBRARY_DIR": str(tmp_path / "library"),
        }
    create_redis(redis_url).delete(RedisNames(PREFIX)(MARK_KEY))


def outcomes(env: dict[str, str]) -> tuple[int, dict[str, tuple[str, str, str]]]:
    """The exit status, and of each check its outcome, text and remedy."""
    done = CliRunner().invoke(check, ["--json"], env=env)
    assert SECRET not in done.output
    rows = [json.loads(line) for line in done.output.splitlines()]
    return done.exit_code, {row["name"]: (row["outcome"], row["text"], row["remedy"]) for row in rows}


def on_database(url: str, statement: str) -> None:
    engine = create_engine(sqlalchemy_url(url), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def unreachable_postgres(url: str, folder: Path, env: dict[str, str]) -> None:
    env["DATABASE_URL"] = f"postgresql://party:s3cret-word@127.0.0.1:{free_port()}/party"


def missing_database(url: str, folder: Path, env: dict[str, str]) -> None:
    env["DATABASE_URL"] = url.replace(url.rsplit("/", 1)[1].split("?")[0], "no_such_database")


def read_only(url: str, folder: Path, env: dict[str, str]) -> None:
    name = url.rsplit("/", 1)[1].split("?")[0]
    on_database(url, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')


def no_tables(url: str, folder: Path, env: dict[str, str]) -> None:
    downgrade(url)
    on_database(url, "DROP TABLE alembic_version")


def older_schema(url: str, folder: Path, env: dict[str, str]) -> None:
    downgrade(url, "0014")


def newer_schema(url: str, folder: Path, env: dict[str, str]) -> None:
    on_database(url, "UPDATE alembic_version SET version_num = '9999'")


def too_many_connections(url: str, folder: Path, env: dict[str, str]) -> None:
    env |= {"WEB_CONCURRENCY": "50", "PARTY_DATABASE_POOL": "50"}


def unreachable_redis(url: str, folder: Path, env: dict[str, str]) -> None:
    env["REDIS_URL"] = f"redis://:s3cret-word@127.0.0.1:{free_port()}/0"


def unreachable_live_redis(url: str, folder: Path, env: dict[str, str]) -> None:
    env["LIVE_REDIS_URL"] = f"redis://:s3cret-word@127.0.0.1:{free_port()}/0"


def another_deployment(url: str, folder: Path, env: dict[str, str]) -> None:
    create_redis(env["REDIS_URL"]).set(RedisNames(PREFIX)(MARK_KEY), "another", ex=60)


def unwritable_films(url: str, folder: Path, env: dict[str, str]) -> None:
    (folder / "a-file").touch(mode=0o400)
    env["PARTY_FILMS"] = str(folder / "a-file" / "films")


def missing_library(url: str, folder: Path, env: dict[str, str]) -> None:
    (folder / "library").rmdir()


def unreachable_mail(url: str, folder: Path, env: dict[str, str]) -> None:
    env["PARTY_SMTP_URL"] = f"smtps://party:s3cret-word@127.0.0.1:{free_port()}"
    env["PARTY_MAIL_FROM"] = "party@party.example"


def nothing(url: str, folder: Path, env: dict[str, str]) -> None:
    """A deployment of which no worker runs."""


@pytest.mark.parametrize(
    ("planted", "name", "said", "remedy"),
    [
        (unreachable_postgres, "postgres", "refused", "DATABASE_URL"),
        (missing_database, "postgres", "does not exist", "DATABASE_URL"),
        (read_only, "postgres", "takes no changes", "primary"),
        (no_tables, "migrations", "no tables", "party migrate"),
        (older_schema, "migrations", "is at 0014", "party migrate"),
        (newer_schema, "migrations", "a newer release", "newer release"),
        (too_many_connections, "connections", "may open", "PgBouncer"),
        (unreachable_redis, "redis", "can't be reached", "REDIS_URL"),
        (unreachable_live_redis, "live redis", "can't be reached", "LIVE_REDIS_URL"),
        (another_deployment, "deployment", "another database", "PARTY_REDIS_PREFIX"),
        (unwritable_films, "films", "can't be written", "user of web and worker"),
        (missing_library, "library", "No such file", "PARTY_LIBRARY_DIR"),
        (unreachable_mail, "mail server", "can't be reached", "PARTY_SMTP_URL"),
        (nothing, "worker", "none was heard of", "`worker` of the Procfile"),
    ],
)
def test_a_planted_fault_is_named_with_its_remedy(
    planted: Break, name: str, said: str, remedy: str, deployment: dict[str, str], tmp_path: Path
) -> None:
    planted(deployment["DATABASE_URL"], tmp_path, deployment)
    status, found = outcomes(deployment)
    assert found[name][0] == ("warning" if planted is too_many_connections else "fault"), found[name]
    assert said in found[name][1]
    assert remedy in found[name][2]
    assert "s3cret-word" not in json.dumps(found)
    assert status == 1
    # What doesn't hang together with it is well, but for the worker, of which there is none.
    if planted is nothing:
        assert {row for row, (outcome, *_) in found.items() if outcome != "ok"} <= {"worker", "films"}


def test_a_clock_that_is_off_is_named(deployment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("partyapp.deployment_checks.WallClock", lambda: FixedClock())
    outcome, said, remedy = outcomes(deployment)[1]["clock"]
    assert outcome == "fault"
    assert "off the one of the Redis server" in said
    assert "NTP" in remedy


def test_a_redis_whose_certificate_nobody_looks_at_is_a_warning(
    deployment: dict[str, str], tmp_path: Path
) -> None:
    with TlsFront(
        tmp_path, behind(deployment["REDIS_URL"]), postgres=False, name="elsewhere.example"
    ) as front:
        secured = deployment | {"REDIS_URL": f"rediss://localhost:{front.port}/0"}
        outcome, said, _ = outcomes(secured)[1]["redis"]
        assert (outcome, "certificate verify failed" in said) == ("fault", True)
        outcome, said, remedy = outcomes(secured | {"PARTY_REDIS_TLS_VERIFY": "0"})[1]["redis"]
        assert (outcome, "PARTY_REDIS_TLS_CA" in remedy) == ("warning", True), said
        own = {"PARTY_REDIS_TLS_VERIFY": "ca", "PARTY_REDIS_TLS_CA": str(front.authority)}
        assert outcomes(secured | own)[1]["redis"][0] == "ok"


def test_settings_that_can_t_be_used_are_one_line(deployment: dict[str, str]) -> None:
    done = CliRunner().invoke(check, env=deployment | {"PARTY_SECRET_KEY": "changeme"})
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "PARTY_SECRET_KEY" in done.output
