"""Why a party says no."""

from partyapp.shared.kernel.errors import Forbidden, NotFound, Refusal


class PartyNotFound(NotFound):
    detail = "There is no such party, or you may not know of it."


class PartyEnded(Refusal):
    code = "party_ended"
    detail = "The party has ended; it can only be read."


class PartyFull(Refusal):
    code = "party_full"
    detail = "The party has as many members as it may have."


class NotAMember(Refusal):
    code = "not_a_member"
    detail = "Join the party first."


class InvalidInvite(Refusal):
    code = "invalid_invite"
    detail = "The invite code is not that of this party."


class StaleRevision(Refusal):
    code = "stale_revision"
    detail = "The party has moved on since the revision you expected."


class VideoNotReady(Refusal):
    code = "video_not_ready"
    detail = "The video is still being prepared, or its preparation failed."


class QueueEmpty(Refusal):
    code = "queue_empty"
    detail = "No film follows; put one into the queue first."


class NotTheHost(Forbidden):
    detail = "Only the host may do this."


class NotGranted(Forbidden):
    detail = "You have not been given the right to do this."


class Banned(Forbidden):
    code = "banned"
    detail = "You were banned from this party."


class HostCannotBeRemoved(Refusal):
    code = "host_cannot_be_removed"
    detail = "The host can't be removed from their party."


class NoSuchMember(NotFound):
    detail = "Nobody of this id has ever been in this party."


class NoSuchInvite(NotFound):
    detail = "There is no such invite to this party."


class TokenUsed(Forbidden):
    detail = "This token has let its person in once already. Whoever signed it signs another one."
