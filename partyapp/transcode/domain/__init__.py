"""What videos, films and transcode jobs are, in plain Python."""
