"""Reads the plain subset of YAML that docs/asyncapi.yaml keeps to: maps, lists, scalars and text."""

from __future__ import annotations

import json
import re
from typing import Any

_LINE = re.compile(r'(?P<indent> *)(?P<dash>- )?(?:(?P<key>"?[$\w.-]+"?):(?: |$))?(?P<value>.*)')


def read_outline(text: str) -> Any:
    """The document. Raises ValueError for a line that is outside of the subset."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    value, rest = _block(lines, 0)
    if rest:
        raise ValueError(rest[0])
    return value


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _block(lines: list[str], depth: int) -> tuple[Any, list[str]]:
    if lines[0].lstrip().startswith("- "):
        items = []
        while lines and _depth(lines[0]) == depth and lines[0].lstrip().startswith("- "):
            inner = lines[0].replace("- ", "  ", 1)
            is_map = re.match(r' *"?[$\w-]+"?:(?: |$)', inner)
            item, lines = _block([inner, *lines[1:]], depth + 2) if is_map else (_scalar(inner), lines[1:])
            items.append(item)
        return items, lines
    found: dict[str, Any] = {}
    while lines and _depth(lines[0]) == depth:
        match = _LINE.fullmatch(lines[0])
        if match is None or match["key"] is None or match["dash"]:
            raise ValueError(lines[0])
        key, value, lines = match["key"].strip('"'), match["value"], lines[1:]
        if value == "|-":
            taken = next((i for i, line in enumerate(lines) if _depth(line) <= depth), len(lines))
            found[key], lines = "\n".join(line.strip() for line in lines[:taken]), lines[taken:]
        elif value:
            found[key] = _scalar(value)
        else:
            found[key], lines = _block(lines, _depth(lines[0]))
    return found, lines


def _scalar(text: str) -> Any:
    text = text.strip()
    if text.startswith("["):
        return [part.strip() for part in text[1:-1].split(",")]
    if text.startswith('"') or re.fullmatch(r"true|false|-?\d+(\.\d+)?", text):
        return json.loads(text)
    if ": " in text or " #" in text:
        raise ValueError(f"needs quotes: {text}")
    return text
