"""Videos and their transcode jobs."""
