"""Import: read, scrub, keep. Raw text lives between the reader and the scrubber only."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from deploysim.config import Settings
from deploysim.errors import InputError
from deploysim.ingest.columns import ColumnMap
from deploysim.ingest.detect import detect
from deploysim.ingest.read import read_conversations
from deploysim.ingest.records import Excluded, Outcome, Rejected
from deploysim.ingest.sources.opening import DatabaseTable, Source
from deploysim.ingest.sources.rows import expected_rows
from deploysim.pipeline.import_counts import ImportCounts, ImportState
from deploysim.scrub.parallel import scrub_in_processes
from deploysim.scrub.pipeline_model import pipeline_model
from deploysim.scrub.policy import ScrubPolicy, load_policy
from deploysim.scrub.scrubber import ScrubbedConversation, Scrubber, ScrubFailure
from deploysim.store.erasing_records import ERASED
from deploysim.store.files import sha256_file, short_hash
from deploysim.store.import_writer import ImportWriter
from deploysim.store.imports import ImportRecord, content_keys, import_records, remove_import
from deploysim.store.tombstones import erased_keys
from deploysim.store.workspace import Workspace, keyed_hash, workspace_key
from deploysim.types import Conversation, RawConversation

NOT_SCRUBBED_HERE = "off, said to be scrubbed elsewhere"
SMALL_IMPORT = 1_000
"""Rows up to which starting further processes costs more than it gives."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to read and scrub a file."""

    format: str | None = None
    """Detected from the file where None."""
    columns: ColumnMap | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    placeholders: bool = False
    """Replace personal data by placeholders such as <PERSON_1>, not by surrogates."""
    scrub: bool = True
    """False for a log that was scrubbed elsewhere: it is kept as it is, and every record says so."""
    requests: Source | None = None
    """For the responses of a batch: the file of its requests."""

    def written(self) -> dict[str, str]:
        """Return the options for the import's record."""
        shown = {
            "map": repr(self.columns) if self.columns else "",
            "requests": self.requests.name if self.requests else "",
            **{f"where {k}": v for k, v in self.where.items()},
        }
        return {key: value for key, value in shown.items() if value}

    def scrubbing(self) -> str:
        """Say in words what happens to personal data."""
        if not self.scrub:
            return NOT_SCRUBBED_HERE
        return "placeholders" if self.placeholders else "surrogates"

    def doing(self) -> str:
        """Say in words what happens to the rows of the file, for progress."""
        return "importing and scrubbing" if self.scrub else "importing"

    def policy(self) -> ScrubPolicy:
        """Return the project's scrub policy, as these options change it."""
        return load_policy(mode="placeholder" if self.placeholders else None)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import came to."""

    record: ImportRecord
    added: bool
    """False where the workspace held all of it already."""


Progress = Callable[[ImportCounts], None]


def build_scrubber(key: bytes, settings: Settings, *, placeholders: bool = False) -> Scrubber:
    """Return a scrubber with the project's policy under a key; loading takes a second or two."""
    return Scrubber(ImportOptions(placeholders=placeholders).policy(), key=key, spacy_model=settings.spacy_model)


