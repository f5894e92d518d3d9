"""How much one person, one address or one host may ask for: rates and quotas, as an operator sets them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

_PERIODS_S = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_RATE = re.compile(r"([1-9][0-9]{0,8})/(second|minute|hour|day)", re.ASCII)

#: Higher than anything that can be reached.
UNLIMITED = 2**31 - 1


class BadBound(ValueError):
    """A bound that can't be understood; the message is one line for an operator."""


@dataclass(frozen=True, kw_only=True)
class Rate:
    """At most `amount` in any `per_s` seconds."""

    amount: int
    per_s: int

    @classmethod
    def parse(cls, name: str, text: str) -> "Rate":
        """Read `600/minute`. Raises `BadBound`."""
        found = _RATE.fullmatch(text.strip())
        if found is None:
            raise BadBound(f"{name} must be like 600/minute (second, minute, hour or day)")
        return cls(amount=int(found[1]), per_s=_PERIODS_S[found[2]])


@dataclass(frozen=True, kw_only=True)
class Rates:
    """The rate limits. Each name but `enabled` is also the setting's name after `RATELIMIT_`."""

    enabled: bool = True
    #: Requests under /api from one address.
    address: Rate = Rate(amount=3000, per_s=60)
    #: Guests that sign in from one address.
    sign_in: Rate = Rate(amount=120, per_s=60)
    #: Device codes that are tried from one address; a person's code is one of 2.6e10 and holds for 5 minutes.
    device_code: Rate = Rate(amount=10, per_s=60)
    #: WebSocket handshakes from one address.
    handshake: Rate = Rate(amount=600, per_s=60)
    #: Requests under /api of one person.
    user: Rate = Rate(amount=600, per_s=60)
    #: Of these, the ones that a worker has to carry out: create, join, leave, transfer, end.
    lifecycle: Rate = Rate(amount=60, per_s=60)
    #: Requests under /api with one key of a server.
    key: Rate = Rate(amount=3000, per_s=60)
    #: WebSocket handshakes of one person.
    socket: Rate = Rate(amount=60, per_s=60)
    #: Messages on one WebSocket in the long run; eight times as many may come at once.
    messages: Rate = Rate(amount=30, per_s=1)
    #: Commands of one person that change a party for everybody, on all their sockets and by REST, in the long
    #: run; ten seconds' worth may come at once.
    commands: Rate = Rate(amount=5, per_s=1)
    #: The same of all members of one party together.
    party_commands: Rate = Rate(amount=20, per_s=1)
    #: Chat messages of one person in the long run; eight seconds' worth may come at once.
    chat: Rate = Rate(amount=1, per_s=1)
    #: The same of reactions.
    reactions: Rate = Rate(amount=4, per_s=1)

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "Rates":
        """Read `RATELIMIT_…`. Raises `BadBound`."""
        enabled = flag(env, "RATELIMIT_ENABLED", default=True)
        given: dict[str, Rate] = {}
        for each in fields(cls):
            name = f"RATELIMIT_{each.name.upper()}"
            if each.name != "enabled" and env.get(name):
                given[each.name] = Rate.parse(name, env[name])
        return cls(enabled=enabled, **given)


@dataclass(frozen=True, kw_only=True)
class Quotas:
    """How many of a thing there may be at the same time."""

    #: Active parties that one person hosts.
    parties: int = 50
    #: The most that a party's `max_members` may be.
    members: int = 10_000
    #: WebSockets of one person on one web process.
    sockets: int = 20

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "Quotas":
        """Read `PARTY_MAX_…`. Raises `BadBound`.

        A load test is one person with much of everything, so without rate limits there is no quota of
        parties and sockets either, unless one is set.
        """
        unlimited = env.get("RATELIMIT_ENABLED") == "0"
        return cls(
            parties=_count(env, "PARTY_MAX_PARTIES", UNLIMITED if unlimited else cls.parties),
            members=min(_count(env, "PARTY_MAX_MEMBERS", cls.members), cls.members),
            sockets=_count(env, "PARTY_MAX_SOCKETS", UNLIMITED if unlimited else cls.sockets),
        )


def flag(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    """The variable as 1 or 0, or `default`. Raises `BadBound`."""
    text = env.get(name)
    if not text:
        return default
    if text not in ("0", "1"):
        raise BadBound(f"{name} must be 0 or 1")
    return text == "1"


def positive_number(env: Mapping[str, str], name: str, default: float) -> float:
    """The variable as a number above 0 and below 1e9, or `default` as it is. Raises `BadBound`."""
    text = env.get(name)
    if not text:
        return float(default)
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1e9:
        raise BadBound(f"{name} must be a positive number")
    return value


def _count(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and 0 < int(text[:10]) <= UNLIMITED and len(text) <= 10):
        raise BadBound(f"{name} must be a whole number, 1 or more")
    return int(text)
