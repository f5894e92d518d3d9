"""create_app(): the web process, put together."""

import logging
from functools import partial
from uuid import UUID

import gevent
from flask import Blueprint, Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from partyapp.auth.controllers import bearer_of, install_authentication
from partyapp.auth.controllers.account_login import LOGIN_ENDPOINTS
from partyapp.auth_wiring import auth_blueprints
from partyapp.bootstrap import Resources, build_resources
from partyapp.bootstrap.channels import build_channels
from partyapp.channel.controllers import channel_blueprint
from partyapp.chat.controllers.party_chat import chat_blueprint
from partyapp.commands.controllers import CommandResponder, IdempotentPost, commands_blueprint
from partyapp.commands.idempotency import IdempotentRequests
from partyapp.description import DESCRIPTION
from partyapp.film_wiring import film_blueprints, origin_of_films
from partyapp.measurements import measured_exposition
from partyapp.notification.application import Inbox
from partyapp.notification.controllers import notification_blueprint
from partyapp.notification.infrastructure.notifications import PostgresNotifications
from partyapp.openapi.pages import openapi_blueprint
from partyapp.party.controllers.party_answers import PartyAnswers
from partyapp.party.controllers.party_calendar import party_calendar_blueprint
from partyapp.party.controllers.party_films import party_films_blueprint
from partyapp.party.controllers.party_history import party_history_blueprint
from partyapp.party.controllers.party_invites import party_invites_blueprint
from partyapp.party.controllers.party_members import party_members_blueprint
from partyapp.party.controllers.party_moderation import party_moderation_blueprint
from partyapp.party.controllers.party_playback import party_playback_blueprint
from partyapp.party.controllers.party_sessions import party_sessions_blueprint
from partyapp.party.controllers.party_settings import party_settings_blueprint
from partyapp.party.controllers.party_websocket import ENDPOINT as SOCKET_ENDPOINT
from partyapp.party.controllers.party_websocket import install_party_websocket
from partyapp.party.controllers.site_keys import install_site_keys
from partyapp.party.controllers.socket_admission import WebSocketGate
from partyapp.party.controllers.socket_front import Entrance, install_front_refusals, install_socket_front
from partyapp.party.domain.state import PartyStatus
from partyapp.party.infrastructure.tickets import WebSocketTickets
from partyapp.party.live.gathered_readings import GatheredReadings
from partyapp.queue.application import QueueCommands
from partyapp.queue.controllers import queue_blueprint
from partyapp.queue_wiring import build_queue_commands
from partyapp.readiness import CHECK_NEEDS, VITAL_CHECKS, readiness_checks
from partyapp.realtime.gathered import Gathered
from partyapp.realtime.websocket.connection_limit import ConnectionLimit
from partyapp.realtime_wiring import Realtime, build_realtime
from partyapp.shared.http.cross_origin import install_cross_origin
from partyapp.shared.http.health import health_blueprint
from partyapp.shared.http.path_prefix import install_path_prefix
from partyapp.shared.http.problem_json import install_problem_json
from partyapp.shared.http.rate_limit_gate import install_address_limits, install_user_limits
from partyapp.shared.http.request_ids import install_request_ids
from partyapp.shared.http.response_headers import install_response_headers
from partyapp.shared.http.schemas import MAX_BODY_BYTES
from partyapp.shared.http.sender_gate import SenderGate
from partyapp.shared.http.sync_flask import SyncFlask
from partyapp.shared.kernel.address_key import address_key
from partyapp.shared.kernel.clock import WallClock, monotonic_s
from partyapp.shared.kernel.sealing import Sealer
from partyapp.shared.ops import metrics
from partyapp.shared.ops.rate_limits import RateLimits
from partyapp.shared.ops.sender_address import SenderAddress
from partyapp.shared.ops.settings import RELAXED_ENVIRONMENTS, Settings
from partyapp.shared.ops.task_queue import CeleryTaskQueue, TaskQueue, create_celery
from partyapp.web.head import SignIn
from partyapp.web.pages import ROOT, STATIC, TitleOf, install_pages
from partyapp.web.public_url import public_url_of
from partyapp.web.refusals import install_refusals

log = logging.getLogger(__name__)


