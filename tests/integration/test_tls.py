"""TLS to Redis and Postgres when their URLs say so, through every client, and refused to an impostor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from partyapp.shared.kernel.bounds import Rate, Rates
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops.migrations import upgrade
from partyapp.shared.ops.rate_limits import RateLimits
from partyapp.shared.ops.redis_settings import RedisSettings
from partyapp.shared.ops.task_queue import create_celery
from partyapp.shared.storage.database import create_database
from partyapp.shared.storage.redis_client import create_redis
from tests.support.fresh_database import fresh_database
from tests.support.tls_front import TlsFront, behind
from tests.support.waiting import LIMIT_S


@pytest.fixture
def redis_front(redis_url: str, tmp_path: Path) -> Iterator[TlsFront]:
    with TlsFront(tmp_path, behind(redis_url), postgres=False, name="localhost") as front:
        yield front


@pytest.fixture
def impostor(redis_url: str, tmp_path: Path) -> Iterator[TlsFront]:
    """Its certificate is good, and is for another host."""
    with TlsFront(tmp_path, behind(redis_url), postgres=False, name="elsewhere.example") as front:
        yield front


def rediss(front: TlsFront, *, trust: bool = True) -> str:
    return f"rediss://localhost:{front.port}/0" + (f"?ssl_ca_certs={front.authority}" if trust else "")


def test_redis_is_spoken_to_in_tls(redis_front: TlsFront) -> None:
    client: Any = create_redis(rediss(redis_front))
    assert client.ping()
    with client.pubsub() as listener:
        listener.subscribe(f"tls:{new_id()}")
        assert listener.get_message(timeout=LIMIT_S) is not None
    before = redis_front.served
    limits = RateLimits(Rates(user=Rate(amount=5, per_s=60)), rediss(redis_front))
    limits.hit("user", str(new_id()))
    assert redis_front.served == before + 1


def test_the_broker_is_spoken_to_in_tls(redis_front: TlsFront, redis_url: str) -> None:
    queue = f"tls.{new_id()}"
    celery = create_celery(rediss(redis_front))
    celery.send_task("party.none", queue=queue, retry=False, ignore_result=True)
    celery.close()
    assert redis_front.served
    with redis.Redis.from_url(redis_url) as plain:
        assert plain.llen(queue) == 1
        plain.delete(queue)


@pytest.mark.parametrize("trust", [True, False], ids=["another host's", "nobody's"])
def test_no_redis_client_speaks_to_an_impostor(
    impostor: TlsFront, redis_front: TlsFront, trust: bool
) -> None:
    url = rediss(impostor) if trust else rediss(redis_front, trust=False)
    with pytest.raises(redis.ConnectionError):
        create_redis(url).ping()
    celery = create_celery(url)
    with pytest.raises(Exception, match="certificate verify failed"):
        celery.send_task("party.none", queue=f"tls.{new_id()}", retry=False, ignore_result=True)
    celery.close()
    assert impostor.served == redis_front.served == 0


@pytest.mark.parametrize("verify", ["1", "ca", "0"])
def test_a_self_made_certificate_of_another_name(
    impostor: TlsFront, redis_url: str, tmp_path: Path, verify: str
) -> None:
    """As a managed Redis has one: of an authority that nobody knows, for a name inside their network."""
    env = {"REDIS_URL": rediss(impostor, trust=False), "PARTY_REDIS_TLS_VERIFY": verify}
    own = {} if verify == "0" else {"PARTY_REDIS_TLS_CA": str(impostor.authority)}
    url = RedisSettings.from_environment(env | own).url
    queue = f"tls.{new_id()}"
    celery = create_celery(url)
    if verify == "1":
        with pytest.raises(redis.ConnectionError, match="certificate verify failed"):
            create_redis(url).ping()
        with pytest.raises(Exception, match="certificate verify failed"):
            celery.send_task("party.none", queue=queue, retry=False, ignore_result=True)
    else:
        assert create_redis(url).ping()
        celery.send_task("party.none", queue=queue, retry=False, ignore_result=True)
        with redis.Redis.from_url(redis_url) as plain:
            assert plain.delete(queue) == 1
    celery.close()


@pytest.mark.parametrize("verify", ["1", "ca"])
def test_an_authority_that_did_not_sign_is_refused(
    impostor: TlsFront, redis_front: TlsFront, verify: str
) -> None:
    env = {"REDIS_URL": rediss(redis_front, trust=False), "PARTY_REDIS_TLS_VERIFY": verify}
    url = RedisSettings.from_environment(env | {"PARTY_REDIS_TLS_CA": str(impostor.authority)}).url
    with pytest.raises(redis.ConnectionError, match="certificate verify failed"):
        create_redis(url).ping()


def postgres_url(url: str, front: TlsFront, authority: Path) -> str:
    tls = {"sslmode": "verify-full", "sslrootcert": str(authority)}
    changed = make_url(url).set(host="localhost", port=front.port, query=tls)
    return changed.render_as_string(hide_password=False)


def test_postgres_is_spoken_to_in_tls(database_url: str, tmp_path: Path) -> None:
    with (
        fresh_database(database_url) as url,
        TlsFront(tmp_path, behind(url), postgres=True, name="localhost") as front,
    ):
        secured = postgres_url(url, front, front.authority)
        upgrade(secured)
        migrated = front.served
        assert migrated
        engine = create_database(secured, 2)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM party_events")).scalar() == 0
        engine.dispose()
        assert front.served == migrated + 1


def test_no_postgres_client_speaks_to_an_impostor(database_url: str, tmp_path: Path) -> None:
    with TlsFront(tmp_path, behind(database_url), postgres=True, name="elsewhere.example") as front:
        engine = create_database(postgres_url(database_url, front, front.authority), 2)
        with pytest.raises(OperationalError, match=r"elsewhere\.example"):
            engine.connect()
        engine.dispose()
