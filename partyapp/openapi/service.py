"""What the service shows without any context: probes, metrics, and the description itself."""

from collections.abc import Iterable
from typing import Any, Protocol

from partyapp.openapi.description import ContextDescription
from partyapp.openapi.fields import Answer, answer_class, nested, word
from partyapp.openapi.objects import Problem
from partyapp.openapi.operation import Operation


class NamedCheck(Protocol):
    """A check of `/readyz`. A deployment may be without an `optional` one; one may be `degraded`."""

    @property
    def name(self) -> str: ...

    @property
    def about(self) -> str: ...

    @property
    def optional(self) -> bool: ...

    @property
    def degrades(self) -> bool: ...


class Liveness(Answer):
    """The process is alive."""

    status = word("Always `alive`.", "alive")


def _outcome(check: NamedCheck) -> Any:
    words = ("ok", "missing", "degraded") if check.degrades else ("ok", "missing")
    return word(check.about, *words, optional=check.optional)


def service_description(checks: Iterable[NamedCheck]) -> ContextDescription:
    """The operations of any process; `checks` are those that `/readyz` may name."""
    outcomes = {check.name: _outcome(check) for check in checks}
    reached = answer_class("Checks", "What was reached.", outcomes, __name__)

    class Readiness(Answer):
        """The process can serve."""

        status = word("`degraded` where something is not as it should be.", "ready", "degraded")
        checks = nested(reached, "What was reached.")

    class NotReady(Problem):
        """What nothing can be served without is missing; asked strictly, anything."""

        checks = nested(reached, "What was reached.")

    health = (
        Operation(
            id="healthz",
            method="get",
            path="/healthz",
            tag="Operation",
            summary="Is the process alive?",
            answer=Liveness,
            public=True,
        ),
        Operation(
            id="readyz",
            method="get",
            path="/readyz",
            tag="Operation",
            summary="Can the process serve, and are Postgres, Redis and a worker reachable?",
            about="503 only while nothing can be served, which is without Postgres. With `?strict=1`, for "
            "deploys, 503 while anything is missing.",
            answer=Readiness,
            refusals={503: NotReady},
            public=True,
            problems=("unavailable",),
        ),
    )
    return ContextDescription(
        tags={"Operation": "What runs and watches the service asks."}, operations=(*health, *_INSIGHT)
    )


_INSIGHT = (
    Operation(
        id="metrics",
        method="get",
        path="/metrics",
        tag="Operation",
        summary="Metrics for Prometheus",
        about="Where `PARTY_METRICS_TOKEN` is set, to who brings it as the bearer token.",
        problems=("unauthenticated",),
        public=True,
        media_type="text/plain",
    ),
    Operation(
        id="showOpenapi",
        method="get",
        path="/api/openapi.json",
        tag="Operation",
        summary="This description",
        public=True,
        headers={"ETag": "Changes when the description does."},
    ),
    Operation(
        id="showAsyncapi",
        method="get",
        path="/api/asyncapi.json",
        tag="Operation",
        summary="The WebSocket's description",
        about="AsyncAPI 3, which refers to this one beside it.",
        public=True,
        headers={"ETag": "Changes when the description does."},
    ),
    Operation(
        id="showDocs",
        method="get",
        path="/api/docs",
        tag="Operation",
        summary="This description as a page",
        public=True,
        media_type="text/html",
    ),
)
