"""Where a channel leads: an Apprise URL of an allowed scheme, or a mail address.

Apprise itself is not asked here: it takes long to load, and what it makes of an address is looked at where
nothing is at stake (see `infrastructure/sending_process.py`).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from partyapp.shared.ops.notify_settings import MAIL

#: No address is longer.
MAX_ADDRESS = 500

#: Where what stands before an `@` is no part of the place: a name that is shown, or who logs in.
_NAME_ASIDE = frozenset({"discord", "slack", "gchat", "ntfy", "gotify", "mmost"})

#: The addresses that services themselves give people, and which scheme each is.
_NATIVE = {
    "discord.com": "discord",
    "discordapp.com": "discord",
    "hooks.slack.com": "slack",
    "chat.googleapis.com": "gchat",
    "ntfy.sh": "ntfy",
}

#: The last parts of these paths are what their own schemes consist of.
_NATIVE_PARTS = {"discord": 2, "slack": 3}

# RFC 5321 without quoted local parts and address literals; nothing that could be more than one address.
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")


class BadAddress(Exception):
    """An address that can't be a channel's. The message is a sentence for its person."""


@dataclass(frozen=True)
class Address:
    """`text` is secret: it lets anybody write there."""

    scheme: str
    text: str

    @property
    def label(self) -> str:
        """Enough for its person to tell which it is."""
        if self.scheme == MAIL:
            name, _, host = self.text.rpartition("@")
            return f"{name[:1]}…@{host}"
        return f"{self.scheme} …{self.text[-3:]}"

    @property
    def place(self) -> str:
        """The same for whatever leads to the same place, so far as its writing tells."""
        if self.scheme == MAIL:
            return self.text.lower()
        written, _, rest = self.text.lower().partition("://")
        # With or without TLS.
        scheme = self.scheme.removesuffix("s")
        # Parameters say how something is sent there, and may be anything.
        parts = [part for part in unquote(rest.partition("?")[0]).split("/") if part]
        if parts and scheme in _NAME_ASIDE:
            parts[0] = parts[0].rpartition("@")[2]
        if written == "https" and scheme in _NATIVE_PARTS:
            parts = parts[-_NATIVE_PARTS[scheme] :]
        if scheme == "ntfy" and len(parts) == 1:
            parts.insert(0, "ntfy.sh")
        return f"{scheme}://{'/'.join(parts)}"


def read_address(text: str, schemes: Collection[str]) -> Address:
    """The address that somebody has typed. Raises `BadAddress`.

    `text` is one word of up to `MAX_ADDRESS` printable ASCII characters, which the request's schema sees to.
    """
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower()
    if not separator:
        scheme, rest = MAIL, text.removeprefix("mailto:")
    if scheme == "https":
        scheme = _NATIVE.get(_host(text), scheme)
    if scheme not in schemes:
        raise BadAddress("This kind of channel is not offered here.")
    if scheme != MAIL:
        return Address(scheme, text)
    if len(rest) > 254 or not _MAIL.fullmatch(rest):
        raise BadAddress("Must be one mail address, as in ada@example.org.")
    return Address(MAIL, rest)


def _host(text: str) -> str:
    try:
        return urlsplit(text).hostname or ""
    except ValueError:
        return ""
