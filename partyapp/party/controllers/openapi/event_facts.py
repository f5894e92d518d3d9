"""What each type of event says in its `data`."""

from marshmallow import Schema

from partyapp.openapi.fields import Answer, ident, instant, real, text, word
from partyapp.party import contract
from partyapp.party.domain.film_length import BY_HOST, BY_MEMBERS
from partyapp.party.domain.playback import MAX_RATE, MIN_RATE, PlaybackStatus


class PartyCreatedFacts(Answer):
    title = text("The party's title.")
    video_id = ident("The video that is watched.")
    host_id = ident("Its host and first member.")
    display_name = text("The host's name.")


class MemberFacts(Answer):
    user_id = ident("Who joined or left.")
    display_name = text("Their name.")


class MemberLeftFacts(MemberFacts):
    reason = word(
        "`left`: by themselves; `absent`: gone for ten minutes when somebody else needed a seat. "
        "Not there in events of before this was told.",
        "left",
        "absent",
        optional=True,
    )


class MemberRenamedFacts(Answer):
    user_id = ident("Who has another name.")
    display_name = text("Their name from then on.")
    former_name = text("Their name until then.")


class HostTransferredFacts(Answer):
    from_user_id = ident("The host until then.")
    to_user_id = ident("The host from then on.")
    to_display_name = text("Their name, also where a large party's list doesn't hold them.", optional=True)
    to_joined_at_ms = instant("When they joined.", optional=True)
    reason = word(
        "`transfer`: handed over; `left`: the host left; `absent`: the host was gone for too long.",
        "transfer",
        "left",
        "absent",
    )


class PlaybackFacts(Answer):
    state = word("What the party does from `at_ms` on.", *(status.value for status in PlaybackStatus))
    position_s = real("The media position at `at_ms`, in s.", 0)
    rate = real(f"The speed, {MIN_RATE:g} to {MAX_RATE:g}.", 0)
    at_ms = instant("From when on it holds.")
    lead_ms = real(
        "How far ahead the members needed the command, in ms. One that begins later was scheduled before it"
        " if `at_ms` is further ahead.",
        0,
    )


class VideoDurationKnownFacts(Answer):
    video_id = ident("The video that is watched.")
    duration_s = real("Its length from now on, in s.", 0)
    was_s = real("Its length until then, in s; null if it wasn't known.", 0, null=True)
    by = word(
        "`host`: the host's player says so; `members`: those of several members agree.", BY_HOST, BY_MEMBERS
    )


class PartyEndedFacts(Answer):
    reason = word(
        "`host`: the host ended it; `empty`: the last member left; `abandoned`: nobody was connected.",
        "host",
        "empty",
        "abandoned",
    )


FACTS: dict[str, type[Schema]] = {
    contract.PARTY_SESSION_CREATED: PartyCreatedFacts,
    contract.MEMBER_JOINED: MemberFacts,
    contract.MEMBER_LEFT: MemberLeftFacts,
    contract.MEMBER_RENAMED: MemberRenamedFacts,
    contract.HOST_TRANSFERRED: HostTransferredFacts,
    contract.PLAYBACK_STARTED: PlaybackFacts,
    contract.PLAYBACK_PAUSED: PlaybackFacts,
    contract.PLAYBACK_SOUGHT: PlaybackFacts,
    contract.PLAYBACK_FINISHED: PlaybackFacts,
    contract.VIDEO_DURATION_KNOWN: VideoDurationKnownFacts,
    contract.PARTY_SESSION_ENDED: PartyEndedFacts,
}
