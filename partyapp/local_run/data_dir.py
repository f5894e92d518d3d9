"""The data folder of a local run: its lock, its secret and its sub-folders.

Everything that must be found again on the next start lives here. Sockets don't: their path is limited
to about 100 bytes, so they get a short temporary folder that lives as long as the run.
"""

import fcntl
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from partyapp.local_run.errors import LocalRunError, why
from partyapp.shared.ops.secret_settings import MINIMUM_SECRET_BYTES

SECRET_BYTES = 48
# sun_path holds 104 bytes on macOS and 108 on Linux, and the longest name put below is 24 bytes.
SOCKET_DIR_MAX_BYTES = 75
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9._/-]*\Z")


class DataDir:
    """An existing, writable data folder that this process alone uses until `close`."""

    def __init__(self, path: Path) -> None:
        """Make the folder when it is missing, and lock it.

        Raises LocalRunError when it can't be made or written, or when another run holds it.
        """
        self.path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise LocalRunError(
                f"The data folder {path} can't be used: {why(error)}; set PARTY_DATA_DIR."
            ) from error
        try:
            self._take_lock()
            for name in ("logs", "run", "metrics"):
                self.subfolder(name)
        except OSError as error:
            os.close(self._lock)
            raise LocalRunError(f"The data folder {path} can't be used: {why(error)}.") from error
        except LocalRunError:
            os.close(self._lock)
            raise

    def _take_lock(self) -> None:
        try:
            # The kernel lets go of the lock when the process dies, however it dies.
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._lock, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise LocalRunError(
                f"The data folder {self.path} is in use by another `party up` (pid {holder})."
            ) from error
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode("ascii"), 0)

    def subfolder(self, name: str) -> Path:
        """The folder `name` below, made when it is missing, for this user alone."""
        folder = self.path / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    @property
    def logs(self) -> Path:
        """Where each process has its `<name>.log`."""
        return self.path / "logs"

    @property
    def run(self) -> Path:
        """What is written anew at each start: the supervisor's configuration and the run's record."""
        return self.path / "run"

    def fresh_metrics_folder(self) -> Path:
        """An empty folder for prometheus-client's files; those of dead processes would add up."""
        shutil.rmtree(self.path / "metrics", ignore_errors=True)
        return self.subfolder("metrics")

    def secret_key(self) -> str:
        """The secret of this folder, made once: 48 random bytes, URL-safe, in a file only we may read."""
        path = self.path / "secret_key"
        if not path.exists():
            _write_private(path, secrets.token_urlsafe(SECRET_BYTES) + "\n")
        return read_secret_key(self.path)

    def write_environment(self, values: Mapping[str, str]) -> None:
        """Note in `environment` what the processes are given, a `NAME=value` a line, for tools and tests."""
        _write_private(self.environment, "".join(f"{name}={value}\n" for name, value in values.items()))

    @property
    def environment(self) -> Path:
        """Where `write_environment` writes. It is there as long as the run."""
        return self.path / "environment"

    def close(self) -> None:
        """Let go of the lock."""
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _write_private(path: Path, text: str) -> None:
    """Replace a file that only its owner may read, written aside so that a crash leaves no half of it."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def read_secret_key(data_dir: Path) -> str:
    """The secret kept in `data_dir`. Raises LocalRunError when it is unreadable or too short to be one."""
    path = data_dir / "secret_key"
    try:
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise LocalRunError(f"The secret in {path} can't be read.") from error
    if len(secret) < MINIMUM_SECRET_BYTES:
        raise LocalRunError(f"The secret in {path} is too short; remove the file to get a new one.")
    return secret


def make_socket_dir() -> Path:
    """A new, short, temporary folder for the sockets of one run, for this user alone.

    Its path goes into URLs and configuration files, so one with other than plain characters won't do.
    """
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):
        is_short = len(os.fsencode(parent)) <= SOCKET_DIR_MAX_BYTES - len("/party-12345678")
        if is_short and parent.is_dir() and _PLAIN_PATH.match(str(parent)):
            return Path(tempfile.mkdtemp(prefix="party-", dir=parent))
    raise LocalRunError("No temporary folder with a path short enough for a Unix socket; set TMPDIR.")
