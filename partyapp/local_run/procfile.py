"""Reads the Procfile, the one definition of the processes.

The format is Heroku's: one `name: command` a line, the command being for the shell. `release` is not a
process but the step that runs to its end before the others start.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import partyapp
from partyapp.local_run.errors import LocalRunError

RELEASE = "release"
# These names are taken by the embedded servers and by the supervisor's own log.
RESERVED = frozenset({"postgres", "valkey", "supervisord"})
_LINE = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9_-]*)\s*:\s*(?P<command>\S.*)$")


@dataclass(frozen=True, kw_only=True)
class Procfile:
    """What the file says: the processes in its order, and the release command, if there is one."""

    path: Path
    processes: Mapping[str, str]
    release: str | None


def parse_procfile(path: Path) -> Procfile:
    """Read `path`; blank lines and lines that begin with `#` count for nothing.

    Raises LocalRunError when the file is missing, a line is not `name: command`, or a name is used twice.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LocalRunError(f"The Procfile {path} can't be read: {error}.") from error
    commands: dict[str, str] = {}
    for number, raw in enumerate(lines, start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.match(line)
        if match is None:
            raise LocalRunError(f"{path}, line {number}: expected `name: command`.")
        name = match["name"]
        if name in commands or name in RESERVED:
            why = "is reserved" if name in RESERVED else "is there twice"
            raise LocalRunError(f"{path}, line {number}: the name {name!r} {why}.")
        commands[name] = match["command"]
    release = commands.pop(RELEASE, None)
    if not commands:
        raise LocalRunError(f"The Procfile {path} names no process.")
    return Procfile(path=path, processes=commands, release=release)


def find_procfile() -> Path:
    """Where the Procfile is: beside the package in a checkout, inside it in an installed wheel."""
    package = Path(partyapp.__file__).resolve().parent
    for candidate in (package.parent / "Procfile", package / "Procfile"):
        if candidate.is_file():
            return candidate
    raise LocalRunError(f"No Procfile beside or inside {package}.")
