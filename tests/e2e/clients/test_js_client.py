"""party-client of npm: packed, installed into a folder of its own, and used under Node.js."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Service
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest
from tests.support.waiting import LIMIT_S, RECOVERY_S

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(not (shutil.which("npm") and shutil.which("node")), reason="Node.js is not installed"),
]

ROOT = Path(__file__).parents[3]
TOOLS = ROOT / "tests" / "js" / "node_modules"
NODE = shutil.which("node") or "node"
#: What a user of the types writes: right, and wrong in two places.
TYPED = """
import { FramePlayer, PartyApi, PartyConnection, PlayerFollower } from 'party-client';
const api = new PartyApi({ baseUrl: 'http://localhost:8000' });
const connection = new PartyConnection({ api, partyId: 'x' });
const player = new FramePlayer({ send: (order) => { if (order.do === 'seek') order.positionS.toFixed(); } });
new PlayerFollower({ player, connection }).start();
export const title: string | undefined = connection.party?.title;
"""
WRONG = "connection.command('dance');\nconst n: number = connection.state;\n"


@pytest.fixture(scope="module")
def project() -> Iterator[Path]:
    """A folder with the packed client installed, as `npm install party-client` makes it."""
    with own_folder() as folder:
        environment = {**os.environ, "npm_config_cache": str(folder / "cache"), "npm_config_offline": "true"}

        def npm(*words: str | Path, where: Path) -> None:
            subprocess.run(
                ["npm", *words],
                cwd=where,
                check=True,
                timeout=RECOVERY_S,
                env=environment,
                capture_output=True,
            )

        source = folder / "clients" / "js"
        shutil.copytree(
            ROOT / "clients" / "js", source, ignore=shutil.ignore_patterns("dist", "node_modules")
        )
        # The build reads the service's files and the tests' TypeScript where they are in the repository.
        for name in ("partyapp", "tests"):
            (folder / name).symlink_to(ROOT / name)
        npm("pack", "--pack-destination", folder, where=source)
        (packed,) = folder.glob("party-client-*.tgz")
        made = folder / "project"
        made.mkdir()
        (made / "package.json").write_text('{"name": "evening", "private": true, "type": "module"}')
        npm("install", "--no-audit", "--no-fund", packed, where=made)
        (made / "node_modules" / "ws").symlink_to(TOOLS / "ws")
        yield made


def test_what_is_packed_is_all_that_is_needed(project: Path) -> None:
    installed = project / "node_modules" / "party-client"
    assert {path.name for path in installed.iterdir()} == {
        "LICENSE", "README.md", "dist", "examples", "package.json",
    }  # fmt: skip
    for script in (installed / "dist").glob("*.js"):
        assert script.with_suffix(".d.ts").exists(), script.name


def types_of(project: Path, text: str) -> subprocess.CompletedProcess[str]:
    (project / "evening.ts").write_text(text, encoding="utf-8")
    compiler = TOOLS / "typescript" / "bin" / "tsc"
    options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--ignoreConfig"]
    return subprocess.run(
        [NODE, compiler, *options, "evening.ts"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=RECOVERY_S,
        check=False,
    )


def test_its_types_tell_right_from_wrong(project: Path) -> None:
    right = types_of(project, TYPED)
    assert right.returncode == 0, right.stdout
    wrong = types_of(project, TYPED + WRONG)
    assert wrong.stdout.count("error TS") == 2, wrong.stdout


def test_its_example_follows_a_party(project: Path, service: Service, host: Guest) -> None:
    party = host.create_party(service.video["id"])
    example = project / "follow.mjs"
    shutil.copy(project / "node_modules" / "party-client" / "examples" / "follow.mjs", example)
    words: list[str | Path] = [NODE, example, service.url, party["id"], party["invite_code"]]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as running:
        try:
            socket = host.connect(party["id"])
            socket.expect("chat", RECOVERY_S)
            assert socket.command("play", position_s=20)["type"] == "ack"
            assert running.stdout is not None
            said: list[str] = []
            while "play" not in said:
                said.append(running.stdout.readline().strip())
                assert running.poll() is None, said
            host.end(party["id"])
            said += running.stdout.read().splitlines()
            assert running.wait(LIMIT_S) == 0
        finally:
            running.kill()
    assert "Follower: Hello!" in said
    assert any(line.startswith("seek to 20.") for line in said), said
    assert said[-1].startswith("over, in sync to ")
