"""The client's copy of a party, kept in the order of its revisions.

A revision that isn't newer changes nothing; one that skips a number is a gap, after which the connection
resumes. A playback is taken even across a gap, for it describes the whole timeline.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

from party_client.types import Json, Member, Party, Playback

Order = Literal["applied", "replayed", "stale", "gap"]

#: A party lists so many members at most.
LISTED = 100
ALL_GRANTS = ["playback", "queue", "invite", "moderate", "chat"]


class PartyReplica:
    """`party` is a new object with every change; None before the first welcome."""

    def __init__(self) -> None:
        self.party: Party | None = None
        self._seen = 0

    @property
    def revision(self) -> int:
        """The last one without a gap; 0 before the first welcome."""
        return self.party["revision"] if self.party else 0

    @property
    def resume_from(self) -> int:
        """The last event that was seen without a gap: `last_revision` of the next socket."""
        return min(self._seen, self.revision)

    def welcome(self, party: Party, first_on_socket: bool) -> bool:
        """Take a snapshot: a socket's first always, a later one unless it is older. Whether it was taken."""
        if not first_on_socket and party["revision"] < self.revision:
            return False
        if self.party is None or party["revision"] < self._seen or not first_on_socket:
            self._seen = party["revision"]
        self.party = party
        return True

    def playback(self, revision: int, playback: Playback) -> Order:
        """Take a `playback` message."""
        order = self._advance(revision)
        self._take(playback)
        return order

    def event(self, message: Json) -> Order:
        """Take an `event` message; `replayed`: it was missed, and is in the snapshot already."""
        event: Json = message["event"]
        if self._seen < event["revision"] <= self.revision:
            self._seen = event["revision"]
            return "replayed"
        order = self._advance(event["revision"])
        if message.get("playback"):
            self._take(message["playback"])
        if order == "applied" and self.party:
            self.party = _after(self.party, event, message.get("member"), message.get("host_id"))
        return order

    def tick(self, revision: int, playback: Playback) -> bool:
        """Take a `tick`; whether this copy is behind."""
        self._take(playback)
        return revision > self.revision

    def presence(self, members: list[Json]) -> None:
        """Take a `presence` message's members."""
        if self.party:
            news = {one["user_id"]: one for one in members}
            changed = [{**one, **news.get(one["user_id"], {})} for one in self.party["members"]]
            self.party = _counted(_with(self.party, members=changed))

    def crowd(self, online_count: int) -> None:
        """Take a `crowd` message's count."""
        if self.party:
            self.party = _with(self.party, online_count=online_count)

    def video(self, video: Json) -> bool:
        """Take a `video` message's film; False for another one than the party's."""
        if not self.party or video.get("id") != self.party["video"]["id"]:
            return False
        # How long the party takes it to be comes by an event, in its order.
        self.party = _with(self.party, video={**video, "duration_s": self.party["video"]["duration_s"]})
        return True

    def ended(self, revision: int | None) -> None:
        """Take an `ended` message."""
        if self.party:
            self._seen = max(self.revision, revision or 0)
            playback = _at_rest(self.party)
            self.party = _with(self.party, state="ended", revision=self._seen, playback=playback)

    def _advance(self, revision: int) -> Order:
        if not self.party:
            return "gap"
        if revision <= self.revision:
            return "stale"
        if revision > self.revision + 1:
            return "gap"
        self.party = _with(self.party, revision=revision)
        self._seen = revision
        return "applied"

    def _take(self, playback: Playback) -> None:
        if self.party and playback["revision"] > self.party["playback"]["revision"]:
            self.party = _with(self.party, playback=playback)


def _with(party: Party, **changes: Any) -> Party:
    return cast(Party, {**party, **changes})


def _joined(party: Party, event: Json, member: Member | None) -> Json:
    count = party["member_count"] + 1
    if member is None:
        return {"member_count": count}
    members = party["members"]
    if any(one["user_id"] == member["user_id"] for one in members):
        changed = [{**one, **member} if one["user_id"] == member["user_id"] else one for one in members]
        return {"member_count": count, "members": changed}
    return {"member_count": count, "members": [*members, member] if count <= LISTED else members}


def _left(party: Party, event: Json, member: Member | None) -> Json:
    about = event["data"].get("user_id", event["actor_id"])
    members = [one for one in party["members"] if one["user_id"] != about]
    return {"members": members, "member_count": party["member_count"] - 1}


def _of_member(field: str, name: str) -> Callable[[Party, Json, Member | None], Json]:
    def changed(party: Party, event: Json, member: Member | None) -> Json:
        data = event["data"]
        members = [
            {**one, field: data[name]} if one["user_id"] == data["user_id"] else one
            for one in party["members"]
        ]
        return {"members": members}

    return changed


def _at_rest(party: Party) -> Json:
    """The playback of a party that has ended: nobody is waited for, and no film follows."""
    return {**party["playback"], "held": None, "next": None}


#: What an event changes of a party, by its type. Others change neither the party nor its members.
_CHANGES: Mapping[str, Callable[[Party, Json, Member | None], Json]] = {
    "member_joined": _joined,
    "member_left": _left,
    "member_removed": _left,
    "member_renamed": _of_member("display_name", "display_name"),
    "member_grants_changed": _of_member("own_grants", "grants"),
    "party_session_changed": lambda party, event, member: dict(event["data"]["changes"]),
    "video_changed": lambda party, event, member: {"video": event["data"]["video"]},
    "video_duration_known": lambda party, event, member: {
        "video": {**party["video"], "duration_s": event["data"]["duration_s"]}
    },
    "party_session_ended": lambda party, event, member: {
        "state": "ended",
        "ended_at_ms": event["at_ms"],
        "playback": _at_rest(party),
    },
}


def _after(party: Party, event: Json, member: Member | None, host_id: str | None) -> Party:
    """The party after that event."""
    change = _CHANGES.get(event["type"])
    changed = _with(party, **(change(party, event, member) if change else {}))
    host_id = host_id or event["data"].get("to_user_id") or party["host_id"]
    if host_id != party["host_id"]:
        known = any(one["user_id"] == host_id for one in changed["members"])
        members = changed["members"] if known else [*changed["members"], *_new_host(host_id, event["data"])]
        changed = _with(changed, host_id=host_id, members=members)
    return _counted(_with(changed, members=[_with_rights(one, changed) for one in changed["members"]]))


def _with_rights(member: Member, party: Party) -> Json:
    is_host = member["user_id"] == party["host_id"]
    own = member["own_grants"] if member["own_grants"] is not None else party["default_grants"]
    return {**member, "role": "host" if is_host else "member", "grants": ALL_GRANTS if is_host else own}


def _new_host(user_id: str, data: Json) -> list[Json]:
    """The new host, whom a large party's list may not hold; nobody where they aren't named."""
    if not isinstance(data.get("to_display_name"), str):
        return []
    return [
        {
            "user_id": user_id,
            "display_name": data["to_display_name"],
            "role": "host",
            "joined_at_ms": data["to_joined_at_ms"],
            "grants": ALL_GRANTS,
            "own_grants": None,
            "online": True,
            "sync": None,
        }
    ]


def _counted(party: Party) -> Party:
    """With the number of those connected, which the service counts where not all are listed."""
    if len(party["members"]) != party["member_count"]:
        return party
    return _with(party, online_count=sum(one["online"] for one in party["members"]))
