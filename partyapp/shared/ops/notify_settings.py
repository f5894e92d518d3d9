"""How notifications reach people outside of the page: the part of the settings that is about them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

from partyapp.shared.kernel.bounds import flag, positive_number

#: What mail is called. It goes by the operator's own server, so an address is all that people name.
MAIL = "mailto"

#: What may be named unless the operator says otherwise: services on the Internet, and two that people run
#: themselves, to which the same rule of public addresses applies.
DEFAULT_SCHEMES = frozenset(
    {
        MAIL, "discord", "slack", "tgram", "gchat", "pover", "pbul", "zulip", "mmosts", "rockets",
        "ntfy", "ntfys", "gotify", "gotifys",
    }
)  # fmt: skip

#: What would act on this machine or speak its networks' own protocols, whatever the operator says: desktops
#: and logs here, other programs' files, and what is no HTTP, which the guard of addresses was not tried with.
FORBIDDEN_SCHEMES = frozenset(
    {
        "syslog", "rsyslog", "dbus", "kde", "qt", "glib", "gnome", "macosx", "windows", "blink1", "growl",
        "mailtos", "xmpp", "xmpps", "mqtt", "mqtts", "amqp", "amqps", "irc", "ircs", "smpp", "smpps",
        "aprs", "file", "apprise", "apprises",
    }
)  # fmt: skip

_SCHEME = re.compile(r"[a-z][a-z0-9]{1,31}")


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """The operator's own, by which mail goes out. `is_tls` from its first byte; `needs_tls` by STARTTLS."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    is_tls: bool = False
    needs_tls: bool = False
    sender: str


@dataclass(frozen=True, kw_only=True)
class NotifySettings:
    """What an operator may set about channels. Durations are in s."""

    #: The schemes of Apprise that people may name.
    schemes: frozenset[str] = DEFAULT_SCHEMES
    #: Whether what people name may be in private networks: this machine, a router, a cloud's metadata.
    allow_private: bool = False
    mail: MailServer | None = None
    #: The wait after the first failure, the longest wait, and when a channel is set aside.
    first_retry_s: float = 5.0
    longest_retry_s: float = 1800.0
    retry_for_s: float = 6 * 3600.0
    #: So many messages go out at once from one process.
    concurrency: int = 2
    #: One person is sent so many messages at once, and as many in an hour.
    per_hour: int = 30

    @property
    def offered(self) -> frozenset[str]:
        """Those that work: no mail without a server for it."""
        return self.schemes if self.mail is not None else self.schemes - {MAIL}

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "NotifySettings":
        """Read the environment. Raises ValueError with one line for an operator."""
        return cls(
            schemes=_schemes(env.get("PARTY_NOTIFY_SCHEMES")),
            allow_private=flag(env, "PARTY_NOTIFY_ALLOW_PRIVATE", default=cls.allow_private),
            mail=_mail_server(env),
            first_retry_s=positive_number(env, "PARTY_NOTIFY_FIRST_RETRY_S", cls.first_retry_s),
            longest_retry_s=positive_number(env, "PARTY_NOTIFY_LONGEST_RETRY_S", cls.longest_retry_s),
            retry_for_s=positive_number(env, "PARTY_NOTIFY_RETRY_FOR_S", cls.retry_for_s),
            concurrency=max(1, int(positive_number(env, "PARTY_NOTIFY_CONCURRENCY", cls.concurrency))),
            per_hour=max(1, int(positive_number(env, "PARTY_NOTIFY_PER_HOUR", cls.per_hour))),
        )


def _mail_server(env: Mapping[str, str]) -> MailServer | None:
    text, sender = env.get("PARTY_SMTP_URL"), env.get("PARTY_MAIL_FROM", "")
    if not text:
        return None
    if "@" not in parseaddr(sender)[1] or not sender.isprintable():
        raise ValueError("PARTY_MAIL_FROM must be the address that mail comes from, with PARTY_SMTP_URL")
    problem = "PARTY_SMTP_URL must be smtp://[user:password@]host[:port][?starttls=1], or smtps://…"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(problem) from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError(problem)
    is_tls = parts.scheme == "smtps"
    return MailServer(
        host=parts.hostname,
        port=port or (465 if is_tls else 587),
        user=_unquoted(parts.username),
        password=_unquoted(parts.password),
        is_tls=is_tls,
        needs_tls=parse_qs(parts.query).get("starttls") == ["1"],
        sender=sender,
    )


def _unquoted(text: str | None) -> str | None:
    return None if text is None else unquote(text)


def _schemes(text: str | None) -> frozenset[str]:
    """Commas or blanks between them; an empty text for none."""
    if text is None:
        return DEFAULT_SCHEMES
    found = frozenset(text.replace(",", " ").lower().split())
    for scheme in sorted(found):
        if not _SCHEME.fullmatch(scheme):
            raise ValueError(f"PARTY_NOTIFY_SCHEMES holds no scheme of Apprise: {scheme}")
        if scheme in FORBIDDEN_SCHEMES:
            raise ValueError(f"PARTY_NOTIFY_SCHEMES can't hold {scheme}: it acts on this machine or network")
    return found
