"""Recorded vectors that hold twin implementations together, and what records them."""
