"""What a person is called: one rule for whoever signs in, whatever their name comes from."""

from functools import lru_cache

from partyapp.shared.kernel.visible_text import visible_text

#: The longest name, in characters.
DISPLAY_NAME_MAX = 64
#: Who has no name that can be seen, and can't be asked for another.
GUEST = "Guest"
#: A longer name is not remembered.
_LONGEST_KNOWN = 256


def cleaned_display_name(given: object) -> str:
    """The name as the sign-in would have taken it: what can be seen of it, cut to `DISPLAY_NAME_MAX`.

    A name that nothing is left of becomes `GUEST`, since an identity provider's user can't correct it.
    """
    if not isinstance(given, str):
        return GUEST
    return _cleaned(given) if len(given) <= _LONGEST_KNOWN else _cleaned.__wrapped__(given)


@lru_cache(maxsize=4096)
def _cleaned(given: str) -> str:
    """Each request brings a token with a name, mostly one that was seen a moment ago."""
    # The cut may leave half of what was joined, which is cleaned once more.
    return visible_text(visible_text(given)[:DISPLAY_NAME_MAX]) or GUEST
