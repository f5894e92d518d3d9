"""Versions mean one thing: those that docs/protocol.md says are those that are."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from partyapp.party.controllers.openapi.socket_channel import CHANNEL

ROOT = Path(__file__).parents[3]


def version_of(project: Path) -> str:
    return str(tomllib.loads((project / "pyproject.toml").read_text())["project"]["version"])


def said(what: str) -> str:
    page = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    found = re.search(rf"^\| {what}[^|]* \| ([^|]+) \|", page, re.MULTILINE)
    assert found, what
    return found[1].strip("`")


def test_the_table_tells_the_versions_that_are() -> None:
    client: Any = json.loads(
        (ROOT / "partyapp" / "web" / "static" / "party-client" / "package.json").read_text()
    )
    assert said("The contract") == CHANNEL.subprotocol
    assert said("The service") == version_of(ROOT)
    assert said("The Python client") == version_of(ROOT / "clients" / "python")
    packed: Any = json.loads((ROOT / "clients" / "js" / "package.json").read_text())
    assert said("The JavaScript client") == client["version"] == packed["version"]
    assert client["engines"] == packed["engines"]
    for name in ("openapi", "asyncapi"):
        document = json.loads((ROOT / "docs" / f"{name}.json").read_text())
        assert said("`info.version`") == document["info"]["version"] == CHANNEL.subprotocol.rpartition("v")[2]
