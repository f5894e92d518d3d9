"""Backups of the database, by PostgreSQL's own pg_dump, pg_restore and psql.

A backup is one file in pg_dump's custom format. It is restored in one transaction: whatever goes wrong on the
way, also a file that ends too early, leaves the database as it was.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

import psycopg
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from partyapp.shared.ops.migrations import alembic_config, upgrade
from partyapp.shared.storage.durable_files import sync_file

#: Each is needed by a backup or a restore; they come together.
PROGRAMS = ("pg_dump", "pg_restore", "psql")
#: How long a statement may wait for a lock, in ms.
LOCK_WAIT_MS = 10_000
_DEBIAN_FOLDERS = "/usr/lib/postgresql/*/bin"
#: A table that each schema of Party's has, and nobody else's. A backup holds it and its rows.
_OWN_TABLE = "synced_party_sessions"
_KINDS = ("TABLE", "TABLE DATA")
_TABLES = """
SELECT format('%I.%I', schemaname, tablename), tablename FROM pg_tables
WHERE schemaname = current_schema() ORDER BY tablename
"""
#: The functions that triggers call, but for those of extensions.
_FUNCTIONS = """
SELECT f.oid::regprocedure::text FROM pg_proc f
WHERE f.pronamespace = current_schema()::regnamespace AND f.prorettype = 'trigger'::regtype
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = f.oid AND d.deptype = 'e')
"""
#: What programs of PostgreSQL 17 and later say to every server, of which older ones know nothing; it stands
#: among so many first lines. In its place is what any server understands.
_FOR_17 = b"SET transaction_timeout = 0;\n"
_HEAD_LINES = 40
_UNLIMITED = "SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'transaction_timeout';"
_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


class DumpFailed(Exception):
    """A backup that could not be made or restored. The message is one line for an operator."""


def back_up(database_url: str, target: Path, folders: Iterable[Path] = ()) -> int:
    """Write a backup to a file that isn't there yet, for the owner's eyes alone; its size in bytes.

    `folders` hold PostgreSQL's programs, beside those of PATH. Raises `DumpFailed`; no file is left then.
    """
    if target.exists():
        raise DumpFailed(f"{target} is there already; a backup never replaces another")
    with _connected(database_url) as connection:
        programs = _programs_for(connection, folders)
    # A number of its own, so that what another backup has begun is left alone.
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    # By its name and not by an open file, in which pg_dump doesn't note where each table's rows begin.
    words: list[str | Path] = [
        programs / "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file", partial,
        f"--lock-wait-timeout={LOCK_WAIT_MS}", "--dbname", _without_password(database_url),
    ]  # fmt: skip
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _run(words, database_url)
        sync_file(partial)
        partial.rename(target)
    except OSError as error:
        raise DumpFailed(f"{target} can't be written: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)
    return target.stat().st_size


def restore(
    database_url: str, source: Path, folders: Iterable[Path] = (), *, replace: bool = False
) -> tuple[str, str]:
    """Put a backup in the place of what the database holds, and migrate it to the newest schema.

    Nobody else may be connected. A database that holds something is refused unless `replace` is set.

    Returns the schema's revision in the backup and now. Raises `DumpFailed`; the database is as it was then,
    or, where the migration failed, as the backup was.
    """
    with _connected(database_url) as connection:
        programs = _programs_for(connection, folders)
        revision = _revision_in(programs, source)
        _must_be_known(database_url, revision)
        _must_be_alone(connection)
        drops = _drops(connection, replace)
    _replace(database_url, programs, source, drops)
    try:
        _, after = upgrade(database_url)
    except Exception as error:
        raise DumpFailed(f"the backup is restored, and can't be migrated: {_line(str(error))}") from error
    with _connected(database_url) as connection:
        # A backup has no statistics, without which the first plans would be bad ones.
        connection.execute("ANALYZE")
    return revision, str(after)


def _libpq(database_url: str) -> str:
    return re.sub(r"^(postgres(?:ql)?)(?:\+psycopg)?://", r"postgresql://", database_url, count=1)


def _connected(database_url: str) -> psycopg.Connection:
    try:
        return psycopg.connect(_libpq(database_url), connect_timeout=5, autocommit=True)
    except psycopg.Error as error:
        # The driver's message names the host and the user, and never the password.
        raise DumpFailed(f"the database can't be reached: {_line(str(error))}") from error


def _without_password(database_url: str) -> str:
    """For a program's arguments, which every user of the machine can read."""
    facts = {**conninfo_to_dict(_libpq(database_url)), "connect_timeout": 5}
    facts.pop("password", None)
    return make_conninfo("", **facts)


def _environment(database_url: str) -> dict[str, str]:
    password = conninfo_to_dict(_libpq(database_url)).get("password")
    return {**os.environ, "LC_ALL": "C.UTF-8", **({"PGPASSWORD": str(password)} if password else {})}


