"""A person's channel: where their notifications go, and of which kinds."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from partyapp.notification.domain import PARTY_INVITATION, PARTY_STARTING
from partyapp.party.contract import HOST_TRANSFERRED, MEMBER_JOINED, MEMBER_LEFT, PARTY_SESSION_ENDED

#: What a channel may be told of.
KINDS = (
    PARTY_INVITATION,
    PARTY_STARTING,
    HOST_TRANSFERRED,
    MEMBER_JOINED,
    MEMBER_LEFT,
    PARTY_SESSION_ENDED,
)
#: What it is told of unless its person says otherwise: what they would be sorry to miss.
DEFAULT_KINDS = (PARTY_INVITATION, PARTY_STARTING)

#: A person has at most so many channels.
MOST_CHANNELS = 5

#: A code has so many digits, is good for so long, and for so many tries.
CODE_DIGITS = 6
CODE_MS = 15 * 60_000.0
MOST_TRIES = 5
#: One place is sent at most so many codes within `CODES_MS`, whoever asks: nobody is to be bothered by them.
MOST_CODES = 5
CODES_MS = 24 * 3_600_000.0


class ChannelState(StrEnum):
    """`unverified`: its code was not typed back yet; `set_aside`: nothing arrives there any more."""

    UNVERIFIED = "unverified"
    ACTIVE = "active"
    SET_ASIDE = "set_aside"


class Failure(StrEnum):
    """Why something did not arrive, as its person may know it."""

    NOT_ACCEPTED = "not_accepted"
    TIMEOUT = "timeout"
    PRIVATE_ADDRESS = "private_address"
    INVALID_ADDRESS = "invalid_address"
    SEVERAL_RECEIVERS = "several_receivers"
    #: These three are an `Outage` each; of the last one it is for the operator to know what it is.
    NO_MAIL = "no_mail"
    UNREADABLE = "unreadable"
    NOT_SENT = "not_sent"

    @property
    def is_final(self) -> bool:
        """Whether trying again is no use."""
        return self in (Failure.PRIVATE_ADDRESS, Failure.INVALID_ADDRESS, Failure.SEVERAL_RECEIVERS)

    @property
    def is_of_the_channel(self) -> bool:
        """Whether the channel is at fault, and not the deployment."""
        return self not in (Failure.NO_MAIL, Failure.UNREADABLE, Failure.NOT_SENT)


class Outage(StrEnum):
    """Why nothing is sent to anybody in this way: the operator's to mend, and no fault of any channel."""

    MAIL_UNREACHABLE = "mail_unreachable"
    MAIL_TLS = "mail_tls"
    MAIL_LOGIN = "mail_login"
    MAIL_REFUSED = "mail_refused"
    #: `PARTY_SMTP_URL` isn't set any more.
    NO_MAIL = "no_mail_server"
    #: What the address was sealed under is no secret of the deployment any more.
    UNREADABLE = "unreadable_address"
    NO_PROCESS = "no_sending_process"
    PROCESS_KILLED = "sending_process_killed"
    #: One of this program.
    ERROR = "error"

    @property
    def shown(self) -> Failure:
        """What who waits for a code sees of it."""
        return _SHOWN.get(self, Failure.NOT_SENT)


_SHOWN = {Outage.NO_MAIL: Failure.NO_MAIL, Outage.UNREADABLE: Failure.UNREADABLE}


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A channel as its person sees it: `label` holds no secret. Instants are in ms of party time."""

    id: UUID
    user_id: UUID
    scheme: str
    label: str
    kinds: tuple[str, ...]
    state: ChannelState
    reason: str | None
    created_at_ms: float
    verified_at_ms: float | None


@dataclass(frozen=True, kw_only=True)
class NewChannel:
    """One that is added. `sealed` is its address, encrypted; `mark` tells the place, and not what it is."""

    channel: Channel
    sealed: str
    mark: str
