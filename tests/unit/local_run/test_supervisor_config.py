"""What is written for supervisord, read back the way it reads it, and run the way it runs it."""

import configparser
import subprocess
from pathlib import Path

from partyapp.local_run.supervisor_config import app_program, server_program, shell_script, write_config
from tests.support.waiting import RECOVERY_S


def read_config(folder: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";", "#"))
    parser.read(folder / "supervisord.ini", encoding="utf-8")
    return parser


def write_both(folder: Path) -> configparser.RawConfigParser:
    server = server_program("postgres", ["postgres", "-D", "a b"], stop_signal="INT", stop_s=4, user="nobody")
    web, beat = (app_program(name, f"run-{name}", Path("/")) for name in ("web", "beat"))
    write_config([server, web, beat], run_folder=folder, socket_dir=Path("/tmp/party-x"))
    return read_config(folder)


def test_the_servers_start_first_and_stop_last(tmp_path: Path) -> None:
    config = write_both(tmp_path)
    assert config["group:servers"]["programs"] == "postgres"
    assert config["group:app"]["programs"] == "web,beat"
    assert config.getint("group:servers", "priority") < config.getint("group:app", "priority")


def test_all_have_stopped_within_ten_seconds(tmp_path: Path) -> None:
    config = write_both(tmp_path)
    app = max(config.getint(f"program:{name}", "stopwaitsecs") for name in ("web", "beat"))
    assert app + config.getint("program:postgres", "stopwaitsecs") < 10


def test_a_process_is_always_restarted_and_never_started_by_itself(tmp_path: Path) -> None:
    config = write_both(tmp_path)
    for name in ("postgres", "web", "beat"):
        section = config[f"program:{name}"]
        assert (section["autorestart"], section["autostart"]) == ("true", "false")
        assert section["killasgroup"] == "true"
        # A warm shutdown is asked of the process alone: its children finish what they do.
        assert section["stopasgroup"] == "false"
    assert config["program:postgres"]["user"] == "nobody"
    assert config["program:postgres"]["stopsignal"] == "INT"
    assert "user" not in config["program:web"]


def test_logs_are_rotated_and_hold_the_errors_too(tmp_path: Path) -> None:
    section = write_both(tmp_path)["program:web"]
    assert section["stdout_logfile"] == "logs/web.log"
    assert section["redirect_stderr"] == "true"
    assert section["stdout_logfile_maxbytes"].endswith("MB")


def test_nothing_of_a_command_or_a_path_is_in_the_configuration(tmp_path: Path) -> None:
    program = app_program("web", "applaud --secret '%(x)s' ; true", tmp_path / "100% ;odd")
    write_config([program], run_folder=tmp_path, socket_dir=Path("/tmp/party-x"))
    text = (tmp_path / "supervisord.ini").read_text(encoding="utf-8")
    assert "applaud" not in text
    assert "odd" not in text


def said(script: str, environ: dict[str, str]) -> str:
    words = ["/bin/sh", "-c", script]
    return subprocess.run(
        words, env=environ, capture_output=True, text=True, check=True, timeout=RECOVERY_S
    ).stdout


def test_a_command_sees_its_folder_and_the_shell_s_expansions(tmp_path: Path) -> None:
    folder = tmp_path / "it's 100% ;odd"
    folder.mkdir()
    script = shell_script('printf "%s|" ${COUNT:-2} "${DIR:-.}/x" "$(pwd)"', folder)
    assert said(script, {}) == f"2|./x|{folder}|"
    assert said(script, {"COUNT": "7", "DIR": "/a b"}) == f"7|/a b/x|{folder}|"


def test_a_signal_reaches_the_command_itself_because_no_shell_is_left() -> None:
    script = shell_script("sh -c 'echo $$'", Path("/"))
    process = subprocess.Popen(["/bin/sh", "-c", script], stdout=subprocess.PIPE, text=True)
    assert int(process.communicate(timeout=RECOVERY_S)[0]) == process.pid


def test_a_command_may_begin_with_a_variable() -> None:
    assert said(shell_script("WORD=yes sh -c 'echo $WORD'", Path("/")), {"PATH": "/usr/bin:/bin"}) == "yes\n"


def test_a_server_does_not_see_the_application_s_secrets() -> None:
    script = server_program("valkey", ["env"], stop_signal="TERM", stop_s=3).script
    environ = {"PATH": "/usr/bin:/bin", "PARTY_SECRET_KEY": "canary", "DATABASE_URL": "canary"}
    assert "canary" not in said(script, environ)
