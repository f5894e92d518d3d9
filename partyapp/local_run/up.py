"""`party up`: starts everything in order, looks after it, and leaves nothing behind."""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from partyapp.local_run.announcement import announce
from partyapp.local_run.data_dir import DataDir, make_socket_dir
from partyapp.local_run.environment import child_environment, noted
from partyapp.local_run.errors import LocalRunError, StopRequestedError, why
from partyapp.local_run.installed_programs import require_supervisor
from partyapp.local_run.options import RunOptions, check_port_is_free, read_options
from partyapp.local_run.process_session import end_session, leftovers
from partyapp.local_run.procfile import (
    SYNCPLAY,
    TRANSCODE,
    WEBHOOKS,
    Procfile,
    find_procfile,
    parse_procfile,
)
from partyapp.local_run.run_record import RunRecord, boot_id, read_record
from partyapp.local_run.servers import EmbeddedServersOfRun, prepare_servers
from partyapp.local_run.start_up import SampleStep, start_application, start_servers
from partyapp.local_run.stop_signal import StopSignal, stop_on_signals
from partyapp.local_run.supervision import Supervision
from partyapp.local_run.supervisor_config import SOCKET_NAME, app_program, write_config
from partyapp.local_run.supervisord import Supervisord

# The app has 5 s and the servers 4 s after it; what is left of the ten is for the killing.
STOP_LIMIT_S = 9.2
KILL_GRACE_S = 0.3


def up(
    environ: Mapping[str, str],
    say: Callable[[str], None],
    *,
    procfile: Path | None = None,
    sample: bool = True,
    films: bool = True,
    webhooks: bool = True,
    show_link: Callable[[str], None] = lambda url: None,
) -> None:
    """Run Party until Ctrl-C or SIGTERM; returns when all is stopped.

    `show_link` is called with the URL by which others open it, once it is ready. Raises
    LocalRunError, also after the processes were stopped, when it could not start or go on.
    """
    require_supervisor()
    options = read_options(environ)
    found = _processes(procfile, environ, films=films, webhooks=webhooks)
    # What we and our children write is for this user alone.
    os.umask(0o077)
    with stop_on_signals() as stop, DataDir(options.data_dir) as data:
        _end_leftovers(data, say)
        check_port_is_free(options.port)
        socket_dir = make_socket_dir()
        try:
            servers = prepare_servers(
                data.path,
                socket_dir,
                embed_postgres=options.database_url is None,
                embed_valkey=options.redis_url is None,
            )
            child = child_environment(environ, options, data, servers.urls())

            def tell() -> None:
                announce(options, say, show_link)

            _run(options, found, data, servers, socket_dir, child, stop, say, tell, sample=sample)
        except StopRequestedError:
            say("Party is stopped.")
        except OSError as error:
            # A full disk, or a file in the data folder that is somebody else's.
            place = error.filename if error.filename is not None else data.path
            raise LocalRunError(f"{place}: {why(error)}.") from error
        finally:
            shutil.rmtree(socket_dir, ignore_errors=True)


def _end_leftovers(data: DataDir, say: Callable[[str], None]) -> None:
    """End what a run left that was itself killed; its lock is free, but its processes may live."""
    record = read_record(data.run)
    if record is None:
        return
    if leftovers(record):
        if not end_session(record.session):
            raise LocalRunError(
                f"An earlier run (pid {record.session}) still uses {data.path} and can't be stopped."
            )
        say(f"Stopped what an earlier run had left (pid {record.session}).")
    if Path(record.socket_dir).name.startswith("party-"):
        shutil.rmtree(record.socket_dir, ignore_errors=True)
    RunRecord.remove(data.run)


def _processes(procfile: Path | None, environ: Mapping[str, str], *, films: bool, webhooks: bool) -> Procfile:
    found = parse_procfile(procfile.resolve() if procfile else find_procfile())
    wanted = {TRANSCODE: films, WEBHOOKS: webhooks, SYNCPLAY: environ.get("SYNCPLAY_ENABLED") != "0"}
    for name, is_wanted in wanted.items():
        if not is_wanted:
            found.processes.pop(name, None)
    return found


def _run(
    options: RunOptions,
    procfile: Procfile,
    data: DataDir,
    servers: EmbeddedServersOfRun,
    socket_dir: Path,
    child: Mapping[str, str],
    stop: StopSignal,
    say: Callable[[str], None],
    tell: Callable[[], None],
    *,
    sample: bool,
) -> None:
    folder = procfile.path.parent
    programs = servers.programs()
    programs += [app_program(name, command, folder) for name, command in procfile.processes.items()]
    config = write_config(programs, run_folder=data.run, socket_dir=socket_dir)
    supervisord = Supervisord(data_dir=data.path, config=config, socket_dir=socket_dir, environ=child)
    try:
        RunRecord(
            up_pid=os.getpid(),
            session=supervisord.pid,
            socket_dir=str(socket_dir),
            boot_id=boot_id(),
            urls=servers.urls(),
        ).write(data.run)
        data.write_environment(noted(child, socket_dir / SOCKET_NAME))
        supervision = Supervision(supervisord, data.logs, say)
        supervisord.wait_until_answering(stop)
        start_servers(supervision, servers, stop)
        sample_step = SampleStep(folder, data.logs, child, say) if sample else None
        start_application(
            supervision, procfile, data.logs, child, stop, port=options.port, sample=sample_step
        )
        tell()
        supervision.look_after_until(stop)
    finally:
        _stop_everything(supervisord, data)


def _stop_everything(supervisord: Supervisord, data: DataDir) -> None:
    if supervisord.is_alive:
        supervisord.stop(STOP_LIMIT_S)
    is_clean = end_session(supervisord.pid, grace_s=KILL_GRACE_S)
    supervisord.reap()
    data.environment.unlink(missing_ok=True)
    # The record stays when something could not be ended, so that the next start finds it.
    if is_clean:
        RunRecord.remove(data.run)
