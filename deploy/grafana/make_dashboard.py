"""Makes `party.json`, the dashboard for Grafana 9 or newer: `python deploy/grafana/make_dashboard.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: The rows of the dashboard, each with its panels: (title, unit, {legend: expression}).
Panel = tuple[str, str, dict[str, str]]
ROWS: dict[str, list[Panel]] = {
    "Sync": [
        ("In sync (objective 99 %)", "percentunit", {"in sync": "party:members_in_sync:ratio"}),
        ("Members by verdict", "short", {"{{verdict}}": "sum by (verdict) (party_members)"}),
        (
            "How far off members are",
            "ms",
            {
                "half": "histogram_quantile(0.5, sum by (le) (party_members_by_drift_ms))",
                "99 of 100": "party:member_drift_ms:p99",
            },
        ),
        (
            "Clock: how well members' are known",
            "ms",
            {
                "half": "histogram_quantile(0.5, sum by (le) (party_members_by_clock_bound_ms))",
                "99 of 100": "histogram_quantile(0.99, sum by (le) (party_members_by_clock_bound_ms))",
                "party time itself": "max(party_root_bound_ms)",
            },
        ),
        (
            "How far apart the members of a room are",
            "ms",
            {
                "half": "histogram_quantile(0.5, sum by (le) (party_rooms_by_spread_ms))",
                "99 of 100": "histogram_quantile(0.99, sum by (le) (party_rooms_by_spread_ms))",
            },
        ),
    ],
    "Commands": [
        ("Within 1 s (objective 99.9 %)", "percentunit", {"in time": "party:commands_in_time:ratio_rate5m"}),
        (
            "Commands a second",
            "reqps",
            {"{{path}} {{outcome}}": "sum by (path, outcome) (rate(party_command_seconds_count[5m]))"},
        ),
        (
            "Until committed and told",
            "s",
            {
                "half": "histogram_quantile(0.5, sum by (le) (rate(party_command_seconds_bucket[5m])))",
                "99 of 100": "histogram_quantile(0.99, sum by (le) (rate(party_command_seconds_bucket[5m])))",
            },
        ),
        (
            "Accepted and waiting for a worker",
            "short",
            {"commands": "max(party_commands_pending)", "oldest, s": "max(party_commands_age_seconds)"},
        ),
    ],
    "Sockets": [
        ("Open, and parties", "short", {"sockets": "sum(party_sockets)", "rooms": "sum(party_rooms)"}),
        (
            "Opened and refused, a second",
            "cps",
            {
                "opened": "sum(rate(party_sockets_opened_total[5m]))",
                "refused: {{code}}": "sum by (code) (rate(party_sockets_refused_total[5m]))",
            },
        ),
        (
            "Closed by code, a second",
            "cps",
            {"{{code}}": "sum by (code) (rate(party_sockets_closed_total[5m]))"},
        ),
        (
            "Slow readers",
            "short",
            {
                "longest queue, frames": "max(party_send_queue_frames)",
                "fresh welcomes a minute": "sum(rate(party_socket_snapshots_total[5m])) * 60",
            },
        ),
    ],
    "Processes": [
        (
            "Event loop: late, 99 of 100",
            "s",
            {
                "{{instance}}": "histogram_quantile(0.99, "
                "sum by (le, instance) (rate(party_loop_lag_seconds_bucket[5m])))"
            },
        ),
        (
            "Requests: 99 of 100 within",
            "s",
            {
                "{{endpoint}}": "histogram_quantile(0.99, "
                "sum by (le, endpoint) (rate(party_http_seconds_bucket[5m])))"
            },
        ),
        ("Answers 5xx a second", "reqps", {"5xx": 'sum(rate(party_http_requests_total{status=~"5.."}[5m]))'}),
        ("Since the last tick", "s", {"oldest": "max(party_tick_age_seconds)"}),
    ],
    "Workers": [
        (
            "Workers and beat that are there",
            "short",
            {"{{kind}}": "max by (kind) (party_background_processes)"},
        ),
        (
            "Busy",
            "percentunit",
            {
                "workers": "sum(max by (task) "
                '(rate(party_task_busy_seconds_total{task!="party.prepare_films"}[5m])))'
                ' / max(party_task_slots{kind="worker"} > 0)'
            },
        ),
        (
            "Tasks a second",
            "reqps",
            {"{{task}} {{outcome}}": "max by (task, outcome) (rate(party_tasks_total[5m]))"},
        ),
        (
            "A task: 99 of 100 within",
            "s",
            {"{{task}}": "histogram_quantile(0.99, max by (le, task) (rate(party_task_seconds_bucket[5m])))"},
        ),
        ("Since a task was run", "s", {"{{task}}": "min by (task) (party_task_age_seconds)"}),
    ],
    "Webhooks": [
        (
            "Dead letters",
            "short",
            {"given up": "max(party_webhook_dead_letters)"},
        ),
        (
            "Waiting",
            "short",
            {"parties": "max(party_webhook_waiting)", "oldest, s": "max(party_webhook_age_seconds)"},
        ),
        ("Receivers that fail", "short", {"{{kind}}": "max by (kind) (party_webhook_failing)"}),
        ("Receivers by state", "short", {"{{state}}": "max by (state) (party_webhook_endpoints)"}),
        (
            "Messages a second",
            "reqps",
            {"{{outcome}}": "max by (outcome) (rate(party_webhook_messages[5m]))"},
        ),
    ],
    "Behind": [
        ("Servers", "bool", {"{{server}}": "min by (server) (party_server_up)"}),
        (
            "Outbox",
            "short",
            {"events": "max(party_outbox_rows)", "oldest, s": "max(party_outbox_age_seconds)"},
        ),
        ("Tasks that wait", "short", {"{{queue}}": "max by (queue) (party_queue_depth)"}),
        ("Work that fails", "short", {"{{task}}": "max by (task) (party_failing_work)"}),
        (
            "Refused by a rate limit",
            "cps",
            {"{{rule}}": "sum by (rule) (rate(party_rate_limited_total[5m]))"},
        ),
    ],
}
_SOURCE = {"type": "prometheus", "uid": "${source}"}
_WIDE, _HIGH, _ACROSS = 8, 8, 24


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana's JSON model has it."""
    panels: list[dict[str, Any]] = []
    top = 0
    for row, members in ROWS.items():
        panels.append(
            {"type": "row", "title": row, "collapsed": False, "panels": [], "gridPos": _at(0, top, 24, 1)}
        )
        top += 1
        for number, panel in enumerate(members):
            left = number * _WIDE % _ACROSS
            panels.append(_panel(panel, _at(left, top + number * _WIDE // _ACROSS * _HIGH, _WIDE, _HIGH)))
        top += (len(members) * _WIDE + _ACROSS - 1) // _ACROSS * _HIGH
    for number, panel in enumerate(panels, start=1):
        panel["id"] = number
    source = {"type": "datasource", "name": "source", "label": "Prometheus", "query": "prometheus"}
    return {
        "title": "Party",
        "uid": "party",
        "schemaVersion": 37,
        "refresh": "15s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [source]},
        "panels": panels,
    }


def _panel(panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    title, unit, series = panel
    letters = "ABCDEFGH"
    return {
        "type": "timeseries",
        "title": title,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": letter, "datasource": _SOURCE, "expr": expression, "legendFormat": legend}
            for letter, (legend, expression) in zip(letters, series.items(), strict=False)
        ],
    }


def _at(left: int, top: int, wide: int, high: int) -> dict[str, int]:
    return {"x": left, "y": top, "w": wide, "h": high}


if __name__ == "__main__":
    target = Path(__file__).with_name("party.json")
    target.write_text(json.dumps(dashboard(), indent=2) + "\n", encoding="utf-8")
