"""Writing an import: in parts that survive a kill, which appear all at once when the import is complete."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl
from filelock import FileLock, Timeout

from deploysim.errors import BusyError
from deploysim.store.files import atomic_path, read_json, write_json, write_parquet
from deploysim.store.imports import SCHEMA, ImportRecord, conversation_row
from deploysim.store.merging import PART_GROUP, merge_sorted
from deploysim.store.workspace import Workspace
from deploysim.types import Conversation

PART_CHARS = 16_000_000
"""A part is written when it holds so much text: what bounds the memory."""
PART_SECONDS = 20.0
"""A part is written when the last one is so old: what bounds the work that a kill costs."""


class ImportWriter:
    """Collects the scrubbed conversations of one import. Use it in a with block.

    Each part is on disk together with a state of the caller's, from which a killed import goes on. Readers see nothing
    of it before `finish`.

    Raises:
        BusyError: where another process is writing the same import.
    """

    def __init__(self, workspace: Workspace, import_id: str, *, part_chars: int = PART_CHARS) -> None:
        self._folder = workspace.conversations / f".{import_id}.parts"
        self._target = workspace.conversations / f"{import_id}.parquet"
        self._import_id = import_id
        self._part_chars = part_chars
        self._lock = FileLock(workspace.conversations / f".{import_id}.lock", timeout=0)
        self._rows: list[dict[str, Any]] = []
        self._chars = 0
        self._parts = 0
        self._sealed = time.monotonic()

    def __enter__(self) -> Self:
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except Timeout as error:
            raise BusyError(
                "Another process is importing the same file into this workspace.",
                expected="one process at a time on an import",
                next_step="wait for it, or stop it and start again: the import goes on from where it was",
            ) from error
        # Of a process that was killed while it sorted: whoever holds the lock is the only one alive.
        for leftover in self._folder.parent.glob(f".{self._target.name}.*.part"):
            leftover.unlink()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._lock.release()
        if not self._folder.exists():
            Path(self._lock.lock_file).unlink(missing_ok=True)

    def resume(self) -> dict[str, Any] | None:
        """Return the state that was sealed with the last part of a killed import, or None where there is none."""
        if not self._state_file.exists():
            self.discard()
            return None
        state = read_json(self._state_file)
        self._parts = int(state["parts"])
        for leftover in set(self._folder.glob("*.parquet")) - set(self._part_files()):
            leftover.unlink()
        return dict(state["state"])

    def add(self, conversation: Conversation) -> None:
        """Add one conversation to the part at hand."""
        row = conversation_row(conversation, self._import_id)
        self._rows.append(row)
        self._chars += row["n_chars"]

    def due(self) -> bool:
        """Say whether the part at hand should be sealed now."""
        return self._chars >= self._part_chars or time.monotonic() - self._sealed >= PART_SECONDS

    def seal(self, state: dict[str, Any]) -> None:
        """Put the part at hand on disk, and then the state to go on from."""
        self._write_part()
        write_json(self._state_file, {"parts": self._parts, "state": state})
        self._sealed = time.monotonic()

    def finish(self, record: ImportRecord, written: Callable[[int], None] = lambda rows: None) -> None:
        """Write the import, sorted by conversation, and then its record.

        Args:
            record: What the import came to.
            written: Told how many more rows stand in the new file.
        """
        self._write_part()
        with atomic_path(self._target) as partial:
            merge_sorted(
                self._part_files(), partial, id_column="conversation_id", size_column="n_chars", written=written
            )
        write_json(self._target.with_suffix(".json"), asdict(record))
        self.discard()

    def discard(self) -> None:
        """Remove the parts."""
        self._parts = 0
        if self._folder.exists():
            shutil.rmtree(self._folder)

    @property
    def _state_file(self) -> Path:
        return self._folder / "state.json"

    def _part_files(self) -> list[Path]:
        return [self._folder / f"{number:06}.parquet" for number in range(self._parts)]

    def _write_part(self) -> None:
        # An import of nothing but failures still has one part, so that it has columns.
        if not self._rows and self._parts:
            return
        frame = pl.DataFrame(self._rows, schema=SCHEMA).sort("conversation_id")
        write_parquet(self._folder / f"{self._parts:06}.parquet", frame, row_group_size=PART_GROUP)
        self._parts += 1
        self._rows, self._chars = [], 0
