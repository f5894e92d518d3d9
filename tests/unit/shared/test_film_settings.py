"""What an operator may say of films, and what is refused before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from partyapp.bootstrap.films import build_film_store
from partyapp.shared.ops.film_settings import GIB, FilmSettings, S3Place
from partyapp.shared.ops.settings import BadSettings, Settings
from partyapp.transcode.infrastructure.folder_store import FolderStore


def read(**env: str) -> FilmSettings:
    return FilmSettings.from_environment(env)


def test_nothing_is_said() -> None:
    assert read() == FilmSettings()
    assert build_film_store(read()) is None


def test_a_local_run_keeps_films_with_its_other_data() -> None:
    settings = read(PARTY_DATA_DIR="/var/party")
    assert settings.place == Path("/var/party/films")
    assert isinstance(build_film_store(settings), FolderStore)


def test_a_folder() -> None:
    assert read(PARTY_FILMS="/films", PARTY_DATA_DIR="/var/party").place == Path("/films")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("s3://films", S3Place(bucket="films")),
        ("s3://films/", S3Place(bucket="films")),
        ("s3://films/a/b/", S3Place(bucket="films", prefix="a/b/")),
    ],
)
def test_a_bucket(text: str, place: S3Place) -> None:
    assert read(PARTY_FILMS=text).place == place


def test_a_bucket_elsewhere() -> None:
    inside, outside = "http://minio:9000", "https://films.example"
    settings = read(PARTY_FILMS="s3://films", PARTY_S3_ENDPOINT=inside, PARTY_S3_PUBLIC_URL=outside)
    assert settings.place == S3Place(bucket="films", endpoint=inside, public_url=outside)


@pytest.mark.parametrize(
    ("text", "size"), [("1", 1), ("20G", 20 * GIB), ("3 MiB", 3 * 1024**2), ("2T", 2048 * GIB)]
)
def test_sizes(text: str, size: int) -> None:
    settings = read(PARTY_UPLOAD_MAX_BYTES=text, PARTY_UPLOAD_QUOTA_BYTES=text)
    assert settings.upload_max_bytes == settings.upload_quota_bytes == size


@pytest.mark.parametrize(
    ("text", "kept"), [("", ""), ("X-Sendfile", "x-sendfile"), ("/_films/", "/_films"), ("/a/b", "/a/b")]
)
def test_who_sends_the_files(text: str, kept: str) -> None:
    assert read(PARTY_SENDFILE=text).sendfile == kept


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PARTY_FILMS", "films"),
        ("PARTY_FILMS", "http://host/films"),
        ("PARTY_FILMS", "s3://"),
        ("PARTY_FILMS", "s3://user@bucket"),
        ("PARTY_FILMS", "s3://bucket/../other"),
        ("PARTY_LIBRARY_DIR", "Videos"),
        ("PARTY_UPLOAD_MAX_BYTES", "0"),
        ("PARTY_UPLOAD_MAX_BYTES", "1.5G"),
        ("PARTY_UPLOAD_QUOTA_BYTES", "-1"),
        ("PARTY_UPLOAD_QUOTA_BYTES", "much"),
        ("PARTY_UPLOAD_TTL_S", "0"),
        ("PARTY_UPLOAD_TTL_S", "a week"),
        ("PARTY_SENDFILE", "nginx"),
        ("PARTY_SENDFILE", "/a/../b"),
        ("PARTY_SENDFILE", "//host"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=name):
        read(**{name: text})
    needed = {"DATABASE_URL": "postgres://h/d", "REDIS_URL": "redis://h", "PARTY_SECRET_KEY": "k" * 32}
    with pytest.raises(BadSettings, match=name):
        Settings.from_environment(needed | {"PARTY_ENV": "test", name: text})


@pytest.mark.parametrize("endpoint", ["minio:9000", "ftp://host", "http://user:word@host", "http://"])
@pytest.mark.parametrize("name", ["PARTY_S3_ENDPOINT", "PARTY_S3_PUBLIC_URL"])
def test_an_endpoint_that_is_none(name: str, endpoint: str) -> None:
    with pytest.raises(ValueError, match=name):
        read(PARTY_FILMS="s3://films", **{name: endpoint})
