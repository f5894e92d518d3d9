"""Writes what supervisord reads: one small shell script a process, and one configuration file.

Commands and paths go into the scripts, where the shell's quoting is reliable, and never into the
configuration, whose comment and percent rules would mangle some of them. The configuration names the
scripts and logs relative to the data folder, in which supervisord runs.
"""

import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SERVERS = "servers"
APP = "app"
SOCKET_NAME = "supervisor.sock"
LOG_BYTES = "5MB"
LOG_BACKUPS = 3
# Seconds from the asking to the killing. The app and then the servers must fit into ten seconds.
APP_STOP_S = {"beat": 2}
APP_STOP_DEFAULT_S = 5
# With backoffs of 1, 2, 3... seconds it gives up after a minute; `party up` then starts it again.
START_RETRIES = 10
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")


@dataclass(frozen=True, kw_only=True)
class Program:
    """One process to look after: `script` is for the shell, `stop_s` the seconds it has to stop."""

    name: str
    group: str
    script: str
    stop_signal: str = "TERM"
    stop_s: int = APP_STOP_DEFAULT_S
    user: str | None = None


def app_program(name: str, command: str, folder: Path) -> Program:
    """A process of the Procfile, run in `folder`."""
    stop_s = APP_STOP_S.get(name, APP_STOP_DEFAULT_S)
    return Program(name=name, group=APP, script=shell_script(command, folder), stop_s=stop_s)


def server_program(
    name: str, words: Sequence[str], *, stop_signal: str, stop_s: int, user: str | None = None
) -> Program:
    """An embedded server. Its environment is bare: the application's secrets are no business of its."""
    command = f'env -i PATH="$PATH" LANG=C.UTF-8 {shlex.join(words)}'
    script = shell_script(command, Path("/"))
    return Program(name=name, group=SERVERS, script=script, stop_signal=stop_signal, stop_s=stop_s, user=user)


def shell_script(command: str, folder: Path) -> str:
    """A script that turns into `command`: with `exec`, a signal to it reaches the process itself."""
    words = f"env {command}" if _ASSIGNMENT.match(command) else command
    return f"cd {shlex.quote(str(folder))} || exit 1\nexec {words}\n"


def write_config(programs: Sequence[Program], *, run_folder: Path, socket_dir: Path) -> Path:
    """Write the scripts and the configuration into `run_folder`, and return the latter's path.

    The servers' group has the lower priority number: supervisord stops the highest number first.
    """
    for program in programs:
        script = run_folder / f"{program.name}.sh"
        script.write_text(program.script, encoding="utf-8")
        if program.user is not None:
            # That user reads its script; there is no secret in it.
            script.chmod(0o644)
            run_folder.chmod(0o711)
    sections = [_supervisord_section(socket_dir)]
    sections += [_program_section(program) for program in programs]
    for group, priority in ((SERVERS, 1), (APP, 10)):
        names = ",".join(program.name for program in programs if program.group == group)
        if names:
            sections.append(f"[group:{group}]\nprograms={names}\npriority={priority}\n")
    path = run_folder / "supervisord.ini"
    path.write_text("\n".join(sections), encoding="utf-8")
    return path


def _supervisord_section(socket_dir: Path) -> str:
    # As root it says so in its log as if it were critical, unless that is what it is told to be.
    user = "user=root\n" if os.geteuid() == 0 else ""
    return f"""\
[unix_http_server]
file={socket_dir / SOCKET_NAME}
chmod=0600

[supervisord]
{user}nodaemon=true
silent=true
nocleanup=true
umask=077
logfile=logs/supervisord.log
logfile_maxbytes=1MB
logfile_backups=1
pidfile=run/supervisord.pid

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""


def _program_section(program: Program) -> str:
    # Only the process itself is asked to stop, as a warm shutdown wants it; its group is killed if it
    # doesn't.
    user = f"user={program.user}\n" if program.user else ""
    return f"""\
[program:{program.name}]
command=/bin/sh run/{program.name}.sh
{user}autostart=false
autorestart=true
startsecs=1
startretries={START_RETRIES}
stopsignal={program.stop_signal}
stopwaitsecs={program.stop_s}
stopasgroup=false
killasgroup=true
redirect_stderr=true
stdout_logfile=logs/{program.name}.log
stdout_logfile_maxbytes={LOG_BYTES}
stdout_logfile_backups={LOG_BACKUPS}
"""
