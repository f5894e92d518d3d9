"""What a party looks like from outside: the objects of PROTOCOL, as plain JSON values.

Pure functions, so that REST, the socket's welcome and a worker show the same thing.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from partyapp.party.contract import PartyEvent
from partyapp.party.domain.admission import InviteUse, PartyBan, PartyInvite
from partyapp.party.domain.grants import names_of
from partyapp.party.domain.json_values import playback_json, video_json, wait_json
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.state import SyncedPartySessionState

#: A member's connection as presence has it: {"online": bool, "sync": {...} | None}.
MemberPresence = Mapping[str, Any]
NOBODY: Mapping[UUID, MemberPresence] = {}

#: A Party lists so many members at most, and all of a party of no more.
LISTED = 100
#: What a larger party may take as JSON, in bytes: where names are long, fewer members are listed, but for the
#: host and the asker. The answer to a join repeats one of them and stays below 30 KB.
LARGE_BYTES = 28_700


class Online(NamedTuple):
    """Who is connected to a party: how many, and the presence of those that its list of members may hold.

    `listed` is everybody connected to a party of at most `LISTED`, of a larger one those who joined first.
    """

    total: int
    listed: Mapping[UUID, MemberPresence]


NOBODY_ONLINE = Online(0, NOBODY)


#: Playback and Video, which events tell in the same words.
playback_view = playback_json
video_view = video_json


def member_view(
    member: PartyMember, party: SyncedPartySessionState, presence: MemberPresence | None = None
) -> dict[str, Any]:
    """Member. `grants` is what they may do; `own_grants` what the host gave them, if not what all have."""
    state = member.state
    return {
        "user_id": str(state.user_id),
        "display_name": state.display_name,
        "role": member.role_in(party.host_id).value,
        "joined_at_ms": state.joined_at_ms,
        "grants": names_of(party.grants_of(state.user_id, state.grants)),
        "own_grants": None if state.grants is None else names_of(state.grants),
        "online": bool(presence and presence["online"]),
        "sync": presence["sync"] if presence else None,
    }


def summary_view(state: SyncedPartySessionState, online_count: int) -> dict[str, Any]:
    """PartySummary."""
    return {**_party(state), "member_count": state.member_count, "online_count": online_count}


def party_view(
    state: SyncedPartySessionState,
    members: Iterable[PartyMember],
    online: Online = NOBODY_ONLINE,
    asker_id: UUID | None = None,
) -> dict[str, Any]:
    """Party, as its members see it; of a large one `members` may be any, of which few are listed."""
    facts = party_facts(state, online.total)
    large = state.member_count > LISTED
    if large:
        members = listed_first(state.host_id, asker_id, members)[:LISTED]
    views = [member_view(member, state, online.listed.get(member.user_id)) for member in members]
    if large:
        views = views[: fitting(map(size_of, views), LARGE_BYTES - size_of(facts))]
    return {**facts, "members": views}


def party_facts(state: SyncedPartySessionState, online_count: int) -> dict[str, Any]:
    """Party as its members see it, without `members`."""
    return {
        **_party(state),
        "member_count": state.member_count,
        "online_count": online_count,
        "invite_code": state.invite_code,
    }


def stranger_view(
    state: SyncedPartySessionState, members: Iterable[PartyMember], online_count: int = 0
) -> dict[str, Any]:
    """A public party as a stranger sees it: without its invite code, and who is connected only counted."""
    whole = party_view(state, members, Online(online_count, NOBODY))
    del whole["invite_code"]
    return whole


def listed_first(host_id: UUID, asker_id: UUID | None, members: Iterable[PartyMember]) -> list[PartyMember]:
    """The host, the asker, then the others by the time at which they joined."""

    def order(member: PartyMember) -> tuple[bool, bool, float, UUID]:
        user_id = member.user_id
        return user_id != host_id, user_id != asker_id, member.state.joined_at_ms, user_id

    return sorted(members, key=order)


def size_of(view: dict[str, Any]) -> int:
    """What a view takes in an answer at most, in bytes."""
    return len(json.dumps(view)) + 1


def fitting(sizes: Iterable[int], most: int) -> int:
    """How many of these, from the first on, take at most `most` bytes together: two in any case."""
    number = 0
    for size in sizes:
        most -= size
        if most < 0 and number >= 2:
            break
        number += 1
    return number


def preview_view(state: SyncedPartySessionState) -> dict[str, Any]:
    """PartyPreview: what an invite shows of a private party before one has joined it."""
    return {
        "id": str(state.id),
        "title": state.title,
        "state": state.status.value,
        "member_count": state.member_count,
    }


def invite_view(state: SyncedPartySessionState, host_name: str, online_count: int) -> dict[str, Any]:
    """InvitePreview: what an invite page says to who has not signed in yet."""
    return {
        **preview_view(state),
        "host_name": host_name,
        "video_title": state.video.title,
        "online_count": online_count,
    }


def party_invite_view(
    invite: PartyInvite, url: str | None, used_by: Sequence[InviteUse] = ()
) -> dict[str, Any]:
    """Invite; without `url` for who may not hand it on, and then without its code either."""
    return {
        "id": str(invite.id),
        "code": None if url is None else invite.code,
        "url": url,
        "created_by": str(invite.created_by),
        "created_at_ms": invite.created_at_ms,
        "expires_at_ms": invite.expires_at_ms,
        "max_uses": invite.max_uses,
        "uses": invite.uses,
        "revoked_at_ms": invite.revoked_at_ms,
        "user_id": None if invite.user_id is None else str(invite.user_id),
        "grants": None if invite.grants is None else names_of(invite.grants),
        "used_by": [
            {"user_id": str(use.user_id), "display_name": use.display_name, "at_ms": use.at_ms}
            for use in used_by
        ],
    }


def ban_view(ban: PartyBan) -> dict[str, Any]:
    """Ban."""
    return {
        "user_id": str(ban.user_id),
        "display_name": ban.display_name,
        "banned_by": None if ban.banned_by is None else str(ban.banned_by),
        "at_ms": ban.at_ms,
    }


def event_view(event: PartyEvent) -> dict[str, Any]:
    """Event."""
    return {
        "revision": event.revision,
        "type": event.type,
        "at_ms": event.at_ms,
        "actor_id": None if event.actor_id is None else str(event.actor_id),
        "data": event.data,
    }


def _party(state: SyncedPartySessionState) -> dict[str, Any]:
    return {
        "id": str(state.id),
        "title": state.title,
        "video": video_view(state.video),
        "host_id": str(state.host_id),
        "visibility": state.visibility.value,
        "control": state.control.value,
        "max_members": state.max_members,
        "state": state.status.value,
        "created_at_ms": state.created_at_ms,
        "ended_at_ms": state.ended_at_ms,
        "revision": state.revision,
        "playback": playback_view(state.playback),
        "lead_ms": state.lead_ms,
        "default_grants": names_of(state.default_grants),
        "wait": wait_json(state.settings.wait),
        "chat_enabled": state.settings.chat_enabled,
        "queue_mode": state.settings.queue_mode.value,
        "next_after_s": state.settings.next_after_s,
        "starts_at_ms": state.starts_at_ms,
    }
