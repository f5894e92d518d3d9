"""An S3 store as a real process: moto's server, which keeps everything in memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.local_stack import free_port
from tests.support.waiting import Unexpected, eventually

BUCKET = "films"
#: moto looks at nobody's credentials, and boto3 wants some.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """Its address, with an empty bucket named `BUCKET` in it. It writes its log into `folder`."""
    port = free_port()
    log = folder / "s3.log"
    program = str(Path(sys.executable).parent / "moto_server")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "-H", "127.0.0.1", "-p", str(port)], stdout=output, stderr=subprocess.STDOUT
        )
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: process.poll() is not None or _answers(url))
        if process.poll() is not None:
            raise Unexpected(log.read_text(encoding="utf-8"))
        httpx.put(f"{url}/{BUCKET}", headers=_SIGNED, trust_env=False).raise_for_status()
        yield url
    finally:
        process.kill()
        process.wait()


#: By this moto knows that the request is one to S3.
_SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0"
}


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/moto-api/", trust_env=False).status_code < 500
    except httpx.TransportError:
        return False
