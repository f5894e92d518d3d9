"""The environment of `party up`: what it means, and what is refused in one line."""

import socket
from pathlib import Path

import pytest

from partyapp.local_run.errors import LocalRunError
from partyapp.local_run.options import check_port_is_free, read_options, takes_both_families


def test_an_empty_environment_gives_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    options = read_options({"PORT": "", "DATABASE_URL": ""})
    assert (options.port, options.web_concurrency) == (8000, 1)
    assert options.data_dir == tmp_path / ".party"
    assert options.database_url is None
    assert options.redis_url is None


def test_what_is_set_is_taken() -> None:
    options = read_options(
        {
            "PORT": "9001",
            "PARTY_DATA_DIR": "/srv/party",
            "DATABASE_URL": "postgres://u:p@db/party",
            "REDIS_URL": "rediss://cache:6380/1",
            "WEB_CONCURRENCY": "4",
        }
    )
    assert (options.port, options.web_concurrency) == (9001, 4)
    assert options.data_dir == Path("/srv/party")
    assert options.database_url == "postgres://u:p@db/party"
    assert options.redis_url == "rediss://cache:6380/1"


@pytest.mark.parametrize("port", ["0", "65536", "-1", "+80", "8_000", "80.0", "http", "٨٠", "1" * 5000])
def test_a_bad_port_is_refused(port: str) -> None:
    with pytest.raises(LocalRunError, match="PORT must be a whole number from 1 to 65535") as refused:
        read_options({"PORT": port})
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("count", ["0", "65", "many"])
def test_a_bad_number_of_web_processes_is_refused(count: str) -> None:
    with pytest.raises(LocalRunError, match="WEB_CONCURRENCY"):
        read_options({"WEB_CONCURRENCY": count})


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "mysql://u:hunter2@db/party"),
        ("DATABASE_URL", "postgres:hunter2"),
        ("DATABASE_URL", "postgres://u:hunter2@[db/party"),
        ("DATABASE_URL", "postgres://u:hunter2@db/party\nPATH=/tmp"),
        ("REDIS_URL", "http://:hunter2@cache"),
        ("REDIS_URL", "hunter2"),
    ],
)
def test_a_bad_url_is_refused_without_showing_its_password(name: str, url: str) -> None:
    with pytest.raises(LocalRunError, match=f"{name} must be a URL") as refused:
        read_options({name: url})
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "host"),
    [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("[::]", "[::]"), ("party.local", "party.local")],
)
def test_where_web_listens_can_be_written_into_an_address(given: str, host: str) -> None:
    assert read_options({"HOST": given}).host == host


@pytest.mark.parametrize(("both", "host"), [(True, "[::]"), (False, "0.0.0.0")])
def test_web_listens_on_all_addresses_there_are(
    both: bool, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("partyapp.local_run.options.takes_both_families", lambda: both)
    assert read_options({}).host == host


def test_a_public_address_is_checked_before_anything_starts() -> None:
    assert read_options({"PARTY_PUBLIC_URL": "https://party.example/"}).public_url == "https://party.example"
    with pytest.raises(LocalRunError, match="PARTY_PUBLIC_URL must not hold a query"):
        read_options({"PARTY_PUBLIC_URL": "https://example.org/?party"})


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_something_listens_on_is_refused(address: str) -> None:
    with socket.socket() as other:
        other.bind((address, 0))
        other.listen(1)
        port = other.getsockname()[1]
        with pytest.raises(LocalRunError, match=f"Port {port} "):
            check_port_is_free(port)
    check_port_is_free(port)


@pytest.mark.skipif(not takes_both_families(), reason="no socket here hears both families")
def test_a_port_that_something_listens_on_by_ipv6_alone_is_refused() -> None:
    with socket.socket(socket.AF_INET6) as other:
        other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        other.bind(("::1", 0))
        other.listen(1)
        port = other.getsockname()[1]
        with pytest.raises(LocalRunError, match=f"Port {port} "):
            check_port_is_free(port)
