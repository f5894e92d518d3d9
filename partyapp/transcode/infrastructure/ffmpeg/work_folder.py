"""The folder that a film is prepared in: what a run that was killed left in it, and what is whole."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from partyapp.shared.storage.durable_files import sync_file
from partyapp.transcode.domain.preparation import Plan

#: Changed when the same film would be prepared to other files than before.
VERSION = 2


@dataclass(frozen=True)
class WorkFolder:
    """Files that a film keeps are in `path`, those on the way to them in `parts`.

    Which of the former would outlive a failure of the machine is marked; others are not gone on with.
    """

    path: Path

    @property
    def parts(self) -> Path:
        return self.path / "parts"

    def begin(self, source: Path, plan: Plan) -> None:
        """Keep what is there if it came of the same film and plan, else empty the folder."""
        stat = source.stat()
        wanted: Any = {
            "version": VERSION,
            "size": stat.st_size,
            "changed_ns": stat.st_mtime_ns,
            "plan": msgspec.to_builtins(plan),
        }
        mark = self.parts / "of.json"
        if not self._is(mark, wanted):
            self.empty()
            self.parts.mkdir(parents=True)
            growing = mark.with_suffix(".part")
            growing.write_text(json.dumps(wanted))
            growing.replace(mark)
        for path in self.path.iterdir():
            if path.is_file() and not self._lasts(path.name).exists():
                path.unlink()

    def mark_lasting(self, names: Iterable[str]) -> None:
        """Have these files outlive a failure of the machine, and be gone on with after one."""
        for name in names:
            if not self._lasts(name).exists():
                sync_file(self.path / name)
                self._lasts(name).touch()

    def _lasts(self, name: str) -> Path:
        return self.parts / f"{name}.lasts"

    def _is(self, mark: Path, wanted: Any) -> bool:
        try:
            return bool(json.loads(mark.read_text()) == json.loads(json.dumps(wanted)))
        except (OSError, ValueError):
            return False

    def empty(self) -> None:
        """Remove all that is in the folder."""
        self.path.mkdir(parents=True, exist_ok=True)
        for path in self.path.iterdir():
            _remove(path)

    def keep_only(self, names: Iterable[str]) -> None:
        """Remove all but these."""
        kept = set(names)
        for path in self.path.iterdir():
            if path.name not in kept:
                _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
