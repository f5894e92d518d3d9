"""The Procfile: the one list of Party's processes, the same on this machine and at a host.

Each line is `name: command`, as described at https://devcenter.heroku.com/articles/procfile. The command is
one for a shell. `release` isn't a process but the step before a start.

A command begins with `exec` where a host runs it by a shell: a signal reaches the process itself then. Who
runs it here decides that for itself, so commands are read without.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from partyapp.local_run.errors import LocalRunError, why

RELEASE = "release"
#: The process that prepares films. A run can do without.
TRANSCODE = "transcode"
#: The process that delivers webhooks. A run can do without that, too.
WEBHOOKS = "webhooks"
#: The gateway for Syncplay's clients. The same.
SYNCPLAY = "syncplay"

_LINE = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)\s*:\s*(\S.*)")

#: Names whose logs and scripts are those of others.
_TAKEN = frozenset({"postgres", "valkey", "supervisord", "sample"})

#: The package: its Procfile lies beside it in a repository, and in it once it is installed.
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, kw_only=True)
class Procfile:
    """What a Procfile says: commands by the name of their process, in its order, without `exec`."""

    path: Path
    processes: dict[str, str]
    release: str | None


def find_procfile() -> Path:
    """Where Party's own Procfile is. Raises `LocalRunError` where there is none."""
    for folder in (_PACKAGE.parent, _PACKAGE):
        # Beside an installed package lie other people's files: only a repository's Procfile counts there.
        if (folder / "Procfile").is_file() and (folder == _PACKAGE or (folder / "pyproject.toml").is_file()):
            return folder / "Procfile"
    raise LocalRunError(f"No Procfile is found in {_PACKAGE.parent} or {_PACKAGE}.")


def parse_procfile(path: Path) -> Procfile:
    """Read and understand a Procfile; its commands are to be run in its folder.

    Raises `LocalRunError` where it can't be read, for a line of another form, for a name that is there twice
    or can't be that of a log file, and when no process is named.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = why(error) if isinstance(error, OSError) else "it isn't text"
        raise LocalRunError(f"{path} can't be read: {reason}.") from None
    commands: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise LocalRunError(f"{path}, line {number}: not of the form `name: command`.")
        name, command = found.groups()
        if name in commands or name in _TAKEN:
            raise LocalRunError(f"{path}, line {number}: there is a process {name} already.")
        commands[name] = command.removeprefix("exec ").lstrip()
    release = commands.pop(RELEASE, None)
    if not commands:
        raise LocalRunError(f"{path} names no process.")
    return Procfile(path=path, processes=commands, release=release)
