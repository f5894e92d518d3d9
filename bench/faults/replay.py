"""Replays a party's events, so that what members received can be compared with the audit log.

A `View` is folded from the log's events, or taken from a Party of the contract (a `welcome`, an answer over
REST) and updated by the messages that follow. Two equal views have the same digest.
"""

import hashlib
import json
from typing import Any, Self

Json = dict[str, Any]

_PLAYBACK = ("state", "position_s", "rate", "at_ms")
PLAYBACK_EVENTS = frozenset(
    {
        "playback_started",
        "playback_paused",
        "playback_sought",
        "playback_finished",
        "playback_held",
        "playback_resumed",
    }
)
#: What a host may set, by its names in a Party, as the workload creates its parties; `title` is set at once.
CREATED: Json = {
    "title": "",
    "visibility": "private",
    "control": "everyone",
    "max_members": 50,
    "default_grants": ["playback", "queue", "chat"],
    "wait": {"for": "nobody", "grace_s": 2.0, "limit_s": 15.0, "budget_s": 45.0},
    "chat_enabled": True,
    "queue_mode": "order",
    "next_after_s": 8.0,
    "starts_at_ms": None,
}


class View:
    """All of a party that events change.

    `members` are the present ones with the rights of their own, None for who has the party's; `settings` as
    in `CREATED`; `video` is the film's id.
    """

    __slots__ = ("host", "members", "playback", "settings", "state", "video")

    def __init__(
        self,
        host: str,
        members: dict[str, list[str] | None],
        playback: Json,
        state: str,
        settings: Json,
        video: str,
    ) -> None:
        self.host, self.members, self.playback, self.state = host, members, playback, state
        self.settings, self.video = settings, video

    @classmethod
    def initial(cls) -> Self:
        """A party before its first event."""
        playback = {"state": "stopped", "position_s": 0.0, "rate": 1.0, "at_ms": 0.0, "revision": 0}
        return cls("", {}, {**playback, "held": None, "next": None}, "active", dict(CREATED), "")

    @classmethod
    def of_party(cls, party: Json) -> Self:
        """The view that a Party of the contract gives."""
        members = {member["user_id"]: member["own_grants"] for member in party["members"]}
        settings = {name: party[name] for name in CREATED}
        playback, video = dict(party["playback"]), party["video"]["id"]
        return cls(party["host_id"], members, playback, party["state"], settings, video)

    def apply(self, event: Json) -> None:
        """Apply one Event of the contract."""
        kind, data = event["type"], event["data"]
        if kind in PLAYBACK_EVENTS:
            following = {"held": data.get("held"), "next": data.get("next")}
            self._play({**{name: data[name] for name in _PLAYBACK}, **following}, event)
        elif kind == "party_session_created":
            self.host, self.video = data["host_id"], data["video_id"]
            self.members[self.host] = None
            self.settings["title"] = data["title"]
            self._play({**self.playback, "at_ms": event["at_ms"]}, event)
        elif kind == "video_changed":
            self.video = data["video"]["id"]
            self._play(data["playback"], event)
        elif kind == "party_session_changed":
            self.settings.update(data["changes"])
            if "playback" in data:
                self._play(data["playback"], event)
        elif kind == "host_transferred":
            self.host = data["to_user_id"]
        elif kind == "party_session_ended":
            self.state = "ended"
        else:
            self._apply_to_members(kind, data)

    def _apply_to_members(self, kind: str, data: Json) -> None:
        if kind == "member_joined":
            self.members[data["user_id"]] = data.get("own_grants")
        elif kind in ("member_left", "member_removed"):
            self.members.pop(data["user_id"], None)
        elif kind == "member_grants_changed":
            self.members[data["user_id"]] = data["grants"]

    def _play(self, playback: Json, event: Json) -> None:
        self.playback = {**playback, "revision": event["revision"]}

    def digest(self) -> str:
        """A short hash of the whole view."""
        members = sorted((user, own if own is None else sorted(own)) for user, own in self.members.items())
        whole = [self.host, members, _plain(self.playback), self.state, _numbers(self.settings), self.video]
        return _hashed(whole)

    def __repr__(self) -> str:
        return repr({name: getattr(self, name) for name in self.__slots__})


def playback_digest(playback: Json) -> str:
    """A short hash of a Playback alone, which is all that a tick shows."""
    return _hashed(_plain(playback))


def _hashed(whole: Any) -> str:
    text = json.dumps(whole, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _plain(playback: Json) -> list[Any]:
    """The fields with one type each: JSON may write a whole number as an int or as a float."""
    numbers = [float(playback[name]) for name in ("position_s", "rate", "at_ms")]
    more = [_numbers(playback.get("held")), _numbers(playback.get("next"))]
    return [playback["state"], *numbers, int(playback["revision"]), *more]


def _numbers(value: Any) -> Any:
    """The value with every number in it a float."""
    if isinstance(value, dict):
        return {name: _numbers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_numbers(each) for each in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
