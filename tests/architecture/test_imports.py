"""The contracts in .importlinter hold, and each of them is broken by an import that it forbids."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.waiting import RECOVERY_S

ROOT = Path(__file__).parents[2]

#: By contract: a module, and a wrong import for it. A module that doesn't exist is made.
WRONG = {
    "rooms": [
        ("partyapp.shared.http.paging", "partyapp.realtime.rooms"),
        ("partyapp.auth.domain", "partyapp.transcode.contract"),
        ("partyapp.party.contract", "partyapp.notification.contract"),
        ("partyapp.bootstrap", "partyapp.app"),
        ("partyapp.openapi.document", "partyapp.auth.openapi"),
        ("partyapp.realtime_wiring", "partyapp.description"),
    ],
    "layers-of-shared": [
        ("partyapp.shared.kernel.ids", "partyapp.shared.storage.database"),
        ("partyapp.shared.storage.redis_client", "partyapp.shared.ops.settings"),
        ("partyapp.shared.ops.logs", "partyapp.shared.http.current"),
    ],
    "layers-of-commands": [
        ("partyapp.commands.kinds", "partyapp.commands.executor"),
        ("partyapp.commands.store", "partyapp.commands.idempotency"),
        ("partyapp.commands.dispatcher", "partyapp.commands.controllers"),
    ],
    "layers-of-realtime": [
        ("partyapp.realtime.websocket.frames", "partyapp.realtime.rooms"),
        ("partyapp.realtime.rooms", "partyapp.realtime.keepalive"),
    ],
    "telemetry": [("partyapp.shared.ops.telemetry", "opentelemetry")],
    "workers-on-top": [("partyapp.shared.ops.metrics", "workers.schedule")],
    "beat-sends-names": [("workers.application", "partyapp.bootstrap")],
    "workers-build-on-bootstrap": [("workers.outbox_tasks", "partyapp.realtime_wiring")],
    "layers-of-party": [
        ("partyapp.party.domain.member", "partyapp.party.application.commands"),
        ("partyapp.party.application.views", "partyapp.party.infrastructure.mapping"),
        ("partyapp.party.live.presence", "partyapp.party.controllers.schemas"),
        ("partyapp.party.infrastructure.tickets", "partyapp.party.controllers.socket_messages"),
        ("partyapp.party.contract", "partyapp.party.domain.state"),
    ],
    "layers-of-neighbours": [
        ("partyapp.auth.controllers", "partyapp.auth.infrastructure"),
        ("partyapp.notification.controllers", "partyapp.notification.openapi"),
        ("partyapp.notification.domain", "partyapp.notification.application"),
        ("partyapp.transcode.infrastructure", "partyapp.transcode.cli"),
    ],
    "layers-of-party-infrastructure": [
        ("partyapp.party.infrastructure.entities", "partyapp.party.infrastructure.mapping"),
        ("partyapp.party.infrastructure.queries", "partyapp.party.infrastructure.join_fast_path"),
    ],
    "layers-of-chat": [
        ("partyapp.chat.domain.message", "partyapp.chat.application.chat"),
        ("partyapp.chat.infrastructure.postgres_chat", "partyapp.chat.live.chat_feed"),
    ],
    "chat-knows-no-live-party": [("partyapp.chat.live.chat_feed", "partyapp.party.live.room_state")],
    "layers-of-channel": [
        ("partyapp.channel.domain.message", "partyapp.channel.application.ports"),
        ("partyapp.channel.application.deliveries", "partyapp.channel.infrastructure.vault"),
        ("partyapp.channel.controllers", "partyapp.channel.openapi"),
    ],
    "layers-of-webhook": [
        ("partyapp.webhook.domain.message", "partyapp.webhook.application.signing"),
        ("partyapp.webhook.application.turns", "partyapp.webhook.infrastructure.http_sender"),
    ],
    "webhook-knows-contracts": [("partyapp.webhook.application.turns", "partyapp.party.domain.session")],
    "notification-knows-contracts": [("partyapp.notification.application", "partyapp.party.domain.session")],
    "queue-knows-contracts": [("partyapp.queue.application", "partyapp.party.domain.session")],
    "party-knows-contracts": [("partyapp.party.application.ports", "partyapp.transcode.domain")],
    "pure-core": [
        ("partyapp.party.domain.playback", "sqlalchemy"),
        ("partyapp.auth.application", "flask"),
        ("partyapp.notification.contract", "celery"),
        ("partyapp.transcode.domain", "redis"),
        ("partyapp.party.application.handlers", "gevent"),
        ("partyapp.party.domain.errors", "marshmallow"),
    ],
    "workers-without-web": [("partyapp.bootstrap", "flask"), ("workers.schedule", "flask")],
    "web-framework": [
        ("partyapp.commands.dispatcher", "flask"),
        ("partyapp.party.live.presence", "werkzeug"),
        ("partyapp.shared.ops.rate_limits", "marshmallow"),
        ("workers.party_tasks", "flask"),
        ("partyapp.cli", "flask"),
    ],
    "live-path": [
        ("partyapp.realtime.rooms", "sqlalchemy"),
        ("partyapp.realtime.keepalive", "flask"),
        ("partyapp.realtime.websocket.send_queue", "celery"),
        ("partyapp.realtime.websocket.frames", "marshmallow"),
    ],
    "adapters-without-web": [("partyapp.party.infrastructure.outbox", "flask")],
    "controllers-without-storage": [("partyapp.party.controllers.party_answers", "sqlalchemy")],
    "local-run-stands-alone": [("partyapp.bootstrap", "partyapp.local_run")],
    "local-run-imports-shared": [("partyapp.local_run.step", "partyapp.auth.contract")],
}

#: By contract: a module that has no room there.
HOMELESS = {
    "rooms": "partyapp.utils",
    "layers-of-shared": "partyapp.shared.helpers",
    "layers-of-commands": "partyapp.commands.helpers",
    "layers-of-realtime": "partyapp.realtime.misc",
    "layers-of-party": "partyapp.party.chat",
    "layers-of-neighbours": "partyapp.auth.helpers",
    "layers-of-channel": "partyapp.channel.helpers",
    "layers-of-webhook": "partyapp.webhook.helpers",
    "layers-of-party-infrastructure": "partyapp.party.infrastructure.common",
}


def contract_names() -> dict[str, str]:
    """The contracts by id, with the name that the linter prints."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    prefix = "importlinter:contract:"
    return {section.removeprefix(prefix): parser[section]["name"]
            for section in parser.sections() if section.startswith(prefix)}  # fmt: skip


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    """import-linter on the packages in `tree`."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=RECOVERY_S,
        check=False,
    )


def file_of(tree: Path, module: str) -> Path:
    path = tree.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the linter says of each contract, once every wrong import is in a copy of the tree."""
    tree = tmp_path_factory.mktemp("tree")
    for package in ("partyapp", "workers"):
        shutil.copytree(
            ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__", "media", "static")
        )
    shutil.copy(ROOT / ".importlinter", tree)
    for wrong in WRONG.values():
        for importer, imported in wrong:
            path = file_of(tree, importer)
            path.write_text(f"{path.read_text()}\nimport {imported}\n")
    for module in HOMELESS.values():
        file_of(tree, module).write_text('"""Nobody knows why this is here."""\n')
    # Where the imports go down, a layer that is free of cycles is told apart by its own section.
    said = lint(tree).stdout.partition("Broken contracts")[2]
    names = contract_names()
    starts = {key: said.find(f"\n{name}\n{'-' * len(name)}") for key, name in names.items()}
    ends = sorted([*starts.values(), len(said)])
    return {
        key: said[start : next(end for end in ends if end > start)] if start >= 0 else ""
        for key, start in starts.items()
    }


# `make check` runs the linter itself.
@pytest.mark.thorough
def test_every_contract_is_kept() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(contract_names())} kept, 0 broken" in done.stdout


def test_every_contract_has_a_wrong_import() -> None:
    assert WRONG.keys() == contract_names().keys()


# A copy of the tree with every wrong import: contracts change seldom.
@pytest.mark.thorough
@pytest.mark.parametrize(
    ("contract", "importer", "imported"),
    [(contract, *wrong) for contract, pairs in WRONG.items() for wrong in pairs],
)
def test_a_wrong_import_breaks_its_contract(
    complaints: dict[str, str], contract: str, importer: str, imported: str
) -> None:
    assert f"{importer} -> {imported} (l." in complaints[contract], complaints[contract]


@pytest.mark.thorough
@pytest.mark.parametrize(("contract", "module"), HOMELESS.items())
def test_a_module_without_a_room_breaks_its_contract(
    complaints: dict[str, str], contract: str, module: str
) -> None:
    assert module in complaints[contract] or module.rpartition(".")[2] in complaints[contract]


def test_nothing_is_excused() -> None:
    assert "ignore_imports" not in (ROOT / ".importlinter").read_text()
