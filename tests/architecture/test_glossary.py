"""docs/glossary.md names classes and files that exist, and each of our own words once."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text()
DOMAIN, OWN = GLOSSARY.split("## Our own words")
ROWS = re.findall(r"^\| [^|]+ \| [^|]+ \| `(\w+)` \| `([\w/.]+)` \|$", DOMAIN, re.M)


def test_every_class_is_in_its_file() -> None:
    assert len(ROWS) >= 20
    missing = [
        (name, file)
        for name, file in ROWS
        if not (ROOT / file).is_file()
        or name
        not in {
            node.name for node in ast.parse((ROOT / file).read_text()).body if isinstance(node, ast.ClassDef)
        }
    ]
    assert not missing


def test_our_own_words_are_in_order_and_named_once() -> None:
    words = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", OWN, re.M)[1:]
    assert len(words) >= 30
    assert words == sorted(set(words))
