"""The order of a start: servers, release step, processes and sample clip, and the wait for readiness."""

from collections.abc import Callable, Mapping
from pathlib import Path

from partyapp.local_run.errors import LocalRunError
from partyapp.local_run.procfile import Procfile
from partyapp.local_run.readiness import missing_for_readiness
from partyapp.local_run.servers import EmbeddedServersOfRun
from partyapp.local_run.step import Step, last_line
from partyapp.local_run.stop_signal import StopSignal
from partyapp.local_run.supervision import Supervision
from partyapp.local_run.supervisor_config import APP, SERVERS
from partyapp.local_run.supervisord import SupervisorUnreachableError

SERVERS_LIMIT_S = 150.0
RELEASE_LIMIT_S = 300.0
READY_LIMIT_S = 150.0
SAMPLE_LIMIT_S = 30.0
# A process that died this often before it was ready won't become ready.
DEATHS_BEFORE_READY = 3
SAMPLE_COMMAND = "party videos register-sample"


class SampleStep:
    """Registers the sample clip. Its failure is said, and harms nobody: videos can be added without."""

    def __init__(
        self, folder: Path, logs: Path, environ: Mapping[str, str], say: Callable[[str], None]
    ) -> None:
        self._folder, self._log, self._environ, self._say = folder, logs / "sample.log", environ, say

    def begin(self) -> Step:
        """Start it, to run beside the start of the processes."""
        return Step(SAMPLE_COMMAND, folder=self._folder, log=self._log, environ=self._environ)

    def end(self, step: Step, stop: StopSignal) -> None:
        """Wait for it, and say so when it failed."""
        try:
            step.wait(stop, limit_s=SAMPLE_LIMIT_S)
        except LocalRunError as error:
            self._say(f"The sample clip is not there: {error}")


def start_servers(supervision: Supervision, servers: EmbeddedServersOfRun, stop: StopSignal) -> None:
    """Start the embedded servers, wait until they answer, and make the database when it is missing."""
    programs = servers.programs()
    if not programs:
        return
    _start_group(supervision, SERVERS)
    missing = servers.missing()

    def are_ready() -> bool:
        nonlocal missing
        supervision.look()
        _refuse_if_dying(supervision, [program.name for program in programs])
        missing = servers.missing()
        return not missing

    if not stop.wait_until(are_ready, limit_s=SERVERS_LIMIT_S):
        log = supervision.log_of(missing[0])
        raise LocalRunError(f"{missing[0]} is not ready after {SERVERS_LIMIT_S:g} s; its log is {log}.")
    if servers.postgres is not None:
        servers.postgres.ensure_database()


def start_application(
    supervision: Supervision,
    procfile: Procfile,
    logs: Path,
    environ: Mapping[str, str],
    stop: StopSignal,
    *,
    port: int,
    sample: SampleStep | None,
) -> None:
    """Run the release step, start the processes of the Procfile, and wait until `/readyz` is content.

    The sample clip is registered meanwhile: it needs the migrated database and nothing else.
    """
    if procfile.release is not None:
        folder, log = procfile.path.parent, logs / "release.log"
        with Step(procfile.release, folder=folder, log=log, environ=environ) as release:
            release.wait(stop, limit_s=RELEASE_LIMIT_S)
    _start_group(supervision, APP)
    if sample is None:
        _wait_until_ready(supervision, list(procfile.processes), port, stop)
        return
    with sample.begin() as step:
        _wait_until_ready(supervision, list(procfile.processes), port, stop)
        sample.end(step, stop)


def _start_group(supervision: Supervision, group: str) -> None:
    try:
        supervision.supervisord.start_group(group)
    except SupervisorUnreachableError as error:
        raise LocalRunError(f"The processes can't be started: {error}.") from error


def _wait_until_ready(supervision: Supervision, names: list[str], port: int, stop: StopSignal) -> None:
    missing: str | None = "it was not asked yet"

    def is_ready() -> bool:
        nonlocal missing
        supervision.look()
        _refuse_if_dying(supervision, names)
        missing = missing_for_readiness(port)
        return missing is None

    if stop.wait_until(is_ready, limit_s=READY_LIMIT_S):
        return
    down = [each.name for each in supervision.look() if each.pid == 0 and each.name in names]
    suspect = down[0] if down else ("worker" if "worker" in (missing or "") else "web")
    what = f"{down[0]} does not run" if down else missing
    raise LocalRunError(
        f"Party is not ready after {READY_LIMIT_S:g} s: {what}; see {supervision.log_of(suspect)}."
    )


def _refuse_if_dying(supervision: Supervision, names: list[str]) -> None:
    for name in names:
        if supervision.deaths(name) >= DEATHS_BEFORE_READY:
            log = supervision.log_of(name)
            reason = supervision.supervisord.reason_of_death(name)
            raise LocalRunError(f"{name} can't start ({reason}): {last_line(log)} [log: {log}]")
