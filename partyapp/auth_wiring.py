"""Signing in, put together: guests, devices, a proxy's word, and a provider's."""

from functools import partial

from flask import Blueprint

from partyapp.auth.application import Identity, RenamedPeople
from partyapp.auth.controllers import PageUrlOf, auth_blueprint
from partyapp.auth.controllers.account_login import COOKIE_PURPOSE, account_login_blueprint
from partyapp.auth.infrastructure.device_codes import PostgresDeviceCodes
from partyapp.bootstrap import Resources
from partyapp.bootstrap.identity import build_account_login
from partyapp.commands.controllers import IdempotentPost
from partyapp.people_wiring import People
from partyapp.shared.http.proxy_login import ProxyLogin
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.kernel.sealing import Sealer
from partyapp.shared.ops.login_proxies import LoginProxies
from partyapp.web.public_url import own_page_url


def auth_blueprints(
    resources: Resources,
    people: People,
    names: RenamedPeople,
    idempotent: IdempotentPost,
    page_url: PageUrlOf,
) -> tuple[Blueprint, ...]:
    """The addresses under /api/auth. `page_url`: where others open the page."""
    settings = resources.settings
    identity = Identity(
        tokens=people.issued.own,
        sessions=resources.auth_sessions,
        codes=PostgresDeviceCodes(resources.transactions, settings.secret_key, settings.previous_secret_key),
        watch=people.sessions,
        people=names,
        clock=WallClock(),
        grace_s=settings.session_grace_s,
        guests=settings.guests,
    )
    proxies = LoginProxies(settings.login_networks, settings.trusted_hops)
    sealer = Sealer(settings.secret_key, COOKIE_PURPOSE, previous=settings.previous_secret_key)
    return (
        auth_blueprint(identity, idempotent, page_url, ProxyLogin(proxies)),
        account_login_blueprint(
            build_account_login(settings, identity), idempotent, sealer, partial(own_page_url, settings)
        ),
    )
