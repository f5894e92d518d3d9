"""Replays a party's events, so that what members received can be compared with the audit log.

A `View` is folded from the log's events, or taken from a `welcome` and updated by the messages that follow.
Two equal views have the same digest.
"""

import hashlib
import json
from typing import Any, Self

Json = dict[str, Any]

_PLAYBACK = ("state", "position_s", "rate", "at_ms")
PLAYBACK_EVENTS = frozenset(
    {"playback_started", "playback_paused", "playback_sought", "playback_finished"}
)  # fmt: skip


class View:
    """Host, members, playback and state of a party: all that events change."""

    __slots__ = ("host", "members", "playback", "state")

    def __init__(self, host: str, members: set[str], playback: Json, state: str) -> None:
        self.host, self.members, self.playback, self.state = host, members, playback, state

    @classmethod
    def initial(cls) -> Self:
        """A party before its first event."""
        playback = {"state": "stopped", "position_s": 0.0, "rate": 1.0, "at_ms": 0.0, "revision": 0}
        return cls("", set(), playback, "active")

    @classmethod
    def of_party(cls, party: Json) -> Self:
        """The view that a Party of the contract gives."""
        members = {member["user_id"] for member in party["members"]}
        return cls(party["host_id"], members, dict(party["playback"]), party["state"])

    def apply(self, event: Json) -> None:
        """Apply one Event of the contract."""
        kind, data = event["type"], event["data"]
        if kind in PLAYBACK_EVENTS:
            self.playback = {**{name: data[name] for name in _PLAYBACK}, "revision": event["revision"]}
        elif kind == "party_session_created":
            self.host = data["host_id"]
            self.members.add(self.host)
            self.playback = {**self.playback, "at_ms": event["at_ms"], "revision": event["revision"]}
        elif kind == "member_joined":
            self.members.add(data["user_id"])
        elif kind == "member_left":
            self.members.discard(data["user_id"])
        elif kind == "host_transferred":
            self.host = data["to_user_id"]
        elif kind == "party_session_ended":
            self.state = "ended"

    def digest(self) -> str:
        """A short hash of the whole view."""
        whole = [self.host, sorted(self.members), _plain(self.playback), self.state]
        return hashlib.blake2b(json.dumps(whole).encode(), digest_size=8).hexdigest()


def playback_digest(playback: Json) -> str:
    """A short hash of a Playback alone, which is all that a tick shows."""
    return hashlib.blake2b(json.dumps(_plain(playback)).encode(), digest_size=8).hexdigest()


def _plain(playback: Json) -> list[Any]:
    """The fields with one type each: JSON may write a whole number as an int or as a float."""
    numbers = [float(playback[name]) for name in ("position_s", "rate", "at_ms")]
    return [playback["state"], *numbers, int(playback["revision"])]