def import_file(
    workspace: Workspace,
    path: Source,
    options: ImportOptions,
    *,
    settings: Settings,
    now: datetime,
    again: bool = False,
    processes: int | None = None,
    progress: Progress = lambda counts: None,
) -> ImportResult:
    """Read a log file, scrub it and keep it. A killed import goes on from its last part; a finished one adds nothing.

    Args:
        workspace: Where the conversations go.
        path: The log, on disk or in memory.
        options: How to read and scrub it.
        settings: Key, language pipeline.
        now: Time of the import.
        again: Import a file that was imported before once more, such as after a change of the scrub policy. The new
            import takes the place of the old one; samples drawn from that keep their text.
        processes: Processes that scrub; by default one for a small file, else one a processor.
        progress: Called after every conversation.

    Raises:
        InputError: where the file cannot be read or holds no conversation that can be replayed.
    """
    check_file(path)
    sha256 = _digest(path, options.requests)
    import_id = short_hash([sha256, options.written(), options.format, options.scrubbing()])
    records = import_records(workspace)
    known = next((r for r in records if r.import_id == import_id), None)
    if known and not again:
        return ImportResult(known, added=False)
    same_rows = {r.import_id for r in records if r.source_sha256 == sha256 and r.options == options.written()}
    replaced = same_rows if again else set()
    counts = ImportCounts(options.doing(), rows=expected_rows(path) or 0)
    outcomes = read_conversations(
        path,
        format=options.format,
        columns=options.columns,
        where=options.where,
        requests=options.requests,
        stats=counts.stats,
    )
    job = _Import(
        import_id=import_id,
        source=path.name,
        sha256=sha256,
        format="table" if options.columns else options.format or detect(path).format,
        options=options,
        fingerprint=options.policy().fingerprint(spacy_model=pipeline_model(settings.spacy_model)),
        spacy_model=settings.spacy_model,
        key=workspace_key(workspace, settings.scrub_key.reveal()),
        processes=processes or _processes(counts.rows),
        counts=counts,
        seen=content_keys(workspace, but=replaced),
        erased=erased_keys(workspace),
    )
    with ImportWriter(workspace, import_id) as writer:
        result = job.run(outcomes, writer, now=now, progress=progress)
    for old in replaced - {import_id}:
        remove_import(workspace, old)
    return result


