"""Behind a login the page asks nobody for a name, and is whoever the proxy in front says."""

from __future__ import annotations

import pytest

from tests.browser.conftest import NewPerson, complaints_of
from tests.support.local_stack import Stack
from tests.support.proxies import another_web

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(180)]


def test_the_page_is_whom_the_proxy_names(stack: Stack, new_person: NewPerson) -> None:
    told = {"PARTY_TRUSTED_HOPS": "1", "PARTY_LOGIN_PROXIES": "127.0.0.1", "PARTY_GUESTS": "0"}
    with another_web(stack, told) as port:
        page = new_person()
        complaints = complaints_of(page)
        for user, name in (("ada", "Ada Lovelace"), ("zoe", "Zoe")):
            # The browser's connection comes from the proxy's address, with what a proxy would add.
            page.context.set_extra_http_headers(
                {"X-Forwarded-For": "203.0.113.7", "Remote-User": user, "Remote-Name": name}
            )
            page.goto(f"http://127.0.0.1:{port}/")
            page.locator("[data-part=me]").filter(has_text=name).wait_for()
            assert page.get_by_test_id("name-form").count() == 0
        assert complaints == []
