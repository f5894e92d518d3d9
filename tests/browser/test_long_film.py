"""A film that is longer than a token: everybody stays who they are, and no socket is opened anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import (
    LIMIT_MS,
    open_invite,
    part,
    start_party,
    wait_for_stage,
    wait_until_moving,
)
from tests.support.fronted_stack import stack_for_pages
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(240)]

#: How long a token holds here, in s; it is renewed when 60 to 80 % of it are over.
TTL_S = 15

_TOKEN = "() => localStorage.getItem('party.token')"


@pytest.fixture(scope="module")
def short_tokens() -> Iterator[Stack]:
    with own_folder() as folder:
        extra = {"PARTY_TOKEN_TTL_S": str(TTL_S)}
        with stack_for_pages(folder / "data", extra=extra) as running:
            yield running


def claims_of(page: Page) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(page.evaluate(_TOKEN), options={"verify_signature": False})
    return claims


def test_who_watches_for_longer_than_a_token_stays_the_same(
    short_tokens: Stack, new_person: NewPerson
) -> None:
    ada, grace = new_person(), new_person()
    complaints = [complaints_of(page) for page in (ada, grace)]
    sockets: list[str] = []
    for page in (ada, grace):
        page.on("websocket", lambda socket: sockets.append(socket.url))
    open_invite(grace, start_party(ada, short_tokens.url, "Ada"), "Grace")
    expect(part(ada, "member")).to_have_count(2, timeout=LIMIT_MS)
    part(ada, "play").click()
    first = [claims_of(page) for page in (ada, grace)]
    for page, claims in zip((ada, grace), first, strict=True):
        wait_until_moving(page)
        page.wait_for_function("(endsS) => Date.now() / 1000 > endsS + 2", arg=claims["exp"])
    for page, claims in zip((ada, grace), first, strict=True):
        now = claims_of(page)
        assert (now["sub"], now["sid"]) == (claims["sub"], claims["sid"])
        assert now["exp"] > claims["exp"]
        wait_until_moving(page)
    wait_for_stage(ada, role="host", connection="open")
    wait_for_stage(grace, role="member", connection="open")
    expect(part(ada, "member")).to_have_count(2)
    assert len(sockets) == 2
    assert complaints == [[], []]
