"""What the fault run finds in logs: private words, and processes or greenlets that ended by themselves."""

import io

from bench.faults.history import Recorder, read_history
from bench.faults.logs import check_canaries, check_ends, check_greenlets, exceptions

SAID = """Party is ready: http://localhost:20000  (Ctrl-C stops it)
web died (signal 9) and was started again
worker died (exit status 1) and was started again
"""


def test_a_private_word_in_a_log_is_found() -> None:
    logs = {"web.log": "fine\nthe token is s3cr3t-word\n", "worker.log": "fine\n"}
    (found,) = check_canaries(logs, {"s3cr3t-word", "not there"})
    assert found.rule == "canaries"
    assert found.what.startswith("web.log, line 2")
    assert list(check_canaries(logs, {"not there"})) == []


def test_a_process_that_ended_by_itself_is_found() -> None:
    (found,) = check_ends(SAID, {}, {"web": 1}, set())
    assert "worker ended 1 times, killed 0 (the last: exit status 1)" in found.what
    assert list(check_ends(SAID, {}, {"web": 1, "worker": 1}, set())) == []


def test_a_child_that_ended_by_itself_is_found() -> None:
    logs = {
        "web.log": "[ERROR] Worker (pid:11) was sent SIGKILL! Perhaps out of memory?\n"
        "[CRITICAL] WORKER TIMEOUT (pid:12)\n",
        "worker.log": "Process 'ForkPoolWorker-2' pid:13 exited with 'signal 9 (SIGKILL)'\n",
    }
    assert len(list(check_ends("", logs, {}, set()))) == 3
    assert [found.what for found in check_ends("", logs, {}, {11, 13})] == [
        "web.log: child 12 ended by itself"
    ]


def test_a_process_that_gave_up_is_found_even_if_it_was_killed_as_often_as_it_ended() -> None:
    logs = {"worker.log": "2026-11-23T12:09:01Z [critical ] Unrecoverable error: StopIteration() [celery]\n"}
    (found,) = check_ends("", logs, {"worker": 9}, set())
    assert found.what.startswith("worker.log: Unrecoverable error: StopIteration()")


def test_what_was_raised_is_counted() -> None:
    logs = {"web.log": "Traceback\n  File\npartyapp.shared.errors.KeyError: 'x'\nKeyError: 'x'\n"}
    assert sum(exceptions(logs).values()) == 2


def test_of_a_chain_what_it_ended_with_is_counted() -> None:
    """kombu asks an empty list for a channel before it opens one, so each failure follows an IndexError."""
    chain = "builtins.IndexError\nand then:\n  File\nredis.exceptions.ConnectionError\nand then:\n  File\n"
    logs = {"beat.log": f"beat: no task\n  File\n{chain}celery.beat.SchedulingError\n"}
    assert exceptions(logs) == {"beat.log: SchedulingError": 1}


def test_a_history_is_read_back_as_it_was_written() -> None:
    lines = io.StringIO()
    record = Recorder(lines)
    record("invoke", "one", "party", "ada", "seek", False, {"about": 1})
    record("invoke", "two", "party", "ada", "play", False, {})
    record("ok", "one", 4)
    record("ok", "one", 4)
    record("info", "two", "gave up")
    record("open", "ada", 1, "party", None)
    record("delivery", "ada", 1, "welcome", 3, "digest")
    record("closed", "ada", 1, 1012)
    record("open", "ada", 2, "party", 3)
    record("note", "one", {"item": "i"})
    record("chat", "ada", 2, "welcome", [[1, "a"], [2, "b"]])
    record("heard", "ada", "party", [[1, "a", "ada", "hello", False]], [4, []])
    record("read", "party", 4, "digest")
    record("status", 503, "POST join")
    record("canary", "word")
    history = read_history(lines.getvalue().splitlines())
    one, two = history.operations["one"], history.operations["two"]
    assert (one.oks, one.failed, two.oks, two.unknown) == ([4, 4], None, [], "gave up")
    first, second = history.sockets["ada"]
    assert (first.is_closed, first.code, first.deliveries[0].revision) == (True, 1012, 3)
    assert (second.is_closed, second.last_revision) == (False, 3)
    assert (one.facts, one.done_s is None, two.done_s) == ({"about": 1, "item": "i"}, False, None)
    assert second.talk == [("welcome", [[1, "a"], [2, "b"]])]
    (heard,), (reading,) = history.heard, history.readings
    assert (heard.listener, heard.chat[0][3], heard.queue) == ("ada", "hello", [4, []])
    assert (reading.party, reading.revision, reading.digest) == ("party", 4, "digest")
    assert history.statuses == {"503 POST join": 1}
    assert history.canaries == {"word"}
    counts = history.counts()
    assert (counts["commands"], counts["ok"], counts["fail"], counts["unknown"]) == (2, 1, 0, 1)


def test_a_greenlet_that_failed_is_noticed() -> None:
    line = (
        "2026-01-02T03:04:05Z <Greenlet at 0x7f89: <bound method RoomBus._change_for_ever of <partyapp.Bus "
        "object at 0x7f89>>> failed with ValueError"
    )
    (found,) = check_greenlets(
        {"web.log": f"one\n{line}\n{line}\ntwo\n", "beat.log": "a task failed with Error\n"}
    )
    assert found.what == "web.log: RoomBus._change_for_ever failed with ValueError, 2 times"
    spawned = "2026 <Greenlet at 0x7f: tick(1)> failed with KeyError"
    assert [one.what for one in check_greenlets({"web.log": spawned})] == [
        "web.log: tick(1)> failed with KeyError, 1 times"
    ]
    again = (
        "2026 [error    ] RoomBus._send_for_ever failed and begins again [partyapp.shared.kernel.run_forever]"
    )
    assert [one.what for one in check_greenlets({"web.log": again})] == [
        "web.log: RoomBus._send_for_ever failed and began again, 1 times"
    ]
