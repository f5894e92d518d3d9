"""What every film store must do, told to S3 as a real process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from partyapp.transcode.application.film_store import FilmStore
from partyapp.transcode.infrastructure.s3_store import S3Store, s3_client
from tests.ports.test_film_store_port import *  # noqa: F403
from tests.ports.test_film_store_port import S3_PART
from tests.support.own_folder import own_folder
from tests.support.s3_server import BUCKET, CREDENTIALS, s3_server


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    with own_folder() as folder, s3_server(folder) as url:
        yield url


@pytest.fixture  # type: ignore[no-redef]
def store(s3_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FilmStore:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    return S3Store(s3_client(s3_url), BUCKET, f"{tmp_path.name}/", multipart_bytes=S3_PART)
