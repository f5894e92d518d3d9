"""Files and names that outlive a failure of the machine."""

import os
from pathlib import Path


def sync_file(path: Path) -> None:
    """Have what the file holds on the disk. Raises `OSError`."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Have the names in the folder on the disk. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
