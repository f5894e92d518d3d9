"""The URL of a Cluster: several hosts and the scheme `redis+cluster`, which no client library has."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

#: The schemes of a Cluster, and that of each of its nodes.
CLUSTER_SCHEMES = {"redis+cluster": "redis", "rediss+cluster": "rediss"}

_FORM = "a Cluster's URL is redis+cluster://[user:password@]host:port[,host:port...]"

#: Host and port of a node.
Address = tuple[str, int]


def is_cluster(url: str) -> bool:
    """Whether the URL says that the server is a Cluster."""
    return url.partition("://")[0] in CLUSTER_SCHEMES


@dataclass(frozen=True, kw_only=True)
class ClusterUrl:
    """What it says. `seeds` are some of the nodes, any of which knows the others."""

    scheme: str
    seeds: tuple[Address, ...]
    credentials: str = field(repr=False)
    query: str

    def of_node(self, address: Address) -> str:
        """The URL of one node, with the same credentials and options."""
        host, port = address
        shown = f"[{host}]" if ":" in host else host
        return f"{self.scheme}://{self.credentials}{shown}:{port}/0{self.query}"


def read_cluster_url(url: str) -> ClusterUrl:
    """Read `redis+cluster://[user:password@]host:port[,host:port...][?options]`; `rediss+cluster` for TLS.

    Raises ValueError, which doesn't repeat the URL, when it has another form.
    """
    # Several hosts are more than the standard library's parsers take.
    scheme, _, rest = url.partition("://")
    rest, mark, query = rest.partition("?")
    credentials, at, hosts = rest.partition("/")[0].rpartition("@")
    seeds = tuple(read_address(host, 6379, _FORM) for host in hosts.split(",") if host)
    if scheme not in CLUSTER_SCHEMES or not seeds:
        raise ValueError(_FORM)
    return ClusterUrl(
        scheme=CLUSTER_SCHEMES[scheme], seeds=seeds, credentials=credentials + at, query=mark + query
    )


def read_address(text: str, default_port: int, form: str) -> Address:
    """Host and port of a server. Raises ValueError with `form` where it is none."""
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port or default_port
    except ValueError:
        # What it says repeats a part of the URL, which may be one of a password.
        raise ValueError(form) from None
    if not host:
        raise ValueError(form)
    return host, port
