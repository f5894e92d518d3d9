"""The party's objects as schemas, which describe answers and which real answers are held to."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from partyapp.openapi.fields import (
    Answer,
    Discriminator,
    any_of,
    flag,
    ident,
    instant,
    many,
    nested,
    real,
    text,
    whole,
    word,
    words,
)
from partyapp.openapi.objects import page_of
from partyapp.party.contract import CLIENTS, QueueMode
from partyapp.party.controllers.openapi.event_facts import FACTS, GRANTS, Wait
from partyapp.party.controllers.openapi.playback_facts import Playback
from partyapp.party.domain.member import MemberRole
from partyapp.party.domain.state import Control, PartyStatus, Visibility
from partyapp.transcode.openapi import Video


class Sync(Answer):
    """How well a member follows, as the server can tell; of several devices the one furthest off."""

    offset_bound_ms = real("How far the member's clock can be off at most, in ms.", 0, null=True)
    drift_ms = real("How far ahead the player is, in ms; negative when behind.", null=True)
    rtt_ms = real("The round trip, in ms.", 0, null=True)
    state = word("What the player does.", "playing", "paused", "buffering", "ready", null=True)
    verdict = word("The verdict.", "in_sync", "likely", "out_of_sync", "unknown")
    client = word("What the member watches by, where that is no page.", *CLIENTS, optional=True)


class Member(Answer):
    """Somebody in a party."""

    user_id = ident("Who it is.")
    display_name = text("Their name.")
    role = word("Host or member.", *(role.value for role in MemberRole))
    joined_at_ms = instant("When they joined.")
    grants = words("What they may do.", *GRANTS)
    own_grants = words("What the host gave them; null: what all have by default.", *GRANTS, null=True)
    online = flag("Whether any device of theirs is connected.")
    sync = nested(Sync, "How well they follow; null before anything is known.", null=True)


class PartyFacts(Answer):
    """What a party and its summary share."""

    id = ident("The party's id.")
    title = text("Its title.")
    video = nested(Video, "What is watched.")
    host_id = ident("The host's user id.")
    visibility = word("Who may find and join it.", *(value.value for value in Visibility))
    control = word("Who controls the playback.", *(value.value for value in Control))
    max_members = whole("How many may be in it.", 1)
    state = word("Active, or ended and only to be read.", *(status.value for status in PartyStatus))
    created_at_ms = instant("When it was created.")
    ended_at_ms = instant("When it ended; null while it is active.", null=True)
    revision = whole("How many events it has had; the number of the latest.", 1)
    playback = nested(Playback, "The timeline.")
    lead_ms = real("How far ahead commands are scheduled at present, in ms.", 0)
    default_grants = words("What members may do to whom the host gave nothing else.", *GRANTS)
    wait = nested(Wait, "How the party waits for members whose player loads.")
    chat_enabled = flag("Whether members may write.")
    queue_mode = word("In which order the queue plays.", *(mode.value for mode in QueueMode))
    next_after_s = real("After how long the next film begins, in s; null: never.", 0, null=True)
    starts_at_ms = instant("When it begins, of a party with a date.", null=True)


class Party(PartyFacts):
    """A party."""

    members = many(
        Member,
        "Who is in it. Of more than 100 the host, the asker and then those connected, by the time at which "
        "they joined: 100 at most.",
    )
    member_count = whole("How many are in it.")
    online_count = whole("How many of them are connected.")
    invite_code = text("Shown to members only.", optional=True)


class PartySummary(PartyFacts):
    """A party in a list."""

    member_count = whole("How many are in it.")
    online_count = whole("How many are connected, or follow by requests.")


class PartyPreview(Answer):
    """What an invite shows of a private party to who has not joined it."""

    id = ident("The party's id.")
    title = text("Its title.")
    state = word("Active or ended.", *(status.value for status in PartyStatus))
    member_count = whole("How many are in it.")


class InvitePreview(PartyPreview):
    """What an invite page says to who has not signed in yet."""

    host_name = text("The host's name.")
    video_title = text("What is watched.")
    online_count = whole("How many of its members are connected.")


class InvitedParty(InvitePreview):
    """What a code opens."""

    name_taken = flag("Whether another member has the name that was asked for, by whatever letters' case.")


class Event(Answer):
    """One entry of the audit log."""

    revision = whole("Its number, counted from 1 without a gap.", 1)
    type = word("What happened.", *FACTS)
    at_ms = instant("When.")
    actor_id = ident("Who did it; null when nobody did.", null=True)
    data = any_of(FACTS.values(), "The facts of its type.")
    discriminator = Discriminator("type", "data", FACTS)

    @validates_schema
    def facts_fit(self, event: dict[str, Any], **_: Any) -> None:
        """Raise ValidationError unless `data` holds the facts of the event's type."""
        errors = FACTS[event["type"]]().validate(event["data"])
        if errors:
            raise ValidationError(errors, "data")


class Joined(Answer):
    """Who has joined what."""

    member = nested(Member, "The caller's membership.")
    party = nested(Party, "The party.")


class PlaybackAnswer(Answer):
    """The timeline after the command."""

    revision = whole("The party's revision.", 1)
    playback = nested(Playback, "The timeline.")


class Correction(Answer):
    """What a player should do to be in sync again."""

    kind = word("Nothing, run at `rate` for a moment, or jump to `position_s`.", "none", "nudge", "seek")
    rate = real("The speed to run at.", 0)
    position_s = real("Where it should be at `server_time_ms`, in s.", 0)


class SyncAnswer(PlaybackAnswer):
    """Where a player should be, and what to do about it."""

    received_ms = instant("When the request came in.")
    server_time_ms = instant("When it was answered.")
    target_position_s = real("Where everybody should be at `server_time_ms`, in s.", 0)
    drift_ms = real("How far ahead the player was, in ms; negative when behind.")
    correction = nested(Correction, "What to do.")


class Ticket(Answer):
    """The way into a WebSocket for who can't send headers."""

    ticket = text("Goes on the URL as `?ticket=`. It opens one socket, once.")
    expires_in = whole("How long it holds, in s.", 1)


PartySummaryPage = page_of(PartySummary)
EventPage = page_of(
    Event,
    names=fields.Dict(
        keys=fields.String(),
        metadata={
            "description": "With `names=true`: what people are called whom these events name, by user id.",
            "additionalProperties": {"type": "string"},
        },
    ),
)
MemberPage = page_of(Member)
