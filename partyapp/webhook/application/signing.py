"""A message as it goes out: its body, and the headers of the Standard Webhooks specification (1.0.0)."""

import secrets
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import msgspec
from standardwebhooks import Webhook

SECRET_PREFIX = "whsec_"
#: The specification asks for 24 to 64 bytes.
_SECRET_BYTES = 32


def new_secret() -> str:
    """A fresh secret, as its receiver is given it."""
    return SECRET_PREFIX + b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed(
    message_id: str, message: dict[str, Any], secret: str, now_ms: float
) -> tuple[dict[str, str], bytes]:
    """Headers and body. It is sent at `now_ms` of the wall clock; receivers allow 5 minutes."""
    body = msgspec.json.encode(message)
    sent_at = datetime.fromtimestamp(now_ms // 1000, UTC)
    return {
        "content-type": "application/json",
        "user-agent": "party-webhooks",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now_ms // 1000)),
        "webhook-signature": Webhook(secret).sign(message_id, sent_at, body.decode()),
    }, body
