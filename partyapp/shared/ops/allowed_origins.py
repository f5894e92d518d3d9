"""`PARTY_ALLOWED_ORIGINS`: the pages of other origins that may use this service."""

import re
from urllib.parse import urlsplit

from partyapp.shared.ops.public_url import read_public_url

_SEPARATOR = re.compile(r"[\s,]+")
#: So much of a value is repeated to the operator, in characters.
_SHOWN = 100


def read_allowed_origins(text: str | None) -> frozenset[str]:
    """The origins as browsers name them (RFC 6454 §6.2): scheme, host, and the port where it isn't the usual.

    They are separated by commas, spaces or both. Raises ValueError with a sentence for an operator.
    """
    return frozenset(_origin(one) for one in _SEPARATOR.split(text or "") if one)


def _origin(text: str) -> str:
    if "*" in text:
        raise ValueError(
            "must name each origin (https://films.example): with * any page that somebody opens could use "
            "this service in their name"
        )
    try:
        url = read_public_url(text)
    except ValueError as error:
        raise ValueError(f"holds {text[:_SHOWN]!r}, which {error}") from None
    if url is None or urlsplit(url).path:
        raise ValueError(
            f"holds {text[:_SHOWN]!r}: an origin is scheme, host and port alone (https://films.example)"
        )
    return url
