"""Uploads stay in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartParser

from deploysim.ui import keep_uploads_in_memory


def received(size: int) -> UploadFile:
    """Return a file as the server receives it from a browser."""
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="log.jsonl"\r\n\r\n'

    async def body() -> AsyncGenerator[bytes, None]:
        yield head + b"x" * size + b"\r\n--edge--\r\n"

    headers = Headers({"content-type": "multipart/form-data; boundary=edge"})
    file = asyncio.run(MultiPartParser(headers, body()).parse())["file"]
    assert isinstance(file, UploadFile)
    return file


def test_no_upload_is_parked_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server would put one of 3 MB into a temporary file, and does not once the app has told it so."""
    monkeypatch.setattr(MultiPartParser, "spool_max_size", 1024 * 1024)
    parked = received(3_000_000)
    assert parked.file._rolled
    parked.file.close()

    keep_uploads_in_memory()
    kept = received(3_000_000)
    assert not kept.file._rolled
    assert kept.size == 3_000_000
    kept.file.close()
