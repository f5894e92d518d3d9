"""What the server sends on the party's WebSocket, made of the objects that REST shows."""

from partyapp.openapi.fields import Answer, flag, ident, instant, many, nested, real, text, whole, word
from partyapp.openapi.objects import Problem
from partyapp.openapi.socket_message import Sender, SocketMessage
from partyapp.party.controllers.openapi.event_facts import PartyEndedFacts
from partyapp.party.controllers.openapi.objects import Event, Member, Party, Sync
from partyapp.party.controllers.openapi.playback_facts import Playback
from partyapp.party.controllers.openapi.queue_objects import Queue
from partyapp.party.domain.playback import PlaybackAction
from partyapp.transcode.openapi import Video

_EPOCH = "Names the clock. A client forgets what it learned of another one."
_ROOT_BOUND = "How far party time itself may be off, in ms."


class Pace(Answer):
    """How often a member should be heard while nothing changes. A change of its state it reports at once."""

    ping_ms = whole("The time from one ping to the next, in ms.", 1)
    status_ms = whole("The time from one status to the next, in ms.", 1)


class Welcome(Answer):
    protocol = word("The protocol of this socket.", "party.v1")
    user_id = ident("Whom it is for.")
    server_time_ms = instant("When it was sent.")
    clock_epoch = text(_EPOCH)
    root_bound_ms = real(_ROOT_BOUND, 0)
    heartbeat_s = real("How often the server sends a WebSocket ping, in s.", 0)
    pace = nested(Pace, "How often the server wants to hear this member.")
    party = nested(Party, "The whole party.")
    queue = nested(Queue, "Which films follow.", optional=True)


class Pong(Answer):
    n = whole("The ping's number.")
    t1 = real("The ping's t1.")
    t2 = instant("When the ping was received.")
    t3 = instant("Just before the pong was sent.")
    clock_epoch = text(_EPOCH)
    root_bound_ms = real(_ROOT_BOUND, 0)


class PlaybackChanged(Answer):
    revision = whole("The party's revision.", 1)
    playback = nested(Playback, "The timeline.")
    action = word("What was done.", *(action.value for action in PlaybackAction))
    by = ident("Who asked.")
    command_id = ident("The `id` of the command, where it had one.", optional=True)


class EventHappened(Answer):
    event = nested(Event, "What happened.")
    member = nested(Member, "Who joined, with `member_joined`.", optional=True)
    host_id = ident("The new host, with `host_transferred`.", optional=True)
    playback = nested(Playback, "The timeline, with an event of the playback.", optional=True)


class Tick(Answer):
    revision = whole("The party's revision. Whose own is behind reconnects.", 1)
    playback = nested(Playback, "The timeline.")
    server_time_ms = instant("When it was sent.")
    clock_epoch = text(_EPOCH)


class MemberPresence(Answer):
    """How a member is connected."""

    user_id = ident("Who it is.")
    online = flag("Whether any device of theirs is connected.")
    sync = nested(Sync, "How well they follow; null before anything is known.", null=True)


class Presence(Answer):
    members = many(MemberPresence, "The members that changed.")


class Crowd(Answer):
    member_count = whole("How many are in the party.")
    online_count = whole("How many of them are connected.")
    in_sync = whole("How many of those are proven to be in sync.")
    likely = whole("How many are in sync as far as can be told.")
    out_of_sync = whole("How many are not.")
    # The name is the schema's own option, too, which is another attribute when it runs.
    unknown = whole("Of how many nothing is known.")  # type: ignore[assignment]


class VideoChanged(Answer):
    video = nested(Video, "The party's video as it is now.")


class HostReturned(Answer):
    user_id = ident("Who was host, was replaced while away, and is back.")
    display_name = text("Their name.")
    until_ms = instant("Until when the role may be given back on this occasion.")


class Ack(Answer):
    id = ident("The command's.")
    revision = whole("The party's revision after it.", 1)


class Renewed(Answer):
    expires_at_ms = instant("When the socket's token ends now.")


class Refused(Answer):
    id = ident("The command's, where the frame had one.", optional=True)
    problem = nested(Problem, "Why.")


class Removed(Answer):
    banned = flag("Whether one may not come back.")


class Ended(PartyEndedFacts):
    revision = whole("The party's last revision.", 1)


def _sent(name: str, payload: type[Answer], summary: str) -> SocketMessage:
    return SocketMessage(name=name, sender=Sender.SERVER, summary=summary, payload=payload)


SERVER_MESSAGES = (
    _sent("welcome", Welcome, "Always first, and again when changes were missed. It holds the whole party."),
    _sent("pong", Pong, "The answer to `ping`."),
    _sent(
        "playback",
        PlaybackChanged,
        "A playback command was committed. It goes to every member, who asked included.",
    ),
    _sent("event", EventHappened, "Any other event of the party was committed."),
    _sent("tick", Tick, "The committed state repeated, every few seconds."),
    _sent(
        "presence",
        Presence,
        "Who came, went, or follows differently. At most once a second; in a party of more than 100 only of "
        "the members that the socket's welcome has listed.",
    ),
    _sent("crowd", Crowd, "A party of more than 100 in numbers. At most once in 2 s."),
    _sent("video", VideoChanged, "Something has become of the party's film: it moves on in its preparation."),
    _sent(
        "host_returned",
        HostReturned,
        "To the host alone: who was host before is back. `transfer_host` gives the role back.",
    ),
    _sent("pace", Pace, "How often the server wants to hear this member from now on."),
    _sent("ack", Ack, "A command was carried out."),
    _sent("renewed", Renewed, "The answer to `renew`."),
    _sent(
        "error",
        Refused,
        "A command was refused, or a message was not understood. The socket stays open.",
    ),
    _sent("removed", Removed, "One was put out of the party. The socket is closed with 4403 after it."),
    _sent("ended", Ended, "The party ended. The socket is closed with 4410 after it."),
)
