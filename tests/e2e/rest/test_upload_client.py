"""The page's own upload client against the running service: cut, left, gone on with, and dropped."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.local_stack import Stack
from tests.support.party_client import Guest

pytestmark = pytest.mark.stack

CLIENT = Path(__file__).parents[2] / "support" / "page_upload.mjs"
DATA = random.Random(2).randbytes(20 * 1024 * 1024 + 17)
NAME = "Ein Film, größer.mkv"


def test_an_upload_is_cut_and_left_and_arrives_whole(stack: Stack, host: Guest, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    file = tmp_path / NAME
    file.write_bytes(DATA)
    words = [node, str(CLIENT), stack.url, host.token, str(file)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)

    assert (told["state"], told["error"], told["startedOver"]) == ("done", None, False)
    assert (stack.data_dir / "films" / "films" / told["videoId"] / "source").read_bytes() == DATA
    assert host.get(f"/api/videos/{told['videoId']}").json()["title"] == "Ein Film, größer"
    sent = [(one["method"], one["status"]) for one in told["requests"]]
    assert sent.count(("POST", 201)) == 1
    # The cut part, and the one that was left.
    assert ("PATCH", 0) in sent
    assert ("HEAD", 200) in sent
    offsets = [one["offset"] for one in told["requests"] if one["method"] == "PATCH"]
    assert offsets == sorted(offsets)
    assert offsets[1] > 0
    assert told["remembered"] == 0
    assert host.http.head(told["dropped"], headers={"Tus-Resumable": "1.0.0"}).status_code == 404
