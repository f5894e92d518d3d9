"""What a client may say on the socket, checked by hand: the live path has no time for schemas."""

import math
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from partyapp.party.controllers.schemas import MAX_POSITION_S, MAX_REVISION
from partyapp.party.domain.playback import MAX_RATE, MIN_RATE
from partyapp.realtime.websocket.clock_exchange import is_exchange_number, is_instant
from partyapp.shared.kernel.errors import ValidationFailed
from partyapp.shared.kernel.ids import parse_id

ACTIONS = ("play", "pause", "seek", "transfer_host", "leave", "end")
STATES = ("playing", "paused", "buffering", "ready")

_FIELDS = {
    "ping": {"type", "n", "t1", "prev"},
    "status": {"type", "position_s", "state", "revision", "sampled_at_ms"},
    "command": {"type", "id", "action", "position_s", "rate", "user_id", "expected_revision"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFrame:
    """A command as a client sent it; `user_id` is there for transfer_host."""

    id: UUID
    action: str
    position_s: float | None
    rate: float | None
    user_id: UUID | None
    expected_revision: int | None


def known_type(message: dict[str, Any]) -> str:
    """The message's type. Raises `ValidationFailed` for an unknown type or unknown fields."""
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in _FIELDS:
        raise ValidationFailed(errors={"type": ["Must be ping, status or command."]})
    unknown = message.keys() - _FIELDS[kind]
    if unknown:
        raise ValidationFailed(errors={name[:64]: ["Unknown field."] for name in sorted(unknown)[:10]})
    return kind


def read_ping(message: dict[str, Any]) -> tuple[int, float]:
    """The ping's number and t1."""
    number, t1 = message.get("n"), message.get("t1")
    if not is_exchange_number(number):
        raise ValidationFailed(errors={"n": ["Must be a whole number, 0 or more."]})
    if not is_instant(t1):
        raise ValidationFailed(errors={"t1": ["Must be a time in ms."]})
    return int(number or 0), t1 if isinstance(t1, int) else float(t1 or 0.0)


def read_prev(message: dict[str, Any]) -> tuple[int, float, float, float, float] | None:
    """The previous exchange, as its number, t1, t2, t3 and t4."""
    prev = message.get("prev")
    if prev is None:
        return None
    if not isinstance(prev, dict) or prev.keys() != {"n", "t1", "t2", "t3", "t4"}:
        raise ValidationFailed(errors={"prev": ["Must hold n, t1, t2, t3 and t4."]})
    if not is_exchange_number(prev["n"]) or not all(is_instant(prev[t]) for t in ("t1", "t2", "t3", "t4")):
        raise ValidationFailed(errors={"prev": ["Must hold a number and four times in ms."]})
    return prev["n"], float(prev["t1"]), float(prev["t2"]), float(prev["t3"]), float(prev["t4"])


def read_status(message: dict[str, Any]) -> tuple[float, str, int, float]:
    """Position in s, state, revision and the party time in ms of the sample."""
    errors: dict[str, list[str]] = {}
    position = _number(message, "position_s", 0, MAX_POSITION_S, errors, needed=True)
    revision = _whole(message, "revision", errors, needed=True)
    state = message.get("state")
    if state not in STATES:
        errors["state"] = [f"Must be one of: {', '.join(STATES)}."]
    if not is_instant(message.get("sampled_at_ms")):
        errors["sampled_at_ms"] = ["Must be a time in ms."]
    if errors:
        raise ValidationFailed(errors=errors)
    return position or 0.0, str(state), revision or 0, float(message["sampled_at_ms"])


def read_command_id(message: dict[str, Any]) -> UUID | None:
    """The command's id where it has a good one, so that an error can name it."""
    return parse_id(message.get("id"))


def read_command(message: dict[str, Any]) -> CommandFrame:
    """A whole command."""
    errors: dict[str, list[str]] = {}
    command_id = read_command_id(message)
    if command_id is None:
        errors["id"] = ["Must be a UUID."]
    action = message.get("action")
    if action not in ACTIONS:
        errors["action"] = [f"Must be one of: {', '.join(ACTIONS)}."]
    user_id = parse_id(message.get("user_id"))
    if user_id is None and (action == "transfer_host" or message.get("user_id") is not None):
        errors["user_id"] = ["Must be a UUID."]
    position_s = _number(message, "position_s", 0, MAX_POSITION_S, errors, needed=action == "seek")
    rate = _number(message, "rate", MIN_RATE, MAX_RATE, errors)
    expected = _whole(message, "expected_revision", errors)
    if errors or command_id is None:
        raise ValidationFailed(errors=errors)
    return CommandFrame(
        id=command_id,
        action=str(action),
        position_s=position_s,
        rate=rate,
        user_id=user_id,
        expected_revision=expected,
    )


def _finite(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _number(
    message: dict[str, Any],
    name: str,
    low: float,
    high: float,
    errors: dict[str, list[str]],
    *,
    needed: bool = False,
) -> float | None:
    value = message.get(name)
    if value is None and not needed:
        return None
    number = _finite(value)
    if number is None or not low <= number <= high:
        errors[name] = [f"Must be a number from {low:g} to {high:g}."]
        return None
    return number


def _whole(
    message: dict[str, Any], name: str, errors: dict[str, list[str]], *, needed: bool = False
) -> int | None:
    value = message.get(name)
    if value is None and not needed:
        return None
    if not is_exchange_number(value) or int(value or 0) > MAX_REVISION:
        errors[name] = ["Must be a whole number, 0 or more."]
        return None
    return int(value or 0)
