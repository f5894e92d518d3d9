"""Webhooks, put together: what registers endpoints, and what delivers to them."""

import random

from partyapp.bootstrap.resources import Resources
from partyapp.party.infrastructure.event_log import PostgresEventLog
from partyapp.shared.kernel.clock import WallClock
from partyapp.webhook.application.deliveries import Deliveries
from partyapp.webhook.application.endpoints import WebhookEndpoints
from partyapp.webhook.application.settling import SettleTurns
from partyapp.webhook.application.turns import DeliverTurn
from partyapp.webhook.domain.retries import RetrySchedule
from partyapp.webhook.infrastructure.http_sender import HttpSender
from partyapp.webhook.infrastructure.postgres_endpoints import PostgresEndpoints
from partyapp.webhook.infrastructure.postgres_streams import PostgresStreams
from partyapp.webhook.infrastructure.secrets import SealedSecrets


def build_webhook_endpoints(resources: Resources, owner: str | None = None) -> WebhookEndpoints:
    """What an operator may do with endpoints; with an `owner`, what that one may do with its own."""
    return WebhookEndpoints(
        endpoints=PostgresEndpoints(resources.transactions),
        streams=build_webhook_streams(resources),
        sender=_sender(resources),
        vault=_vault(resources),
        clock=resources.clock,
        wall_clock=WallClock(),
        owner=owner,
    )


def reseal_webhook_secrets(resources: Resources) -> int:
    """Encrypt all endpoints' secrets under the present secret of the deployment; returns how many."""
    return PostgresEndpoints(resources.transactions).reseal(_vault(resources).again)


def build_webhook_streams(resources: Resources) -> PostgresStreams:
    """How far each endpoint has each party's events."""
    return PostgresStreams(resources.transactions, PostgresEventLog)


def build_deliveries(resources: Resources) -> Deliveries:
    """What delivers, for a process that does nothing else."""
    settings = resources.settings.webhooks
    endpoints = PostgresEndpoints(resources.transactions)
    streams = build_webhook_streams(resources)
    schedule = RetrySchedule(
        first_ms=settings.first_retry_s * 1000,
        longest_ms=settings.longest_retry_s * 1000,
        for_ms=settings.retry_for_s * 1000,
    )
    return Deliveries(
        endpoints,
        streams,
        DeliverTurn(
            sender=_sender(resources),
            vault=_vault(resources),
            clock=resources.clock,
            wall_clock=WallClock(),
        ),
        SettleTurns(
            endpoints=endpoints,
            streams=streams,
            schedule=schedule,
            clock=resources.clock,
            chance=random.random,
        ),
        resources.clock,
        width=settings.concurrency,
    )


def _sender(resources: Resources) -> HttpSender:
    return HttpSender(allow_private=resources.settings.webhooks.allow_private)


def _vault(resources: Resources) -> SealedSecrets:
    return SealedSecrets(resources.settings.secret_key, resources.settings.previous_secret_key)
