"""The files that a job has put into the store, under its lease."""

from collections.abc import Iterable
from pathlib import Path

from partyapp.transcode.application.film_store import FilmStore


class KeptFiles:
    """Files of the folder `folder` by name, below `prefix` in the store. They stay in the folder, too.

    The name "" is the film as it came, which is there.
    """

    def __init__(self, store: FilmStore, prefix: str, folder: Path) -> None:
        self._store, self._prefix, self._folder = store, prefix, folder
        self._kept: set[str] = set()
        self._settled: set[str] = set()

    def key(self, name: str) -> str:
        """The file's key in the store."""
        return f"{self._prefix}/{name}"

    def keep(self, name: str, *, changing: bool = False) -> None:
        """Have the file in the store, whole. One that is `changing` is put again."""
        if name and (changing or name not in self._kept):
            self._store.put(self.key(name), self._folder / name, lasting=False)
            self._kept.add(name)

    def settle(self, names: Iterable[str]) -> None:
        """Have these outlive a failure of the machine."""
        for name in sorted(set(names) - self._settled - {""}):
            self._store.settle(self.key(name))
            self._settled.add(name)
