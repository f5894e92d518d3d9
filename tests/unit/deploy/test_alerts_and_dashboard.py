"""What Prometheus and Grafana are given: understood by promtool, and about metrics that there are."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from prometheus_client import REGISTRY

import partyapp.shared.ops.metrics
from partyapp.shared.ops.worker_metrics import WorkerMetrics

DEPLOY = Path(__file__).parents[3] / "deploy"
RULES = DEPLOY / "prometheus" / "party.rules.yml"
#: What a family is called in an expression.
_SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed: rules and dashboard were not checked by it")
    return found


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    """What the script makes now."""
    spec = importlib.util.spec_from_file_location("made", DEPLOY / "grafana" / "make_dashboard.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: dict[str, Any] = module.dashboard()
    return made


def expressions() -> dict[str, str]:
    """Every expression of the dashboard by where it stands."""
    return {
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in dashboard()["panels"]
        for target in panel.get("targets", ())
    }


@pytest.mark.thorough
def test_the_alerts_fire_when_they_should_and_then_alone(promtool: str) -> None:
    for words in (["check", "rules", RULES], ["test", "rules", RULES.with_name("party.rules.test.yml")]):
        done = subprocess.run(
            [promtool, *map(str, words)], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_says_what_it_is_and_what_to_do() -> None:
    alerts = [rule for rule in rules() if "alert" in rule]
    assert len(alerts) >= 8
    for alert in alerts:
        assert alert["labels"]["severity"] in ("info", "warning", "critical")
        assert {"summary", "what_to_do"} == set(alert["annotations"]), alert["alert"]


def test_prometheus_understands_the_dashboard(promtool: str, tmp_path: Path) -> None:
    found = [
        {"record": f"panel:{number}", "expr": text} for number, text in enumerate(expressions().values())
    ]
    path = tmp_path / "panels.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": found}]}))
    done = subprocess.run(
        [promtool, "check", "rules", str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_both_are_about_metrics_that_there_are() -> None:
    unused: Any = None
    assert partyapp.shared.ops.metrics.MEMBERS in REGISTRY._collector_to_names
    there = {
        family.name + suffix
        for family in (*REGISTRY.collect(), *WorkerMetrics(unused).collect())
        for suffix in ("", *_SUFFIXES.get(family.type, ()))
    }
    texts = {rule.get("record", rule.get("alert")): rule["expr"] for rule in rules()} | expressions()
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    for where, text in texts.items():
        for name in re.findall(r"\bparty[_:][a-z0-9_:]+", text):
            assert name in there | recorded, f"{where}: there is no {name}"


def test_the_dashboard_is_the_scripts() -> None:
    kept = json.loads((DEPLOY / "grafana" / "party.json").read_text(encoding="utf-8"))
    assert kept == dashboard(), "run deploy/grafana/make_dashboard.py"
    places = [panel["gridPos"] for panel in kept["panels"]]
    cells = [
        (x, y)
        for place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells)), "two panels lie on one another"