def create_app(settings: Settings | None = None) -> Flask:
    """The Flask application. Its live side is in `app.extensions["realtime"]`; the server starts it.

    There, at `"resources"` and at `"commands"` another context finds what it adds its commands and messages
    to; see docs/architecture.md.
    """
    settings = settings or Settings.from_environment()
    resources = build_resources(settings, settings.database_pool)
    celery = create_celery(settings.redis_url, settings.redis_names)
    queue = CeleryTaskQueue(celery)
    realtime = build_realtime(resources, queue)
    app = SyncFlask(
        "partyapp",
        static_folder=str(STATIC),
        static_url_path="/static",
        template_folder=str(ROOT / "templates"),
    )
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.extensions["resources"], app.extensions["realtime"] = resources, realtime
    # First, to see a request from its beginning, and its answer as it leaves.
    _count_answers(app)
    install_request_ids(app, settings.trusted_hops)
    install_problem_json(app)
    install_cross_origin(app, settings.allowed_origins)
    install_front_refusals(app)
    limits = RateLimits(settings.rates, settings.redis_url, names=settings.redis_names)
    _install_contexts(app, resources, realtime, queue, limits)
    _install_pages(app, resources, limits)
    install_response_headers(
        app,
        always_https=settings.environment not in RELAXED_ENVIRONMENTS,
        films_at=origin_of_films(resources.films),
        framed_by=settings.allowed_origins,
    )
    install_refusals(app)
    _know_addresses(app, settings)
    install_path_prefix(app, settings.public_path)
    return app


def _know_addresses(app: Flask, settings: Settings) -> None:
    """Have a request's address be its sender's, by what our own proxies and gateways say."""
    gated = SenderGate(
        app.wsgi_app, SenderAddress(settings.secret_key, settings.previous_secret_key), WallClock()
    )
    # What stands further left in the header anybody may have sent.
    app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
        gated, x_for=settings.trusted_hops, x_proto=0
    )


def _install_pages(app: Flask, resources: Resources, limits: RateLimits) -> None:
    settings = resources.settings
    install_pages(
        app,
        _title_of(resources, limits),
        partial(public_url_of, settings),
        embed_origins=settings.allowed_origins,
        sign_in=SignIn(
            by_proxy=bool(settings.login_networks),
            guests=settings.guests,
            account=None if settings.oidc is None else settings.oidc.label,
        ),
        syncplay_port=settings.syncplay.port if settings.syncplay.enabled else None,
    )


def _install_contexts(
    app: Flask, resources: Resources, realtime: Realtime, queue: TaskQueue, limits: RateLimits
) -> None:
    settings = resources.settings
    _install_gates(app, resources, realtime, limits)
    sealer = Sealer(settings.secret_key, previous=settings.previous_secret_key)
    requests = IdempotentRequests(resources.commands, resources.clock, sealer)
    idempotent = IdempotentPost(requests)
    commands = CommandResponder(
        dispatcher=realtime.commands,
        requests=requests,
        wait_s=settings.command_wait_s,
        spawn=gevent.spawn,
    )
    app.extensions["commands"] = commands
    tickets = WebSocketTickets(resources.transactions, resources.clock, Gathered)
    answers = PartyAnswers(reader=resources.queries, presences=realtime.rooms)
    inbox = Inbox(notifications=PostgresNotifications(resources.transactions), clock=resources.clock)
    for blueprint in (
        *auth_blueprints(
            resources, realtime.people, realtime.names, idempotent, partial(_page_url, settings)
        ),
        *film_blueprints(resources, queue, idempotent),
        queue_blueprint(_queue_commands(resources, realtime), idempotent),
        *_party_blueprints(resources, realtime, commands, answers, tickets, idempotent),
        *_rights_blueprints(resources, realtime, answers, idempotent),
        chat_blueprint(realtime.chat, idempotent),
        commands_blueprint(resources.commands, answers.results()),
        notification_blueprint(inbox, idempotent),
        channel_blueprint(build_channels(resources), idempotent),
        openapi_blueprint(DESCRIPTION),
        _health_blueprint(resources),
    ):
        app.register_blueprint(blueprint)
    gate = _socket_gate(resources, realtime, tickets, limits)
    install_party_websocket(app, gate)
    entrance = Entrance(limits, partial(bearer_of, realtime.people.tokens))
    install_socket_front(app, entrance, gate, resources.settings.trusted_hops)


