"""The embedded PostgreSQL's data folder, before its server starts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from partyapp.local_run.errors import LocalRunError
from partyapp.local_run.postgres import prepare_postgres
from tests.support.own_folder import own_folder


@pytest.fixture
def place() -> Iterator[Path]:
    with own_folder() as folder:
        (folder / "postgres").mkdir()
        (folder / "postgres" / "PG_VERSION").write_text("18\n", encoding="ascii")
        yield folder


def prepared(place: Path) -> None:
    prepare_postgres(folder=place / "postgres", socket_dir=place)


@pytest.mark.parametrize("content", ["1\n/data\n", "4194303\n/data\n"])
def test_the_pid_file_of_a_server_that_was_cut_off_does_not_hinder_the_next(
    place: Path, content: str
) -> None:
    """Process 1 is no PostgreSQL; the other number is that of no process."""
    path = place / "postgres" / "postmaster.pid"
    path.write_text(content, encoding="ascii")
    prepared(place)
    assert not path.exists()


@pytest.mark.parametrize("version", ["9", "", "odd"])
def test_data_that_can_not_be_served_are_refused_and_left_alone(place: Path, version: str) -> None:
    path = place / "postgres" / "PG_VERSION"
    path.write_text(version, encoding="ascii")
    with pytest.raises(LocalRunError) as refused:
        prepared(place)
    assert "\n" not in str(refused.value)
    assert path.read_text(encoding="ascii") == version
