"""What is sent is what the specification's own library accepts."""

from __future__ import annotations

import json

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.kernel.ids import new_id
from partyapp.webhook.application.signing import new_secret, signed
from partyapp.webhook.domain.message import Answer, message_id, message_of
from tests.support.fakes_webhook import event


def test_a_message_is_verified_by_its_receiver() -> None:
    secret, party_id, endpoint_id = new_secret(), new_id(), new_id()
    happened = event(party_id, 7, actor_id=new_id(), data={"title": "Kino 🎬"})
    name = message_id(endpoint_id, happened.id)
    headers, body = signed(name, message_of(happened), secret, WallClock().now_ms())
    assert Webhook(secret).verify(body, headers) == {
        "type": "playback_started",
        "party": str(party_id),
        "revision": 7,
        "at_ms": 1007.0,
        "actor_id": str(happened.actor_id),
        "data": {"title": "Kino 🎬"},
    }
    for wrong_secret, wrong_body in ((new_secret(), body), (secret, body + b" ")):
        with pytest.raises(WebhookVerificationError):
            Webhook(wrong_secret).verify(wrong_body, headers)


def test_the_id_is_of_the_event_and_the_endpoint_and_is_signed() -> None:
    one, other = new_id(), new_id()
    assert message_id(one, other) == message_id(one, other) != message_id(other, one)
    assert "." not in message_id(one, other)
    secret, now_ms = new_secret(), WallClock().now_ms()
    headers, body = signed("msg_a", {}, secret, now_ms)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, {**headers, "webhook-id": "msg_b"})
    assert json.loads(body) == {}
    assert headers["webhook-timestamp"] == str(int(now_ms / 1000))


def test_secrets_are_long_and_new() -> None:
    assert new_secret() != new_secret()
    assert new_secret().startswith("whsec_")
    assert len(new_secret()) > 40


@pytest.mark.parametrize(
    ("answer", "is_accepted", "is_unreachable", "reason"),
    [
        (Answer(status=200), True, False, "http_200"),
        (Answer(status=204), True, False, "http_204"),
        (Answer(status=302), False, False, "http_302"),
        (Answer(status=500), False, False, "http_500"),
        (Answer(error="timeout"), False, True, "timeout"),
    ],
)
def test_what_an_answer_means(answer: Answer, is_accepted: bool, is_unreachable: bool, reason: str) -> None:
    assert (answer.is_accepted, answer.is_unreachable, answer.reason) == (is_accepted, is_unreachable, reason)
    assert Answer(status=410).is_gone
