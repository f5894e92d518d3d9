"""Redis as Celery's broker, in kombu's words."""

from __future__ import annotations

import pytest

from partyapp.shared.ops.broker import celery_broker, celery_broker_tls, celery_broker_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://:pw@h:6379/3", "redis://:pw@h:6379/3"),
        ("rediss://h:6380/0", "rediss://h:6380/0"),
        ("rediss://:pw@h:6380/2?ssl_ca_certs=/ca.pem", "rediss://:pw@h:6380/2"),
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock?virtual_host=0"),
        ("unix:///run/valkey.sock?db=5", "redis+socket:///run/valkey.sock?virtual_host=5"),
        ("unix:///r.sock?client_name=x&db=2", "redis+socket:///r.sock?virtual_host=2"),
    ],
)
def test_the_broker_is_the_same_redis(url: str, expected: str) -> None:
    assert celery_broker_url(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://h:6379/0", None),
        ("unix:///run/valkey.sock", None),
        ("rediss://h:6380/0", {"ssl_cert_reqs": "required", "ssl_check_hostname": True}),
        (
            "rediss://h/0?ssl_ca_certs=/ca.pem&db=2",
            {"ssl_cert_reqs": "required", "ssl_check_hostname": True, "ssl_ca_certs": "/ca.pem"},
        ),
        ("rediss://h/0?ssl_cert_reqs=none", {"ssl_cert_reqs": "none", "ssl_check_hostname": False}),
    ],
)
def test_the_broker_checks_certificates_as_the_other_clients_do(
    url: str, expected: dict[str, str | bool] | None
) -> None:
    assert celery_broker_tls(url) == expected


def test_sentinels_are_a_list_of_urls_and_the_servers_name() -> None:
    url, tls, transport = celery_broker("redis+sentinel://me:pw@a,b:5,[::1]/main/3?sentinel_password=s3")
    assert url == "sentinel://me:pw@a:26379/3;sentinel://me:pw@b:5/3;sentinel://me:pw@[::1]:26379/3"
    assert tls is None
    assert transport["master_name"] == "main"
    assert transport["sentinel_kwargs"]["password"] == "s3"
    assert "ssl" not in transport["sentinel_kwargs"]


def test_sentinels_are_spoken_to_in_tls_as_the_server_is() -> None:
    _, tls, transport = celery_broker("rediss+sentinel://a/main?ssl_ca_certs=/ca.pem")
    assert tls == {"ssl_cert_reqs": "required", "ssl_check_hostname": True, "ssl_ca_certs": "/ca.pem"}
    assert transport["sentinel_kwargs"].items() >= {"ssl": True, **tls}.items()


def test_one_server_needs_nothing_besides() -> None:
    assert celery_broker("redis://h/1") == ("redis://h/1", None, {})
