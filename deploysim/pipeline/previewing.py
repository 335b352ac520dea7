"""A dry run of an import: how the first rows would be read, and what would be left out. Nothing is kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from deploysim.config import Settings
from deploysim.ingest.detect import detect
from deploysim.ingest.read import read_conversations
from deploysim.ingest.records import Excluded, ReadStats, Rejected
from deploysim.pipeline.importing import ImportOptions, build_scrubber, check_file
from deploysim.scrub.scrubber import ScrubbedConversation
from deploysim.types import Message, RawConversation

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


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would make of a file, judged by its first rows."""

    format: str
    why: str
    """What the format was recognised by, or that it was given."""
    rows: int
    """Rows looked at."""
    readable: int
    excluded: dict[str, int]
    rejected: tuple[Rejected, ...]
    filtered: int
    conversations: tuple[PreviewedConversation, ...]


def preview(path: Path, options: ImportOptions, *, settings: Settings) -> Preview:
    """Read the first rows of a file, scrub a few and say what would be left out.

    Raises:
        InputError: where the file cannot be read at all.
    """
    check_file(path)
    stats = ReadStats()
    found = read_conversations(path, format=options.format, columns=options.columns, where=options.where, stats=stats)
    outcomes = list(islice(found, FIRST_ROWS))
    good = [outcome for outcome in outcomes if isinstance(outcome, RawConversation)]
    given = "table" if options.columns else options.format
    detection = None if given else detect(path)
    return Preview(
        format=given or (detection.format if detection else ""),
        why=f"{detection.why} ({detection.confidence:.0%} of the first rows)" if detection else "as given",
        rows=stats.rows,
        readable=len(good),
        excluded=dict(Counter(str(o.reason) for o in outcomes if isinstance(o, Excluded))),
        rejected=tuple(o for o in outcomes if isinstance(o, Rejected)),
        filtered=stats.filtered,
        conversations=_scrubbed(good[:SHOWN], options, settings),
    )


def _scrubbed(
    raws: list[RawConversation], options: ImportOptions, settings: Settings
) -> tuple[PreviewedConversation, ...]:
    scrubber = build_scrubber(_KEY, settings, placeholders=options.placeholders)
    results = scrubber.scrub_conversations((f"preview-{raw.row}", raw) for raw in raws)
    return tuple(
        PreviewedConversation(raw.row, raw.model, result.messages)
        for raw, result in zip(raws, results, strict=True)
        if isinstance(result, ScrubbedConversation)
    )
