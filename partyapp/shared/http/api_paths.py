"""Which addresses belong to the API: they need a token, count against limits and are never cached."""


def is_api(path: str) -> bool:
    """Whether the path is `/api` or below it."""
    return path == "/api" or path.startswith("/api/")


def is_upload(path: str) -> bool:
    """Whether the path is an upload, which is sent in any number of requests."""
    return path.startswith("/api/uploads/")
