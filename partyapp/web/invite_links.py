"""Invite links as chat programs, mail programs and fingers leave them, and what can still be read in them."""

import re
from dataclasses import dataclass
from unicodedata import category
from urllib.parse import parse_qs, unquote, urlencode

#: A link that was passed on may have been percent-encoded once more at each step.
_UNQUOTED_AT_MOST = 3
_AMPERSAND = re.compile(r"&(?:amp|#0*38|#x0*26);?", re.IGNORECASE)
#: Hyphens and dashes that programs put for the plain one.
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_PARTY = re.compile(
    r"(?:^|/)p/[^0-9a-z]*([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})(?![0-9a-f])",
    re.IGNORECASE,
)
#: A code is of the URL-safe alphabet of base 64 (RFC 4648 §5), so that the sentence around it ends it.
_INVITE = re.compile(r"(?<![a-z])invite(?:_code)?\s*[=:]\s*[^A-Za-z0-9_\-&;]*([A-Za-z0-9_-]+)", re.IGNORECASE)
#: What a mail program has left of a `=` (quoted-printable, RFC 2045 §6.7), before a code that is as long
#: as codes are. A code may begin with these two itself.
_LEFT_OF_EQUALS = re.compile("^3D(?=[A-Za-z0-9_-]{32}$)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class InviteLink:
    """What an invite link says: whose party, by which code, and under which name to enter."""

    party_id: str
    invite_code: str | None = None
    name: str | None = None

    @property
    def address(self) -> str:
        """The link as it should be: path and query, without a host."""
        given = {"invite": self.invite_code, "name": self.name}
        query = urlencode({name: value for name, value in given.items() if value})
        return f"/p/{self.party_id}" + (f"?{query}" if query else "")


def read_link(path: str, query: str) -> InviteLink | None:
    """What can be understood of a path (decoded once) and a query; None when the path names no party."""
    path = _cleaned(path)
    party = _PARTY.search(path)
    if party is None:
        return None
    invite = _INVITE.search(f"{path[party.end() :]}?{_cleaned(query)}")
    # A name is decoded once, as it was written; the ampersand before it may have been escaped more often.
    for _ in range(_UNQUOTED_AT_MOST):
        query = _AMPERSAND.sub("&", query)
    names = parse_qs(query).get("name")
    return InviteLink(
        party_id="-".join(party.groups()).lower(),
        invite_code=_LEFT_OF_EQUALS.sub("", invite[1], count=1) if invite else None,
        name=names[0] if names else None,
    )


def is_whole(path: str, query: str, link: InviteLink) -> bool:
    """Whether the address says `link` in so many words; parameters that others added do no harm."""
    codes = parse_qs(query, keep_blank_values=True).get("invite", [])
    return path == f"/p/{link.party_id}" and codes == ([link.invite_code] if link.invite_code else [])


def _cleaned(text: str) -> str:
    """The text decoded as often as it was encoded, without what can't be seen, with plain hyphens."""
    for _ in range(_UNQUOTED_AT_MOST):
        decoded = _AMPERSAND.sub("&", unquote(text))
        if decoded == text:
            break
        text = decoded
    # Format characters are zero-width spaces, byte order marks, soft hyphens and marks of direction; control
    # characters are the ends of lines that a mail program has put in.
    seen = "".join(character for character in text if category(character) not in ("Cf", "Cc"))
    return _DASHES.sub("-", seen)
