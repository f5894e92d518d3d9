"""Delivering, on places in memory and a clock that is moved: order, retries, giving up, and neighbours."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest

from partyapp.shared.kernel.clock import DAY_MS
from partyapp.shared.kernel.ids import new_id
from partyapp.webhook.application.deliveries import LEASE_MS
from partyapp.webhook.domain.endpoint import DOWN_AFTER, WebhookEndpoint
from partyapp.webhook.domain.message import Answer
from tests.support.fakes_webhook import endpoint
from tests.support.waiting import eventually
from tests.support.webhook_service import GOOD, WebhookService


@pytest.fixture
def service() -> WebhookService:
    return WebhookService()


def failing(times: int) -> Callable[[dict[str, object]], Answer]:
    """Refuses each event so often, and then accepts it."""
    seen: Counter[tuple[object, object]] = Counter()

    def answer(body: dict[str, object]) -> Answer:
        seen[body["party"], body["revision"]] += 1
        return GOOD if seen[body["party"], body["revision"]] > times else Answer(status=500)

    return answer


def test_events_come_once_and_in_order_of_their_party(service: WebhookService) -> None:
    one, parties = service.endpoint(lambda _: GOOD), [new_id() for _ in range(9)]
    for party_id in parties:
        service.happen(party_id, *range(1, 121))
    assert service.go_on() == 9 * 120
    for party_id in parties:
        assert [revision for party, revision in service.sent(one) if party == str(party_id)] == list(
            range(1, 121)
        )
    assert service.go_on(LEASE_MS) == 0
    assert service.state(one).delivered == 9 * 120


def test_an_event_that_is_refused_nine_times_is_accepted_before_the_next_is_sent(
    service: WebhookService,
) -> None:
    one, party_id = service.endpoint(failing(9)), new_id()
    service.happen(party_id, 1, 2, 3)
    for _ in range(60):
        service.go_on(3_600_000.0)
    assert [revision for _, revision in service.sent(one)] == [1] * 10 + [2] * 10 + [3] * 10
    assert len({headers["webhook-id"] for _, headers, _ in service.receiver.sent}) == 3
    assert service.state(one).state == "active"
    assert service.place.dead_letters(None, 9) == []


def test_the_wait_doubles_with_each_refusal(service: WebhookService) -> None:
    service.endpoint(lambda _: Answer(status=500))
    service.happen(new_id(), 1)
    service.go_on()
    for wait_ms in (3750.0, 7500.0, 15_000.0):
        assert len(service.receiver.sent) == 1
        service.go_on(wait_ms - 1)
        assert len(service.receiver.sent) == 1
        service.go_on(1)
        assert len(service.receiver.sent) == 2
        service.receiver.sent.pop()


def test_a_party_that_is_refused_holds_up_no_other(service: WebhookService) -> None:
    bad, good = new_id(), new_id()
    one = service.endpoint(lambda body: Answer(status=500) if body["party"] == str(bad) else GOOD)
    for revision in range(1, 20):
        service.happen(bad, revision)
        service.happen(good, revision)
        service.go_on(60_000.0)
    assert [revision for party, revision in service.sent(one) if party == str(good)] == list(range(1, 20))
    assert {revision for party, revision in service.sent(one) if party == str(bad)} == {1}
    assert service.state(one).state != "down"


def test_an_endpoint_that_is_down_is_tried_seldom_for_all_its_parties_together(
    service: WebhookService,
) -> None:
    one, other = service.endpoint(lambda _: Answer(error="timeout")), service.endpoint(lambda _: GOOD)
    for _ in range(200):
        service.happen(new_id(), 1)
    service.go_on()
    # Those that were under way when the first one failed, and none of the 198 others.
    assert len(service.sent(one)) <= 2
    assert len(service.sent(other)) == 200
    for _ in range(24):
        service.go_on(3_600_000.0)
    assert len(service.sent(one)) <= 2 + 24
    assert service.state(one).state == "down"


def test_a_hundred_parties_that_are_refused_make_an_endpoint_down(service: WebhookService) -> None:
    one = service.endpoint(lambda _: Answer(status=500))
    for _ in range(100):
        service.happen(new_id(), 1)
    service.go_on()
    assert len(service.sent(one)) <= DOWN_AFTER + 1


def test_everything_comes_when_an_endpoint_is_back(service: WebhookService) -> None:
    answers = [Answer(error="refused")]
    one = service.endpoint(lambda _: answers[0])
    parties = [new_id() for _ in range(50)]
    for party_id in parties:
        service.happen(party_id, 1, 2)
    for _ in range(5):
        service.go_on(3_600_000.0)
    answers[0] = GOOD
    before = len(service.receiver.sent)
    service.go_on(3_600_000.0)
    arrived = service.sent(one)[before:]
    assert len(arrived) == len(set(arrived)) == 100
    assert service.state(one).state == "active"


def test_who_is_down_for_three_days_gets_dead_letters_and_may_have_them_again(
    service: WebhookService,
) -> None:
    answers = [Answer(error="refused")]
    one = service.endpoint(lambda _: answers[0])
    old, late = new_id(), new_id()
    service.happen(old, 1, 2)
    service.go_on()
    service.clock.advance(2 * DAY_MS)
    service.happen(late, 1)
    service.go_on()
    service.go_on(DAY_MS + 1)
    dead = service.place.dead_letters(one.id, 9)
    assert [(letter.party_id, letter.revision, letter.error) for letter in dead] == [
        (old, 1, "refused"),
        (old, 2, "refused"),
    ]
    answers[0] = GOOD
    assert service.place.replay(one.id, None, service.clock.now_ms()) == 2
    before = len(service.receiver.sent)
    service.go_on(3_600_000.0)
    assert sorted(service.sent(one)[before:]) == sorted([(str(old), 1), (str(old), 2), (str(late), 1)])
    assert service.place.letters == {}


def test_after_an_outage_of_ours_nothing_is_given_up_at_its_first_failure(service: WebhookService) -> None:
    one = service.endpoint(failing(1))
    service.happen(new_id(), 1)
    service.go_on(9 * DAY_MS)
    service.go_on(3_600_000.0)
    assert service.place.dead_letters(one.id, 9) == []
    assert service.state(one).delivered == 1


def test_who_answers_410_is_disabled(service: WebhookService) -> None:
    one, party_id = service.endpoint(lambda _: Answer(status=410)), new_id()
    service.happen(party_id, 1)
    service.go_on()
    service.happen(party_id, 2)
    service.go_on(DAY_MS)
    assert len(service.receiver.sent) == 1
    assert (service.state(one).state, service.state(one).disabled) == ("disabled", "gone")


def test_events_that_are_not_wanted_are_passed_over(service: WebhookService) -> None:
    one, party_id = service.endpoint(lambda _: GOOD, events=("member_joined",)), new_id()
    service.happen(party_id, 1)
    service.happen(party_id, 2, type="member_joined")
    service.happen(party_id, 3)
    service.happen(party_id, 4, type="member_joined")
    service.go_on()
    assert [revision for _, revision in service.sent(one)] == [2, 4]
    assert service.go_on(LEASE_MS) == 0


def test_a_secret_that_cant_be_read_is_a_failure_and_sends_nothing(service: WebhookService) -> None:
    one = service.endpoint(lambda _: GOOD)
    service.place.rows[one.id] = endpoint(id=one.id, url=one.url, sealed_secret="lost")
    service.happen(new_id(), 1)
    service.go_on()
    assert service.receiver.sent == []
    assert service.state(one).last_error == "secret_lost"


def test_what_a_dead_process_had_claimed_is_sent_again_under_the_same_id(service: WebhookService) -> None:
    one, party_id = service.endpoint(lambda _: GOOD), new_id()
    service.happen(party_id, 1, 2)
    now_ms = service.clock.now_ms()
    # Claimed, and never settled.
    service.place.claim({one.id: 1}, now_ms, now_ms + LEASE_MS)
    assert service.go_on(LEASE_MS - 1) == 0
    assert service.go_on(1) == 2


def test_what_is_gone_with_its_party_is_asked_for_no_more(service: WebhookService) -> None:
    service.endpoint(lambda _: GOOD)
    party_id = new_id()
    service.happen(party_id, 1, 2)
    del service.place.log[party_id]
    assert service.go_on() == 0
    now_ms = service.clock.now_ms()
    assert service.place.due(service.place.rows, now_ms) == set()


def test_a_bug_in_one_turn_holds_up_no_other(
    service: WebhookService, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: dict[str, object]) -> Answer:
        raise ValueError("a bug")

    service.endpoint(broken)
    other = service.endpoint(lambda _: GOOD)
    service.happen(new_id(), 1)
    assert service.go_on() == 1
    assert len(service.sent(other)) == 1
    assert "a webhook turn failed" in caplog.text


def test_a_run_ends_at_once_without_endpoints_and_when_the_process_ends(service: WebhookService) -> None:
    assert service.deliveries.run(3600.0) == 0
    service.endpoint(lambda _: GOOD)
    service.happen(new_id(), 1)
    assert service.deliveries.run(3600.0, lambda: True) == 0
    assert service.receiver.sent == []


@pytest.mark.thorough
def test_a_run_delivers_what_is_due_until_it_is_over(service: WebhookService) -> None:
    service.endpoint(lambda _: GOOD)
    service.happen(new_id(), 1, 2, 3)
    assert service.deliveries.run(0.3) == 3


@pytest.mark.thorough
def test_a_receiver_that_keeps_one_waiting_holds_up_nobody_and_is_written_later(
    service: WebhookService,
) -> None:
    may_answer, patience_s = threading.Event(), 60.0

    def late(_: dict[str, object]) -> Answer:
        return GOOD if may_answer.wait(patience_s) else Answer(error="timeout")

    slow, good = service.endpoint(late), service.endpoint(lambda _: GOOD)

    def has(found: WebhookEndpoint, delivered: int) -> Callable[[], bool]:
        def is_so() -> bool:
            # Each run ends though the slow one has not answered.
            service.deliveries.run(0.05)
            return service.state(found).delivered == delivered

        return is_so

    for number in range(1, 4):
        service.happen(new_id(), 1)
        eventually(has(good, number))
    assert service.state(slow).delivered == 0
    may_answer.set()
    eventually(has(slow, 3))
    assert sorted(service.sent(slow)) == sorted(service.sent(good))


def test_no_request_begins_once_the_process_is_to_end(service: WebhookService) -> None:
    is_ending: list[bool] = []

    def answer(_: dict[str, object]) -> Answer:
        is_ending.append(True)
        return GOOD

    one, party_id = service.endpoint(answer), new_id()
    service.happen(party_id, *range(1, 10))
    assert service.deliveries.run(3600.0, lambda: bool(is_ending)) == 1
    # Its lease was given back: the next process goes on without waiting.
    assert service.go_on() == 8
    assert [revision for _, revision in service.sent(one)] == list(range(1, 10))