def _run(words: Sequence[str | Path], database_url: str) -> bytes:
    env = _environment(database_url)
    done = subprocess.run(list(map(str, words)), env=env, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode:
        raise DumpFailed(_line(done.stderr.decode(errors="replace")))
    return done.stdout


def _line(said: str) -> str:
    """The first line of what a program said, since what follows repeats statements."""
    return (said.strip().splitlines() or ["no reason was given"])[0]


def _programs_for(connection: psycopg.Connection, folders: Iterable[Path]) -> Path:
    """The folder whose programs suit the server best: of its own version, or the next newer one."""
    server = connection.info.server_version // 10_000
    found = shutil.which("pg_dump")
    candidates = [Path(found).parent] if found else []
    candidates += [*folders, *sorted(Path("/").glob(_DEBIAN_FOLDERS.lstrip("/")))]
    suiting: dict[int, Path] = {}
    for folder in candidates:
        version = _version_of(folder)
        if version is not None and version >= server:
            suiting.setdefault(version, folder)
    if not suiting:
        raise DumpFailed(
            f"the server is PostgreSQL {server}: install {', '.join(PROGRAMS)} of that version or a newer one"
        )
    return suiting[min(suiting)]


def _version_of(folder: Path) -> int | None:
    if not all((folder / name).is_file() for name in PROGRAMS):
        return None
    with suppress(OSError, subprocess.SubprocessError):
        said = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, timeout=10)
        found = re.search(r"\) (\d+)", said.stdout)
        return int(found[1]) if found else None
    return None


def _revision_in(programs: Path, source: Path) -> str:
    """The schema's revision in a backup."""
    if not source.is_file():
        raise DumpFailed(f"{source} is no file")
    reader = programs / "pg_restore"
    words: list[str | Path] = [reader, "--data-only", "--table=alembic_version", "--file=-", source]
    try:
        said = _run(words, "").decode(errors="replace")
        listed = _run([reader, "--list", source], "").decode(errors="replace")
    except DumpFailed as error:
        raise DumpFailed(f"{source} can't be read as a backup: {error}") from None
    found = re.search(r"^COPY \S*alembic_version .*;\n(\w+)\n", said, re.MULTILINE)
    # What was dumped of some tables would replace all others by nothing.
    whole = all(re.search(rf"^\d+; .* {kind} \S+ {_OWN_TABLE} ", listed, re.MULTILINE) for kind in _KINDS)
    if found is None or not whole:
        raise DumpFailed(f"{source} holds no schema of Party's")
    return found[1]


def _must_be_known(database_url: str, revision: str) -> None:
    try:
        ScriptDirectory.from_config(alembic_config(database_url)).get_revision(revision)
    except CommandError:
        raise DumpFailed(
            f"the backup is of schema {revision}, which this version of Party doesn't know: take a newer one"
        ) from None


def _must_be_alone(connection: psycopg.Connection) -> None:
    row = connection.execute(_OTHERS).fetchone()
    assert row is not None
    if row[0]:
        raise DumpFailed(
            f"{row[0]} other connections to this database are open; end web, worker, transcode, webhooks and "
            "beat first"
        )


def _drops(connection: psycopg.Connection, replace: bool) -> list[str]:
    """The statements that empty the schema of what is there, also of what a newer version has added."""
    tables = connection.execute(_TABLES).fetchall()
    if not tables:
        return []
    # Others' programs count their schemas in a table of that name, too.
    if not {"alembic_version", _OWN_TABLE} <= {name for _, name in tables}:
        raise DumpFailed("the database holds tables that aren't Party's; give Party a database of its own")
    if not replace:
        raise DumpFailed("the database isn't empty; --replace deletes what it holds")
    functions = connection.execute(_FUNCTIONS).fetchall()
    return [
        f"DROP TABLE {', '.join(table for table, _ in tables)} CASCADE;",
        *(f"DROP FUNCTION {function};" for (function,) in functions),
    ]


def _replace(database_url: str, programs: Path, source: Path, drops: Sequence[str]) -> None:
    """Delete and restore in one transaction, which is committed only once pg_restore has read all."""
    psql = [
        programs / "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null",
        "--file=-", "--dbname", _without_password(database_url),
    ]  # fmt: skip
    reader = [programs / "pg_restore", "--no-owner", "--no-privileges", "--file=-", source]
    begin = "\n".join(["BEGIN;", f"SET LOCAL lock_timeout = {LOCK_WAIT_MS};", _UNLIMITED, *drops, ""])
    with (
        subprocess.Popen(
            list(map(str, psql)),
            env=_environment(database_url),
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as server,
        subprocess.Popen(
            list(map(str, reader)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as backup,
    ):
        assert server.stdin is not None
        assert backup.stdout is not None
        # A server that refuses a statement ends psql, and what is written from then on.
        with suppress(BrokenPipeError):
            server.stdin.write(begin.encode())
            head = [line for line in islice(backup.stdout, _HEAD_LINES) if line != _FOR_17]
            server.stdin.writelines(head)
            shutil.copyfileobj(backup.stdout, server.stdin)
        backup.stdout.close()
        complaint = _ended(backup)
        with suppress(BrokenPipeError):
            if complaint is None:
                server.stdin.write(b"\nCOMMIT;\n")
            server.stdin.close()
        refused = _ended(server)
    if refused or complaint:
        raise DumpFailed(f"nothing was restored: {refused or complaint}")


def _ended(program: subprocess.Popen[bytes]) -> str | None:
    """Wait for its end; what it complained of, None where all went well."""
    assert program.stderr is not None
    said = program.stderr.read().decode(errors="replace")
    if program.wait() == 0:
        return None
    errors = [line for line in said.splitlines() if "ERROR" in line or "error:" in line]
    return _line("\n".join(errors) or said)
