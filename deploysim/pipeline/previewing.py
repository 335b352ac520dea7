"""A dry run of an import: how the first rows would be read, and what would be left out. Nothing is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploysim.config import Settings
from deploysim.errors import DeploysimError, InputError
from deploysim.ingest.detect import columns_of, detect
from deploysim.ingest.read import read_conversations
from deploysim.ingest.records import Detection, Excluded, Rejected
from deploysim.ingest.sources.opening import Kind, Source, kind_of_file
from deploysim.pipeline.import_counts import ImportCounts
from deploysim.pipeline.importing import ImportOptions, build_scrubber
from deploysim.scrub.scrubber import ScrubbedConversation, Scrubber
from deploysim.store.sql import database_tables
from deploysim.types import Message, RawConversation, Span

FIRST_ROWS = 200
"""Rows that a dry run reads."""
SHOWN = 3
"""Conversations that it shows."""
# Nothing of a dry run is kept, so its surrogates need not agree with any workspace.
_KEY = b"dry run"


@dataclass(frozen=True, slots=True)
class PreviewedConversation:
    """One conversation as it would be kept: already scrubbed."""

    row: int
    model: str | None
    messages: tuple[Message, ...]
    spans: tuple[Span, ...]
    """What was replaced, and where."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would make of a file, judged by its first rows."""

    format: str
    detected: bool
    """False where the format was given."""
    why: str
    """What the format was recognised by, or that it was given."""
    rows: int
    """Rows looked at."""
    readable: int
    excluded: dict[str, int]
    rejected: tuple[Rejected, ...]
    """The first rows that cannot be read."""
    rejected_rows: int
    filtered: int
    notes: tuple[str, ...]
    """What reading changed or passed over, in sentences."""
    conversations: tuple[PreviewedConversation, ...]
    not_scrubbed: int
    """Conversations that would have been shown, had scrubbing them not failed."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a file shows before anybody said how to read it."""

    columns: tuple[str, ...]
    """Columns of a table, or keys of the first rows."""
    detection: Detection | None
    """None where no format fits: it may be a table, whose columns somebody has to name."""


@contextmanager
def _no_values() -> Iterator[None]:
    """Replace an error that nobody foresaw by one that can be shown and logged: its own message may quote the log."""
    try:
        yield
    except DeploysimError:
        raise
    except Exception as error:  # noqa: BLE001
        raise InputError(
            f"Reading the first rows met an error that was not foreseen ({type(error).__name__}).",
            next_step="choose another format or other columns, and please report it",
        ) from None


@_no_values()
def tables_in(source: Source) -> tuple[str, ...]:
    """Name the tables of a DuckDB file; none where it is a log of another kind.

    Raises:
        InputError: where the file cannot be read.
    """
    if isinstance(source, Path) and kind_of_file(source) is Kind.DUCKDB:
        return tuple(database_tables(source))
    return ()


@_no_values()
def look_at(source: Source) -> Look:
    """Tell the format and the columns of a file from its first rows.

    Raises:
        InputError: where nothing in it can be read.
    """
    columns = columns_of(source)
    try:
        return Look(columns, detect(source))
    except InputError:
        return Look(columns, None)


@_no_values()
def preview(
    source: Source,
    options: ImportOptions,
    *,
    settings: Settings,
    scrubber: Callable[[], Scrubber] | None = None,
) -> Preview:
    """Read the first rows of a file, scrub a few and say what would be left out.

    Args:
        source: The log.
        options: How it would be read and scrubbed.
        settings: Which language pipeline finds names.
        scrubber: Gives what `preview_scrubber` made for these options; where None, one is built, in a second or two.

    Raises:
        InputError: where the file cannot be read at all.
    """
    given = "table" if options.columns else options.format
    detection = None if given else detect(source)
    found = _read(source, options)
    shown = _shown(found.good, options, scrubber or (lambda: preview_scrubber(options, settings)))
    return Preview(
        format=given or (detection.format if detection else ""),
        detected=detection is not None,
        why=f"{detection.why} ({detection.confidence:.0%} of the first rows)" if detection else "as given",
        rows=found.counts.stats.rows,
        readable=found.readable,
        excluded=found.counts.excluded(),
        rejected=tuple(found.counts.rejected),
        rejected_rows=found.counts.rejected_rows,
        filtered=found.counts.stats.filtered,
        notes=tuple(found.counts.notes()),
        conversations=shown,
        not_scrubbed=len(found.good) - len(shown),
    )


def preview_scrubber(options: ImportOptions, settings: Settings) -> Scrubber:
    """Return a scrubber for dry runs; its surrogates are not those that an import would give."""
    return build_scrubber(_KEY, settings, placeholders=options.placeholders)


@dataclass(slots=True)
class _Found:
    """What the first rows came to."""

    counts: ImportCounts = field(default_factory=ImportCounts)
    readable: int = 0
    good: list[RawConversation] = field(default_factory=list)
    """The first conversations that can be replayed."""


def _read(source: Source, options: ImportOptions) -> _Found:
    found = _Found()
    for outcome in read_conversations(
        source,
        format=options.format,
        columns=options.columns,
        where=options.where,
        requests=options.requests,
        stats=found.counts.stats,
        first=FIRST_ROWS,
    ):
        if isinstance(outcome, Rejected):
            found.counts.reject(outcome)
        elif isinstance(outcome, Excluded):
            found.counts.exclude(outcome)
        else:
            found.readable += 1
            found.good += [outcome] if len(found.good) < SHOWN else []
    return found


def _shown(
    raws: list[RawConversation], options: ImportOptions, scrubber: Callable[[], Scrubber]
) -> tuple[PreviewedConversation, ...]:
    if not options.scrub:
        return tuple(PreviewedConversation(raw.row, raw.model, raw.messages, ()) for raw in raws)
    if not raws:
        return ()
    results = scrubber().scrub_conversations((f"preview-{raw.row}", raw) for raw in raws)
    return tuple(
        PreviewedConversation(raw.row, result.model, result.messages, result.spans)
        for raw, result in zip(raws, results, strict=True)
        if isinstance(result, ScrubbedConversation)
    )
