"""What a job puts into the store."""

from __future__ import annotations

from pathlib import Path

from partyapp.transcode.application.kept_files import KeptFiles
from tests.support.fakes_films import InMemoryFilmStore


class CountingStore(InMemoryFilmStore):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def put(self, key: str, path: Path, *, lasting: bool = True) -> None:
        self.calls.append(f"put {key}")
        super().put(key, path, lasting=lasting)

    def settle(self, key: str) -> None:
        self.calls.append(f"settle {key}")
        super().settle(key)


def test_each_file_is_put_and_settled_once_and_what_changes_is_put_again(tmp_path: Path) -> None:
    store = CountingStore()
    files = KeptFiles(store, "films/f/1", tmp_path)
    for name in ("film.mp4", "live.m3u8"):
        (tmp_path / name).write_text(name)
    for _ in range(2):
        files.keep("film.mp4")
        files.keep("live.m3u8", changing=True)
        files.keep("")
        assert store.lasting == set()
    for _ in range(2):
        files.settle(["", "film.mp4", "film.mp4"])
    assert store.lasting == {files.key("film.mp4")}
    film, live = files.key("film.mp4"), files.key("live.m3u8")
    assert store.calls == [f"put {film}", f"put {live}", f"put {live}", f"settle {film}"]
