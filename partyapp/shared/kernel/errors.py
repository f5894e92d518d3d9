"""Refusals: every reason to say no, by the code that PROTOCOL names, and what the code means over HTTP."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

#: code -> (HTTP status, title). The one place where a code gets its status.
PROBLEMS: Mapping[str, tuple[int, str]] = {
    "unauthenticated": (401, "Sign in first"),
    "forbidden": (403, "You may not do this"),
    "not_found": (404, "Not found"),
    "method_not_allowed": (405, "Method not allowed"),
    "validation_failed": (422, "The request is not valid"),
    "malformed_json": (400, "The body is not valid JSON"),
    "bad_request": (400, "The request can't be understood"),
    "unsupported_media_type": (415, "The body must be application/json"),
    "payload_too_large": (413, "The body is too large"),
    "uri_too_long": (414, "The address is too long"),
    "headers_too_large": (431, "The headers are too large"),
    "stale_revision": (409, "The party has moved on"),
    "party_ended": (409, "The party has ended"),
    "host_cannot_be_removed": (409, "The host stays"),
    "queue_full": (409, "The queue is full"),
    "queue_empty": (409, "The queue is empty"),
    "banned": (403, "You were banned from this party"),
    "muted": (403, "You may not write for a while"),
    "chat_disabled": (403, "Nobody may write in this party"),
    "party_full": (409, "The party is full"),
    "not_a_member": (403, "You are not a member of this party"),
    "invalid_invite": (403, "The invite code is wrong"),
    "video_in_use": (409, "The video is being watched"),
    "video_not_ready": (409, "The video can't be played yet"),
    "idempotency_key_reused": (409, "The idempotency key was used for another request"),
    "upgrade_required": (426, "This address speaks WebSocket"),
    "quota_exceeded": (409, "As many as you may have"),
    "rate_limited": (429, "Too many requests"),
    "internal": (500, "Something went wrong here"),
    "unavailable": (503, "Not available right now"),
    "storage_full": (507, "No room left"),
    "tus_version": (412, "Another version of tus is needed"),
    "upload_offset": (409, "The upload goes on elsewhere"),
    "upload_locked": (423, "The upload is being written"),
    "checksum_mismatch": (460, "The part was changed on its way"),
}


class Refusal(Exception):
    """A request that is refused, or can't be served, for a reason the caller may know.

    `detail` is one sentence for a person. `errors` maps a field to the reasons why it is wrong.
    `retry_after_s` (seconds) is set where trying again may help.
    """

    code: ClassVar[str] = "internal"
    detail: str = ""
    #: What an HTTP answer says of it beside the status.
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Mapping[str, Any] | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        self.detail = detail if detail is not None else type(self).detail
        self.errors = errors
        self.retry_after_s = retry_after_s
        super().__init__(self.detail)

    def problem(self) -> dict[str, Any]:
        """The refusal as a problem details object (RFC 9457)."""
        return problem(self.code, self.detail, self.errors)


def problem(code: str, detail: str, errors: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A problem details object (RFC 9457) with the stable `code` that PROTOCOL adds."""
    status, title = PROBLEMS[code]
    body: dict[str, Any] = {
        "type": f"urn:party:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail or title,
        "code": code,
    }
    if errors:
        body["errors"] = dict(errors)
    return body


class Unauthenticated(Refusal):
    code = "unauthenticated"
    detail = "A valid bearer token is needed."


class Forbidden(Refusal):
    code = "forbidden"
    detail = "You may not do this."


class NotFound(Refusal):
    code = "not_found"
    detail = "There is nothing here, or you may not know of it."


class ValidationFailed(Refusal):
    code = "validation_failed"
    detail = "Some fields are not valid."


class MalformedJson(Refusal):
    code = "malformed_json"
    detail = "The body is not one JSON object."


class UnsupportedMediaType(Refusal):
    code = "unsupported_media_type"
    detail = "Send the body as application/json."


class PayloadTooLarge(Refusal):
    code = "payload_too_large"
    detail = "The body is larger than 16 KiB."


class UriTooLong(Refusal):
    code = "uri_too_long"
    detail = "An address here is shorter than 4,000 bytes."


class UpgradeRequired(Refusal):
    code = "upgrade_required"
    detail = "Connect with a WebSocket of version 13."


class BadRequest(Refusal):
    code = "bad_request"
    detail = "The request can't be understood."


class IdempotencyKeyReused(Refusal):
    code = "idempotency_key_reused"
    detail = "This Idempotency-Key was used for another request."


class RateLimited(Refusal):
    """Too much of something. `rule` names the limit: `quota` in any `window_s` seconds.

    The problem says when to try again, as `retry_after_s`, since a WebSocket has no headers.
    """

    code = "rate_limited"
    detail = "Slow down."

    def __init__(
        self,
        *,
        rule: str = "user",
        quota: int = 1,
        window_s: int = 1,
        retry_after_s: int = 1,
        detail: str | None = None,
    ) -> None:
        super().__init__(detail, retry_after_s=retry_after_s)
        #: draft-ietf-httpapi-ratelimit-headers-10: the policy, and what is left of it.
        self.headers = {
            "RateLimit-Policy": f'"{rule}";q={quota};w={window_s}',
            "RateLimit": f'"{rule}";r=0;t={retry_after_s}',
        }

    def problem(self) -> dict[str, Any]:
        return {**super().problem(), "retry_after_s": self.retry_after_s}


class QuotaExceeded(Refusal):
    code = "quota_exceeded"
    detail = "You have as many of these as you may have."


class Unavailable(Refusal):
    """A part that is needed is gone; nothing was changed, or the change is safe to send again."""

    code = "unavailable"
    detail = "A part of the service is not reachable. Try again shortly."

    def __init__(self, detail: str | None = None, *, retry_after_s: int = 2) -> None:
        super().__init__(detail, retry_after_s=retry_after_s)


class StoredProblem(Refusal):
    """A refusal that was decided earlier and read back from the command's row."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        super().__init__(str(body.get("detail", "")), errors=body.get("errors"))
        self.stored = dict(body)
        if self.stored.get("status") == 503:
            self.retry_after_s = 2

    def problem(self) -> dict[str, Any]:
        return dict(self.stored)
