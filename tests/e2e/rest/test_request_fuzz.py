"""Made-up requests: whatever is sent, the answer is one that the description names, and never a crash."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Service
from tests.support.request_fuzz import RequestFuzz

pytestmark = pytest.mark.stack

EXAMPLES = 16


def test_made_up_requests_are_answered_as_described(service: Service) -> None:
    fuzz = RequestFuzz(service.url)
    try:
        fuzz.run(EXAMPLES, seeded=True)
    finally:
        fuzz.close()
    assert fuzz.sent >= 200
    assert service.http.get("/healthz").status_code == 200
