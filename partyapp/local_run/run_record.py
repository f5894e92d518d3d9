"""The record of a run in the data folder: what it started, and where its embedded servers listen.

It serves two readers: the next `party up`, which must find what a run that was killed left behind, and
other commands of `party`, which want to talk to the same servers. It holds no password: a URL is there
only for an embedded server, which is reached through a socket in a private folder.
"""

import json
import os
from collections.abc import MutableMapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from partyapp.local_run.data_dir import read_secret_key
from partyapp.local_run.errors import LocalRunError

FILE_NAME = "state.json"


@dataclass(kw_only=True)
class RunRecord:
    """`session` is supervisord's pid, which is also the session id of everything it started."""

    up_pid: int
    session: int
    socket_dir: str
    boot_id: str
    urls: dict[str, str] = field(default_factory=dict)

    def write(self, run_folder: Path) -> None:
        """Keep the record; a reader sees the old one or the new one, never half of it."""
        draft = run_folder / f"{FILE_NAME}.new"
        draft.write_text(json.dumps(asdict(self)), encoding="utf-8")
        draft.rename(run_folder / FILE_NAME)

    @staticmethod
    def remove(run_folder: Path) -> None:
        """Forget the run: it has left nothing behind."""
        (run_folder / FILE_NAME).unlink(missing_ok=True)


def read_record(run_folder: Path) -> RunRecord | None:
    """The record in `run_folder`; None when there is none or it can't be understood."""
    try:
        found = json.loads((run_folder / FILE_NAME).read_text(encoding="utf-8"))
        record = RunRecord(**found)
    except (OSError, ValueError, TypeError):
        return None
    return record if isinstance(record.session, int) and isinstance(record.urls, dict) else None


def boot_id() -> str:
    """What tells this boot of the machine from the one before; empty where the system doesn't say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def adopt_running_servers(environ: MutableMapping[str, str], data_dir: Path) -> None:
    """Let a command find the embedded servers of the run that uses `data_dir`, if there is one.

    Only variables that are not set are filled in, so that who names servers gets those.
    """
    record = read_record(data_dir / "run")
    if record is None or environ.get("DATABASE_URL"):
        return
    for name, url in record.urls.items():
        if not environ.get(name):
            environ[name] = url
    environ.setdefault("PARTY_ENV", "local")
    environ["PARTY_DATA_DIR"] = os.fspath(data_dir)
    if not environ.get("PARTY_SECRET_KEY"):
        try:
            environ["PARTY_SECRET_KEY"] = read_secret_key(data_dir)
        except LocalRunError:
            # The command says for itself what it misses, if it needs the secret at all.
            return
