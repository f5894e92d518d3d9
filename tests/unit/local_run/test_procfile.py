"""The Procfile: what counts as a process, and what is refused."""

from pathlib import Path

import pytest

from partyapp.local_run.errors import LocalRunError
from partyapp.local_run.procfile import find_procfile, parse_procfile


def parse(folder: Path, text: str) -> tuple[dict[str, str], str | None]:
    path = folder / "Procfile"
    path.write_text(text, encoding="utf-8")
    found = parse_procfile(path)
    return dict(found.processes), found.release


def test_processes_in_their_order_and_the_release_step_apart(tmp_path: Path) -> None:
    text = "# a word\n\nrelease: party migrate\nweb: serve ${PORT:-8000} a:b\n  worker :  work -c 2  \n"
    processes, release = parse(tmp_path, text)
    assert list(processes.items()) == [("web", "serve ${PORT:-8000} a:b"), ("worker", "work -c 2")]
    assert release == "party migrate"


def test_no_release_step_is_fine(tmp_path: Path) -> None:
    assert parse(tmp_path, "web: serve\n") == ({"web": "serve"}, None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("web serve\n", "line 1"),
        ("web: serve\nworker:\n", "line 2"),
        ("we b: serve\n", "line 1"),
        ("../web: serve\n", "line 1"),
        ("web: a\nweb: b\n", "line 2"),
        ("postgres: a\n", "postgres"),
        ("release: a\n", "names no process"),
        ("", "names no process"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(LocalRunError, match=why) as refused:
        parse(tmp_path, text)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_an_error_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(LocalRunError, match="can't be read"):
        parse_procfile(tmp_path / "none")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_bytes(b"web: \xff\n")
    with pytest.raises(LocalRunError, match="text"):
        parse_procfile(tmp_path / "Procfile")


def test_the_project_s_own_procfile_names_its_processes() -> None:
    found = parse_procfile(find_procfile())
    assert list(found.processes) == ["web", "worker", "transcode", "webhooks", "syncplay", "beat"]
    assert found.release == "party migrate"
