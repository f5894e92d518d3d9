"""What the processes are handed, and the data folder's note of it."""

import os
import stat
import sys
from pathlib import Path

import pytest

from partyapp.local_run.data_dir import DataDir
from partyapp.local_run.environment import child_environment, noted
from partyapp.local_run.errors import LocalRunError
from partyapp.local_run.options import read_options

URLS = {"DATABASE_URL": "postgresql+psycopg://postgres@/party?host=/tmp/x", "REDIS_URL": "unix:///tmp/x/v"}


def handed_down(data: DataDir, environ: dict[str, str], urls: dict[str, str]) -> dict[str, str]:
    return child_environment(environ, read_options(environ), data, urls)


def test_what_is_not_set_is_completed_and_what_is_set_stays(tmp_path: Path) -> None:
    environ = {"PARTY_DATA_DIR": str(tmp_path), "PORT": "8123", "AUTH_ISSUER": "kept", "PATH": "/usr/bin"}
    with DataDir(tmp_path) as data:
        child = handed_down(data, environ, URLS)
        assert child["PARTY_SECRET_KEY"] == data.secret_key()
    assert child["PATH"].split(os.pathsep) == [str(Path(sys.executable).parent), "/usr/bin"]
    assert (child["PORT"], child["WEB_CONCURRENCY"], child["PARTY_ENV"]) == ("8123", "1", "local")
    assert (child["AUTH_ISSUER"], child["DATABASE_URL"]) == ("kept", URLS["DATABASE_URL"])
    assert Path(child["PROMETHEUS_MULTIPROC_DIR"]).is_relative_to(tmp_path)


def test_servers_and_a_secret_of_the_operator_are_the_ones_used(tmp_path: Path) -> None:
    own = {
        "DATABASE_URL": "postgres://db/party",
        "REDIS_URL": "rediss://cache",
        "PARTY_SECRET_KEY": "s" * 32,
        "PARTY_ENV": "production",
    }
    with DataDir(tmp_path) as data:
        child = handed_down(data, own, {})
    assert {name: child[name] for name in own} == own
    assert not (tmp_path / "secret_key").exists()


@pytest.mark.parametrize("secret", ["short", "s" * 32 + "\nPARTY_ENV=odd"])
def test_a_weak_or_broken_secret_is_refused_and_not_shown(tmp_path: Path, secret: str) -> None:
    with DataDir(tmp_path) as data, pytest.raises(LocalRunError, match="PARTY_SECRET_KEY") as refused:
        handed_down(data, {"PARTY_SECRET_KEY": secret}, URLS)
    assert secret not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_note_holds_what_tools_need_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    with DataDir(tmp_path) as data:
        child = handed_down(data, {"PATH": "/usr/bin", "AWS_SECRET": "not ours"}, URLS)
        data.write_environment(noted(child, Path("/tmp/x/supervisor.sock")))
        data.write_environment(noted(child, Path("/tmp/x/supervisor.sock")))
        lines = data.environment.read_text(encoding="utf-8").splitlines()
        found = dict(line.split("=", 1) for line in lines)
        assert found["PARTY_SECRET_KEY"] == data.secret_key()
        assert stat.S_IMODE(data.environment.stat().st_mode) == 0o600
    assert {name: found[name] for name in URLS} == URLS
    assert found["PARTY_SUPERVISOR_SOCKET"] == "/tmp/x/supervisor.sock"
    assert "AWS_SECRET" not in found
