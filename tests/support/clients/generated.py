"""The client that a public generator makes of a service's description, by the lines of docs/clients.md."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support.code_blocks import blocks

ROOT = Path(__file__).parents[3]
#: Where make installs the generator.
PROGRAMS = ROOT / ".venv" / "generator" / "bin"
PACKAGE = "party_rest"
#: As the page has it.
PAGES_URL = "http://localhost:8000"


def block(kind: str) -> str:
    """What docs/clients.md has in its block of this kind."""
    (found,) = blocks("docs/clients.md", kind)
    return found


@contextmanager
def generated_client(url: str, folder: Path) -> Iterator[GeneratedClient]:
    """Generate it in `folder`, and have it imported until the end of the block."""
    if not (PROGRAMS / "openapi-python-client").exists():
        pytest.skip("the generator is not installed: make .venv/generator/.installed")
    (folder / "generator.yaml").write_text(block("yaml generator"), encoding="utf-8")
    command = block("sh generator").replace(PAGES_URL, url).split()
    # It calls the formatter beside it.
    environment = {**os.environ, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "WARNING" not in said.upper(), said
    sys.path.insert(0, str(folder))
    try:
        yield GeneratedClient(folder)
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
            del sys.modules[name]


class GeneratedClient:
    """Its modules, which are there at run time only, and the folder in which its package is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.package = importlib.import_module(PACKAGE)
        self.models: Any = importlib.import_module(f"{PACKAGE}.models")

    def operation(self, tag: str, name: str) -> ModuleType:
        """The module of an operation, by its tag and its `operationId`."""
        return importlib.import_module(f"{PACKAGE}.api.{_snake(tag)}.{_snake(name)}")


def _snake(name: str) -> str:
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return re.sub(r"\W+", "_", parted).lower()
