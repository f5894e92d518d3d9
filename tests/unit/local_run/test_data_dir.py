"""The data folder: its lock, its secret, what is private, and short paths for sockets."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from partyapp.local_run.data_dir import DataDir, make_socket_dir
from partyapp.local_run.errors import LocalRunError


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_second_run_on_the_same_folder_is_refused_and_told_the_pid(tmp_path: Path) -> None:
    with DataDir(tmp_path), pytest.raises(LocalRunError, match=rf"in use by another .*pid {os.getpid()}"):
        DataDir(tmp_path)
    DataDir(tmp_path).close()


def test_folders_above_are_made_and_nobody_else_may_enter(tmp_path: Path) -> None:
    with DataDir(tmp_path / "a" / "b") as data:
        assert mode_of(data.path) == 0o700
        assert mode_of(data.logs) == 0o700


@pytest.mark.parametrize("place", ["file", "file/below", "/dev/null/below"])
def test_a_place_that_can_not_hold_data_is_refused_in_one_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(LocalRunError, match="can't be used") as refused:
        DataDir(tmp_path / place)
    assert "\n" not in str(refused.value)


def test_the_secret_is_made_once_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    with DataDir(tmp_path) as data:
        secret = data.secret_key()
        assert data.secret_key() == secret
    with DataDir(tmp_path) as again:
        assert again.secret_key() == secret
    # 48 bytes are 64 characters of base64.
    assert len(secret) == 64
    assert mode_of(tmp_path / "secret_key") == 0o600
    with DataDir(tmp_path / "other") as other:
        assert other.secret_key() != secret


def test_a_secret_cut_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("short", encoding="ascii")
    with DataDir(tmp_path) as data, pytest.raises(LocalRunError, match="too short"):
        data.secret_key()


def test_metrics_of_dead_processes_are_gone_at_the_next_start(tmp_path: Path) -> None:
    with DataDir(tmp_path) as data:
        (data.fresh_metrics_folder() / "counter_1.db").write_bytes(b"x")
        assert list(data.fresh_metrics_folder().iterdir()) == []


def test_sockets_get_a_short_private_folder_whatever_tmpdir_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 100)
    odd = tmp_path / "a b;c"
    for parent in (long, odd):
        parent.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(parent))
        folder = make_socket_dir()
        try:
            assert not folder.is_relative_to(parent)
            assert len(str(folder)) <= 75
            assert mode_of(folder) == 0o700
        finally:
            folder.rmdir()
