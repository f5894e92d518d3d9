"""Notifications on their way to people, put together: live, and by the channels that people have added."""

import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from partyapp.bootstrap.resources import Resources
from partyapp.channel.application.channels import Channels
from partyapp.channel.application.deliveries import ChannelDeliveries
from partyapp.channel.application.ports import Sender
from partyapp.channel.domain.retries import Retries
from partyapp.channel.infrastructure.apprise_sender import AppriseSender
from partyapp.channel.infrastructure.mail_sender import MailSender
from partyapp.channel.infrastructure.postgres_channels import PostgresChannels
from partyapp.channel.infrastructure.postgres_deliveries import PostgresDeliveries, queue_deliveries
from partyapp.channel.infrastructure.vault import SealedAddresses
from partyapp.notification.domain import Notification
from partyapp.notification.infrastructure.notifications import Outlet, after_commit
from partyapp.party.controllers.party_link import party_link
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.ops.notify_settings import MAIL


def build_outlet(publish: Callable[[Sequence[Notification]], None]) -> Outlet:
    """What becomes of new notifications: they wait for channels, and are published after the commit."""

    def told(session: Session, news: Sequence[Notification]) -> None:
        queue_deliveries(session, news)
        after_commit(session, partial(publish, news))

    return told


def build_channels(resources: Resources) -> Channels:
    """What a person may do with their own channels."""
    return Channels(
        channels=channel_store(resources),
        vault=_vault(resources),
        clock=resources.clock,
        schemes=resources.settings.notify.offered,
    )


def channel_store(resources: Resources) -> PostgresChannels:
    """The channels of all people."""
    return PostgresChannels(resources.transactions, resources.settings.notify.per_hour)


def reseal_channels(resources: Resources) -> int:
    """Encrypt all addresses under the present secret of the deployment; returns how many."""
    return channel_store(resources).reseal(_vault(resources).again)


class ChannelTurns:
    """What delivers, a turn of some seconds at a time; its sending processes stay in between."""

    def __init__(self, resources: Resources) -> None:
        settings = resources.settings.notify
        apprise = AppriseSender(settings.schemes - {MAIL}, allow_private=settings.allow_private)
        mail = None if settings.mail is None else MailSender(settings.mail, WallClock())
        self._senders: tuple[Sender, ...] = (apprise,) if mail is None else (apprise, mail)

        def sender_of(scheme: str) -> Sender | None:
            return mail if scheme == MAIL else apprise

        self._deliveries = ChannelDeliveries(
            PostgresDeliveries(resources.transactions, settings.per_hour),
            _vault(resources),
            resources.clock,
            Retries(
                first_ms=settings.first_retry_s * 1000,
                longest_ms=settings.longest_retry_s * 1000,
                for_ms=settings.retry_for_s * 1000,
            ),
            random.random,
            partial(_link, resources.settings.public_url),
            sender_of,
            width=settings.concurrency,
        )

    def run(self, for_s: float, is_ending: Callable[[], bool]) -> int:
        """Send what becomes due; returns how many arrived. Raises `Unavailable`."""
        arrived = self._deliveries.run(for_s, is_ending, time.sleep)
        for sender in self._senders:
            sender.end_idle()
        return arrived


def _link(public_url: str | None, party_id: UUID) -> str | None:
    return None if public_url is None else party_link(public_url, party_id, None)


def _vault(resources: Resources) -> SealedAddresses:
    return SealedAddresses(resources.settings.secret_key, resources.settings.previous_secret_key)
