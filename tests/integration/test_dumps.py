"""Backups by PostgreSQL's own programs: made beside a service, restored in one transaction or not at all."""

from __future__ import annotations

import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from partyapp.local_run import installed_programs
from partyapp.local_run.installed_programs import postgres_folders
from partyapp.local_run.postgres import prepare_postgres
from partyapp.shared.ops import dumps
from partyapp.shared.ops.dumps import DumpFailed, back_up, restore
from partyapp.shared.ops.migrations import upgrade
from tests.support.fresh_database import fresh_database
from tests.support.own_folder import own_folder
from tests.support.waiting import eventually

FOLDERS = postgres_folders()


def plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(plain(url), autocommit=True) as connection:
        found = connection.execute(statement)
        return found.fetchall() if found.description else []


@pytest.fixture(scope="module")
def backup(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Of an older schema, with one row."""
    with fresh_database(database_url) as url:
        upgrade(url, "0016")
        execute(url, "CREATE TABLE kept (name text)")
        execute(url, "INSERT INTO kept VALUES ('before')")
        path = tmp_path_factory.mktemp("backups") / "old.backup"
        assert back_up(url, path, FOLDERS) == path.stat().st_size
        yield path


@pytest.fixture
def url(database_url: str) -> Iterator[str]:
    """A database of the newest schema, and of one that is newer still."""
    with fresh_database(database_url) as url:
        upgrade(url)
        execute(url, "CREATE TABLE newer (party_id uuid REFERENCES synced_party_sessions (id))")
        yield url


def test_a_backup_takes_the_place_of_what_is_there_and_is_migrated(backup: Path, url: str) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with pytest.raises(DumpFailed, match="isn't empty; --replace"):
        restore(url, backup, FOLDERS)
    before, after = restore(url, backup, FOLDERS, replace=True)
    assert (before, after) == ("0016", execute(url, "SELECT version_num FROM alembic_version")[0][0])
    assert execute(url, "SELECT name FROM kept") == [("before",)]
    assert execute(url, "SELECT to_regclass('newer'), to_regclass('webhook_endpoints')::text") == [
        (None, "webhook_endpoints")
    ]
    triggers = "SELECT count(*) FROM pg_trigger WHERE tgname IN ('final_rows', 'final_table')"
    assert execute(url, triggers) == [(2,)]


def test_an_empty_database_needs_no_leave(backup: Path, database_url: str) -> None:
    with fresh_database(database_url) as empty:
        assert restore(empty, backup, FOLDERS)[0] == "0016"


def refused(url: str, source: Path, said: str) -> None:
    """A restore that fails, with these words, and leaves everything as it was."""
    with pytest.raises(DumpFailed, match=said):
        restore(url, source, FOLDERS, replace=True)
    assert execute(url, "SELECT to_regclass('newer')::text, to_regclass('kept')") == [("newer", None)]


def test_a_file_that_ends_too_early_changes_nothing(backup: Path, url: str, tmp_path: Path) -> None:
    # Behind the list of what is in it and the schema's number, and before the end of the rows.
    short = tmp_path / "short"
    short.write_bytes(backup.read_bytes()[:-40])
    refused(url, short, "nothing was restored|can't be read")
    empty = tmp_path / "empty"
    empty.touch()
    refused(url, empty, "can't be read as a backup")
    refused(url, tmp_path / "none", "is no file")


def test_what_was_dumped_of_some_tables_is_no_backup(url: str, tmp_path: Path) -> None:
    with dumps._connected(url) as connection:
        program = dumps._programs_for(connection, FOLDERS) / "pg_dump"
    database = ["--dbname", dumps._without_password(url)]
    for name, kept in (("one", "--table=alembic_version"), ("rows", "--exclude-table-data=synced_*")):
        words: list[str | Path] = [program, "--format=custom", kept, "--file", tmp_path / name, *database]
        dumps._run(words, url)
        refused(url, tmp_path / name, "holds no schema of Party's")


def test_what_the_server_refuses_changes_nothing(
    backup: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drops = dumps._drops
    monkeypatch.setattr(dumps, "_drops", lambda *given: [*drops(*given), "CREATE TABLE kept ();"])
    refused(url, backup, 'relation "kept" already exists')


def test_nobody_else_may_be_connected(backup: Path, url: str) -> None:
    with psycopg.connect(plain(url)):
        refused(url, backup, "1 other connections to this database are open; end web")


@pytest.fixture
def older_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty database on a server whose own programs are not there, but those of a newer one."""
    if len(FOLDERS) < 2:
        pytest.skip("one PostgreSQL alone is installed: a newer one's programs were not tried")
    with own_folder() as folder:
        monkeypatch.setattr(installed_programs, "_POSTGRES_FOLDERS", {16: "pginstall"})
        server = prepare_postgres(folder=folder / "postgres", socket_dir=folder)
        monkeypatch.setattr(dumps, "_DEBIAN_FOLDERS", "nowhere/*/bin")
        monkeypatch.setattr("shutil.which", lambda _: None)
        user = server.user
        with subprocess.Popen(
            server.command(),
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            cwd="/",
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                eventually(server.is_ready)
                server.ensure_database()
                yield server.url()
            finally:
                process.send_signal(signal.SIGQUIT)


def test_a_newer_servers_programs_restore_too(older_server: str, tmp_path: Path) -> None:
    upgrade(older_server)
    back_up(older_server, tmp_path / "backup", FOLDERS[:1])
    execute(older_server, "CREATE TABLE newer ()")
    restore(older_server, tmp_path / "backup", FOLDERS[:1], replace=True)
    found = "SELECT to_regclass('newer'), to_regclass('synced_party_sessions')::text"
    assert execute(older_server, found) == [(None, "synced_party_sessions")]


def test_a_backup_of_a_newer_schema_is_refused(database_url: str, url: str, tmp_path: Path) -> None:
    with fresh_database(database_url) as other:
        upgrade(other)
        execute(other, "UPDATE alembic_version SET version_num = '9999'")
        back_up(other, tmp_path / "new", FOLDERS)
        with pytest.raises(DumpFailed, match="there already"):
            back_up(other, tmp_path / "new", FOLDERS)
    refused(url, tmp_path / "new", "schema 9999, which this version of Party doesn't know")


def test_tables_of_others_are_never_deleted(backup: Path, database_url: str) -> None:
    with fresh_database(database_url) as others:
        execute(others, "CREATE TABLE wiki (page text)")
        with pytest.raises(DumpFailed, match="aren't Party's"):
            restore(others, backup, FOLDERS, replace=True)
        # The table in which any program with Alembic counts its schemas.
        execute(others, "CREATE TABLE alembic_version (version_num varchar(32))")
        with pytest.raises(DumpFailed, match="aren't Party's"):
            restore(others, backup, FOLDERS, replace=True)
        assert execute(others, "SELECT to_regclass('wiki')::text") == [("wiki",)]


def test_without_a_server_or_a_place_it_says_so(database_url: str, tmp_path: Path) -> None:
    with pytest.raises(DumpFailed, match="can't be reached"):
        back_up("postgresql://user:hush@127.0.0.1:1/party", tmp_path / "none")
    with pytest.raises(DumpFailed, match="can't be written") as failure:
        back_up(database_url, tmp_path / "no folder" / "backup", FOLDERS)
    assert "hush" not in str(failure.value)


def test_a_password_is_no_argument_of_a_program() -> None:
    url = "postgresql+psycopg://party:hush@db.example:5433/party?sslmode=require"
    assert "hush" not in dumps._without_password(url)
    assert "sslmode=require" in dumps._without_password(url)
    assert dumps._environment(url)["PGPASSWORD"] == "hush"
