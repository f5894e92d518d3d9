"""What a person is written: one title, a few lines. The same for the same notification, always."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from partyapp.notification.domain import PARTY_INVITATION, PARTY_STARTING
from partyapp.party.contract import HOST_TRANSFERRED, MEMBER_JOINED, MEMBER_LEFT, PARTY_SESSION_ENDED

#: Keeps what others have named from calling a whole channel, or a person of it, by their services' marks.
_BREAK = "\u200b"


@dataclass(frozen=True, kw_only=True)
class Message:
    """`id` tells a repeat: mail carries it as its Message-ID."""

    id: str
    title: str
    body: str


def message_of(message_id: str, kind: str, data: Mapping[str, Any], link: str | None) -> Message:
    """The message of a notification; `link` leads to its party."""
    title = _plain(data.get("party_title") or "a party")
    who = _plain((data.get("who") or {}).get("display_name") or "Somebody")
    words = {
        PARTY_INVITATION: f"{who} invites you to “{title}”",
        PARTY_STARTING: f"“{title}” begins soon",
        HOST_TRANSFERRED: f"“{title}” has another host",
        MEMBER_JOINED: f"{who} joined “{title}”",
        MEMBER_LEFT: f"{who} left “{title}”",
        PARTY_SESSION_ENDED: f"“{title}” has ended",
    }
    said = words.get(kind, f"News of “{title}”")
    return Message(id=message_id, title=said, body=said if link is None else f"{said}\n{link}")


def code_message(message_id: str, code: str) -> Message:
    """What has a channel verified."""
    return Message(
        id=message_id,
        title=f"Your code is {code}",
        body=(
            f"Type {code} into Party to get notifications here. It is good for 15 minutes.\n"
            "If you have not asked for it, ignore this message: nothing more will come."
        ),
    )


def _plain(text: str) -> str:
    return str(text).replace("@", f"@{_BREAK}").replace("<", f"<{_BREAK}")
