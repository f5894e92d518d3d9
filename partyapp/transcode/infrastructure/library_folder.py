"""The library: a folder of films that are there already, which is only ever read."""

from pathlib import Path


class LibraryFolder:
    """`LibraryFiles` below one folder; with None there is no library."""

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
