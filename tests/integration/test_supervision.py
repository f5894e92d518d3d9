"""`party up` as a real process with real servers, and a small stand-in for the application.

What is asked here is the supervision's alone: what is said, what is started again, what is left behind.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from partyapp.local_run.system_user import NAME as SYSTEM_USER
from tests.support.embedded_servers import EmbeddedServers
from tests.support.local_stack import Stack, environment, free_port, party
from tests.support.own_folder import own_folder
from tests.support.waiting import RECOVERY_S, eventually

pytestmark = pytest.mark.stack

WEB = 'web: python -m http.server ${PORT} --bind 127.0.0.1 --directory "${PARTY_DATA_DIR}/../www"\n'
SLEEPER = "worker: sleep 1000\n"
# A shell that heeds no request, with a child that must not be left behind.
STUBBORN = "worker: sh -c \"trap '' TERM INT; while :; do sleep 1; done\"\n"


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder whose name the shell, the configuration's reader and URLs would each stumble over."""
    with own_folder() as own:
        folder = own / "it's 100% ;odd"
        (folder / "www").mkdir(parents=True)
        (folder / "www" / "readyz").write_text("ok", encoding="utf-8")
        yield folder


def procfile(place: Path, text: str) -> Path:
    path = place / "Procfile"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def stack(place: Path) -> Iterator[Stack]:
    with Stack(place / "data", procfile=procfile(place, WEB + SLEEPER)) as stack:
        yield stack


def plain(database_url: str) -> str:
    return database_url.replace("postgresql+psycopg:", "postgresql:", 1)


def test_both_servers_find_their_data_on_the_second_start(stack: Stack) -> None:
    secret = stack.secret_key
    with psycopg.connect(plain(stack.database_url)) as database:
        database.execute("CREATE TABLE kept (word text)")
        database.execute("INSERT INTO kept VALUES ('here')")
    with redis.Redis.from_url(stack.redis_url) as client:
        client.set("kept", "here")
    assert stack.stop() == 0
    stack.start()
    with psycopg.connect(plain(stack.database_url)) as database:
        assert database.execute("SELECT word FROM kept").fetchall() == [("here",)]
    with redis.Redis.from_url(stack.redis_url) as client:
        assert client.get("kept") == b"here"
    assert stack.secret_key == secret


def test_the_servers_keep_what_they_acknowledged_and_listen_on_no_port(stack: Stack) -> None:
    with psycopg.connect(plain(stack.database_url)) as database:
        for name, value in (("fsync", "on"), ("synchronous_commit", "on"), ("listen_addresses", "")):
            assert database.execute(f"SHOW {name}".encode()).fetchone() == (value,)
    with redis.Redis.from_url(stack.redis_url) as client:
        wanted = {
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "port": "0",
        }
        assert {name: client.config_get(name)[name] for name in wanted} == wanted


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_stopping_leaves_nothing_behind(stack: Stack, sig: signal.Signals) -> None:
    sockets = stack.socket_dir
    assert len(stack.living()) > 4
    stack.process.send_signal(sig)
    # A second request while the first is under way changes nothing.
    stack.process.send_signal(signal.SIGTERM)
    assert stack.process.wait(RECOVERY_S) == 0
    assert stack.living() == []
    assert not sockets.exists()
    assert "database system is shut down" in stack.log("postgres").splitlines()[-1]
    assert "Traceback" not in stack.output


def test_who_does_not_stop_is_killed_and_the_servers_end_well(place: Path) -> None:
    with Stack(place / "data", procfile=procfile(place, WEB + STUBBORN)) as stack:
        stack.process.send_signal(signal.SIGTERM)
        assert stack.process.wait(RECOVERY_S) == 0
        assert stack.living() == []
        assert "database system is shut down" in stack.log("postgres").splitlines()[-1]


def test_a_stop_during_the_start_leaves_nothing_behind(place: Path) -> None:
    slow = procfile(place, "release: sleep 100\n" + WEB)
    with Stack(place / "data", procfile=slow).launch() as stack:
        eventually(lambda: (stack.data_dir / "logs" / "release.log").exists(), RECOVERY_S)
        session = stack.session
        assert stack.stop() == 0
        assert "Party is ready" not in stack.output
        assert [pid for pid in (session,) if os.path.exists(f"/proc/{pid}")] == []


