"""The fault run's checker finds each wrong that is put into a good history, and nothing in the good one."""

import copy
from dataclasses import replace

import pytest

from tests.unit.bench.fault_history import HOST, MEMBER, PARTY, Run, playback


@pytest.fixture
def run() -> Run:
    return Run()


def test_a_good_run_has_no_violation(run: Run) -> None:
    assert run.violations == []


# Rule 1: commands.


def test_an_acknowledged_command_that_is_lost(run: Run) -> None:
    run.add("gone", MEMBER, oks=[7])
    assert "act gone was acknowledged as 7 and is lost" in run.said


def test_an_acknowledged_command_that_was_done_twice(run: Run) -> None:
    run.events.append(playback(7, "playback_sought", MEMBER, "seek", "playing", 30.0))
    assert "act seek was done 2 times, at revisions [5, 7]" in run.said


def test_an_acknowledged_command_at_another_revision(run: Run) -> None:
    run.history.operations["seek"].oks = [5, 4]
    assert "act seek was acknowledged as 4 and is at [5]" in run.said


def test_a_refused_command_that_was_done(run: Run) -> None:
    run.history.operations["seek"].oks = []
    run.history.operations["seek"].failed = "stale_revision"
    assert "act seek was refused (stale_revision) and done at revisions [5]" in run.said


def test_a_command_that_was_acknowledged_and_refused(run: Run) -> None:
    run.history.operations["seek"].failed = "forbidden"
    assert "act seek was acknowledged and refused (forbidden)" in run.said


@pytest.mark.parametrize("times", [0, 1, 2])
def test_an_unknown_command_may_have_been_done_once(run: Run, times: int) -> None:
    seek = run.history.operations["seek"]
    seek.oks, seek.unknown = [], "gave up"
    if times == 0:
        seek.id = "another"
        run.history.operations = {each.id: each for each in run.history.operations.values()}
        run.events[4]["operation"] = run.events[4]["actor_id"] = None
    if times == 2:
        run.events[3]["operation"] = "seek"
    assert ("seek was done 2 times" in run.said) is (times == 2)
    assert ("commands" in run.rules) is (times == 2)


def test_a_command_that_nobody_asked_for(run: Run) -> None:
    run.events[4]["operation"] = "phantom"
    assert "phantom: nobody asked for playback_sought" in run.said


def test_a_command_that_was_done_as_somebody_else(run: Run) -> None:
    run.events[4]["actor_id"] = HOST
    assert "act seek of member in party was done by host in party" in run.said


def test_an_acknowledgement_that_may_have_changed_nothing(run: Run) -> None:
    run.add("join-again", MEMBER, oks=[None], may_be_noop=True)
    assert run.violations == []


# Rule 2: revisions and state.


def test_a_gap_in_the_log(run: Run) -> None:
    del run.events[3]
    assert "party: revision 5 where 4 is due" in run.said


def test_a_row_that_is_behind_its_log(run: Run) -> None:
    run.database.parties[PARTY].row["revision"] = 5
    assert run.rules == {"revisions"}


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("host", MEMBER), ("members", {HOST: None}), ("state", "ended"), ("member_count", 3)],
)
def test_a_row_that_is_not_what_its_events_make(run: Run, name: str, wrong: object) -> None:
    run.database.parties[PARTY].row[name] = wrong
    assert run.rules == {"fold"}


def test_a_playback_that_is_not_that_of_its_events(run: Run) -> None:
    run.database.parties[PARTY].row["playback"]["position_s"] = 31.0
    assert run.rules == {"fold"}


# Rule 3: listeners.


def test_a_lost_publication(run: Run) -> None:
    del run.of(HOST)[3]
    assert "revision 6 came after 4" in run.said


def test_a_gap_that_a_welcome_bridges(run: Run) -> None:
    run.of(HOST)[3].kind = "welcome"
    del run.of(HOST)[1]
    assert run.violations == []


def test_a_change_that_is_told_twice(run: Run) -> None:
    run.of(HOST).insert(4, copy.copy(run.of(HOST)[3]))
    assert "revision 5 came after 5" in run.said


def test_changes_in_another_order(run: Run) -> None:
    found = run.of(HOST)
    found[3], found[4] = found[4], found[3]
    assert run.rules == {"listeners"}


def test_a_change_before_the_welcome(run: Run) -> None:
    found = run.of(HOST)
    found[0], found[1] = found[1], found[0]
    assert "revision 4 before any welcome" in run.said


def test_a_replay_with_a_gap(run: Run) -> None:
    run.history.sockets[MEMBER][1].last_revision = 3
    assert "revision 5 replayed after 3" in run.said


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_welcome_a_change_or_a_tick_that_shows_another_state(run: Run, at: int) -> None:
    run.of(HOST)[at].digest = "another"
    assert "shows another state than the log" in run.said


def test_a_welcome_that_goes_back_in_time(run: Run) -> None:
    run.socket(HOST, 6, [("welcome", 5), ("change", 6)])
    assert "welcomed at 5 after 6 had been told" in run.said


@pytest.mark.parametrize("code", [1002, 1011, 4401, 4403, 4410, 4429])
def test_a_socket_that_ends_for_no_good_reason(run: Run, code: int) -> None:
    run.history.sockets[MEMBER][0].code = code
    assert f"closed with {code}" in run.said


# Convergence.


def test_a_member_that_never_receives_the_last_event(run: Run) -> None:
    del run.of(HOST)[-1]
    assert "host ended at 5 of 6" in run.said


def test_a_member_that_receives_it_late(run: Run) -> None:
    for delivery in run.of(HOST)[3:]:
        delivery.t = 103.5
    assert "host was up to date 3.50 s after all was up again" in run.said
    run.settling = replace(run.settling, limit_s=5.0)
    assert run.violations == []


def test_a_member_that_is_not_connected_at_the_end(run: Run) -> None:
    run.history.sockets[HOST][0].is_closed = True
    assert "host is not connected at the end" in run.said


# Rule 4: the outbox, and rule 5: answers.


def test_events_that_still_wait(run: Run) -> None:
    run.database.unrelayed = 2
    assert "2 events and 0 commands still wait" in run.said


def test_a_command_without_an_outcome(run: Run) -> None:
    run.database.pending = 1
    assert run.rules == {"outbox"}


def test_a_missing_notification(run: Run) -> None:
    del run.database.notified[HOST, "event-3"]
    assert "host never learnt of member_joined 3 in party" in run.said


def test_a_duplicate_notification(run: Run) -> None:
    run.database.notified[HOST, "event-3"] = 2
    assert "host was told 2 times of event-3" in run.said


def test_an_answer_that_is_no_503(run: Run) -> None:
    run.history.statuses["503 POST playback"] = 40
    assert run.violations == []
    run.history.statuses["500 POST playback"] = 1
    assert "500 POST playback: 1 times" in run.said
