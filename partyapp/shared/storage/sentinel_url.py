"""The URL of a Redis that Sentinels watch, with several hosts and the scheme `redis+sentinel`.

Neither client library has one of its own for it: redis-py takes the Sentinels as arguments, kombu a list of
URLs and an option.
"""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlencode

from partyapp.shared.storage.cluster_url import Address, read_address

#: The schemes, and that of the server which the Sentinels name.
SENTINEL_SCHEMES = {"redis+sentinel": "redis", "rediss+sentinel": "rediss"}
DEFAULT_PORT = 26379
#: Of the query: how the Sentinels themselves are entered, where they ask for it.
_OWN_OPTIONS = ("sentinel_username", "sentinel_password")
_FORM = (
    "the URL of a Redis behind Sentinels is "
    "redis+sentinel://[user:password@]host:port[,host:port...]/master[/database]"
)


def is_sentinel(url: str) -> bool:
    """Whether the URL says that Sentinels know where the server is."""
    return url.partition("://")[0] in SENTINEL_SCHEMES


@dataclass(frozen=True, kw_only=True)
class SentinelUrl:
    """What it says. `sentinels` are those to ask, `master` the name under which they watch the server."""

    scheme: str
    sentinels: tuple[Address, ...]
    master: str
    database: int
    credentials: str = field(repr=False)
    query: str = field(repr=False)
    #: What enters the Sentinels, by redis-py's names.
    login: dict[str, str] = field(repr=False)

    @property
    def is_tls(self) -> bool:
        """Whether server and Sentinels speak TLS."""
        return self.scheme == "rediss"

    @property
    def server(self) -> str:
        """The URL of the server, with a placeholder for its host: what else there is to know of it."""
        return f"{self.scheme}://{self.credentials}sentinel/{self.database}{self.query}"


def read_sentinel_url(url: str) -> SentinelUrl:
    """Read `redis+sentinel://[user:password@]host:port[,host:port...]/master[/database][?options]`.

    `rediss+sentinel` is TLS to the server and to the Sentinels; options are those of redis-py, and
    `sentinel_username` and `sentinel_password`. Raises ValueError, which doesn't repeat the URL, when it has
    another form.
    """
    scheme, _, rest = url.partition("://")
    rest, _, query = rest.partition("?")
    place, _, path = rest.partition("/")
    credentials, at, hosts = place.rpartition("@")
    master, _, database = path.strip("/").partition("/")
    sentinels = tuple(read_address(host, DEFAULT_PORT, _FORM) for host in hosts.split(",") if host)
    if scheme not in SENTINEL_SCHEMES or not sentinels or not master or not (database or "0").isdecimal():
        raise ValueError(_FORM)
    options = parse_qsl(query)
    kept = urlencode([(name, value) for name, value in options if name not in _OWN_OPTIONS])
    return SentinelUrl(
        scheme=SENTINEL_SCHEMES[scheme],
        sentinels=sentinels,
        master=unquote(master),
        database=int(database or 0),
        credentials=credentials + at,
        query=f"?{kept}" if kept else "",
        login={name.removeprefix("sentinel_"): value for name, value in options if name in _OWN_OPTIONS},
    )
