"""Where a channel leads: an Apprise URL of an allowed scheme, or a mail address.

Apprise itself is not asked here: it takes long to load, and what it makes of an address is looked at where
nothing is at stake (see `infrastructure/sending_process.py`).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from partyapp.shared.ops.notify_settings import MAIL

#: No address is longer.
MAX_ADDRESS = 500

#: The addresses that services themselves give people, and which scheme each is.
_NATIVE = {
    "discord.com": "discord",
    "discordapp.com": "discord",
    "hooks.slack.com": "slack",
    "chat.googleapis.com": "gchat",
    "ntfy.sh": "ntfy",
}

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


def read_address(text: str, schemes: Collection[str]) -> Address:
    """The address that somebody has typed. Raises `BadAddress`."""
    text = text.strip()
    if not text.isascii() or not text.isprintable() or " " in text or not 0 < len(text) <= MAX_ADDRESS:
        raise BadAddress(f"Must be an address of 1 to {MAX_ADDRESS} printable characters.")
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
