"""Modules without a test file of their own name, under the file of tests/ that tests them."""

from tests.architecture.films_tested_elsewhere import FILMS_TESTED_IN

_INFRA = "partyapp/party/infrastructure"
_CONTROLLERS = "partyapp/party/controllers"
_CLOCKSYNC = f"{_INFRA}/playback/clocksync"
_CHAT = "partyapp/chat"
_SYNCPLAY = "partyapp/gateways/syncplay"
_LIVE = "partyapp/party/live"
_TRANSCODE = "partyapp/transcode"
_WEBHOOK = "partyapp/webhook"
_SUBTITLES = f"{_TRANSCODE}/infrastructure/subtitles"

TESTED_IN: dict[str, tuple[str, ...]] = {
    **FILMS_TESTED_IN,
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
            "state_schedule",
            "steered_member",
        )
    ),
    "ports/test_party_session_port.py": (f"{_INFRA}/json_columns.py",),
    "ports/test_admission_port.py": (
        "partyapp/party/application/admission_ports.py",
        f"{_INFRA}/admission_entities.py",
        f"{_INFRA}/services/admission_service.py",
    ),
    "e2e/rest/test_rights.py": (
        f"{_CONTROLLERS}/party_moderation.py",
        f"{_CONTROLLERS}/party_settings.py",
    ),
    "e2e/rest/test_invites.py": (
        f"{_CONTROLLERS}/party_invites.py",
        f"{_CONTROLLERS}/rights_schemas.py",
        f"{_INFRA}/admission_queries.py",
    ),
    "unit/party/test_invite_handlers.py": (
        "partyapp/party/domain/admission.py",
        "partyapp/party/domain/invite_rules.py",
    ),
    "unit/party/test_rights_handlers.py": ("partyapp/party/application/rights_commands.py",),
    "ports/test_chat_port.py": (
        *(f"{_CHAT}/infrastructure/{name}.py" for name in ("entities", "postgres_chat", "rows")),
        *(f"{_CHAT}/infrastructure/{name}_statement.py" for name in ("reading", "say")),
        *(f"{_CHAT}/{name}.py" for name in ("application/ports", "domain/errors", "domain/message")),
    ),
    "integration/test_shared_buckets.py": (f"{_CHAT}/live/chat_limits.py",),
    "e2e/deploy/test_prometheus.py": ("workers/task_metrics.py",),
    "unit/shared/test_config_cli.py": ("partyapp/config_cli.py",),
    "unit/shared/test_request_ids.py": ("partyapp/shared/kernel/request_id.py",),
    "integration/test_retention.py": (
        "partyapp/bootstrap/retention.py",
        f"{_INFRA}/retention.py",
        f"{_TRANSCODE}/infrastructure/old_uploads.py",
        "partyapp/prune_cli.py",
        "partyapp/shared/storage/old_rows.py",
    ),
    "integration/test_chat_postgres.py": (f"{_CHAT}/infrastructure/retention.py",),
    "e2e/websocket/test_chat.py": (
        *(f"{_CHAT}/controllers/{name}.py" for name in ("chat_socket", "party_chat", "schemas")),
        *(f"{_CHAT}/live/{name}.py" for name in ("chat_messages", "standing")),
        "partyapp/chat_wiring.py",
    ),
    "unit/chat/test_chat_feed.py": ("partyapp/party/live/welcome_parts.py",),
    "e2e/resilience/test_process_failures.py": ("partyapp/bootstrap/jobs.py", "workers/party_tasks.py"),
    "e2e/resilience/test_rolling_restart.py": ("partyapp/gunicorn_conf.py",),
    "e2e/resilience/test_two_deployments.py": ("partyapp/realtime/pubsub/prefixed_bus.py",),
    "e2e/rest/test_audit_log.py": (f"{_CONTROLLERS}/party_history.py",),
    "e2e/rest/test_membership.py": (f"{_CONTROLLERS}/party_members.py",),
    "e2e/rest/test_notifications.py": ("workers/outbox_tasks.py",),
    "e2e/rest/test_openapi_conformance.py": (
        "partyapp/auth/openapi.py",
        "partyapp/notification/openapi.py",
        "partyapp/openapi/commands.py",
        f"{_CONTROLLERS}/openapi/operations.py",
        f"{_CONTROLLERS}/openapi/rights_operations.py",
        f"{_TRANSCODE}/openapi.py",
    ),
    "e2e/rest/test_operational_endpoints.py": (
        "partyapp/app.py",
        "partyapp/shared/http/health.py",
    ),
    "e2e/rest/test_party_date.py": (f"{_CONTROLLERS}/party_calendar.py",),
    "e2e/rest/test_party_creation.py": (f"{_CONTROLLERS}/party_sessions.py", f"{_CONTROLLERS}/schemas.py"),
    "e2e/rest/test_party_list.py": ("partyapp/party/application/inbound_ports.py",),
    "e2e/rest/test_playback.py": (f"{_CONTROLLERS}/party_playback.py",),
    "e2e/rest/test_queue.py": (
        "partyapp/queue/application.py",
        "partyapp/queue/controllers.py",
        "partyapp/queue/infrastructure.py",
        "partyapp/queue/openapi.py",
        "partyapp/queue/queued_films.py",
        "partyapp/queue_wiring.py",
        f"{_CONTROLLERS}/openapi/queue_objects.py",
        f"{_INFRA}/standings.py",
    ),
    "e2e/rest/test_respond_async.py": (
        "partyapp/bootstrap/commands.py",
        "partyapp/commands/controllers.py",
        f"{_CONTROLLERS}/party_answers.py",
    ),
    "e2e/websocket/test_another_context.py": ("partyapp/realtime_wiring.py",),
    "e2e/websocket/test_asyncapi_conformance.py": (
        f"{_CONTROLLERS}/openapi/client_messages.py",
        f"{_CONTROLLERS}/openapi/server_messages.py",
        "partyapp/openapi/socket_message.py",
    ),
    "e2e/websocket/test_handshake.py": (f"{_CONTROLLERS}/party_websocket.py",),
    "e2e/deploy/test_party_check.py": ("partyapp/check_cli.py", "partyapp/public_checks.py"),
    "integration/test_commands_executor.py": (f"{_INFRA}/lifecycle_runner.py",),
    "integration/test_commands_store.py": ("partyapp/commands/record.py",),
    "integration/test_dead_connections.py": ("partyapp/shared/storage/database.py",),
    "integration/test_migrations.py": (f"{_INFRA}/entities.py",),
    "integration/test_notification_delivery.py": (
        "partyapp/notification/application.py",
        "partyapp/notification/contract.py",
    ),
    "integration/test_party_join_fast_path.py": (f"{_INFRA}/join_statement.py",),
    "integration/test_large_party.py": (f"{_INFRA}/member_list.py",),
    "integration/test_party_cli.py": (
        "partyapp/cli_resources.py",
        "partyapp/member_cli.py",
        f"{_INFRA}/party_records.py",
    ),
    "integration/test_party_outbox.py": (
        "partyapp/party/contract.py",
        f"{_INFRA}/party_directory.py",
    ),
    "integration/test_party_playback_fast_path.py": (
        f"{_INFRA}/playback_statement.py",
        f"{_LIVE}/playback_commands.py",
    ),
    "integration/test_party_ports.py": (
        f"{_INFRA}/services/party_member_service.py",
        f"{_INFRA}/services/party_session_service.py",
    ),
    "integration/test_party_unit_of_work.py": (
        f"{_INFRA}/attendance_statements.py",
        f"{_INFRA}/mapping.py",
        f"{_INFRA}/queries.py",
    ),
    "integration/test_realtime_sharded_pubsub.py": (
        "partyapp/realtime/pubsub/shard_connection.py",
        "partyapp/realtime/pubsub/subscription.py",
    ),
    "integration/test_start_checks.py": ("partyapp/shared/storage/deployment_mark.py",),
    "integration/test_start_refused.py": ("partyapp/bootstrap/resources.py", "partyapp/wsgi.py"),
    "integration/test_supervision.py": (
        "partyapp/local_run/errors.py",
        "partyapp/local_run/servers.py",
        "partyapp/local_run/start_up.py",
        "partyapp/local_run/step.py",
        "partyapp/local_run/stop_signal.py",
        "partyapp/local_run/supervisord.py",
        "partyapp/local_run/system_user.py",
        "partyapp/local_run/up.py",
        "partyapp/local_run/valkey.py",
    ),
    "integration/test_tls.py": ("partyapp/shared/storage/redis_client.py",),
    "integration/test_worker_start.py": ("partyapp/shared/ops/worker_registry.py", "workers/celery_app.py"),
    "ports/test_schedule_port.py": (f"{_INFRA}/playback/playback_synchronizer.py",),
    "ports/test_webhook_port.py": (
        f"{_INFRA}/event_log.py",
        *(f"{_WEBHOOK}/infrastructure/{name}.py" for name in ("consumer", "dead_letters", "entities")),
        *(f"{_WEBHOOK}/infrastructure/postgres_{name}.py" for name in ("endpoints", "streams")),
        f"{_WEBHOOK}/application/ports.py",
    ),
    "integration/test_measurements.py": (f"{_WEBHOOK}/infrastructure/figures.py",),
    "unit/webhook/test_deliveries.py": (
        *(f"{_WEBHOOK}/application/{name}.py" for name in ("settling", "turns")),
        f"{_WEBHOOK}/domain/stream.py",
    ),
    "unit/webhook/test_http_sender.py": (f"{_WEBHOOK}/infrastructure/connections.py",),
    "unit/webhook/test_signing.py": (f"{_WEBHOOK}/domain/message.py",),
    "integration/test_webhook_cli.py": (
        f"{_WEBHOOK}/application/endpoints.py",
        f"{_WEBHOOK}/infrastructure/secrets.py",
    ),
    "e2e/resilience/test_webhooks.py": ("workers/webhook_tasks.py",),
    "ports/test_session_ports.py": (
        "partyapp/auth/infrastructure/device_codes.py",
        "partyapp/auth/infrastructure/entities.py",
        "partyapp/auth/infrastructure/sessions.py",
    ),
    "ports/test_tick_port.py": (f"{_INFRA}/tick_slots.py",),
    "ports/test_video_catalogue_port.py": (f"{_INFRA}/video_catalogue.py",),
    "e2e/rest/test_uploads.py": (
        "partyapp/bootstrap/uploads.py",
        f"{_TRANSCODE}/infrastructure/finished_uploads.py",
    ),
    "e2e/films/test_films.py": (
        "partyapp/bootstrap/film_worker.py",
        "partyapp/film_wiring.py",
        "workers/film_tasks.py",
    ),
    "unit/transcode/test_video_parties.py": (
        "partyapp/bootstrap/publishing.py",
        "partyapp/bootstrap/video_parties.py",
        f"{_TRANSCODE}/domain/media_grant.py",
    ),
    "e2e/rest/test_identity.py": (f"{_INFRA}/member_names.py",),
    "e2e/websocket/test_socket_sessions.py": (f"{_CONTROLLERS}/socket_renewal.py",),
    "unit/auth/test_controllers.py": ("partyapp/auth/application.py", "partyapp/shared/http/current.py"),
    "unit/auth/test_party_tokens.py": (
        "partyapp/auth/contract.py",
        "partyapp/auth/infrastructure/jwt_checks.py",
        "partyapp/shared/kernel/principal.py",
    ),
    "unit/auth/test_provider_tokens.py": ("partyapp/auth/infrastructure/any_token.py",),
    "unit/local_run/test_cli.py": ("partyapp/cli.py",),
    "unit/local_run/test_run_record.py": ("partyapp/local_run/process_session.py",),
    "unit/openapi/test_asyncapi.py": (
        "partyapp/chat/openapi.py",
        f"{_CONTROLLERS}/openapi/event_facts.py",
        f"{_CONTROLLERS}/openapi/playback_facts.py",
        f"{_CONTROLLERS}/openapi/words.py",
    ),
    "unit/openapi/test_client_types.py": (
        f"{_CONTROLLERS}/openapi/objects.py",
        "partyapp/openapi/objects.py",
    ),
    "unit/openapi/test_description.py": (
        "partyapp/description.py",
        "partyapp/openapi/__main__.py",
        "partyapp/openapi/document.py",
    ),
    "unit/openapi/test_new_context.py": ("partyapp/openapi/fields.py", "partyapp/openapi/operation.py"),
    "unit/openapi/test_readiness.py": ("partyapp/readiness.py",),
    "unit/openapi/test_requests.py": (
        f"{_CONTROLLERS}/openapi/socket_channel.py",
        "partyapp/openapi/schema_plugin.py",
    ),
    "unit/openapi/test_routes.py": ("partyapp/openapi/pages.py", "partyapp/openapi/service.py"),
    "unit/party/test_clock_estimator.py": (
        f"{_CLOCKSYNC}/edges.py",
        f"{_CLOCKSYNC}/envelope.py",
        f"{_CLOCKSYNC}/skew.py",
        f"{_INFRA}/playback/probe_schedule.py",
    ),
    "unit/party/test_handlers.py": (
        "partyapp/party/application/commands.py",
        "partyapp/party/application/lifecycle_handlers.py",
        "partyapp/party/application/playback_handlers.py",
        "partyapp/party/domain/errors.py",
    ),
    "unit/party/test_presence_publisher.py": (f"{_LIVE}/room_state.py",),
    "unit/party/test_rest_members.py": (f"{_LIVE}/rest_signs.py",),
    "unit/party/test_room_feed_stale.py": (f"{_LIVE}/room_lookup.py",),
    "unit/party/test_session_membership.py": (
        "partyapp/party/domain/events.py",
        "partyapp/party/domain/member.py",
        "partyapp/party/domain/membership_rules.py",
        "partyapp/party/domain/session.py",
    ),
    "unit/party/test_session_settings.py": (
        "partyapp/party/domain/grants.py",
        "partyapp/party/domain/json_values.py",
        "partyapp/party/domain/settings.py",
        "partyapp/party/domain/settings_rules.py",
    ),
    "unit/party/test_session_playback.py": (
        "partyapp/party/domain/aggregate.py",
        "partyapp/party/domain/playback_events.py",
        "partyapp/party/domain/playback_rules.py",
        "partyapp/party/domain/state.py",
    ),
    "unit/realtime/test_node.py": (f"{_CONTROLLERS}/party_socket_opener.py",),
    "unit/realtime/test_rooms.py": ("partyapp/realtime/keepalive.py",),
    "unit/shared/test_errors.py": ("partyapp/shared/http/problem_json.py",),
    "unit/shared/test_bounds.py": ("partyapp/shared/http/rate_limit_gate.py",),
    "unit/shared/test_live_redis.py": ("partyapp/shared/storage/cluster_url.py",),
    "unit/shared/test_paging.py": ("partyapp/shared/kernel/ids.py",),
    "unit/shared/test_schemas.py": ("partyapp/shared/kernel/strict_json.py",),
    "unit/shared/test_task_queue.py": ("workers/schedule.py",),
    "unit/web/test_pages.py": ("partyapp/web/head.py", "partyapp/web/refusals.py"),
}
