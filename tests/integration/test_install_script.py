"""The image's steps without a container engine: the same script, into a clean folder.

What Party needs is not fetched again, which takes minutes: the folder sees the packages of the tests' Python,
of the same versions. The first step as a whole: `INSTALL_ALL=1 pytest` with this file.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from partyapp.local_run.procfile import parse_procfile
from tests.support.own_folder import own_folder

ROOT = Path(__file__).parents[2]
SETTINGS = {
    "DATABASE_URL": "postgresql://nowhere.invalid/party",
    "REDIS_URL": "redis://nowhere.invalid",
    "PARTY_SECRET_KEY": "w4x9Qm-k7Zt2vB8hJ5rN1cL6sD3fG0pA",
}


@pytest.fixture(scope="module")
def installed() -> Iterator[Path]:
    """Where `deploy/install.sh` has put Party."""
    with own_folder() as folder:
        target = folder / "opt" / "party"
        if os.environ.get("INSTALL_ALL"):
            run("sh", ROOT / "deploy" / "install.sh", "dependencies", target)
        else:
            run(sys.executable, "-m", "venv", target)
            version = f"python{sys.version_info.major}.{sys.version_info.minor}"
            site = target / "lib" / version / "site-packages"
            # Only what is there, and not what its `.pth` files add: one of them leads to this checkout.
            (site / "packages.pth").write_text(sysconfig.get_path("purelib") + "\n")
        run("sh", ROOT / "deploy" / "install.sh", "application", target)
        yield target


def run(*words: str | Path, cwd: Path | None = None, target: Path | None = None) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PARTY_"))}
    if target is not None:
        env |= SETTINGS | {"PATH": f"{target}/bin:/usr/bin:/bin"}
    done = subprocess.run(
        [*map(str, words)], cwd=cwd, env=env, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_programs_run_without_the_checkout(installed: Path) -> None:
    app = installed / "app"
    code = "import partyapp, workers, migrations as m; print(partyapp.__file__, workers.__file__, m.__file__)"
    found = run(installed / "bin" / "python", "-c", code, cwd=app, target=installed).split()
    assert [path for path in found if not path.startswith(str(installed))] == []
    assert "migrate" in run("sh", "-c", "exec party --help", cwd=app, target=installed)


def test_it_has_the_procfile_whose_commands_are_run_there(installed: Path) -> None:
    app = installed / "app"
    assert parse_procfile(app / "Procfile").processes == parse_procfile(ROOT / "Procfile").processes
    assert (app / "wsgi.py").read_text() == (ROOT / "wsgi.py").read_text()
    code = "import gunicorn.app.wsgiapp, celery, partyapp.gunicorn_conf, workers.celery_app"
    run(installed / "bin" / "python", "-c", code, cwd=app, target=installed)


def test_its_code_is_compiled(installed: Path) -> None:
    [package] = installed.glob("lib/python*/site-packages/partyapp")
    assert list((package / "__pycache__").glob("app.*.pyc"))


def test_an_unknown_step_is_refused(tmp_path: Path) -> None:
    words = ["sh", str(ROOT / "deploy" / "install.sh"), "everything", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "dependencies or application" in done.stderr) == (2, True)
