"""The same for identity, chat, webhooks, the gateway and the demo."""

_CHAT = "partyapp/chat"
_SYNCPLAY = "partyapp/gateways/syncplay"
_WEBHOOK = "partyapp/webhook"

CONTEXTS_TESTED_IN: dict[str, tuple[str, ...]] = {
    "e2e/rest/test_account_login.py": ("partyapp/auth_wiring.py",),
    "integration/test_oidc_provider.py": (
        "partyapp/auth/infrastructure/oidc_metadata.py",
        "partyapp/auth/infrastructure/provider_http.py",
    ),
    "e2e/clients/test_demo.py": (
        "partyapp/demo/bot_socket.py",
        "partyapp/demo/service.py",
        "partyapp/demo_cli.py",
    ),
    "unit/demo/test_bot.py": ("partyapp/demo/lines.py",),
    "e2e/gateways/test_syncplay_gateway.py": tuple(
        f"{_SYNCPLAY}/{name}.py" for name in ("cli", "server", "web_api")
    ),
    "unit/gateways/test_session.py": tuple(
        f"{_SYNCPLAY}/{name}.py" for name in ("room_view", "steered_client")
    ),
    "unit/gateways/test_membership.py": tuple(
        f"{_SYNCPLAY}/{name}.py" for name in ("party_link", "party_time")
    ),
    "unit/gateways/test_party_room.py": (f"{_SYNCPLAY}/party_messages.py",),
    "unit/gateways/test_steering.py": tuple(
        f"{_SYNCPLAY}/{module}.py"
        for module in (
            "followed_playback",
            "member_clock",
            "orders",
            "outgoing",
            "player_watch",
            "position_samples",
            "slow_down",
            "steered_member",
        )
    ),
    "integration/test_key_cli.py": ("partyapp/auth/infrastructure/api_keys.py", "partyapp/reseal_cli.py"),
    "e2e/security/test_revoked_people.py": ("partyapp/people_cli.py", "partyapp/people_wiring.py"),
    "ports/test_chat_port.py": (
        *(f"{_CHAT}/infrastructure/{name}.py" for name in ("entities", "postgres_chat", "rows")),
        *(f"{_CHAT}/infrastructure/{name}_statement.py" for name in ("reading", "say")),
        *(f"{_CHAT}/{name}.py" for name in ("application/ports", "domain/errors", "domain/message")),
    ),
    "ports/test_channel_port.py": (
        *(f"partyapp/channel/{name}.py" for name in ("application/channels", "application/ports")),
        "partyapp/channel/domain/channel.py",
        *(
            f"partyapp/channel/infrastructure/{name}.py"
            for name in ("entities", "postgres_channels", "vault")
        ),
    ),
    "ports/test_channel_delivery_port.py": ("partyapp/channel/infrastructure/postgres_deliveries.py",),
    "integration/test_mail_sender.py": (
        "partyapp/channel/infrastructure/mail_connection.py",
        "partyapp/mail_checks.py",
    ),
    "e2e/resilience/test_channels.py": (
        *(f"partyapp/channel/{name}.py" for name in ("controllers", "openapi")),
        "partyapp/bootstrap/channels.py",
        "workers/channel_tasks.py",
    ),
    "integration/test_shared_buckets.py": (f"{_CHAT}/live/chat_limits.py",),
    "integration/test_chat_postgres.py": (f"{_CHAT}/infrastructure/retention.py",),
    "e2e/websocket/test_chat.py": (
        *(f"{_CHAT}/controllers/{name}.py" for name in ("party_chat", "schemas")),
        *(f"{_CHAT}/live/{name}.py" for name in ("chat_messages", "standing")),
        "partyapp/chat_wiring.py",
    ),
    "integration/test_measurements.py": (
        f"{_WEBHOOK}/infrastructure/figures.py",
        "partyapp/channel/infrastructure/figures.py",
    ),
    "unit/webhook/test_deliveries.py": (
        *(f"{_WEBHOOK}/application/{name}.py" for name in ("settling", "turns")),
        f"{_WEBHOOK}/domain/stream.py",
    ),
    "unit/webhook/test_http_sender.py": (f"{_WEBHOOK}/infrastructure/connections.py",),
    "integration/test_webhook_cli.py": (
        f"{_WEBHOOK}/application/endpoints.py",
        f"{_WEBHOOK}/infrastructure/secrets.py",
    ),
    "ports/test_session_ports.py": (
        "partyapp/auth/infrastructure/device_codes.py",
        "partyapp/auth/infrastructure/entities.py",
        "partyapp/auth/infrastructure/sessions.py",
    ),
    "unit/auth/test_provider_tokens.py": ("partyapp/auth/infrastructure/any_token.py",),
    "e2e/clients/test_asyncapi_client.py": ("partyapp/openapi/asyncapi_rest.py",),
}
