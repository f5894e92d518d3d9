"""What an operator may set about webhooks."""

from __future__ import annotations

import pytest

from partyapp.shared.ops.settings import BadSettings, Settings
from partyapp.shared.ops.webhook_settings import WebhookSettings

GOOD = {"DATABASE_URL": "postgresql://x", "REDIS_URL": "redis://x", "PARTY_SECRET_KEY": "a1b2c3d4e5" * 4}


def test_private_networks_are_refused_and_three_days_tried_unless_set_otherwise() -> None:
    assert Settings.from_environment(GOOD).webhooks == WebhookSettings()
    assert not WebhookSettings().allow_private
    assert WebhookSettings().retry_for_s == 3 * 24 * 3600
    found = WebhookSettings.from_environment(
        {
            "PARTY_WEBHOOK_ALLOW_PRIVATE": "1",
            "PARTY_WEBHOOK_FIRST_RETRY_S": "0.5",
            "PARTY_WEBHOOK_LONGEST_RETRY_S": "60",
            "PARTY_WEBHOOK_RETRY_FOR_S": "600",
            "PARTY_WEBHOOK_CONCURRENCY": "8",
        }
    )
    assert found == WebhookSettings(
        allow_private=True, first_retry_s=0.5, longest_retry_s=60.0, retry_for_s=600.0, concurrency=8
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARTY_WEBHOOK_ALLOW_PRIVATE", "yes"),
        ("PARTY_WEBHOOK_FIRST_RETRY_S", "0"),
        ("PARTY_WEBHOOK_RETRY_FOR_S", "soon"),
        ("PARTY_WEBHOOK_CONCURRENCY", "-1"),
    ],
)
def test_what_is_wrong_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=name):
        Settings.from_environment({**GOOD, name: value})
