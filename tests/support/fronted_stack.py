"""The whole stack behind a proxy of `deploy`, for tests that know nothing of it.

Their `stack.url` is the proxy's.

`TEST_PROXY` names one: `nginx` or `caddy`, at the top of its host or, with `-prefix`, below a path of it. It
stands there without TLS, which other tests try, so that no browser has to be told of a certificate.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.local_stack import Stack, free_port
from tests.support.own_folder import own_folder
from tests.support.proxies import PROGRAMS, Proxy

#: What `TEST_PROXY` may be.
FRONTS = ("nginx", "caddy", "nginx-prefix", "caddy-prefix")
_PATH = "/party"


def front() -> str:
    """The proxy that the tests are to go through; empty for none. Raises ValueError for another."""
    found = os.environ.get("TEST_PROXY", "")
    if found and found not in FRONTS:
        raise ValueError(f"TEST_PROXY is one of {', '.join(FRONTS)}, not {found}")
    return found


class FrontedStack(Stack):
    """A stack whose `url` is where the proxy in front of it has the page."""

    def __init__(self, data_dir: Path, page_url: str, **options: object) -> None:
        super().__init__(data_dir, **options)  # type: ignore[arg-type]
        self._page_url = page_url

    @property
    def url(self) -> str:
        return self._page_url

    @property
    def page_port(self) -> int:
        return int(urlsplit(self._page_url).port or 0)

    @property
    def page_path(self) -> str:
        return urlsplit(self._page_url).path


@contextmanager
def stack_for_pages(
    data_dir: Path, *, extra: Mapping[str, str] | None = None, films: bool = False, sample: bool = True
) -> Iterator[Stack]:
    """A stack for browsers, behind the proxy of `TEST_PROXY` if there is one."""
    name, _, below = front().partition("-")
    if not name:
        with Stack(data_dir, extra=extra, sample=sample, films=films) as running:
            yield running
        return
    if PROGRAMS[name] is None:
        pytest.skip(f"{name} is not installed: nothing was tried through it")
    with own_folder() as folder:
        proxy = Proxy(folder, free_port(), tls=False)
        url = f"{proxy.url}{_PATH}" if below else proxy.url
        # At the top of its host the page is where it was asked for, so that it has more addresses than one.
        told = {"PARTY_TRUSTED_HOPS": "1", **({"PARTY_PUBLIC_URL": url} if below else {}), **(extra or {})}
        with (
            FrontedStack(data_dir, url, extra=told, sample=sample, films=films) as running,
            proxy.running(name, [running.port], running.data_dir / "films"),
        ):
            yield running
