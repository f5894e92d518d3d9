"""How long is kept what would grow for ever, as an operator sets it."""

from collections.abc import Mapping
from dataclasses import dataclass

from partyapp.shared.kernel.bounds import BadBound, positive_number


@dataclass(frozen=True, kw_only=True)
class KeptDays:
    """Days, each from what its comment says on; None: for ever."""

    #: A party, its log, members, invites, queue and talk, from its end on.
    parties: float | None = 365.0
    #: What was said in a party, from the party's end on.
    chat: float | None = 90.0
    #: A notification, read or not.
    notifications: float | None = 30.0
    #: An uploaded film, unless an active party shows it or has it in its queue.
    films: float | None = None

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "KeptDays":
        """Read the variables. Raises `BadBound`."""
        return cls(
            # The database lets go of no event before that.
            parties=_days(env, "PARTY_KEEP_PARTIES_DAYS", cls.parties, least=1.0),
            chat=_days(env, "PARTY_CHAT_DAYS", cls.chat),
            notifications=_days(env, "PARTY_KEEP_NOTIFICATIONS_DAYS", cls.notifications),
            films=_days(env, "PARTY_KEEP_FILMS_DAYS", cls.films),
        )


def _days(env: Mapping[str, str], name: str, default: float | None, least: float = 0.0) -> float | None:
    text = env.get(name)
    if not text:
        return default
    if text == "0":
        return None
    found = positive_number(env, name, 0.0)
    if found < least:
        raise BadBound(f"{name} must be at least {least:g}, or 0 for ever")
    return found
