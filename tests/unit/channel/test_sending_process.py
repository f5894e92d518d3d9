"""What the guard of a sending process refuses, by the audit events of Python."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from partyapp.channel.infrastructure.sending_process import Guard


@pytest.fixture
def guard() -> Guard:
    guard = Guard(allow_private=False)
    guard.armed = True
    return guard


@pytest.fixture
def connecting() -> Iterator[dict[int, socket.socket]]:
    families: tuple[int, ...] = (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX)
    made = {family: socket.socket(family) for family in families}
    yield made
    for one in made.values():
        one.close()


@pytest.mark.parametrize(
    ("family", "address"),
    [
        (socket.AF_INET, ("10.0.0.1", 80)),
        (socket.AF_INET, ("169.254.169.254", 80)),
        (socket.AF_INET, ("localhost", 80)),
        (socket.AF_INET, ("", 80)),
        (socket.AF_INET6, ("::1", 80, 0, 0)),
        (socket.AF_INET6, ("fe80::1%eth0", 80, 0, 2)),
        (socket.AF_INET6, ("::ffff:127.0.0.1", 80, 0, 0)),
        (socket.AF_UNIX, "/run/postgresql/.s.PGSQL.5432"),
    ],
)
def test_only_public_addresses_are_connected_to(
    guard: Guard, connecting: dict[int, socket.socket], family: int, address: Any
) -> None:
    with pytest.raises(PermissionError):
        guard("socket.connect", (connecting[family], address))
    assert guard.refused is (family != socket.AF_UNIX)
    guard.refused = False
    guard("socket.connect", (connecting[socket.AF_INET], ("93.184.215.14", 443)))
    assert not guard.refused


def test_an_operator_may_allow_what_is_private_but_no_local_socket(
    connecting: dict[int, socket.socket],
) -> None:
    guard = Guard(allow_private=True)
    guard.armed = True
    guard("socket.connect", (connecting[socket.AF_INET], ("10.0.0.1", 80)))
    with pytest.raises(PermissionError):
        guard("socket.connect", (connecting[socket.AF_UNIX], "/run/party.sock"))


def test_files_are_pythons_own_and_are_read_only(guard: Guard, tmp_path: Path) -> None:
    module = json.__file__
    guard("open", (module, "r", os.O_RDONLY))
    link = tmp_path / "link"
    link.symlink_to("/etc/passwd")
    for path, flags in (
        ("/etc/passwd", os.O_RDONLY),
        (str(link), os.O_RDONLY),
        (f"{os.path.dirname(module)}/../../../../../../../../etc/passwd", os.O_RDONLY),
        (module, os.O_RDWR),
        (str(tmp_path / "new"), os.O_WRONLY | os.O_CREAT),
        (3, os.O_RDONLY),
    ):
        with pytest.raises(PermissionError):
            guard("open", (path, "r", flags))


@pytest.mark.parametrize(
    "event", ["subprocess.Popen", "os.system", "os.fork", "socket.bind", "socket.sendto"]
)
def test_nothing_is_run_and_nothing_else_is_sent(guard: Guard, event: str) -> None:
    with pytest.raises(PermissionError):
        guard(event, ())


def test_before_it_is_armed_all_is_well() -> None:
    Guard(allow_private=False)("os.system", ("true",))
