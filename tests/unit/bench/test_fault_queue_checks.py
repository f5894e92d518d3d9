"""The fault run's checker finds each wrong of a queue that is put into a good history."""

import pytest

from tests.unit.bench.evening_history import EveningRun
from tests.unit.bench.fault_history import HOST, MEMBER, PARTY


@pytest.fixture
def run() -> EveningRun:
    return EveningRun()


def test_a_film_that_plays_twice(run: EveningRun) -> None:
    run.events.append({**run.events[10], "revision": 14})
    assert "film short, queued by add-short, was played 2 times" in run.said


def test_a_film_that_was_played_and_waits(run: EveningRun) -> None:
    run.rows.queues[PARTY].items.append({"id": "item-short", "video": "short", "voters": []})
    assert "film short, queued by add-short, was played, and waits" in run.said


def test_a_film_that_waits_twice(run: EveningRun) -> None:
    run.rows.queues[PARTY].items.append({"id": "another", "video": "late", "voters": []})
    assert "film late, queued by add-late, waits 2 times" in run.said


def test_a_film_that_is_lost(run: EveningRun) -> None:
    run.rows.queues[PARTY].items.clear()
    assert "film late, queued by add-late, was acknowledged and is lost" in run.said


def test_a_film_that_was_refused_and_is_there(run: EveningRun) -> None:
    late = run.history.operations["add-late"]
    late.oks, late.failed = [], "forbidden"
    assert "film late, queued by add-late, was refused (forbidden) and is there" in run.said


def test_a_film_that_was_removed_and_waits(run: EveningRun) -> None:
    run.rows.queues[PARTY].items.append({"id": "item-out", "video": "out", "voters": []})
    assert "item item-out was removed, and waits" in run.said


def test_a_member_whose_queue_is_old_or_another_one(run: EveningRun) -> None:
    run.history.heard[0].queue = [3, [["item-late", 1]]]
    assert "host ended at 3 of 4 of its queue" in run.said
    run.history.heard[0].queue = [4, [["item-late", 0]]]
    assert "host ended with the queue" in run.said


def test_a_vote_that_is_lost_or_that_nobody_gave(run: EveningRun) -> None:
    (item,) = run.rows.queues[PARTY].items
    item["voters"] = []
    assert "the vote of member for item item-late is lost" in run.said
    item["voters"] = [HOST, MEMBER]
    assert "host has a vote for item item-late that they never gave" in run.said


def test_a_vote_that_was_taken_back_and_counts(run: EveningRun) -> None:
    run.ask("vote", "take-back", MEMBER, oks=[None], invited_s=9.0, item="item-late", given=False)
    assert "the vote of member for item item-late was taken back, and counts" in run.said
    # It may have come after all.
    run.history.operations["vote"].done_s = 10.0
    assert "item item-late" not in run.said


@pytest.mark.parametrize(("before", "found"), [("item-late", False), (None, True), ("item-new", True)])
def test_an_item_that_is_not_where_it_was_moved(run: EveningRun, before: str | None, found: bool) -> None:
    run.ask("queue", "add-new", HOST, oks=[None], video="new", item="item-new")
    run.ask("queue", "add-moved", HOST, oks=[None], video="moved", item="item-moved")
    run.ask("move", "move", HOST, oks=[None], invited_s=9.0, item="item-moved", before=before)
    run.rows.queues[PARTY].items[:0] = [
        {"id": "item-new", "video": "new", "voters": []},
        {"id": "item-moved", "video": "moved", "voters": []},
    ]
    assert ("item item-moved is not where it was moved by move" in run.said) is found
    run.ask("move", "another", HOST, invited_s=8.0, item="item-late", before=None)
    assert "is not where" not in run.said