@pytest.mark.parametrize("name", ["web", "worker", "postgres", "valkey"])
def test_a_killed_process_is_back_and_said_so(stack: Stack, name: str) -> None:
    # Before that the supervisor holds a death for a failed start, which is another path.
    eventually(lambda: f"success: {name} entered RUNNING" in stack.log("supervisord"), RECOVERY_S)
    old = stack.pid_of(name)
    stack.kill(name)
    eventually(lambda: stack.pids().get(name, 0) not in (0, old), RECOVERY_S)
    eventually(lambda: f"{name} died (signal 9) and was started again" in stack.output, RECOVERY_S)
    assert stack.output.count("died") == 1


def test_children_of_a_killed_process_don_t_live_on(place: Path) -> None:
    parent = "worker: sh -c 'sleep 1000 & echo child $!; wait'\n"
    with Stack(place / "data", procfile=procfile(place, WEB + parent)) as stack:
        child = int(eventually(lambda: stack.log("worker")).split()[1])
        assert child in stack.living()
        stack.kill("worker")
        eventually(lambda: child not in stack.living(), RECOVERY_S)


def test_when_the_supervisor_dies_everything_is_stopped(stack: Stack) -> None:
    os.kill(stack.session, signal.SIGKILL)
    assert stack.process.wait(RECOVERY_S) == 1
    assert "supervisord died" in stack.output.splitlines()[-1]
    assert stack.living() == []


@pytest.mark.parametrize("and_supervisord", [False, True])
def test_what_a_killed_run_left_is_stopped_by_the_next_one(stack: Stack, and_supervisord: bool) -> None:
    session, web = stack.session, stack.pid_of("web")
    stack.process.kill()
    stack.process.wait(RECOVERY_S)
    if and_supervisord:
        os.kill(session, signal.SIGKILL)
    left = stack.living()
    assert web in left
    stack.start()
    assert f"Stopped what an earlier run had left (pid {session})" in stack.output
    assert set(left).isdisjoint(stack.living())


def up(data_dir: Path, port: int) -> subprocess.CompletedProcess[str]:
    environ = environment(data_dir, port)
    return subprocess.run(
        party("up"), env=environ, capture_output=True, text=True, timeout=RECOVERY_S, check=False
    )


def test_a_port_in_use_is_one_line(stack: Stack, tmp_path: Path) -> None:
    done = up(tmp_path / "other", stack.port)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert f"Port {stack.port} " in done.stderr


def test_a_data_folder_in_use_is_one_line(stack: Stack) -> None:
    done = up(stack.data_dir, free_port())
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert f"pid {stack.process.pid}" in done.stderr
    assert stack.is_running


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("release: sh -c 'echo no way; exit 4'\n" + WEB, "failed (exit status 4): no way"),
        (SLEEPER + "web: sh -c 'echo no chance; exit 3'\n", "web can't start (exit status 3): no chance"),
    ],
)
def test_a_start_that_fails_says_which_and_why_and_ends(place: Path, text: str, said: str) -> None:
    with Stack(place / "data", procfile=procfile(place, text)).launch() as stack:
        assert stack.process.wait(RECOVERY_S) == 1
        assert said in stack.output.splitlines()[-1]
        assert "Traceback" not in stack.output


@pytest.fixture
def bare_place() -> Iterator[Path]:
    """A folder with nothing in it."""
    with own_folder() as folder:
        yield folder


def test_embedded_servers_for_tests_give_both_and_end(bare_place: Path) -> None:
    with EmbeddedServers(bare_place / "servers") as servers:
        with psycopg.connect(plain(servers.database_url)) as database:
            row = database.execute("SELECT current_setting('data_directory')").fetchone()
        with redis.Redis.from_url(servers.redis_url) as client:
            assert client.ping()
        owner = Path(str(row[0] if row else "")).owner()
    assert owner == (SYSTEM_USER if os.geteuid() == 0 else bare_place.owner())
    assert not (bare_place / "servers" / "postgres" / "postmaster.pid").exists()
