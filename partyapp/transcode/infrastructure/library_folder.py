"""The library: a folder of films that are there already, which is only ever read."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from partyapp.transcode.application.library import LibraryEntry
from partyapp.transcode.domain.sidecars import FILM_ENDINGS, SUBTITLE_ENDINGS

#: So many films of a folder are shown at most, and so deep below it.
MOST_FILMS, DEEPEST = 50_000, 12
KEY_MAX = 1024


class LibraryFolder:
    """`LibraryFiles` and `LibraryFilms` below one folder; with None there is no library."""

    def __init__(self, root: Path | None) -> None:
        self._root = None if root is None else root.resolve()

    def path(self, key: str) -> Path | None:
        """Where the film `key` (a path below the folder, with `/`) is; None for what isn't a file in it.

        A link is followed as long as it stays in the folder.
        """
        if self._root is None or not key:
            return None
        try:
            found = (self._root / key).resolve(strict=True)
        except (OSError, ValueError):
            return None
        return found if found.is_relative_to(self._root) and found.is_file() else None

    def films(self) -> Iterator[LibraryEntry]:
        """The films below the folder. Raises OSError when the folder itself can't be read."""
        if self._root is None:
            return
        os.scandir(self._root).close()
        for path in islice(_files(self._root, DEEPEST, FILM_ENDINGS), MOST_FILMS):
            key = path.relative_to(self._root).as_posix()
            found = self.path(key)
            if found is None or len(key) > KEY_MAX or not key.isprintable():
                continue
            stat = found.stat()
            changed_ms = max(stat.st_mtime, stat.st_ctime) * 1000
            yield LibraryEntry(key=key, size=stat.st_size, changed_ms=changed_ms)

    def names_beside(self, key: str) -> list[str]:
        """The names in the film's folder: of films, and of subtitles there and in folders of it."""
        film = self.path(key)
        if film is None or self._root is None:
            return []
        folder = (self._root / key).parent
        found = _files(folder, 1, FILM_ENDINGS | SUBTITLE_ENDINGS)
        return [path.relative_to(folder).as_posix() for path in islice(found, 5000)]


def _files(folder: Path, depth: int, endings: frozenset[str]) -> Iterator[Path]:
    """The files with these endings, by their names; hidden ones and linked folders are left out."""
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in listed:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth > 0:
                yield from _files(Path(entry.path), depth - 1, endings)
        elif os.path.splitext(entry.name)[1].lower() in endings:
            yield Path(entry.path)
