"""Uploads as this process knows them."""

from collections.abc import Callable

from partyapp.bootstrap.resources import Resources
from partyapp.transcode.application.film_store import FilmStore
from partyapp.transcode.application.upload_ports import UploadLimits
from partyapp.transcode.application.uploads import Uploads
from partyapp.transcode.infrastructure.finished_uploads import FilmsOfUploads
from partyapp.transcode.infrastructure.postgres_uploads import PostgresUploads


def build_uploads(
    resources: Resources, store: FilmStore | None, wake: Callable[[], None] = lambda: None
) -> Uploads | None:
    """What can be done with uploads to that store; None where there is none. `wake` has films prepared."""
    if store is None:
        return None
    films = resources.settings.films
    return Uploads(
        uploads=PostgresUploads(resources.transactions),
        store=store,
        films=FilmsOfUploads(resources.videos, resources.transactions, resources.clock, wake),
        clock=resources.clock,
        limits=UploadLimits(
            max_bytes=films.upload_max_bytes,
            quota_bytes=films.upload_quota_bytes,
            ttl_ms=films.upload_ttl_s * 1000,
        ),
    )