@dataclass(slots=True)
class _Import:
    """One import on its way: what is known of each conversation while its text is with the scrubber."""

    import_id: str
    source: str
    sha256: str
    format: str
    options: ImportOptions
    fingerprint: str
    spacy_model: str
    key: bytes
    processes: int
    counts: ImportCounts
    seen: set[str]
    """Content keys of what is in the workspace or was read before."""
    erased: frozenset[str]
    """Ids, content keys and user keys of what was erased on request."""
    state: ImportState = field(init=False)
    waiting: dict[str, tuple[int, str, RawConversation]] = field(default_factory=dict)
    """Position, content key and text of the conversations that are with the scrubber."""
    keeping: bool = False
    """Whether a conversation is half taken up: an interrupt then must not seal the part."""

    def run(
        self, outcomes: Iterator[Outcome], writer: ImportWriter, *, now: datetime, progress: Progress
    ) -> ImportResult:
        """Read, scrub and keep everything that an earlier, killed process did not."""
        self.state = ImportState.resumed(writer.resume(), self.fingerprint)
        if not self.state.position:
            writer.discard()
        self.counts.settled = self.state
        try:
            for result in self._scrubbed(self._fresh(outcomes)):
                self.keeping = True
                self._keep(result, writer)
                self.keeping = False
                if writer.due():
                    writer.seal(self.state.written())
                progress(self.counts)
        except KeyboardInterrupt:
            if not self.keeping:
                writer.seal(self.state.written())
            raise
        # Where rows were joined to conversations there are fewer ends than rows.
        self.counts.rows = self.counts.done()
        progress(self.counts)
        if not self.state.kept and not self.counts.duplicates:
            writer.discard()
            raise self.counts.nothing_good_error(self.source)
        record = self._record(now)
        if self.state.kept:
            writer.finish(record, self._sorting(progress))
        return ImportResult(record, added=self.state.kept > 0)

    def _sorting(self, progress: Progress) -> Callable[[int], None]:
        def count(rows: int) -> None:
            self.counts.sorted_rows = (self.counts.sorted_rows or 0) + rows
            # A small one is sorted before anybody could read so.
            if self.state.kept > SMALL_IMPORT:
                progress(self.counts)

        return count

    def _scrubbed(self, raws: Iterable[tuple[str, RawConversation]]) -> Iterator[ScrubbedConversation | ScrubFailure]:
        if not self.options.scrub:
            return (_as_it_is(conversation_id, raw) for conversation_id, raw in raws)
        return scrub_in_processes(
            raws,
            policy=self.options.policy(),
            key=self.key,
            spacy_model=self.spacy_model,
            processes=self.processes,
        )

    def _fresh(self, outcomes: Iterator[Outcome]) -> Iterator[tuple[str, RawConversation]]:
        for position, outcome in enumerate(outcomes, start=1):
            if isinstance(outcome, Rejected):
                self.counts.reject(outcome)
            elif isinstance(outcome, Excluded):
                self.counts.exclude(outcome)
            elif self.erased and self._is_erased(outcome):
                self.counts.exclusions[ERASED] += 1
            elif (content := self._content_key(outcome)) in self.seen:
                self.counts.duplicates += 1
            else:
                self.seen.add(content)
                if position <= self.state.position:
                    continue
                conversation_id = self._id(outcome)
                self.waiting[conversation_id] = (position, content, outcome)
                yield conversation_id, outcome

    def _id(self, raw: RawConversation) -> str:
        """The same file gives the same ids on any machine, whatever its key, so that a seed draws the same."""
        return short_hash([self.sha256, raw.row])

    def _is_erased(self, raw: RawConversation) -> bool:
        user = self._user_key(raw)
        return not self.erased.isdisjoint((self._id(raw), self._content_key(raw), *([user] if user else [])))

    def _user_key(self, raw: RawConversation) -> str | None:
        return keyed_hash(self.key, "user", raw.user_id) if raw.user_id else None

    def _keep(self, result: ScrubbedConversation | ScrubFailure, writer: ImportWriter) -> None:
        position, content, raw = self.waiting.pop(result.conversation_id)
        self.state.position = position
        if isinstance(result, ScrubFailure):
            if result.dropped_for:
                self.state.dropped[result.dropped_for] += 1
            else:
                self.state.scrub_failures += 1
            return
        self.state.kept += 1
        self.state.messages += len(result.messages)
        self.state.replaced.update(span.entity for span in result.spans)
        writer.add(self._conversation(raw, result, content))

    def _conversation(self, raw: RawConversation, scrubbed: ScrubbedConversation, content: str) -> Conversation:
        return Conversation(
            conversation_id=scrubbed.conversation_id,
            messages=scrubbed.messages,
            row=raw.row,
            source_key=keyed_hash(self.key, "source", raw.source_id or f"row {raw.row}"),
            content_key=content,
            model=scrubbed.model,
            started_at=raw.started_at,
            user_key=self._user_key(raw),
            language=scrubbed.language,
            metadata=scrubbed.metadata,
            tools=scrubbed.tools,
            parameters=scrubbed.parameters,
            spans=scrubbed.spans,
        )

    def _content_key(self, raw: RawConversation) -> str:
        parts = [part for m in raw.messages for part in (m.role, m.content, *(c.arguments for c in m.tool_calls))]
        return keyed_hash(self.key, "content", raw.source_id or "", *parts)

    def _record(self, now: datetime) -> ImportRecord:
        return ImportRecord(
            import_id=self.import_id,
            source=self.source,
            source_sha256=self.sha256,
            format=self.format,
            options=self.options.written(),
            imported_at=now.isoformat(timespec="seconds"),
            scrubbing=self.options.scrubbing(),
            scrub_fingerprint=self.fingerprint if self.options.scrub else "",
            conversations=self.state.kept,
            messages=self.state.messages,
            replaced=dict(self.state.replaced.most_common()),
            excluded=self.counts.excluded(),
            rejected=[{"row": r.row, "reason": r.reason} for r in self.counts.rejected],
            rejected_rows=self.counts.rejected_rows,
            duplicates=self.counts.duplicates,
            notes=self.counts.notes(),
        )


def _as_it_is(conversation_id: str, raw: RawConversation) -> ScrubbedConversation:
    kept = ScrubbedConversation(conversation_id, raw.messages, (), raw.metadata, raw.model, raw.language)
    return replace(kept, tools=raw.tools, parameters=raw.parameters)


def check_file(path: Source) -> None:
    """Raise InputError unless there is such a file."""
    if isinstance(path, Path) and not path.is_file():
        raise InputError(
            f"There is no file {path}.",
            expected="a log of conversations: JSON Lines, JSON, CSV or Parquet",
            next_step="check the path",
        )


def _digest(path: Source, requests: Source | None) -> str:
    """Hash what decides on the rows: the file, which table of it, and the requests that it answers."""
    table = path.table if isinstance(path, DatabaseTable) else ""
    digest = sha256_file(path)
    more = [table, sha256_file(requests) if requests else ""]
    return hashlib.sha256("\n".join([digest, *more]).encode()).hexdigest() if any(more) else digest


def _processes(rows: int) -> int:
    return 1 if rows <= SMALL_IMPORT else os.cpu_count() or 1