def _socket_gate(
    resources: Resources, realtime: Realtime, tickets: WebSocketTickets, limits: RateLimits
) -> WebSocketGate:
    return WebSocketGate(
        reader=GatheredReadings(resources.queries),
        tickets=tickets,
        people=realtime.people,
        opener=realtime.sockets,
        origins=resources.settings.socket_origins,
        limits=limits,
        connections=ConnectionLimit(resources.settings.quotas.sockets),
    )


def _install_gates(app: Flask, resources: Resources, realtime: Realtime, limits: RateLimits) -> None:
    """What a request passes before anything is done for it."""
    settings = resources.settings
    install_address_limits(
        app,
        limits,
        sign_in=("auth.guest", "auth.proxied", *LOGIN_ENDPOINTS),
        device="auth.device",
        socket=SOCKET_ENDPOINT,
    )
    install_authentication(app, realtime.people.tokens, realtime.people.issued.any, settings.session_grace_s)
    install_user_limits(app, limits)
    install_site_keys(app, resources.queries)


def _health_blueprint(resources: Resources) -> Blueprint:
    return health_blueprint(
        readiness_checks(resources),
        CHECK_NEEDS,
        VITAL_CHECKS,
        partial(measured_exposition, resources),
        resources.settings.metrics_token,
    )


def _party_blueprints(
    resources: Resources,
    realtime: Realtime,
    commands: CommandResponder,
    answers: PartyAnswers,
    tickets: WebSocketTickets,
    idempotent: IdempotentPost,
) -> tuple[Blueprint, ...]:
    """The addresses of parties."""
    queries, playback, signs = resources.queries, realtime.playback, realtime.signs
    return (
        party_sessions_blueprint(commands, answers, resources.admissions),
        party_members_blueprint(commands, answers, tickets, idempotent, signs),
        party_playback_blueprint(queries, playback, realtime.synchronizer, idempotent, signs),
        party_films_blueprint(answers, playback, idempotent, signs),
        party_history_blueprint(queries),
        party_calendar_blueprint(
            queries, resources.admissions, realtime.synchronizer, partial(_page_url, resources.settings)
        ),
    )


def _rights_blueprints(
    resources: Resources, realtime: Realtime, answers: PartyAnswers, idempotent: IdempotentPost
) -> tuple[Blueprint, ...]:
    changes, admissions = realtime.changes, resources.admissions
    page_url = partial(_page_url, resources.settings)
    return (
        party_settings_blueprint(changes, answers, idempotent),
        party_moderation_blueprint(changes, answers, admissions, idempotent, realtime.signs),
        party_invites_blueprint(changes, answers, admissions, idempotent, page_url),
    )


def _queue_commands(resources: Resources, realtime: Realtime) -> QueueCommands:
    return build_queue_commands(resources, realtime.queue, realtime.playback.follow_queue)


def _page_url(settings: Settings) -> str:
    """Where a link opens the page on another device."""
    public = public_url_of(settings, request.host)
    return request.host_url.rstrip("/") if public is None else public.url


def _title_of(resources: Resources, limits: RateLimits) -> TitleOf:
    """The title that somebody gave a party, for a link's preview, as often as an address may ask for things.

    A party that was given none is called after its film.
    """

    def title(party_id: UUID, invite_code: str | None) -> str | None:
        limits.hit("address", address_key(request.remote_addr))
        state, _ = resources.admissions.preview(party_id, invite_code)
        is_named = state.title != state.video.title
        return state.title if is_named and state.status is PartyStatus.ACTIVE else None

    return title


def _count_answers(app: Flask) -> None:
    @app.before_request
    def begin() -> None:
        g.begun_s = monotonic_s()

    @app.after_request
    def count(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        metrics.REQUESTS.labels(endpoint, str(response.status_code)).inc()
        if endpoint == SOCKET_ENDPOINT:
            if response.status_code >= 400 and response.is_json:
                code = response.get_json()["code"]
                metrics.SOCKETS_REFUSED.labels(code).inc()
                log.info("socket refused: %s", code)
        elif "begun_s" in g:
            metrics.HTTP_SECONDS.labels(endpoint).observe(monotonic_s() - g.begun_s)
        return response
