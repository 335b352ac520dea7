"""Import: read, scrub, keep. Raw text lives between the reader and the scrubber only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from deploysim.config import Settings
from deploysim.errors import InputError
from deploysim.ingest.columns import ColumnMap
from deploysim.ingest.detect import detect
from deploysim.ingest.read import no_good_rows_error, read_conversations
from deploysim.ingest.records import Excluded, Outcome, ReadStats, Rejected
from deploysim.ingest.sources.rows import expected_rows
from deploysim.scrub.policy import load_policy
from deploysim.scrub.scrubber import ScrubbedConversation, Scrubber, ScrubFailure
from deploysim.store.files import sha256_file, short_hash
from deploysim.store.imports import ImportRecord, ImportWriter, content_keys, import_records
from deploysim.store.workspace import Workspace, keyed_hash, workspace_key
from deploysim.types import Conversation, FailureKind, RawConversation

SHOWN_REJECTS = 20
"""Rejected rows that an import record names one by one; all are counted."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to read and scrub a file."""

    format: str | None = None
    """Detected from the file where None."""
    columns: ColumnMap | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    placeholders: bool = False
    """Replace personal data by placeholders such as <PERSON_1>, not by surrogates."""

    def written(self) -> dict[str, str]:
        """Return the options for the import's record."""
        shown = {"map": repr(self.columns) if self.columns else "", **{f"where {k}": v for k, v in self.where.items()}}
        return {key: value for key, value in shown.items() if value}


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import came to."""

    record: ImportRecord
    added: bool
    """False where the workspace held all of it already."""


@dataclass(slots=True)
class ImportCounts:
    """Running counts of one import."""

    rows: int = 0
    """Rows of the file, as far as that can be told beforehand; 0 where it cannot."""
    kept: int = 0
    messages: int = 0
    duplicates: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    excluded_rows: list[Excluded] = field(default_factory=list)
    scrub_failures: int = 0
    replaced: Counter[str] = field(default_factory=Counter)
    stats: ReadStats = field(default_factory=ReadStats)

    def done(self) -> int:
        """Return how many rows have come to their end, whatever became of them."""
        left_out = len(self.rejected) + len(self.excluded_rows) + self.stats.filtered
        return self.kept + self.duplicates + self.scrub_failures + left_out

    def excluded(self) -> dict[str, int]:
        """Return how many conversations were left out, by reason."""
        counts = Counter(str(row.reason) for row in self.excluded_rows)
        if self.scrub_failures:
            counts[FailureKind.NOT_SCRUBBED] = self.scrub_failures
        return dict(counts)

    def notes(self) -> list[str]:
        """Return what reading changed or passed over, in sentences."""
        facts = (
            (self.stats.filtered, "rows did not meet the row filter"),
            (self.stats.unreadable_times, "times could not be understood and were left empty"),
            (self.stats.repaired_texts, "texts held characters that cannot be stored; these became a replacement sign"),
            (self.stats.reasoning_dropped, "messages lost another model's reasoning"),
        )
        return [f"{count:,} {words}." for count, words in facts if count]


Progress = Callable[[ImportCounts], None]


def build_scrubber(key: bytes, settings: Settings, *, placeholders: bool = False) -> Scrubber:
    """Return a scrubber with the project's policy under a key; loading takes a second or two."""
    policy = load_policy(mode="placeholder" if placeholders else None)
    return Scrubber(policy, key=key, spacy_model=settings.spacy_model)


def import_file(
    workspace: Workspace,
    path: Path,
    options: ImportOptions,
    *,
    settings: Settings,
    now: datetime,
    progress: Progress = lambda counts: None,
) -> ImportResult:
    """Read a log file, scrub it and keep it. The same file again adds nothing.

    Raises:
        InputError: where the file cannot be read or holds no conversation that can be replayed.
    """
    check_file(path)
    sha256 = sha256_file(path)
    import_id = short_hash([sha256, options.written(), options.format, options.placeholders])
    known = next((r for r in import_records(workspace) if r.import_id == import_id), None)
    if known:
        return ImportResult(known, added=False)
    log_format = "table" if options.columns else options.format or detect(path).format
    counts = ImportCounts(rows=expected_rows(path) or 0)
    outcomes = read_conversations(
        path, format=options.format, columns=options.columns, where=options.where, stats=counts.stats
    )
    key = workspace_key(workspace, settings.scrub_key.reveal())
    scrubber = build_scrubber(key, settings, placeholders=options.placeholders)
    job = _Import(workspace, scrubber, counts, sha256, key)
    writer = ImportWriter(workspace, import_id)
    try:
        for conversation in job.conversations(outcomes, progress):
            writer.add(conversation)
        if not counts.kept and not counts.duplicates:
            raise no_good_rows_error(path, counts.rejected, counts.excluded_rows, filtered=counts.stats.filtered)
        record = _record(import_id, path, sha256, log_format, options, scrubber, counts, now)
        if counts.kept:
            writer.finish(record)
    finally:
        writer.discard()
    return ImportResult(record, added=counts.kept > 0)


