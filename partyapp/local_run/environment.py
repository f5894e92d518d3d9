"""The environment that `party up` hands to the processes it starts."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from partyapp.local_run.data_dir import DataDir
from partyapp.local_run.errors import LocalRunError
from partyapp.local_run.options import RunOptions
from partyapp.shared.ops.secret_settings import MINIMUM_SECRET_BYTES

#: The variables that a run sets or settles for its processes.
GIVEN = (
    "DATABASE_URL",
    "REDIS_URL",
    "HOST",
    "PORT",
    "PARTY_DATA_DIR",
    "PARTY_SECRET_KEY",
    "PARTY_ENV",
    "PROMETHEUS_MULTIPROC_DIR",
    "WEB_CONCURRENCY",
    "PATH",
)


def child_environment(
    environ: Mapping[str, str], options: RunOptions, data: DataDir, embedded_urls: Mapping[str, str]
) -> dict[str, str]:
    """Our own environment, completed: the URLs, the port, the folder, the secret, the metrics folder.

    The programs of this very Python come first on the PATH, so that `party`, `gunicorn` and `celery`
    are those installed beside it, whether or not its environment is activated.
    """
    child = dict(environ)
    programs = str(Path(sys.executable).parent)
    child["PATH"] = os.pathsep.join([programs, environ.get("PATH") or os.defpath])
    given = {"DATABASE_URL": options.database_url, "REDIS_URL": options.redis_url}
    child.update({name: url for name, url in given.items() if url is not None})
    child.update(embedded_urls)
    child["HOST"], child["PORT"] = options.host, str(options.port)
    child["PARTY_DATA_DIR"] = str(data.path)
    child["WEB_CONCURRENCY"] = str(options.web_concurrency)
    child["PROMETHEUS_MULTIPROC_DIR"] = str(data.fresh_metrics_folder())
    child["PYTHONUNBUFFERED"] = "1"
    if child.get("PARTY_LIBRARY_DIR"):
        # The processes run in another folder than the one that the path was written in.
        child["PARTY_LIBRARY_DIR"] = os.path.abspath(os.path.expanduser(child["PARTY_LIBRARY_DIR"]))
    if not child.get("PARTY_ENV"):
        child["PARTY_ENV"] = "local"
    if not child.get("PARTY_SECRET_KEY"):
        child["PARTY_SECRET_KEY"] = data.secret_key()
    secret = child["PARTY_SECRET_KEY"]
    if len(secret.encode()) < MINIMUM_SECRET_BYTES or not secret.isprintable():
        raise LocalRunError(f"PARTY_SECRET_KEY must be one line of at least {MINIMUM_SECRET_BYTES} bytes.")
    return child


def noted(child: Mapping[str, str], supervisor_socket: Path) -> dict[str, str]:
    """What of it is ours, and where supervisord listens: the data folder's note of a run."""
    return {name: child[name] for name in GIVEN} | {"PARTY_SUPERVISOR_SOCKET": str(supervisor_socket)}
