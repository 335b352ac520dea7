"""What commands print: progress with counts, rate and time left, tables, JSON, and errors that say what to do."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from deploysim.config import Settings, read_settings
from deploysim.store.workspace import Workspace

_WIDTH_WHEN_PIPED = 140
out = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_WHEN_PIPED)
err = Console(stderr=True, highlight=False)

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", help="Workspace folder; DEPLOYSIM_WORKSPACE or ./workspace by default."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for programs.")]


@dataclass(frozen=True, slots=True)
class Context:
    """What every command needs."""

    workspace: Workspace
    settings: Settings
    now: datetime


def context(workspace: Path | None) -> Context:
    """Return the workspace, the settings and the time of this call."""
    settings = read_settings()
    return Context(Workspace(workspace or settings.workspace), settings, datetime.now(UTC))


def say(text: str, *, quiet: bool = False) -> None:
    """Print a line for people; brackets in it are just brackets."""
    if not quiet:
        out.print(text, markup=False, soft_wrap=True)


def frame_table(frame: pl.DataFrame) -> Table:
    """Lay out a frame for the terminal; what is unknown is left empty."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, kind in frame.schema.items():
        table.add_column(name, justify="right" if kind.is_numeric() else "left")
    for row in frame.iter_rows():
        table.add_row(*("" if cell is None else f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
    return table


def print_json(value: Any) -> None:
    """Print one JSON document."""
    sys.stdout.write(json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n")


def fail(message: str) -> None:
    """Print an error for people."""
    err.print(message, markup=False, soft_wrap=True, style="red" if err.is_terminal else None)


@dataclass(slots=True)
class Meter:
    """One progress bar at a time: what is being done, how much of it, how fast, how long still.

    Where the output is no terminal it prints a plain line every few seconds instead.
    """

    progress: Progress
    every_s: float = 5.0
    still_every_s: float = 60.0
    """How often it says so where nothing has come since."""
    _task: Any = None
    _what: str = ""
    _started: float = 0.0
    _before: int = 0
    _printed: float = 0.0
    _said: int = -1

    def __call__(self, what: str, done: int, total: int) -> None:
        """Say how far something is; `total` 0 means that it is not known."""
        if what != self._what:
            # What an earlier process did counts as done, and not towards the rate.
            self._what, self._started, self._before, self._said = what, time.monotonic(), done, -1
            self._task = self.progress.add_task(what, total=total or None, completed=done)
        self.progress.update(self._task, completed=done, total=total or None)
        every_s = self.every_s if done != self._said else self.still_every_s
        if not err.is_terminal and (done == total != self._said or time.monotonic() - self._printed > every_s):
            self._printed, self._said = time.monotonic(), done
            self._print_line(what, done, total)

    def _print_line(self, what: str, done: int, total: int) -> None:
        seconds, fresh = time.monotonic() - self._started, done - self._before
        rate = f", {fresh / seconds:.1f}/s" if fresh and seconds > 1 else ""
        left = f", {(total - done) * seconds / fresh:,.0f} s left" if rate and total > done else ""
        err.print(f"{what}: {done:,}" + (f" of {total:,}" if total else "") + rate + left, markup=False)


class _Rate(ProgressColumn):
    """Items a second."""

    def render(self, task: Task) -> Text:
        """Return the rate, or nothing before there is one."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f}/s" if speed else "", style="dim")


@contextmanager
def meter(*, quiet: bool = False) -> Iterator[Meter]:
    """Show progress while a block runs."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=err, disable=quiet or not err.is_terminal) as progress:
        yield Meter(progress)
