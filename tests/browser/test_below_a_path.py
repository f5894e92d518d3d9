"""The page behind nginx with TLS, below a path of its host, by `deploy/nginx.conf`; and past it, at home."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import (
    LIMIT_MS,
    open_invite,
    part,
    start_party,
    wait_for_stage,
    wait_until_moving,
)
from tests.support.local_stack import Stack, free_port
from tests.support.own_folder import own_folder
from tests.support.proxies import PROGRAMS, Proxy

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    with own_folder() as folder:
        yield Proxy(folder, free_port())


@pytest.fixture(scope="module")
def stack(proxy: Proxy) -> Iterator[Stack]:
    """A service that was told its address, below a path."""
    if PROGRAMS["nginx"] is None:
        pytest.skip("nginx is not installed: the page behind it was not tried")
    extra = {"PARTY_PUBLIC_URL": f"{proxy.url}/party"}
    with (
        own_folder() as folder,
        Stack(folder / "data", extra=extra, sample=True) as running,
        proxy.running("nginx", [running.port], running.data_dir / "films"),
    ):
        yield running


def test_two_people_watch_one_of_them_past_the_proxy(
    stack: Stack, proxy: Proxy, new_person: NewPerson
) -> None:
    ada, grace = new_person(ignore_https_errors=True), new_person()
    complaints = [complaints_of(page) for page in (ada, grace)]
    link = start_party(ada, f"{proxy.url}/party/", "Ada")
    assert link.startswith(f"{proxy.url}/party/p/")
    assert ada.url.split("?")[0] == link.split("?")[0]

    # At home nobody goes out to come in again: the film comes from where the page came from.
    open_invite(grace, link.replace(f"{proxy.url}/party", stack.url), "Grace")
    expect(part(ada, "member")).to_have_count(2, timeout=LIMIT_MS)
    part(ada, "play").click()
    for page, origin in ((ada, proxy.url), (grace, stack.url)):
        wait_until_moving(page)
        assert page.evaluate("() => document.querySelector('video').currentSrc").startswith(
            f"{origin}/party/media/"
        )

    ada.goto(link)
    wait_for_stage(ada, connection="open")
    wait_until_moving(ada)
    expect(part(ada, "invite-link")).to_have_value(link, timeout=LIMIT_MS)
    assert complaints == [[], []]
