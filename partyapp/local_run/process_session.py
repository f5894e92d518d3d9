"""Finds and ends every process of a run by the session it belongs to.

supervisord is started as the leader of a session of its own, and what it starts stays in that session
even when its parent dies. So the session id finds all of them, also those born a moment ago and those
whose parent was killed: no list of pids could be as complete. (PostgreSQL's own children leave the
session; they end by themselves when their postmaster does.)
"""

import contextlib
import os
import signal

import psutil  # type: ignore[import-untyped]

from partyapp.local_run.run_record import RunRecord, boot_id
from partyapp.local_run.stop_signal import poll_until

GRACE_S = 4.0


def members(session: int) -> list[int]:
    """The pids that belong to the session, zombies left out."""
    return [pid for pid in psutil.pids() if _session_of(pid) == session and not _is_zombie(pid)]


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1


def _is_zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return True


def kill_group(session: int, group: int) -> None:
    """Kill what a dead process left of its group, provided it still belongs to the session."""
    for pid in members(session):
        with contextlib.suppress(OSError):
            if os.getpgid(pid) == group:
                os.kill(pid, signal.SIGKILL)


def end_session(session: int, *, grace_s: float = GRACE_S) -> bool:
    """End every process of the session, the leader first so that it starts nothing anew.

    PostgreSQL gets SIGINT (its fast shutdown), the others SIGTERM; who is still there after `grace_s`
    seconds is killed. True when nothing is left.
    """
    _send(session, signal.SIGKILL)
    for pid in members(session):
        _send(pid, signal.SIGINT if _name(pid) == "postgres" else signal.SIGTERM)
    if poll_until(lambda: not members(session), limit_s=grace_s):
        return True
    for pid in members(session):
        _send(pid, signal.SIGKILL)
    return poll_until(lambda: not members(session), limit_s=2.0)


def _send(pid: int, signum: signal.Signals) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, signum)


def _name(pid: int) -> str:
    try:
        return str(psutil.Process(pid).name())
    except psutil.Error:
        return ""


def leftovers(record: RunRecord) -> list[int]:
    """The pids that a run left behind when it was killed; empty when the record is of another boot.

    A pid may have been given anew, so a living leader must be the supervisord of that very run: its
    command line names the run's socket folder, which is random.
    """
    if record.boot_id != boot_id() or record.session <= 1 or record.session == os.getsid(0):
        return []
    with contextlib.suppress(psutil.Error):
        if not any(record.socket_dir in word for word in psutil.Process(record.session).cmdline()):
            return []
    return members(record.session)
