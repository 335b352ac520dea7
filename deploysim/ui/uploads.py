"""Uploads stay in memory: they may hold personal data."""

from __future__ import annotations

from starlette.formparsers import MultiPartParser


def keep_uploads_in_memory() -> None:
    """Let the server hold an upload in memory, whatever its size; by default it parks those over 1 MB on disk."""
    # 0 means no limit to the temporary file that lives in memory. An upload's own limit is in .streamlit/config.toml.
    MultiPartParser.spool_max_size = 0
