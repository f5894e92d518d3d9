"""What is written of a failure, by the thread whose request failed."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.kernel.ids import new_id
from partyapp.webhook.application.deliveries import LEASE_MS
from partyapp.webhook.domain.endpoint import DOWN_AFTER
from partyapp.webhook.domain.message import Answer
from tests.support.waiting import RECOVERY_S, eventually
from tests.support.webhook_service import GOOD, WebhookService


@pytest.fixture
def service() -> WebhookService:
    return WebhookService()


def test_what_others_get_does_not_wait_for_what_is_written_of_a_failure(
    service: WebhookService, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = service.endpoint(lambda _: GOOD)
    # A receiver that nobody knows has the threads of those that fail.
    service.happen(new_id(), 1)
    service.go_on()
    may_write, write = threading.Event(), service.place.failed

    def slowly(*facts: Any, **more: Any) -> None:
        assert may_write.wait(RECOVERY_S)
        write(*facts, **more)

    monkeypatch.setattr(service.place, "failed", slowly)
    bad = service.endpoint(lambda _: Answer(status=500))

    def has_all() -> bool:
        service.deliveries.run(0.01)
        return service.state(good).delivered == 10

    for revision in range(1, 10):
        service.happen(new_id(), revision)
    eventually(has_all)
    assert service.state(bad).failures == 0
    may_write.set()
    service.go_on()
    assert service.state(bad).failures >= DOWN_AFTER


def test_without_a_database_a_failure_ends_the_run_and_its_event_comes_again(
    service: WebhookService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any, **__: Any) -> None:
        raise Unavailable()

    one = service.endpoint(lambda _: Answer(status=500))
    service.happen(new_id(), 1)
    with monkeypatch.context() as patched:
        patched.setattr(service.place, "settle", gone)
        with pytest.raises(Unavailable):
            service.go_on()
    service.go_on(LEASE_MS)
    assert len(service.sent(one)) == 2
    assert service.state(one).failures == 1
