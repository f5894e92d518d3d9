"""The fault run's checker finds each wrong of an evening that is put into a good history."""

import pytest

from bench.faults.history import Reading
from tests.unit.bench.evening_history import GUEST, UNTIL_MS, EveningRun, message
from tests.unit.bench.fault_history import HOST, MEMBER, PARTY, event


@pytest.fixture
def run() -> EveningRun:
    return EveningRun()


def test_a_good_evening_has_no_violation(run: EveningRun) -> None:
    assert run.violations == []


# What the party is.


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("settings", {"title": "Theirs"}),
        ("members", {HOST: None, MEMBER: None}),
        ("video", "film"),
        ("playback", {"next": {"item_id": "item", "video_id": "late", "at_ms": 1.0}}),
        ("playback", {"held": {"reason": "members", "for": [], "since_ms": 1.0, "until_ms": 2.0}}),
    ],
)
def test_a_row_that_has_other_settings_rights_film_or_wait(run: EveningRun, name: str, wrong: object) -> None:
    row = run.database.parties[PARTY].row
    row[name] = {**row[name], **wrong} if isinstance(wrong, dict) else wrong
    assert run.rules == {"fold"}


def test_a_party_that_rest_shows_otherwise(run: EveningRun) -> None:
    run.history.readings.append(Reading(PARTY, 8, run.views[8]))
    run.history.readings.append(Reading(PARTY, 99, "newer than the log"))
    assert run.violations == []
    run.history.readings.append(Reading(PARTY, 8, run.views[7]))
    assert run.rules == {"readings"}


def test_a_change_by_somebody_that_is_no_command(run: EveningRun) -> None:
    run.history.operations["settings"].may_be_noop = True
    run.events[6]["operation"] = None
    assert "party_session_changed 7 in party has an actor and no command" in run.said


# Waits.


def test_a_wait_that_is_never_over(run: EveningRun) -> None:
    del run.events[9:]
    assert f"revision 9 has been over for {(60_000.0 - UNTIL_MS) / 1000.0:.1f} s and lasts" in run.said


def test_a_wait_that_ends_with_the_next_tick(run: EveningRun) -> None:
    run.rows.now_ms = UNTIL_MS + 5999.0
    del run.events[9:]
    assert "holds" not in run.rules


@pytest.mark.parametrize(("after_s", "found"), [(0.0, False), (9.0, False), (14.0, False), (20.0, True)])
def test_a_wait_that_outlives_its_end_by_more_ticks_than_may_be_lost(
    run: EveningRun, after_s: float, found: bool
) -> None:
    run.events[9]["at_ms"] = UNTIL_MS + after_s * 1000.0
    assert ("outlived its end by" in run.said) is found


def test_a_wait_is_not_judged_while_no_tick_was_carried_out(run: EveningRun) -> None:
    run.events[9]["at_ms"] = UNTIL_MS + 30_000.0
    run.rows.ticks_ms = [5000.0, 10_000.0]
    assert run.violations == []


@pytest.mark.parametrize(("after_s", "found"), [(5.9, False), (6.1, True)])
def test_a_wait_that_outlives_its_end_by_more_than_a_tick_without_faults(
    run: EveningRun, after_s: float, found: bool
) -> None:
    run.settling.up_ms = UNTIL_MS
    run.events[9]["at_ms"] = UNTIL_MS + after_s * 1000.0
    assert ("s without faults" in run.said) is found


def test_a_wait_that_may_last_too_long(run: EveningRun) -> None:
    run.events[8]["data"]["until_ms"] = 11_500.0
    assert "the wait of revision 9 may last 2500 ms, not so long" in run.said


# Who is let in, and who is put out.


def test_an_invite_that_lets_too_many_in(run: EveningRun) -> None:
    run.history.operations["invite"].facts["max_uses"] = 0
    assert "invite one for 0 let 1 in" in run.said


def test_an_invite_that_counts_wrongly_or_is_lost(run: EveningRun) -> None:
    run.rows.invites["one"]["uses"] = 2
    assert "invite one has counted 2 of 1 joins" in run.said
    del run.rows.invites["one"]
    assert "invite one has counted None of 1 joins" in run.said


def test_an_invite_that_lets_somebody_in_after_it_was_revoked(run: EveningRun) -> None:
    run.history.operations["join-guest"].invoked_s = 4.5
    assert "invite one let guest in after it was revoked" in run.said


def test_an_invite_that_is_open_again(run: EveningRun) -> None:
    run.rows.invites["one"]["revoked"] = False
    assert "invite one was revoked, and is open" in run.said


def test_who_is_banned_and_a_member(run: EveningRun) -> None:
    run.rows.bans.add((PARTY, MEMBER))
    assert "member is banned from party, and a member" in run.said


