"""What each type of event says in its `data`."""

from marshmallow import Schema

from partyapp.openapi.fields import Answer, flag, ident, instant, nested, real, text, whole, word, words
from partyapp.party import contract
from partyapp.party.contract import QueueMode
from partyapp.party.controllers.openapi.playback_facts import (
    Playback,
    PlaybackFacts,
    PlaybackFinishedFacts,
    PlaybackHeldFacts,
    PlaybackResumedFacts,
    VideoChangedFacts,
)
from partyapp.party.domain.film_length import BY_HOST, BY_MEMBERS
from partyapp.party.domain.grants import Grant
from partyapp.party.domain.settings import WaitFor
from partyapp.party.domain.state import Control, Visibility

GRANTS = tuple(grant.value for grant in Grant)


class PartyCreatedFacts(Answer):
    title = text("The party's title.")
    video_id = ident("The video that is watched.")
    host_id = ident("Its host and first member.")
    display_name = text("The host's name.")


class MemberFacts(Answer):
    user_id = ident("Who joined or left.")
    display_name = text("Their name.")


class MemberJoinedFacts(MemberFacts):
    grants = words("What they may do; not there in older events.", *GRANTS, optional=True)
    own_grants = words("What the invite gave them, where that is not what all have.", *GRANTS, optional=True)
    invite_id = ident("By which invite they came, if not by the party's own code.", optional=True)


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


class VideoDurationKnownFacts(Answer):
    video_id = ident("The video that is watched.")
    duration_s = real("Its length from now on, in s.", 0)
    was_s = real("Its length until then, in s; null if it wasn't known.", 0, null=True)
    by = word(
        "`host`: the host's player says so; `members`: those of several members agree.", BY_HOST, BY_MEMBERS
    )


class Wait(Answer):
    """How a party waits for members whose player loads, in s."""

    for_ = word("Whom the party waits for.", *(who.value for who in WaitFor))
    for_.data_key = "for"
    grace_s = real("So long a player may load before anybody waits.", 0)
    limit_s = real("So long the party waits at most each time.", 0)
    budget_s = real("So long it waits for one member in ten minutes.", 0)


class PartySettings(Answer):
    """What has changed of it; the others are absent."""

    title = text("Its title.", optional=True)
    visibility = word("Who may find and join it.", *(value.value for value in Visibility), optional=True)
    control = word("Who controls the playback.", *(value.value for value in Control), optional=True)
    max_members = whole("How many may be in it.", 1, optional=True)
    default_grants = words("What members may do by default.", *GRANTS, optional=True)
    wait = nested(Wait, "How it waits.", optional=True)
    chat_enabled = flag("Whether members may write.", optional=True)
    queue_mode = word("In which order the queue plays.", *(mode.value for mode in QueueMode), optional=True)
    next_after_s = real("After how long the next film begins.", 0, null=True, optional=True)
    starts_at_ms = instant("When it begins.", null=True, optional=True)


class PartyChangedFacts(Answer):
    changes = nested(PartySettings, "What was changed, and to what.")
    playback = nested(Playback, "The timeline, where its beginning was moved.", optional=True)


class MemberGrantsFacts(MemberFacts):
    grants = words("What the host gave them; null: what all have.", *GRANTS, null=True)


class MemberRemovedFacts(MemberFacts):
    banned = flag("Whether they may not come back.")


class InviteCodeFacts(Answer):
    """Nothing: the code itself is in no event."""


class PartyEndedFacts(Answer):
    reason = word(
        "`host`: the host ended it; `empty`: the last member left; `abandoned`: nobody was connected; "
        "`operator`: whoever runs the service ended it.",
        "host",
        "empty",
        "abandoned",
        "operator",
    )


FACTS: dict[str, type[Schema]] = {
    contract.PARTY_SESSION_CREATED: PartyCreatedFacts,
    contract.MEMBER_JOINED: MemberJoinedFacts,
    contract.MEMBER_LEFT: MemberLeftFacts,
    contract.MEMBER_RENAMED: MemberRenamedFacts,
    contract.HOST_TRANSFERRED: HostTransferredFacts,
    contract.PLAYBACK_STARTED: PlaybackFacts,
    contract.PLAYBACK_PAUSED: PlaybackFacts,
    contract.PLAYBACK_SOUGHT: PlaybackFacts,
    contract.PLAYBACK_FINISHED: PlaybackFinishedFacts,
    contract.PLAYBACK_HELD: PlaybackHeldFacts,
    contract.PLAYBACK_RESUMED: PlaybackResumedFacts,
    contract.VIDEO_CHANGED: VideoChangedFacts,
    contract.VIDEO_DURATION_KNOWN: VideoDurationKnownFacts,
    contract.PARTY_SESSION_CHANGED: PartyChangedFacts,
    contract.MEMBER_GRANTS_CHANGED: MemberGrantsFacts,
    contract.MEMBER_REMOVED: MemberRemovedFacts,
    contract.MEMBER_BANNED: MemberFacts,
    contract.MEMBER_UNBANNED: MemberFacts,
    contract.INVITE_CODE_CHANGED: InviteCodeFacts,
    contract.PARTY_SESSION_ENDED: PartyEndedFacts,
}
