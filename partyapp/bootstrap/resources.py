"""What every process stands on: the databases, the clock, and the adapters on them."""

from dataclasses import dataclass

import redis
from sqlalchemy import Engine

from partyapp.auth.infrastructure.api_keys import PostgresApiKeys
from partyapp.auth.infrastructure.sessions import PostgresSessions
from partyapp.bootstrap.films import build_film_store
from partyapp.bootstrap.video_parties import build_grants, build_shown_videos
from partyapp.chat.application.ports import CHAT_MARK
from partyapp.chat.infrastructure.reading_statement import chat_mark
from partyapp.commands.store import CommandStore
from partyapp.party.infrastructure.admission_queries import AdmissionQueries
from partyapp.party.infrastructure.queries import PartyQueries
from partyapp.party.infrastructure.shown_videos import ShownVideos
from partyapp.party.infrastructure.tickets import WebSocketTickets
from partyapp.party.live.presence import RedisPresence, stale_ms
from partyapp.shared.kernel.clock import PartyClock
from partyapp.shared.ops.settings import Settings
from partyapp.shared.ops.worker_registry import WorkerRegistry
from partyapp.shared.storage.database import Transactions, create_database
from partyapp.shared.storage.live_redis import LiveRedis, create_live_redis
from partyapp.shared.storage.redis_client import create_redis
from partyapp.shared.storage.reference_clock import ReferenceClock
from partyapp.transcode.application.film_store import FilmStore
from partyapp.transcode.domain.media_grant import SignedGrants
from partyapp.transcode.infrastructure.postgres_videos import PostgresVideos


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What every process stands on."""

    settings: Settings
    engine: Engine
    transactions: Transactions
    redis: redis.Redis
    live: LiveRedis
    clock: PartyClock
    reference: ReferenceClock
    commands: CommandStore
    queries: PartyQueries
    admissions: AdmissionQueries
    presence: RedisPresence
    tickets: WebSocketTickets
    videos: PostgresVideos
    grants: SignedGrants
    shown: ShownVideos
    #: None where no place for films is set.
    films: FilmStore | None
    workers: WorkerRegistry
    auth_sessions: PostgresSessions
    api_keys: PostgresApiKeys


def build_resources(settings: Settings, pool_size: int) -> Resources:
    """Open what a process needs; nothing is connected before it is used."""
    engine = create_database(settings.database_url, pool_size)
    transactions = Transactions(engine)
    client = create_redis(settings.redis_url)
    clock, names = PartyClock(), settings.redis_names
    live = create_live_redis(settings.live_redis_url, main=client, main_url=settings.redis_url, names=names)
    grants = build_grants(settings)
    return Resources(
        settings=settings,
        engine=engine,
        transactions=transactions,
        redis=client,
        live=live,
        clock=clock,
        reference=ReferenceClock(client, clock, names),
        commands=CommandStore(transactions),
        queries=PartyQueries(transactions, {CHAT_MARK: chat_mark}),
        admissions=AdmissionQueries(transactions, clock),
        presence=RedisPresence(client, clock, stale_ms(settings.host_grace_s * 1000), names),
        tickets=WebSocketTickets(transactions, clock),
        videos=PostgresVideos(transactions),
        grants=grants,
        shown=build_shown_videos(transactions, grants, live),
        films=build_film_store(settings.films),
        workers=WorkerRegistry(client, clock, names),
        auth_sessions=PostgresSessions(transactions, kept_s=settings.token_ttl_s + settings.session_grace_s),
        api_keys=PostgresApiKeys(transactions, settings.secret_key, settings.previous_secret_key),
    )
