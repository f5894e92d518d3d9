"""An S3 store as a real process: moto's server, which keeps everything in memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
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


def kept_cors(url: str, configuration: Any) -> list[dict[str, Any]]:
    """Give the bucket this CORS configuration; the rules that it has then."""
    given = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    store = boto3.client("s3", endpoint_url=url, **given)
    store.put_bucket_cors(Bucket=BUCKET, CORSConfiguration=configuration)
    rules: list[dict[str, Any]] = store.get_bucket_cors(Bucket=BUCKET)["CORSRules"]
    return rules


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
