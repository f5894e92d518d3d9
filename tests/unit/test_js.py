"""The page's own tests run too, wherever there is a Node.js."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = sorted((ROOT / "tests" / "js").glob("*.test.js"))
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
    assert TESTS, "no JavaScript test was found"
    done = subprocess.run(
        [node, "--test", *map(str, TESTS)], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "# fail 0" in done.stdout or "ℹ fail 0" in done.stdout, done.stdout[-2000:]
    if shutil.which("npm"):
        # The real packages of the W3C Timing Object are there, so nothing has a reason to be left out.
        assert "# skipped 0" in done.stdout or "ℹ skipped 0" in done.stdout, done.stdout[-2000:]


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
