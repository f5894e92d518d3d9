"""What a receiver failed by, as it is counted."""

from __future__ import annotations

import pytest

from partyapp.webhook.domain.message import FAILURES, Answer, failure_kind


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(status=500), "http_5xx"),
        (Answer(status=410), "http_4xx"),
        (Answer(status=302), "http_3xx"),
        (Answer(status=999), "connection"),
        (Answer(error="timeout"), "timeout"),
        (Answer(error="private_address"), "private_address"),
        (Answer(error="anything"), "connection"),
    ],
)
def test_every_failure_is_one_of_a_few_kinds(answer: Answer, kind: str) -> None:
    assert failure_kind(answer.reason) == kind
    assert kind in FAILURES
