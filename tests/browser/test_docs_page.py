"""The page of the description shows all of it."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPerson, complaints_of
from tests.browser.page_actions import LIMIT_MS
from tests.support.local_stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.together, pytest.mark.timeout(120)]


def test_every_operation_and_object_is_shown(stack: Stack, new_person: NewPerson) -> None:
    description = httpx.get(f"{stack.url}/api/openapi.json", trust_env=False).json()
    operations = [one for path in description["paths"].values() for one in path.values()]
    page = new_person()
    complaints = complaints_of(page)
    page.goto(f"{stack.url}/api/docs")
    expect(page.locator("#object-Event")).to_contain_text("MemberJoinedEvent", timeout=LIMIT_MS)
    shown = page.locator("details.operation").evaluate_all("found => found.map(one => one.id)")
    objects = [f"object-{name}" for name in sorted(description["components"]["schemas"])]
    assert sorted(shown) == sorted([one["operationId"] for one in operations] + objects)
    expect(page.locator("#writeUpload")).to_contain_text("application/offset+octet-stream")
    expect(page.locator("#object-Sync")).to_contain_text("buffering")
    assert complaints == []
