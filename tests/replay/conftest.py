"""Fixtures of replaying."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from batch_bench import Bench
from batch_server import Provider


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A provider of batches and the folder of a run of ten prefixes."""
    with Provider() as provider:
        yield Bench(tmp_path, provider, list(range(10)))
