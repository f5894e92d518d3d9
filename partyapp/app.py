"""create_app(): the web process, put together."""

from functools import partial
from pathlib import Path

from flask import Flask, Response, request, send_from_directory
from werkzeug.middleware.proxy_fix import ProxyFix

from partyapp.auth.application import SignInGuest
from partyapp.auth.controllers import auth_blueprint, install_authentication
from partyapp.auth.infrastructure import AnyToken, PartyTokens, ProviderTokens
from partyapp.bootstrap import Ground, build_ground
from partyapp.live_web import LiveWeb
from partyapp.notification.application import Inbox
from partyapp.notification.controllers import notification_blueprint
from partyapp.notification.infrastructure import PostgresNotifications
from partyapp.openapi import openapi_blueprint
from partyapp.party.controllers.lifecycle import LifecycleAnswers
from partyapp.party.controllers.party_history import party_history_blueprint
from partyapp.party.controllers.party_members import party_members_blueprint
from partyapp.party.controllers.party_playback import party_playback_blueprint
from partyapp.party.controllers.party_sessions import party_sessions_blueprint
from partyapp.party.controllers.party_websocket import ENDPOINT as SOCKET_ENDPOINT
from partyapp.party.controllers.party_websocket import Door, install_party_websocket
from partyapp.party.infrastructure.tickets import TICKET_TTL_S
from partyapp.realtime.user_sockets import UserSockets
from partyapp.shared import database, metrics
from partyapp.shared.clock import WallClock
from partyapp.shared.health import Check, health_blueprint
from partyapp.shared.idempotency import Once
from partyapp.shared.problem_json import install_problem_json
from partyapp.shared.rate_limit_gate import install_address_limits, install_user_limits
from partyapp.shared.rate_limits import RateLimits
from partyapp.shared.response_headers import install_response_headers
from partyapp.shared.schemas import MAX_BODY_BYTES
from partyapp.shared.settings import Settings
from partyapp.shared.task_queue import CeleryTaskQueue, create_celery
from partyapp.transcode.application import RegisterVideo
from partyapp.transcode.controllers import transcode_blueprint

WEB = Path(__file__).parent / "web"


def create_app(settings: Settings | None = None) -> Flask:
    """The Flask application. Its live side is in `app.extensions["live"]`, to be started by the server."""
    settings = settings or Settings.from_environment()
    ground = build_ground(settings, settings.database_pool)
    live = LiveWeb(ground, CeleryTaskQueue(create_celery(settings.redis_url)))
    app = Flask("partyapp", static_folder=str(WEB / "static"), static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.extensions["live"] = live
    # Only what our own proxies wrote counts; what stands further left in the header anybody may have sent.
    app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
        app.wsgi_app, x_for=settings.trusted_hops, x_proto=0
    )
    install_problem_json(app)
    _install_contexts(app, ground, live)
    _install_pages(app)
    install_response_headers(app)
    _count_answers(app)
    return app


def _install_contexts(app: Flask, ground: Ground, live: LiveWeb) -> None:
    settings = ground.settings
    own = PartyTokens(settings.secret_key, settings.token_ttl_s, WallClock())
    limits = RateLimits(settings.rates, settings.redis_url)
    install_address_limits(app, limits, sign_in="auth.guest", socket=SOCKET_ENDPOINT)
    install_authentication(app, AnyToken(own, _provider(settings)))
    install_user_limits(app, limits)
    once = Once(ground.commands, ground.clock)
    lifecycle = LifecycleAnswers(
        desk=live.desk,
        commands=ground.commands,
        reader=ground.queries,
        presences=live.presences,
        wait_s=settings.command_wait_s,
    )
    inbox = Inbox(notifications=PostgresNotifications(ground.transactions), clock=ground.clock)
    for blueprint in (
        auth_blueprint(SignInGuest(tokens=own)),
        transcode_blueprint(ground.videos, RegisterVideo(videos=ground.videos, clock=ground.clock), once),
        party_sessions_blueprint(lifecycle),
        party_members_blueprint(lifecycle, ground.tickets, TICKET_TTL_S, once),
        party_playback_blueprint(lifecycle, live.synchronizer, once),
        party_history_blueprint(lifecycle),
        notification_blueprint(inbox, once),
        openapi_blueprint(),
        health_blueprint(_checks(ground), metrics.exposition),
    ):
        app.register_blueprint(blueprint)
    install_party_websocket(
        app,
        Door(
            reader=ground.queries,
            tickets=ground.tickets,
            usher=live.usher,
            origins=settings.allowed_origins,
            limit=limits.hit,
            sockets=UserSockets(settings.quotas.sockets),
        ),
    )


def _provider(settings: Settings) -> ProviderTokens | None:
    """Who else's tokens count, if anybody's."""
    if not (settings.jwks_url and settings.jwt_issuer and settings.jwt_audience):
        return None
    return ProviderTokens(
        jwks_url=settings.jwks_url,
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
        key_ids=settings.jwt_key_ids,
        clock=WallClock(),
    )


def _checks(ground: Ground) -> dict[str, Check]:
    """What must be reachable for a process to be ready."""
    settings = ground.settings
    apart = settings.live_redis_url != settings.redis_url
    return {
        "postgres": partial(database.ping, ground.engine),
        "redis": ground.redis.ping,
        **({"live_redis": ground.live.ping} if apart else {}),
        "worker": ground.workers.check,
    }


def _install_pages(app: Flask) -> None:
    @app.get("/")
    @app.get("/p/<uuid:party_id>")
    def page(party_id: object = None) -> Response:
        response = send_from_directory(WEB / "static", "index.html")
        response.headers["Cache-Control"] = "no-cache"
        return response

    @app.get("/media/<path:name>")
    def media(name: str) -> Response:
        return send_from_directory(WEB / "media", name, conditional=True, max_age=86400)

    @app.get("/favicon.ico")
    def favicon() -> Response:
        return send_from_directory(WEB / "static", "icon.svg")


def _count_answers(app: Flask) -> None:
    @app.after_request
    def count(response: Response) -> Response:
        metrics.REQUESTS.labels(request.endpoint or "none", str(response.status_code)).inc()
        return response
