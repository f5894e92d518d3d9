"""JSON as RFC 8259 has it, from whoever sends it."""

import json
from typing import Any, NoReturn

from partyapp.shared.kernel.errors import MalformedJson

#: Nothing in the contract is nested deeper than three levels.
MAX_JSON_DEPTH = 16


def parse_json(text: str | bytes) -> Any:
    """JSON as RFC 8259 has it: no NaN, no Infinity, no deep nesting. Raises `MalformedJson`."""
    try:
        # `json` itself would let unpaired surrogates pass where it is handed bytes.
        decoded = text.decode() if isinstance(text, bytes) else text
        found = _decode(decoded)
        if not is_surely_flat(decoded) and _is_deeper(found, MAX_JSON_DEPTH):
            raise MalformedJson("The body is nested too deeply.")
    except (ValueError, RecursionError):
        raise MalformedJson() from None
    return found


def is_surely_flat(text: str) -> bool:
    """True when a text has too few brackets to be nested deeper than `MAX_JSON_DEPTH`; nearly all have."""
    return text.count("{") + text.count("[") <= MAX_JSON_DEPTH


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


#: `json.loads` would make a decoder for each text.
_decode = json.JSONDecoder(parse_constant=_no_constant).decode


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(each, levels - 1) for each in inner)
