"""A real Prometheus that scrapes a stack by the rules of `deploy`, with their times shortened."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Self

import httpx

from tests.support.local_stack import free_port
from tests.support.waiting import LIMIT_S, eventually

PROGRAM = shutil.which("prometheus")
DEPLOY = Path(__file__).parents[2] / "deploy"
#: Between two scrapes, in s. A scrape waits 1 s for a Redis that is frozen.
SCRAPE_S = 2
#: What rates are taken over, in s, in place of minutes.
RATE_S = 15


def shortened(text: str) -> str:
    """Expressions and rules with windows of `RATE_S`, and alerts that fire as soon as they are true."""
    text = re.sub(r"\[\d+m\]", f"[{RATE_S}s]", text)
    return re.sub(r"(?m)^( +for:) \d+m$", r"\1 1s", text)


def panel(title: str) -> list[str]:
    """The expressions of a panel of the dashboard."""
    dashboard = json.loads((DEPLOY / "grafana" / "party.json").read_text(encoding="utf-8"))
    return [
        shortened(target["expr"])
        for found in dashboard["panels"]
        if found["title"] == title
        for target in found["targets"]
    ]


class Prometheus:
    """The server as a process in a folder of its own; a context."""

    def __init__(self, folder: Path, target: str, token: str, changes: dict[str, str]) -> None:
        """`changes` replaces texts of the rules: thresholds that a test can't reach in its time."""
        rules = shortened((DEPLOY / "prometheus" / "party.rules.yml").read_text(encoding="utf-8"))
        for before, after in changes.items():
            assert before in rules, before
            rules = rules.replace(before, after)
        (folder / "rules.yml").write_text(rules, encoding="utf-8")
        interval = f"{SCRAPE_S}s"
        config = {
            "global": {
                "scrape_interval": interval,
                "scrape_timeout": interval,
                "evaluation_interval": "1s",
            },
            "rule_files": ["rules.yml"],
            "scrape_configs": [
                {
                    "job_name": "party",
                    "authorization": {"credentials": token},
                    "static_configs": [{"targets": [target]}],
                }
            ],
        }
        # JSON is YAML.
        (folder / "prometheus.yml").write_text(json.dumps(config), encoding="utf-8")
        self._folder, self._port = folder, free_port()
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{self._port}", timeout=LIMIT_S, trust_env=False)

    def __enter__(self) -> Self:
        assert PROGRAM is not None
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    PROGRAM,
                    "--config.file=prometheus.yml",
                    "--storage.tsdb.path=data",
                    f"--web.listen-address=127.0.0.1:{self._port}",
                ],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        eventually(self._is_ready)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait(LIMIT_S)
        self._http.close()

    def value(self, expression: str) -> float | None:
        """What the expression is now, of the first series; None without any."""
        found = self._get("query", query=expression)["result"]
        return float(found[0]["value"][1]) if found else None

    def firing(self) -> set[str]:
        """The names of the alerts that fire now."""
        alerts = self._get("alerts")["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    def _get(self, what: str, **query: str) -> Any:
        answer = self._http.get(f"/api/v1/{what}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def _is_ready(self) -> bool:
        assert self._process.poll() is None, (self._folder / "log").read_text(encoding="utf-8")
        try:
            return self._http.get("/-/ready").status_code == 200
        except httpx.TransportError:
            return False
