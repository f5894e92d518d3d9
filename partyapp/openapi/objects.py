"""The objects of the contract as schemas, which describe answers and which real answers are held to."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from partyapp.openapi.event_facts import FACTS
from partyapp.openapi.fields import flag, ident, instant, many, nested, real, text, whole, word
from partyapp.party.domain.member import MemberRole
from partyapp.party.domain.playback import PlaybackStatus
from partyapp.party.domain.state import Control, PartyStatus, Visibility
from partyapp.shared.kernel.errors import PROBLEMS
from partyapp.transcode.domain import JobState


class Problem(Schema):
    """Why a request was refused (RFC 9457)."""

    type = text("Names the problem; the same for the same `code`.", format="uri-reference")
    title = text("What the code means, for a person.")
    status = whole("The HTTP status.", 400)
    detail = text("Why it happened here, in one sentence for a person.")
    code = word("What a program decides by.", *PROBLEMS)
    errors = fields.Dict(
        keys=fields.String(),
        metadata={
            "description": "With `validation_failed`: the reasons by field.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    )


class User(Schema):
    """A person."""

    id = ident("The user's id.")
    display_name = text("The name that others see.")


class GuestSignedIn(Schema):
    """A new guest and the token that proves them."""

    access_token = text("Send it as `Authorization: Bearer …`.")
    token_type = word("Always `Bearer`.", "Bearer")
    expires_in = whole("How long the token holds, in s.", 1)
    user = nested(User, "The guest.")


class TranscodeJob(Schema):
    """What makes a video playable."""

    id = ident("The job's id.")
    state = word("Where the job stands.", *(state.value for state in JobState))
    progress = real("0 to 1.", 0)
    error = text("Why a failed job failed.", null=True)


class Video(Schema):
    """Something to watch. It is playable without a job, or with a completed one."""

    id = ident("The video's id.")
    title = text("Its title.")
    duration_s = real("Its length in s.", 0)
    playback_url = text("Where a player finds it: a URL, or a path on this server.", format="uri-reference")
    transcode_job = nested(TranscodeJob, "Its job, or null when it needs none.", null=True)


class Playback(Schema):
    """The timeline that all follow.

    From `at_ms` on, the position at party time t is `position_s`, plus `rate * (t - at_ms) / 1000` while it
    plays, never past the end. `at_ms` may lie in the future; until then the timeline before it holds.
    """

    state = word("Stopped, playing or paused.", *(status.value for status in PlaybackStatus))
    position_s = real("The media position at `at_ms`, in s.", 0)
    rate = real("The speed, 0.25 to 4.", 0)
    at_ms = instant("From when on it holds.")
    revision = whole("The event that set it.")


class Sync(Schema):
    """How well a member follows, as the server can tell; of several devices the one furthest off."""

    offset_bound_ms = real("How far the member's clock can be off at most, in ms.", 0, null=True)
    drift_ms = real("How far ahead the player is, in ms; negative when behind.", null=True)
    rtt_ms = real("The round trip, in ms.", 0, null=True)
    state = word("What the player does.", "playing", "paused", "buffering", "ready", null=True)
    verdict = word("The verdict.", "in_sync", "likely", "out_of_sync", "unknown")


class Member(Schema):
    """Somebody in a party."""

    user_id = ident("Who it is.")
    display_name = text("Their name.")
    role = word("Host or member.", *(role.value for role in MemberRole))
    joined_at_ms = instant("When they joined.")
    online = flag("Whether any device of theirs is connected.")
    sync = nested(Sync, "How well they follow; null before anything is known.", null=True)


class PartyFacts(Schema):
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


class Party(PartyFacts):
    """A party."""

    members = many(Member, "Who is in it.")
    invite_code = text("Shown to members only.", optional=True)


class PartySummary(PartyFacts):
    """A party in a list."""

    member_count = whole("How many are in it.")


class PartyPreview(Schema):
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


class Event(Schema):
    """One entry of the audit log."""

    revision = whole("Its number, counted from 1 without a gap.", 1)
    type = word("What happened.", *FACTS)
    at_ms = instant("When.")
    actor_id = ident("Who did it; null when nobody did.", null=True)
    data = fields.Dict(required=True, metadata={"description": "The facts of its type."})

    @validates_schema
    def facts_fit(self, event: dict[str, Any], **_: Any) -> None:
        """Raise ValidationError unless `data` holds the facts of the event's type."""
        errors = FACTS[event["type"]]().validate(event["data"])
        if errors:
            raise ValidationError(errors, "data")


class Joined(Schema):
    """Who has joined what."""

    member = nested(Member, "The caller's membership.")
    party = nested(Party, "The party.")


class PlaybackAnswer(Schema):
    """The timeline after the command."""

    revision = whole("The party's revision.", 1)
    playback = nested(Playback, "The timeline.")


class Correction(Schema):
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


class Ticket(Schema):
    """The way into a WebSocket for who can't send headers."""

    ticket = text("Goes on the URL as `?ticket=`. It opens one socket, once.")
    expires_in = whole("How long it holds, in s.", 1)


class Outcome(fields.Field[Any]):
    """What a command gave: what the request itself would have been answered with."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        if not isinstance(value, dict):
            raise ValidationError("Must be an object.")
        return (Joined if "member" in value else Party)().load(value)


class AcceptedCommand(Schema):
    """A command that is on its way."""

    id = ident("The command's id.")
    state = word("Always `pending`.", "pending")


class Command(Schema):
    """A lifecycle command and what became of it."""

    id = ident("The command's id.")
    state = word("Where it stands.", "pending", "succeeded", "failed")
    result = Outcome(
        allow_none=True,
        metadata={"description": "When it succeeded. Null for leave and end, and for who may not see it."},
    )
    problem = fields.Nested(Problem, metadata={"description": "When it failed."})


class Notification(Schema):
    """Something that happened in one of the caller's parties."""

    id = ident("The notification's id.")
    type = word("The type of the event it tells of.", *FACTS)
    party_id = ident("The party.", null=True)
    created_at_ms = instant("When it happened.")
    read_at_ms = instant("When it was read; null while it is not.", null=True)
    data = fields.Dict(
        required=True,
        metadata={"description": "`party_title`, `who` (`id` and `display_name`), and facts of the event."},
    )


class Checks(Schema):
    """What was reached."""

    postgres = word("The database.", "ok", "missing")
    redis = word("Redis.", "ok", "missing")
    worker = word("A worker that was heard of lately.", "ok", "missing")


class Liveness(Schema):
    """The process is alive."""

    status = word("Always `alive`.", "alive")


class Readiness(Schema):
    """Everything that is needed is reachable."""

    status = word("Always `ready`.", "ready")
    checks = nested(Checks, "What was reached.")


class NotReady(Problem):
    """Something that is needed is missing."""

    checks = nested(Checks, "What was reached.")


def page_of(item: type[Schema], **more: Any) -> type[Schema]:
    """The schema of a page of `item`s; `more` are further fields."""
    cursor = text("Where the next page starts: send it as `cursor`. Null at the end.", null=True)
    declared = {"items": many(item, "This page."), "next_cursor": cursor, **more}
    made: type[Schema] = type(
        f"{item.__name__}Page",
        (Schema,),
        {**declared, "__module__": __name__, "__doc__": f"A page of {item.__name__} objects."},
    )
    return made


VideoPage = page_of(Video)
PartySummaryPage = page_of(PartySummary)
EventPage = page_of(Event)
NotificationPage = page_of(Notification, unread_count=whole("How many of all are unread."))
