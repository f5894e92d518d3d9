"""How gunicorn serves Party: greenlets, patched before anything that opens a socket is imported."""

from gevent import monkey

monkey.patch_all()

import gc  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
from typing import Any, ClassVar, Self  # noqa: E402

import gevent  # noqa: E402

bind = f"{os.environ.get('HOST', '0.0.0.0')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
worker_class = "gevent"
# A socket leaves its request at once, so this bounds requests under way, not members.
worker_connections = 2000
backlog = 4096
# For requests under way; the longest waits for a worker and then for the database, about 9 s in all.
graceful_timeout = 18
timeout = 60
# Longer than the 5 s for which many clients keep an idle connection, so that none sends into a closing one.
keepalive = 6
# A request line, and each of at most so many headers, in bytes. A token of 8 KiB has to fit. The application
# refuses a shorter line already.
limit_request_line = 8190
limit_request_fields = 50
limit_request_field_size = 8300
preload_app = False
control_socket_disable = True
proc_name = "party-web"
errorlog = "-"
loglevel = "warning"
accesslog = "-" if os.environ.get("PARTY_ACCESS_LOG") == "1" else None
# An address's query may hold a ticket, and a referrer an invite.
access_log_format = '%(h)s "%(m)s %(U)s %(H)s" %(s)s %(B)s %(D)s %({x-request-id}o)s'

#: How long a process that ends waits for its sockets to close and for what is still to be published, in s.
CLOSE_LIMIT_S = 3.0

#: How long one use of the database may take as a whole, in s, so that an answer comes within 5 s.
DATABASE_DEADLINE_S = 3.5


#: How long an idle connection may stay when its process ends, in s: a request may be on its way.
LAST_REQUEST_S = 0.7


class IdleLimit(gevent.Timeout):  # type: ignore[misc]
    """A connection's wait for its next request, which can be cut short."""

    waiting: ClassVar[dict["IdleLimit", gevent.Greenlet]] = {}

    def __enter__(self) -> Self:
        self.waiting[self] = gevent.getcurrent()
        super().__enter__()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> Any:
        del self.waiting[self]
        return super().__exit__(kind, error, trace)

    @classmethod
    def end_all(cls) -> None:
        """End the waits that have begun by now, `LAST_REQUEST_S` from now; gunicorn would see them out."""
        begun = list(cls.waiting)
        gevent.sleep(LAST_REQUEST_S)
        for limit in begun:
            gevent.get_hub().loop.run_callback(limit.end)

    def end(self) -> None:
        """End this wait, if it is one still. Called from the event loop, as the timer itself does."""
        if self in self.waiting:
            self.waiting[self].throw(self)


class DatabaseLimit:
    """Ends a wait for the database after `DATABASE_DEADLINE_S`, wherever the greenlet is in it."""

    def __init__(self) -> None:
        self.expired = False
        self._timer = gevent.Timeout(DATABASE_DEADLINE_S)

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.expired = not self._timer.pending
        self._timer.close()


def pre_request(worker: Any, req: Any) -> None:
    """Let no client hold a greenlet by falling silent in a body, or by sending it a byte at a time.

    An answer may be taken slowly: a browser reads a video's file only as far ahead as it needs to.
    """
    # Imported here and not above, for a SIGHUP to bring new code.
    from partyapp.shared.http.body_pace import pace_body

    if req.method in ("GET", "HEAD"):
        req.unreader.sock.settimeout(None)
    else:
        pace_body(req)


def post_request(worker: Any, req: Any, environ: Any, resp: Any) -> None:
    """What is left of the body, and the next request, have gunicorn's own limit of time."""
    from partyapp.shared.http.body_pace import unpace_body

    unpace_body(req)


def on_starting(server: Any) -> None:
    """Refuse to start with settings that can't be used, before a socket is bound or a process started."""
    from partyapp.shared.ops.logs import quiet_the_server
    from partyapp.shared.ops.settings import settings_or_exit

    settings = settings_or_exit()
    # In a process of its own: what this one imports, no SIGHUP would replace.
    if subprocess.run([sys.executable, "-m", "partyapp.shared.ops.start_checks"], check=False).returncode:
        raise SystemExit(1)
    quiet_the_server(settings.environment)
    # For a SIGHUP to bring new code: what the first process has imported, all others inherit.
    for name in [name for name in sys.modules if name.startswith("partyapp.") and name != __name__]:
        del sys.modules[name]


def post_worker_init(worker: Any) -> None:
    """The process is about to serve: start its live side, and have it close its sockets before it ends."""
    # Imported here and not above, for a SIGHUP to bring new code.
    from partyapp.party.controllers.socket_front import FRONT
    from partyapp.shared.http.accepting import accept_several_a_turn
    from partyapp.shared.http.early_handshakes import install_early_handshakes
    from partyapp.shared.http.server_refusals import answer_with_problems
    from partyapp.shared.storage.database import deadline
    from partyapp.shared.storage.lent_connections import keep_connections_lent
    from partyapp.shared.storage.loop_wait import wait_for_postgres_on_loop

    answer_with_problems(worker)
    accept_several_a_turn()
    extensions = worker.app.callable.extensions
    node, resources = extensions["realtime"].node, extensions["resources"]
    deadline.limit = DatabaseLimit
    wait_for_postgres_on_loop()
    # One of ten: what is kept for the hot statements, nobody else can have.
    keep_connections_lent(resources.engine, resources.settings.database_pool // 10)
    node.start()
    worker.timeout_ctx = lambda: IdleLimit(keepalive, False)
    if FRONT in extensions:
        install_early_handshakes(worker)
    finish = worker.handle_exit

    def close_and_exit(signum: int, frame: Any) -> None:
        gevent.spawn(node.stop)
        gevent.spawn(IdleLimit.end_all)
        finish(signum, frame)

    signal.signal(signal.SIGTERM, close_and_exit)
    # What was imported stays for good: a collection that looks through it all stops every socket for 0.1 s.
    gc.collect()
    gc.freeze()
    # Members who come stay for hours, and each brings hundreds of objects. Who looks at all of a large room
    # makes some for each of them, which are gone at the end without being looked for; by Python's own 700,
    # and by 2,000 still, a tenth of the processor's time goes into that while a thousand come into one room.
    gc.set_threshold(20_000, 10, 10)


def worker_exit(server: Any, worker: Any) -> None:
    """No request runs any more: wait for the sockets, and for the commands that came over them."""
    app = worker.app.callable
    if app is not None:
        app.extensions["realtime"].node.finish(CLOSE_LIMIT_S)
    from partyapp.shared.ops.telemetry import stop_telemetry

    stop_telemetry()


def child_exit(server: Any, worker: Any) -> None:
    """Take what a dead process measured out of the gauges."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
