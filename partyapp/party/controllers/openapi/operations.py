"""The operations on parties."""

from partyapp.openapi.operation import Header, Operation
from partyapp.party.controllers.openapi import objects
from partyapp.party.controllers.openapi.socket_channel import SocketQuery
from partyapp.party.controllers.party_calendar import CalendarQuery
from partyapp.party.controllers.schemas import (
    CreatePartySchema,
    EventsQuery,
    InvitedQuery,
    JoinPartySchema,
    MembersSchema,
    PartiesQuery,
    PartyVideoSchema,
    PlaybackSchema,
    SyncSchema,
    TransferSchema,
)
from partyapp.shared.http.schemas import Nothing

_PARTY = "/api/parties/{party_id}"

_INVITE = Header(
    name="Party-Invite", about="A private party's invite code: shows a preview to who is no member."
)

_CODE = Header(name="Party-Invite", about="The invite code.")

TAGS = {
    "Parties": "A party is one video, its members, and one timeline that all follow.",
    "Members": "Who is in a party, and who is its host.",
    "Playback": "The timeline: control it, and follow it without a socket.",
    "WebSocket": "Follow a party live.",
}

OPERATIONS = (
    Operation(
        id="listParties",
        method="get",
        path="/api/parties",
        tag="Parties",
        summary="List parties",
        about="Public ones and those the caller belongs to, newest first; for a server those of its site.",
        query=PartiesQuery,
        answer=objects.PartySummaryPage,
    ),
    Operation(
        id="createParty",
        method="post",
        path="/api/parties",
        tag="Parties",
        summary="Create a party",
        about=("The caller is its host, or whom a server with a key names. The video must be playable."),
        body=CreatePartySchema,
        status=201,
        answer=objects.Party,
        lifecycle=True,
        headers={"Location": "The party."},
        problems=("video_not_ready", "quota_exceeded"),
    ),
    Operation(
        id="showParty",
        method="get",
        path=_PARTY,
        tag="Parties",
        summary="Show a party",
        about=(
            "`invite_code` is there for members only, and for a server's key with `parties:write` or "
            "`members:write`. Nobody else may know of a private party; who sends its invite code as "
            "`Party-Invite` sees a preview."
        ),
        answer=objects.Party,
        preview=objects.PartyPreview,
        takes=(_INVITE,),
        headers={"ETag": "The revision, in quotes."},
    ),
    Operation(
        id="previewParty",
        method="get",
        path=f"{_PARTY}/preview",
        tag="Parties",
        summary="Show what an invite is to",
        about=(
            "For a public party, and for a private one with its invite code as `Party-Invite`. It takes no "
            "token: an invite page says to what, before it asks for a name."
        ),
        answer=objects.InvitePreview,
        public=True,
        takes=(_INVITE,),
        problems=("unavailable", "internal"),
    ),
    Operation(
        id="showInvited",
        method="get",
        path="/api/parties/invited",
        tag="Parties",
        summary="Find the party that an invite code opens",
        about=(
            "For programs that are given a code and no link. With `display_name` it says whether another "
            "member is called so, unless more than 100 are in the party; without, the same of your own name."
        ),
        answer=objects.InvitedParty,
        query=InvitedQuery,
        takes=(_CODE,),
        problems=("not_found",),
    ),
    Operation(
        id="endParty",
        method="delete",
        path=_PARTY,
        tag="Parties",
        summary="End a party",
        about="Host only. Ending an ended party is answered the same and changes nothing.",
        status=204,
        lifecycle=True,
        problems=("forbidden", "not_a_member"),
    ),
    Operation(
        id="joinParty",
        method="post",
        path=f"{_PARTY}/join",
        tag="Members",
        summary="Join a party",
        about=(
            "A private party asks for its invite code. Joining again is the same answer and no event. A "
            "server with a key lets the person in whom it names."
        ),
        body=JoinPartySchema,
        body_optional=True,
        answer=objects.Joined,
        lifecycle=True,
        problems=("invalid_invite", "banned", "party_ended", "party_full"),
    ),
    Operation(
        id="listMembers",
        method="get",
        path=f"{_PARTY}/members",
        tag="Members",
        summary="List the members",
        about="Members only. The host first, then by the time at which they joined.",
        query=MembersSchema,
        answer=objects.MemberPage,
        problems=("not_a_member",),
    ),
    Operation(
        id="leaveParty",
        method="post",
        path=f"{_PARTY}/leave",
        tag="Members",
        summary="Leave a party",
        about=(
            "A leaving host hands over to the member present longest, connected ones first. "
            "The last one to leave ends the party."
        ),
        body=Nothing,
        body_optional=True,
        status=204,
        lifecycle=True,
        problems=("not_a_member", "party_ended"),
    ),
    Operation(
        id="transferParty",
        method="post",
        path=f"{_PARTY}/transfer",
        tag="Members",
        summary="Make another member the host",
        about="Host only.",
        body=TransferSchema,
        answer=objects.Party,
        lifecycle=True,
        problems=("forbidden", "not_a_member", "party_ended"),
    ),
    Operation(
        id="controlPlayback",
        method="post",
        path=f"{_PARTY}/playback",
        tag="Playback",
        summary="Play, pause or seek",
        about=(
            "Scheduled a little ahead, so that every member acts at the same instant. A seek past the end is "
            "clamped; a play at the end starts over. With `expected_revision` it is refused as "
            "`stale_revision` when the party has moved on. A play with `when_ready` is held first, unless "
            "all are ready for whom the party waits."
        ),
        body=PlaybackSchema,
        answer=objects.PlaybackAnswer,
        key=True,
        problems=("forbidden", "not_a_member", "party_ended", "stale_revision"),
    ),
    Operation(
        id="changePartyVideo",
        method="post",
        path=f"{_PARTY}/video",
        tag="Playback",
        summary="Show another film",
        about=(
            "For who may control the playback, and may watch the film. It stands at `position_s`, or plays "
            "from there. The event `video_changed` tells everybody."
        ),
        body=PartyVideoSchema,
        answer=objects.Party,
        key=True,
        problems=("forbidden", "not_a_member", "party_ended", "video_not_ready"),
    ),
    Operation(
        id="playNext",
        method="post",
        path=f"{_PARTY}/next",
        tag="Playback",
        summary="Play the next film of the queue",
        about="For who may control the playback: the film that is announced, or else the first of the queue.",
        body=Nothing,
        body_optional=True,
        answer=objects.Party,
        key=True,
        problems=("forbidden", "not_a_member", "party_ended", "queue_empty"),
    ),
    Operation(
        id="syncPlayback",
        method="post",
        path=f"{_PARTY}/sync",
        tag="Playback",
        summary="Stay in sync without a socket",
        about="Tell where the player is; learn where it should be and what to do about it.",
        body=SyncSchema,
        answer=objects.SyncAnswer,
        key=True,
        problems=("not_a_member", "party_ended"),
    ),
    Operation(
        id="listEvents",
        method="get",
        path=f"{_PARTY}/events",
        tag="Parties",
        summary="Read the audit log",
        about="Members only, oldest first.",
        query=EventsQuery,
        answer=objects.EventPage,
        problems=("not_a_member",),
    ),
    Operation(
        id="showCalendar",
        method="get",
        path=f"{_PARTY}/calendar.ics",
        tag="Parties",
        summary="Put the party's date into a calendar",
        about=(
            "An event of RFC 5545, for members and, with `invite`, for who holds the code: then no token is "
            "needed. A party without a date is not found."
        ),
        query=CalendarQuery,
        media_type="text/calendar",
        problems=("not_a_member",),
    ),
    Operation(
        id="issueTicket",
        method="post",
        path=f"{_PARTY}/ticket",
        tag="WebSocket",
        summary="Get a ticket for the WebSocket",
        about="For a WebSocket that can't send headers, as in a browser: one use, 30 s.",
        body=Nothing,
        body_optional=True,
        status=201,
        answer=objects.Ticket,
        key=True,
        problems=("not_a_member", "party_ended"),
    ),
    Operation(
        id="openSocket",
        method="get",
        path=f"{_PARTY}/ws",
        tag="WebSocket",
        summary="Follow a party live",
        about=(
            "A WebSocket handshake (RFC 6455) with the subprotocol `party.v1`; docs/asyncapi.json describes "
            "its messages. Members only. The token comes in `Authorization`, or a ticket as `?ticket=`. A "
            "refused connection is refused before the upgrade, with the problem and status below. A page of "
            "another origin is refused unless its origin is configured."
        ),
        query=SocketQuery,
        status=101,
        by_ticket=True,
        headers={
            "Upgrade": "`websocket`.",
            "Connection": "`Upgrade`.",
            "Sec-WebSocket-Accept": "As in RFC 6455 §4.2.2.",
            "Sec-WebSocket-Protocol": "`party.v1` if the client offered it.",
        },
        problems=(
            "bad_request",
            "forbidden",
            "not_a_member",
            "party_ended",
            "upgrade_required",
            "quota_exceeded",
        ),
    ),
)
