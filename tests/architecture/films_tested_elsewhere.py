"""The same as `tested_elsewhere` for films: modules without a test file of their own name."""

_TRANSCODE = "partyapp/transcode"
_SUBTITLES = f"{_TRANSCODE}/infrastructure/subtitles"

FILMS_TESTED_IN: dict[str, tuple[str, ...]] = {
    "ports/test_film_store_port.py": (
        "partyapp/shared/storage/durable_files.py",
        f"{_TRANSCODE}/application/film_store.py",
        f"{_TRANSCODE}/controllers/disk_threads.py",
        f"{_TRANSCODE}/infrastructure/s3_errors.py",
        f"{_TRANSCODE}/infrastructure/s3_growing.py",
        f"{_TRANSCODE}/infrastructure/threaded_store.py",
    ),
    "ports/test_upload_port.py": (
        f"{_TRANSCODE}/application/upload_ports.py",
        f"{_TRANSCODE}/infrastructure/postgres_uploads.py",
    ),
    "ports/test_film_job_port.py": (
        f"{_TRANSCODE}/application/film_jobs.py",
        f"{_TRANSCODE}/infrastructure/postgres_film_jobs.py",
    ),
    "ports/test_video_port.py": (
        f"{_TRANSCODE}/infrastructure/entities.py",
        f"{_TRANSCODE}/infrastructure/postgres_videos.py",
    ),
    "unit/transcode/test_early_films.py": (f"{_TRANSCODE}/application/film_lease.py",),
    "unit/transcode/test_domain.py": (
        f"{_TRANSCODE}/domain/job.py",
        f"{_TRANSCODE}/domain/text.py",
        f"{_TRANSCODE}/domain/video.py",
    ),
    "integration/films/test_probe.py": (
        f"{_TRANSCODE}/infrastructure/ffmpeg/guard.py",
        f"{_TRANSCODE}/infrastructure/ffmpeg/file_layout.py",
        f"{_TRANSCODE}/infrastructure/ffmpeg/probe_process.py",
    ),
    "unit/transcode/test_media.py": (
        f"{_TRANSCODE}/application/file_parts.py",
        f"{_TRANSCODE}/application/media_bytes.py",
        f"{_TRANSCODE}/domain/media_type.py",
    ),
    "unit/transcode/test_uploads.py": (
        f"{_TRANSCODE}/controllers/upload_body.py",
        f"{_TRANSCODE}/domain/upload.py",
    ),
    "unit/transcode/test_library.py": (f"{_TRANSCODE}/infrastructure/library_folder.py",),
    "integration/films/test_stills.py": (
        f"{_TRANSCODE}/domain/stills.py",
        f"{_TRANSCODE}/infrastructure/ffmpeg/stills.py",
    ),
    "integration/films/test_prepare.py": (
        f"{_TRANSCODE}/application/film_preparer.py",
        f"{_TRANSCODE}/infrastructure/ffmpeg/arguments.py",
        f"{_TRANSCODE}/infrastructure/ffmpeg/encoded_film.py",
        f"{_TRANSCODE}/infrastructure/ffmpeg/film_files.py",
        f"{_TRANSCODE}/infrastructure/ffmpeg/outcome.py",
    ),
    "integration/films/test_segments.py": (f"{_TRANSCODE}/infrastructure/ffmpeg/live_segments.py",),
    "integration/films/test_chunked_picture.py": (f"{_TRANSCODE}/infrastructure/ffmpeg/fragments.py",),
    "unit/transcode/test_application.py": (
        f"{_TRANSCODE}/application/ports.py",
        f"{_TRANSCODE}/application/transcode_jobs.py",
    ),
    "unit/transcode/subtitles/test_adding.py": (
        f"{_TRANSCODE}/application/subtitles.py",
        f"{_TRANSCODE}/controllers/subtitles.py",
    ),
    "unit/transcode/subtitles/test_conversion.py": (
        f"{_TRANSCODE}/domain/subtitles.py",
        f"{_SUBTITLES}/cues.py",
    ),
    "unit/transcode/subtitles/test_encoding.py": (f"{_SUBTITLES}/latin_pages.py",),
    "unit/transcode/subtitles/test_srt.py": (
        f"{_SUBTITLES}/overrides.py",
        f"{_SUBTITLES}/placement.py",
        f"{_SUBTITLES}/runs.py",
        f"{_SUBTITLES}/times.py",
    ),
}
