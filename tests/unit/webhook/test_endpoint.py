"""What is a URL that webhooks may be sent to, and when an endpoint counts as down."""

from __future__ import annotations

import pytest

from partyapp.shared.kernel.errors import ValidationFailed
from partyapp.shared.kernel.ids import new_id
from partyapp.webhook.domain.endpoint import DOWN_AFTER, LONGEST_URL, checked_events, checked_url
from tests.support.fakes_webhook import endpoint, event


@pytest.mark.parametrize(
    "url",
    ["https://example.com", "http://example.com:8080/a/b?token=c%20d", "https://[2001:db8::1]/hook"],
)
def test_good_urls_stay_as_they_are(url: str) -> None:
    assert checked_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "ftp://example.com", "file:///etc/passwd", "gopher://example.com", "https://",
        "https://ada:secret@example.com", "https://ada@example.com", "https://example.com/#part",
        "https://example.com/a b", "https://example.com/\r\nx: y", "https://bücher.example/",
        "http://example.com:0/", "http://example.com:99999/", "http://[::1",
        f"https://e.com/{'a' * LONGEST_URL}",
    ],
)  # fmt: skip
def test_bad_urls_are_refused(url: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        checked_url(url)
    assert refused.value.errors
    assert "secret" not in refused.value.detail


def test_events_are_those_of_the_contract() -> None:
    assert checked_events([]) is None
    assert checked_events(["member_left", "member_joined", "member_left"]) == ("member_joined", "member_left")
    with pytest.raises(ValidationFailed, match="member_danced"):
        checked_events(["member_joined", "member_danced"])


def test_what_it_wants() -> None:
    party_id, joined = new_id(), {"type": "member_joined"}
    some = endpoint(events=("member_joined",), parties=(party_id,))
    assert some.wants(event(party_id, 1, **joined))
    assert not some.wants(event(party_id, 1))
    assert not some.wants(event(new_id(), 1, **joined))
    assert endpoint().wants(event(party_id, 1))


def test_who_cant_be_reached_is_down_at_once_and_who_refuses_only_after_some() -> None:
    assert endpoint().counts_as_down(is_unreachable=True)
    assert not endpoint(failures=DOWN_AFTER - 2).counts_as_down(is_unreachable=False)
    assert endpoint(failures=DOWN_AFTER - 1).counts_as_down(is_unreachable=False)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, "active"),
        ({"failures": 1}, "failing"),
        ({"failures": 1, "not_before_ms": 2.0}, "down"),
        ({"failures": 1, "not_before_ms": 2.0, "disabled": "gone"}, "disabled"),
    ],
)
def test_its_state_in_a_word(facts: dict[str, object], state: str) -> None:
    assert endpoint(**facts).state == state


def test_the_secret_is_shown_by_no_accident() -> None:
    assert "sealed" not in repr(endpoint()).replace("sealed_secret", "")
