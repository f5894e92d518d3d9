"""Subtitles of any usual kind, made into WebVTT that browsers show as it was meant."""

from partyapp.transcode.infrastructure.subtitles.conversion import to_webvtt

__all__ = ["to_webvtt"]
