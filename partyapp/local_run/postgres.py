"""The embedded PostgreSQL: a real server from a wheel, with its data in the data folder.

It listens on a Unix socket in a private folder and on nothing else: a port on the loopback, even one
with a password, could be tried by every user of the machine.
"""

import os
import pwd
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from partyapp.local_run.errors import LocalRunError
from partyapp.local_run.installed_programs import postgres_programs
from partyapp.local_run.system_user import ensure_system_user, let_pass, let_read

DATABASE = "party"
SUPERUSER = "postgres"
INITDB_LIMIT_S = 120.0
CONNECT_LIMIT_S = 3
# Little memory, many connections (web, workers, tests), and every acknowledged commit on the disk.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_checkpoints": "off",
    # A statement can hold what people typed, and an error would copy it to the log.
    "log_min_error_statement": "panic",
}


@dataclass(frozen=True, kw_only=True)
class EmbeddedPostgres:
    """One cluster in `data`, reached through `socket_dir`; `user` is whom it runs as, None for us."""

    data: Path
    socket_dir: Path
    programs: Path
    user: pwd.struct_passwd | None

    def command(self) -> list[str]:
        """The server in the foreground, for a supervisor."""
        words = [str(self.programs / "postgres"), "-D", str(self.data), "-k", str(self.socket_dir)]
        for name, value in SETTINGS.items():
            words += ["-c", f"{name}={value}"]
        return words

    def url(self, database: str = DATABASE) -> str:
        """Where SQLAlchemy finds `database`."""
        return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={self.socket_dir}"

    def conninfo(self, database: str) -> str:
        """Where psycopg and libpq find `database`."""
        return f"host={self.socket_dir} user={SUPERUSER} dbname={database} connect_timeout={CONNECT_LIMIT_S}"

    def is_ready(self) -> bool:
        """Whether the server takes connections; recovery after a crash has to end first."""
        import psycopg

        try:
            psycopg.connect(self.conninfo("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def ensure_database(self, name: str = DATABASE) -> None:
        """Make the database `name` when it is missing; the server must be ready."""
        import psycopg
        from psycopg import sql

        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if row is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def prepare_postgres(*, folder: Path, socket_dir: Path) -> EmbeddedPostgres:
    """Make the cluster in `folder` when there is none, and let its user reach what it needs.

    `socket_dir` is an existing folder; a sub-folder of it takes the socket. Raises LocalRunError.
    """
    user = ensure_system_user()
    version, programs = postgres_programs(_version_of(folder))
    sockets = socket_dir / "pg"
    sockets.mkdir(mode=0o700, exist_ok=True)
    if user is not None:
        os.chown(sockets, user.pw_uid, user.pw_gid)
        for parent in (folder.parent, programs, socket_dir):
            let_pass(parent)
        let_read(programs.parent)
    if folder.exists():
        _forget_dead_postmaster(folder)
    else:
        _make_cluster(folder, programs, user, version)
    return EmbeddedPostgres(data=folder, socket_dir=sockets, programs=programs, user=user)


def _version_of(folder: Path) -> int | None:
    """The major version of the cluster in `folder`; None when there is no cluster yet."""
    if not folder.exists():
        return None
    try:
        return int((folder / "PG_VERSION").read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise LocalRunError(f"{folder} holds no PostgreSQL data; move it away to begin anew.") from error


def _forget_dead_postmaster(folder: Path) -> None:
    """Remove the pid file of a server that was cut off, when its pid is another program's by now.

    PostgreSQL would take that program for itself and refuse to start, as in a container that is started
    again, where the same few pids are given each time.
    """
    path = folder / "postmaster.pid"
    try:
        pid = int(path.read_text(encoding="ascii").splitlines()[0])
    except (OSError, ValueError, IndexError):
        return
    with suppress(psutil.Error):
        if psutil.Process(pid).name() == "postgres":
            return
    path.unlink(missing_ok=True)


def _make_cluster(folder: Path, programs: Path, user: pwd.struct_passwd | None, version: int) -> None:
    # Made aside and renamed: a start that is interrupted here leaves no half of a cluster.
    draft = folder.with_name(folder.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if user is not None:
        os.chown(draft, user.pw_uid, user.pw_gid)
    # The builtin provider sorts alike on every system, whatever its C library.
    locale = ["--locale-provider=builtin", "--locale=C.UTF-8"] if version >= 17 else ["--no-locale"]
    access = ["--auth-local=trust", "--auth-host=reject"]
    words = [str(programs / "initdb"), "-D", str(draft), "-U", SUPERUSER, "--encoding=UTF8", *locale, *access]
    done = subprocess.run(
        words,
        env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
        cwd="/",
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=INITDB_LIMIT_S,
        # Ctrl-C is for us to handle; a cluster takes a second to make.
        start_new_session=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
        raise LocalRunError(f"PostgreSQL's data folder {folder} can't be made: {said}")
    draft.rename(folder)
