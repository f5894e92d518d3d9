"""Who runs PostgreSQL when Party runs as root: PostgreSQL refuses to, so a system user of its own does.

That user has to reach its data and its programs, so missing "others may pass through" bits are added on
the way there, and no more than those: the folders can't be listed with them.
"""

import os
import pwd
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

from partyapp.local_run.errors import LocalRunError

NAME = "pgserver"
USERADD_LIMIT_S = 20.0


def ensure_system_user() -> pwd.struct_passwd | None:
    """The user to run PostgreSQL as, made when it is missing; None when we aren't root.

    Raises LocalRunError when it can't be made.
    """
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        return pwd.getpwnam(NAME)
    words = ["useradd", "--system", "--no-create-home", "--shell", "/bin/sh", NAME]
    try:
        subprocess.run(
            words, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=USERADD_LIMIT_S
        )
        return pwd.getpwnam(NAME)
    except (OSError, KeyError, subprocess.SubprocessError) as error:
        raise LocalRunError(
            f"PostgreSQL does not run as root, and the system user {NAME!r} can't be made; "
            "run as another user, or set DATABASE_URL."
        ) from error


def let_pass(path: Path) -> None:
    """Let other users pass through the folder `path` and those above it, where they may not yet."""
    for folder in (path, *path.parents):
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            try:
                folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
            except OSError as error:
                raise LocalRunError(f"The user {NAME!r} can't pass through {folder}.") from error


def let_read(tree: Path) -> None:
    """Let other users read and run the installed programs below `tree`, where they may not yet."""
    for path in (tree, *tree.rglob("*")):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            continue
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(stat.S_IMODE(wanted))
