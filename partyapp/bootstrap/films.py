"""Where this deployment's films are kept."""

from partyapp.shared.ops.film_settings import FilmSettings, S3Place
from partyapp.transcode.application.film_store import FilmStore
from partyapp.transcode.infrastructure.folder_store import FolderStore


def build_film_store(settings: FilmSettings) -> FilmStore | None:
    """The store that the settings name; None where they name none. Nothing is connected before it is used."""
    place = settings.place
    if isinstance(place, S3Place):
        # boto3 takes half a second and 30 MB to import, which whoever has a folder needn't pay.
        from partyapp.transcode.infrastructure.s3_store import S3Store, multipart_bytes, s3_client

        return S3Store(
            s3_client(place.endpoint),
            place.bucket,
            place.prefix,
            multipart_bytes=multipart_bytes(settings.upload_max_bytes),
            public=s3_client(place.public_url) if place.public_url else None,
        )
    return None if place is None else FolderStore(place)