def test_who_was_banned_and_joins(run: EveningRun) -> None:
    run.events.append(event(14, "member_joined", GUEST, None, user_id=GUEST))
    assert "guest was banned from party, and joined it" in run.said
    run.events[-1] = event(14, "member_unbanned", HOST, None, user_id=GUEST)
    run.events.append(event(15, "member_joined", GUEST, None, user_id=GUEST))
    assert "and joined it" not in run.said


def test_a_ban_that_is_lost(run: EveningRun) -> None:
    run.rows.bans.clear()
    assert "the ban of guest in party is lost" in run.said


def test_a_ban_that_may_have_been_ended_since(run: EveningRun) -> None:
    run.rows.bans.clear()
    run.ask("unban", "unban", HOST, oks=[None], invited_s=9.0, user=GUEST)
    run.history.operations["ban"].done_s = 5.0
    assert "is lost" not in run.said
    run.rows.bans.add((PARTY, GUEST))
    assert "the unban of guest in party is lost" in run.said


def test_who_was_put_out_is_told_of_what_came_after(run: EveningRun) -> None:
    run.socket(f"{GUEST}/2", None, [("welcome", 11), ("change", 12), ("change", 13)], code=4403)
    assert "guest was told of revision 13 of party after being put out" in run.said


# Talk.


def test_a_message_that_is_lost(run: EveningRun) -> None:
    del run.rows.chats[PARTY].messages[1]
    assert "message hello was acknowledged as 1 and is lost" in run.said
    assert "party: message 2 where 1 is due" in run.said


def test_a_message_that_is_there_twice(run: EveningRun) -> None:
    run.rows.chats[PARTY].messages[3] = message("hello", MEMBER, "hi")
    assert "message hello is there 2 times, as [1, 3]" in run.said
    assert "party: counted 2 messages, 3 are there" in run.said


def test_a_message_that_nobody_said(run: EveningRun) -> None:
    run.rows.chats[PARTY].messages[3] = message("phantom", MEMBER, "boo")
    assert "nobody said message 3 in party, phantom" in run.said


def test_a_message_that_was_refused_and_is_there(run: EveningRun) -> None:
    run.rows.chats[PARTY].messages[3] = message("unheard", HOST, "no")
    assert "message unheard was refused (muted) and is there as 3" in run.said


@pytest.mark.parametrize(
    ("name", "wrong", "said"),
    [("user", HOST, "of member in party is of host in party"), ("text", "ha", "has another text")],
)
def test_a_message_of_another_person_or_with_another_text(
    run: EveningRun, name: str, wrong: str, said: str
) -> None:
    run.rows.chats[PARTY].messages[1][name] = wrong
    assert said in run.said


def test_a_message_with_another_number(run: EveningRun) -> None:
    run.history.operations["hello"].oks = [1, 2]
    assert "message hello was acknowledged as [1, 2] and is 1" in run.said


def test_a_deletion_that_is_lost_or_that_nobody_asked_for(run: EveningRun) -> None:
    run.rows.chats[PARTY].messages[2] |= {"deleted": False, "text": "bye"}
    assert "party: message 2 was deleted, and is there" in run.said
    run.rows.chats[PARTY].messages[1]["deleted"] = True
    assert "party: nobody deleted message 1" in run.said


def test_who_is_muted_and_says_something(run: EveningRun) -> None:
    run.ask("mute", "mute", HOST, oks=[None], invited_s=0.5, user=MEMBER, until_ms=4000.0)
    run.history.operations["mute"].done_s = 1.0
    assert run.violations == []
    run.history.operations["mute"].facts["until_ms"] = 6000.0
    assert "member was muted in party, and said hello" in run.said


def test_a_message_that_comes_out_of_order_or_as_another_one(run: EveningRun) -> None:
    run.history.sockets[HOST][0].talk = [("welcome", []), ("said", [[2, "bye"]])]
    assert "host in party: message 2 came after 0" in run.said
    run.history.sockets[HOST][0].talk = [("welcome", [[1, "bye"]]), ("said", [[2, "bye"]])]
    assert "told of bye as message 1, which is hello" in run.said


def test_a_message_that_is_missing_after_a_reconnect(run: EveningRun) -> None:
    first, second = run.history.sockets[MEMBER]
    run.rows.chats[PARTY].messages[3] = message("more", HOST, "more")
    first.talk, second.talk = [("welcome", [[1, "hello"]])], [("welcome", [[3, "more"]])]
    assert "member in party: welcomed with messages from 3 on after 1" in run.said
    second.talk = [("welcome", [[1, "hello"], [3, "more"]])]
    assert "member in party: welcomed with messages [1, 3]" in run.said


def test_a_message_that_is_sent_again_to_who_repeats_it(run: EveningRun) -> None:
    run.history.sockets[MEMBER][1].talk.append(("said", [[1, "hello"]]))
    assert run.violations == []


def test_a_member_who_has_not_all_of_the_talk(run: EveningRun) -> None:
    del run.history.heard[1].chat[1]
    assert "member ended without messages [2], and with []" in run.said
