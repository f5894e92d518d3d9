"""What is noticed from one report of supervisord to the next."""

from partyapp.local_run.supervisord import ProcessInfo, reason_in_log
from partyapp.local_run.watch import ProcessWatch


def web(pid: int, state: str = "RUNNING") -> list[ProcessInfo]:
    return [ProcessInfo(name="web", group="app", state=state, pid=pid)]


def watch() -> ProcessWatch:
    return ProcessWatch(lambda name, pid: f"signal 9 for {name} {pid}")


def test_a_first_start_is_no_news() -> None:
    seen = watch().observe([*web(0, "STOPPED")])
    assert (seen.lines, seen.dead_pids, seen.given_up) == ([], [], [])
    two = watch()
    two.observe(web(0, "STOPPED"))
    assert two.observe(web(10)).lines == []


def test_a_restart_between_two_reports_is_one_line_and_names_the_dead_pid() -> None:
    over = watch()
    over.observe(web(10))
    seen = over.observe(web(11))
    assert seen.lines == ["web died (signal 9 for web 10) and was started again"]
    assert seen.dead_pids == [10]
    assert over.observe(web(11)).lines == []
    assert over.deaths["web"] == 1


def test_a_death_seen_before_the_restart_is_still_one_line() -> None:
    over = watch()
    over.observe(web(10))
    dead = over.observe(web(0, "BACKOFF"))
    assert (dead.lines, dead.dead_pids) == ([], [10])
    assert over.observe(web(11, "STARTING")).lines == ["web died (signal 9 for web 10) and was started again"]
    assert over.deaths["web"] == 1


def test_of_several_deaths_before_a_restart_the_first_is_told() -> None:
    over = watch()
    over.observe(web(10))
    over.observe(web(0, "BACKOFF"))
    assert over.observe(web(12)).lines == ["web died (signal 9 for web 10) and was started again"]


def test_who_is_given_up_is_reported_once_for_each_time() -> None:
    over = watch()
    over.observe(web(10))
    fatal = web(0, "FATAL")
    assert over.observe(fatal).given_up == fatal
    assert over.observe(fatal).given_up == []
    over.restarting(fatal[0])
    assert over.observe(fatal).given_up == fatal
    assert over.observe(web(12)).lines == ["web died (signal 9 for web 10) and was started again"]


LOG = """\
2026-01-01 00:00:00,000 WARN exited: web (exit status 3; not expected)
2026-01-01 00:00:01,000 INFO exited: beat (exit status 0; expected)
2026-01-01 00:00:02,000 WARN exited: web (terminated by SIGKILL; not expected)
2026-01-01 00:00:03,000 WARN exited: web-two (exit status 5; not expected)
"""


def test_the_reason_in_log_of_that_very_process_is_given() -> None:
    assert reason_in_log(LOG, "web") == "signal 9"
    assert reason_in_log(LOG, "beat") == "exit status 0"
    assert reason_in_log(LOG, "web-two") == "exit status 5"
    assert reason_in_log(LOG, "worker") == "reason unknown"


def test_a_dumped_core_is_still_a_signal() -> None:
    line = "WARN exited: web (terminated by SIGSEGV (core dumped); not expected)"
    assert reason_in_log(line, "web") == "signal 11"


def test_a_death_has_its_own_reason_also_when_the_restart_failed_meanwhile() -> None:
    log = """\
INFO spawned: 'web' with pid 1
WARN exited: web (exit status 7; not expected)
INFO spawned: 'web' with pid 12
WARN exited: web (terminated by SIGKILL; not expected)
INFO spawned: 'web' with pid 13
WARN exited: web (exit status 1; not expected)
"""
    assert reason_in_log(log, "web", 12) == "signal 9"
    assert reason_in_log(log, "web", 1) == "exit status 7"
    assert reason_in_log(log, "web", 99) == "exit status 1"
    assert reason_in_log(log, "web") == "exit status 1"
