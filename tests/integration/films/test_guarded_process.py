"""A program within limits, of which nothing is left whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from partyapp.transcode.domain.probed_film import PreparationStopped
from partyapp.transcode.infrastructure.ffmpeg.guarded_process import MIB, Limits, run_guarded
from tests.support.waiting import eventually

LIMITS = Limits(memory_bytes=1024 * MIB, cpu_s=20, file_bytes=MIB, wall_s=30.0, stall_s=30.0, niceness=3)


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    before = {child.pid for child in psutil.Process().children()}
    yield
    assert {child.pid for child in psutil.Process().children()} <= before


def run(code: str, limits: Limits = LIMITS, **more: object) -> tuple[int, str, str, str | None]:
    printed = bytearray()
    finished = run_guarded([sys.executable, "-c", code], limits, on_output=printed.extend, **more)  # type: ignore[arg-type]
    return finished.code, printed.decode(), finished.errors, finished.ended_by


def test_what_it_prints_and_how_it_ended_is_told() -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    assert run(code) == (3, "out\n", "err\n", None)


def test_only_the_end_of_many_errors_is_kept() -> None:
    _, _, errors, _ = run("import sys; sys.stderr.write('x' * 3_000_000 + 'end')")
    assert errors.endswith("xend")
    assert len(errors) <= 64 * 1024


@pytest.mark.parametrize(
    ("code", "limits", "told"),
    [
        ("b = bytearray(2 << 30)", LIMITS, "MemoryError"),
        ("open('big', 'wb').write(bytes(2 << 20))", LIMITS, "File too large"),
    ],
)
def test_too_much_memory_or_disk_is_an_error_with_words(
    code: str, limits: Limits, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended, _, errors, _ = run(code, limits)
    assert ended == 1
    assert told in errors


def test_too_much_cpu_too_long_and_standing_still_end_it() -> None:
    assert run("while True: pass", replace(LIMITS, cpu_s=1))[0] == -signal.SIGKILL
    assert run("import time; time.sleep(60)", replace(LIMITS, wall_s=0.3))[3] == "clock"
    assert run("import time; time.sleep(60)", replace(LIMITS, stall_s=0.3))[3] == "stall"


def test_it_stops_when_it_is_wanted_no_more() -> None:
    answers = iter([False, False, True])
    with pytest.raises(PreparationStopped):
        run("import time; time.sleep(60)", should_stop=lambda: next(answers))


def test_it_sees_none_of_our_settings_and_is_nice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTY_SECRET", "canary")
    code = "import os; print(os.nice(0), os.environ.get('PARTY_SECRET'), os.getsid(0) == os.getpid())"
    assert run(code)[1].split() == [str(os.nice(0) + 3), "None", "True"]


@pytest.mark.skipif(
    not Path("/proc/self/autogroup").exists(), reason="this system shares no processor out by sessions"
)
def test_its_session_is_as_nice_as_itself() -> None:
    code = "print(open('/proc/self/autogroup').read())"
    assert run(code)[1].split()[1:] == ["nice", str(os.nice(0) + 3)]


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="this system has no batch processes")
def test_a_batch_process_pushes_nobody_aside() -> None:
    code = "import os; print(os.sched_getscheduler(0))"
    assert int(run(code, replace(LIMITS, niceness=0))[1]) == os.SCHED_BATCH
    assert int(run(code, replace(LIMITS, is_batch=False))[1]) == os.sched_getscheduler(0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with the one that started it")
def test_it_ends_with_the_process_that_started_it_even_by_kill_9() -> None:
    waiting = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    worker = (
        "from tests.integration.films.test_guarded_process import LIMITS, run_guarded; import sys;"
        f"run_guarded([sys.executable, '-c', '{waiting}'], LIMITS,"
        " on_output=lambda data: print(data.decode(), flush=True))"
    )
    with subprocess.Popen([sys.executable, "-c", worker], stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        pid = int(started.stdout.readline())
        assert psutil.pid_exists(pid)
        started.kill()
        started.wait()
    # Who takes over an orphan may take its time to bury it.
    eventually(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def test_it_runs_in_a_thread_too() -> None:
    ended: list[int] = []
    thread = threading.Thread(target=lambda: ended.append(run("print(1)")[0]))
    thread.start()
    thread.join()
    assert ended == [0]
