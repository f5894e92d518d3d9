"""What keeps mail from going out by the server of `PARTY_SMTP_URL`."""

from partyapp.channel.domain.channel import Outage
from partyapp.channel.infrastructure.mail_sender import MailSender
from partyapp.deployment_checks import Check, Fault
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.ops.notify_settings import MailServer

#: A check takes no longer, in s.
_LIMIT_S = 10.0

_FAULTS = {
    Outage.MAIL_UNREACHABLE: (
        "can't be reached, or doesn't answer in time",
        "name its host and port in PARTY_SMTP_URL, and let the webhooks process connect there",
    ),
    Outage.MAIL_TLS: (
        "does no TLS that this machine trusts",
        "give it a certificate for that very host; smtps:// is for TLS from the first byte (port 465), "
        "smtp:// with a user or ?starttls=1 for STARTTLS (port 587)",
    ),
    Outage.MAIL_LOGIN: (
        "refuses the user, or the password",
        "name both in PARTY_SMTP_URL, what is no letter or digit of them as %XX",
    ),
    Outage.MAIL_REFUSED: (
        "takes no mail from PARTY_MAIL_FROM",
        "name an address that this server may send for, or a user who may",
    ),
}


def mail_checks(server: MailServer) -> dict[str, Check]:
    """The check by its name. No mail is sent."""
    return {"mail server": lambda _: _mail(server)}


def _mail(server: MailServer) -> str:
    where = f"{server.host}:{server.port}"
    outage = MailSender(server, WallClock(), limit_s=_LIMIT_S).outage()
    if outage is None:
        return where
    text, remedy = _FAULTS[outage]
    raise Fault(f"{where} {text}", remedy)
