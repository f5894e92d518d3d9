"""Which servers this run embeds, how they are supervised, and the URLs by which they are found."""

from dataclasses import dataclass
from pathlib import Path

from partyapp.local_run.postgres import EmbeddedPostgres, prepare_postgres
from partyapp.local_run.supervisor_config import Program, server_program
from partyapp.local_run.valkey import EmbeddedValkey, prepare_valkey

POSTGRES_STOP_S = 4
VALKEY_STOP_S = 3


@dataclass(frozen=True, kw_only=True)
class EmbeddedServersOfRun:
    """The embedded servers; None stands for one that the environment names a URL for."""

    postgres: EmbeddedPostgres | None
    valkey: EmbeddedValkey | None

    def programs(self) -> list[Program]:
        """The servers as supervised processes."""
        found = []
        if self.postgres is not None:
            owner = self.postgres.user.pw_name if self.postgres.user else None
            found.append(
                # SIGINT is PostgreSQL's fast shutdown: it ends sessions and writes a clean checkpoint.
                server_program(
                    "postgres",
                    self.postgres.command(),
                    stop_signal="INT",
                    stop_s=POSTGRES_STOP_S,
                    user=owner,
                )
            )
        if self.valkey is not None:
            found.append(
                server_program("valkey", self.valkey.command(), stop_signal="TERM", stop_s=VALKEY_STOP_S)
            )
        return found

    def urls(self) -> dict[str, str]:
        """The environment variables by which the application finds them."""
        urls = {}
        if self.postgres is not None:
            urls["DATABASE_URL"] = self.postgres.url()
        if self.valkey is not None:
            urls["REDIS_URL"] = self.valkey.url
        return urls

    def missing(self) -> list[str]:
        """The names of those that aren't ready."""
        found = []
        if self.postgres is not None and not self.postgres.is_ready():
            found.append("postgres")
        if self.valkey is not None and not self.valkey.is_ready():
            found.append("valkey")
        return found


def prepare_servers(
    data_dir: Path, socket_dir: Path, *, embed_postgres: bool, embed_valkey: bool
) -> EmbeddedServersOfRun:
    """Make what the embedded servers need on the disk. Raises LocalRunError."""
    return EmbeddedServersOfRun(
        postgres=prepare_postgres(folder=data_dir / "postgres", socket_dir=socket_dir)
        if embed_postgres
        else None,
        valkey=prepare_valkey(folder=data_dir / "valkey", socket_dir=socket_dir) if embed_valkey else None,
    )