@dataclass(slots=True)
class _Import:
    """One import on its way: what is known of each conversation while its text is with the scrubber."""

    workspace: Workspace
    scrubber: Scrubber
    counts: ImportCounts
    sha256: str
    key: bytes
    waiting: dict[str, RawConversation] = field(default_factory=dict)

    def conversations(self, outcomes: Iterator[Outcome], progress: Progress) -> Iterator[Conversation]:
        """Yield the scrubbed conversations of a file, counting everything else."""
        for result in self.scrubber.scrub_conversations(self._fresh(outcomes)):
            raw = self.waiting.pop(result.conversation_id)
            if isinstance(result, ScrubFailure):
                self.counts.scrub_failures += 1
            else:
                self.counts.kept += 1
                self.counts.messages += len(result.messages)
                self.counts.replaced.update(span.entity for span in result.spans)
                yield self._conversation(raw, result)
            progress(self.counts)

    def _fresh(self, outcomes: Iterator[Outcome]) -> Iterator[tuple[str, RawConversation]]:
        seen = content_keys(self.workspace)
        for outcome in outcomes:
            if isinstance(outcome, Rejected):
                self.counts.rejected.append(outcome)
            elif isinstance(outcome, Excluded):
                self.counts.excluded_rows.append(outcome)
            elif (content := self._content_key(outcome)) in seen:
                self.counts.duplicates += 1
            else:
                seen.add(content)
                # The same file gives the same ids on any machine, whatever its key, so that a seed draws the same.
                conversation_id = short_hash([self.sha256, outcome.row])
                self.waiting[conversation_id] = outcome
                yield conversation_id, outcome

    def _conversation(self, raw: RawConversation, scrubbed: ScrubbedConversation) -> Conversation:
        return Conversation(
            conversation_id=scrubbed.conversation_id,
            messages=scrubbed.messages,
            row=raw.row,
            source_key=keyed_hash(self.key, "source", raw.source_id or f"row {raw.row}"),
            content_key=self._content_key(raw),
            model=raw.model,
            started_at=raw.started_at,
            user_key=keyed_hash(self.key, "user", raw.user_id) if raw.user_id else None,
            language=raw.language,
            metadata=scrubbed.metadata,
            spans=scrubbed.spans,
        )

    def _content_key(self, raw: RawConversation) -> str:
        parts = [part for m in raw.messages for part in (m.role, m.content, *(c.arguments for c in m.tool_calls))]
        return keyed_hash(self.key, "content", raw.source_id or "", *parts)


def check_file(path: Path) -> None:
    if not path.is_file():
        raise InputError(
            f"There is no file {path}.",
            expected="a log of conversations: JSON Lines, JSON, CSV or Parquet",
            next_step="check the path",
        )


def _record(
    import_id: str,
    path: Path,
    sha256: str,
    log_format: str,
    options: ImportOptions,
    scrubber: Scrubber,
    counts: ImportCounts,
    now: datetime,
) -> ImportRecord:
    rejected = counts.rejected[:SHOWN_REJECTS]
    return ImportRecord(
        import_id=import_id,
        source=path.name,
        source_sha256=sha256,
        format=log_format,
        options=options.written(),
        imported_at=now.isoformat(timespec="seconds"),
        scrubbing="placeholders" if options.placeholders else "surrogates",
        scrub_fingerprint=scrubber.fingerprint,
        conversations=counts.kept,
        messages=counts.messages,
        replaced=dict(counts.replaced.most_common()),
        excluded=counts.excluded(),
        rejected=[{"row": r.row, "reason": r.reason} for r in rejected],
        rejected_rows=len(counts.rejected),
        duplicates=counts.duplicates,
        notes=counts.notes(),
    )
