"""The source files of the repository, each read and parsed once."""

from __future__ import annotations

import ast
import os
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Others' code, and what is made from ours.
_LEFT_OUT = {"__pycache__", "node_modules"}


def sources(*folders: str, endings: tuple[str, ...] = (".py",)) -> list[Path]:
    """The files in these folders of the repository, as paths relative to it."""
    return sorted(path for folder in folders for path in _files_in(folder) if path.suffix in endings)


@cache
def _files_in(folder: str) -> list[Path]:
    found: list[Path] = []
    for place, folders, names in os.walk(ROOT / folder):
        folders[:] = [name for name in folders if name not in _LEFT_OUT]
        found += [Path(place, name).relative_to(ROOT) for name in names]
    return found


@cache
def text_of(path: Path) -> str:
    """What is in the file."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def tree_of(path: Path) -> ast.Module:
    """Its syntax."""
    return ast.parse(text_of(path))
