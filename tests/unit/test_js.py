"""The page's own tests run too, wherever there is a Node.js."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = sorted((ROOT / "tests" / "js").glob("*.test.js"))
#: What changes a global needs a process of its own; the others share one, since to start one costs more
#: than most files' tests.
ALONE = [
    file
    for file in TESTS
    if re.search(r"globalThis\.\w+ (\?\?)?=[^=]|delete globalThis", file.read_text("utf-8"))
]
TOGETHER = [file for file in TESTS if file not in ALONE]
#: Imports the files whose URLs follow it, one after another.
IMPORT_ALL = "for (const url of process.argv.slice(1)) await import(url);"
OLDEST = 20


@pytest.fixture
def node() -> str:
    """Node.js. There is no other way to run JavaScript here, so without it these tests are skipped."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("Node.js is not installed")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=10, check=True)
    if int(version.stdout.lstrip("v").partition(".")[0]) < OLDEST:
        pytest.skip(f"Node.js {version.stdout.strip()} is older than {OLDEST}")
    return found


def test_the_tests_of_the_page_pass(node: str) -> None:
    files = [file.as_uri() for file in TOGETHER]
    _pass([node, "--input-type=module", "--eval", IMPORT_ALL, *files])


def test_the_tests_of_the_page_that_change_globals_pass(node: str) -> None:
    _pass([node, "--test", *map(str, ALONE)])


def test_every_test_of_the_page_is_run_in_one_way_or_the_other() -> None:
    assert ALONE
    assert TOGETHER
    assert sorted([*ALONE, *TOGETHER]) == TESTS


def _pass(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    failed = re.findall(r"^ *not ok .*?^ *\.\.\.$", done.stdout, re.MULTILINE | re.DOTALL)
    assert done.returncode == 0, "\n".join(failed) + done.stdout[-2000:] + done.stderr[-2000:]
    told = dict(re.findall(r"^[#ℹ] (tests|fail|skipped) (\d+)$", done.stdout, re.MULTILINE))
    assert int(told["tests"]) > 0, done.stdout[-2000:]
    assert told["fail"] == "0", done.stdout[-2000:]
    if shutil.which("npm"):
        # The real packages of the W3C Timing Object are there, so nothing has a reason to be left out.
        assert told["skipped"] == "0", done.stdout[-2000:]


def test_the_types_of_party_client_hold(node: str) -> None:
    compiler = ROOT / "tests" / "js" / "node_modules" / "typescript" / "bin" / "tsc"
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed, so neither is TypeScript")
    done = subprocess.run(
        [node, str(compiler), "-p", "tests/js"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
