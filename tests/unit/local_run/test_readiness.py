"""What a refusing `/readyz` is said to miss."""

import pytest

from partyapp.local_run.readiness import describe, missing_for_readiness
from tests.support.local_stack import free_port


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"checks":{"postgres":"ok","redis":"ok","worker":"missing"}}', "/readyz misses worker"),
        (b'{"checks":{"postgres":false,"redis":true,"worker":"late"}}', "/readyz misses postgres, worker"),
        (b'{"code":"unavailable","detail":"no worker answers"}', "/readyz says: no worker answers"),
        (b'{"checks":{}}', "/readyz answers 503"),
        (b"[1]", "/readyz answers 503"),
        (b"<html>", "/readyz answers 503"),
        (b"\xff", "/readyz answers 503"),
    ],
)
def test_the_missing_check_is_named(body: bytes, said: str) -> None:
    assert describe(503, body) == said


def test_silence_is_named_too() -> None:
    port = free_port()
    assert missing_for_readiness(port) == f"nothing answers on port {port}"
