"""The adapters of videos and films: Postgres, ffmpeg, stores."""
