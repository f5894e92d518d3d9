"""Films with the real ffmpeg and PyAV as programs."""
