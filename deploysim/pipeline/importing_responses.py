"""Import responses that were made elsewhere as a run, scrubbed with their conversations' own surrogates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from deploysim.config import Settings
from deploysim.errors import InputError
from deploysim.ingest.columns import ResponseMap
from deploysim.ingest.records import RawResponse, Rejected
from deploysim.ingest.responses import read_responses
from deploysim.pipeline.grading import Report, silent
from deploysim.pipeline.importing import build_scrubber
from deploysim.replay.engine import response_row
from deploysim.scrub.scrubber import ScrubbedConversation, Scrubber, ScrubFailure
from deploysim.store.files import sha256_file, short_hash
from deploysim.store.responses import write_responses
from deploysim.store.runs import RunRecord, write_run
from deploysim.store.sample_prefixes import sampled_turns
from deploysim.store.samples import read_sample
from deploysim.store.workspace import Workspace, keyed_hash, workspace_key
from deploysim.types import Failure, FailureKind, Lane, Message, RawConversation, Response


@dataclass(frozen=True, slots=True)
class ResponseFile:
    """A file of responses and how to read it."""

    path: Path
    columns: ResponseMap | None = None
    where: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Matched:
    """Responses by the prefix that they answer, and what did not fit."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: Counter[str] = field(default_factory=Counter)
    strangers: int = 0
    doubles: int = 0
    rejected: int = 0

    def notes(self, total: int) -> tuple[str, ...]:
        """Return what a reader should know, in sentences."""
        facts = (
            (total - len(self.rows), "prefixes have no response in the file and count as failures"),
            (self.strangers, "responses belong to no prefix of this sample and were passed over"),
            (self.doubles, "further responses to a prefix that has one already were passed over"),
            (self.rejected, "rows could not be read"),
        )
        return tuple(f"{count:,} {words}." for count, words in facts if count)


def import_responses(
    workspace: Workspace,
    sample_id: str,
    file: ResponseFile,
    *,
    lane: Lane,
    name: str,
    settings: Settings,
    now: datetime,
    report: Report = silent,
) -> RunRecord:
    """Take a file of responses as a finished run of a sample.

    Rows name their conversation by the log's own identifier, and their assistant turn where it is not the last.

    Raises:
        InputError: where no row fits a prefix of the sample.
    """
    turns = sampled_turns(workspace, sample_id)
    key = workspace_key(workspace, settings.scrub_key.reveal())
    matched = _match(file, turns, key, build_scrubber(key, settings), report)
    if not matched.rows:
        raise _nothing_fits(file.path, matched)
    blanks = [p for p in turns["prefix_id"] if p not in matched.rows]
    missing = Failure(FailureKind.MISSING)
    rows = [*matched.rows.values(), *(response_row(p, missing, at=now) for p in blanks)]
    model = matched.models.most_common(1)[0][0] if matched.models else name or "unknown"
    record = _record(workspace, sample_id, file, lane, name or model, model, matched.notes(turns.height), now)
    write_responses(workspace, record.run_id, rows)
    write_run(workspace, record)
    return record


def _match(file: ResponseFile, turns: pl.DataFrame, key: bytes, scrubber: Scrubber, report: Report) -> _Matched:
    matched = _Matched()
    pairs = list(_pairs(file, turns, key, matched))
    # A response is scrubbed under its conversation's id, which is all that its surrogates depend on besides the key.
    raws = ((pair.conversation_id, _as_conversation(pair.found)) for pair in pairs)
    for pair, scrubbed in zip(pairs, scrubber.scrub_conversations(raws), strict=True):
        matched.rows[pair.prefix_id] = _row(pair, scrubbed)
        matched.models[(isinstance(scrubbed, ScrubbedConversation) and scrubbed.model) or ""] += 1
        report("scrubbing responses", len(matched.rows), len(pairs))
    matched.models.pop("", None)
    return matched


@dataclass(frozen=True, slots=True)
class _Pair:
    prefix_id: str
    conversation_id: str
    found: RawResponse


def _pairs(file: ResponseFile, turns: pl.DataFrame, key: bytes, matched: _Matched) -> Iterator[_Pair]:
    by_turn = {(row["source_key"], row["turn"]): row for row in turns.iter_rows(named=True)}
    last_turn = {row["source_key"]: row for row in turns.filter("last_turn").iter_rows(named=True)}
    seen: set[str] = set()
    for found in read_responses(file.path, columns=file.columns, where=file.where):
        if isinstance(found, Rejected):
            matched.rejected += 1
            continue
        source = keyed_hash(key, "source", found.source_id)
        prefix = last_turn.get(source) if found.turn is None else by_turn.get((source, found.turn))
        if prefix is None:
            matched.strangers += 1
        elif prefix["prefix_id"] in seen:
            matched.doubles += 1
        else:
            seen.add(prefix["prefix_id"])
            yield _Pair(prefix["prefix_id"], prefix["conversation_id"], found)


def _as_conversation(found: RawResponse) -> RawConversation:
    message = Message("assistant", found.text, found.tool_calls, finish_reason=found.finish_reason)
    return RawConversation(messages=(message,), row=found.row, model=found.model)


def _row(pair: _Pair, scrubbed: ScrubbedConversation | ScrubFailure) -> dict[str, Any]:
    answer: Response | Failure = Failure(FailureKind.NOT_SCRUBBED)
    if isinstance(scrubbed, ScrubbedConversation):
        message = scrubbed.messages[0]
        answer = Response(message.content, message.tool_calls, message.finish_reason, model=scrubbed.model)
    return response_row(pair.prefix_id, answer, at=datetime.now(UTC))


def _record(
    workspace: Workspace,
    sample_id: str,
    file: ResponseFile,
    lane: Lane,
    name: str,
    model: str,
    notes: tuple[str, ...],
    now: datetime,
) -> RunRecord:
    identity = {"file": sha256_file(file.path), "where": dict(file.where), "columns": repr(file.columns)}
    when = now.isoformat(timespec="seconds")
    return RunRecord(
        run_id=short_hash([sample_id, lane, name, identity]),
        sample_id=sample_id,
        lane=lane,
        name=name,
        model=model,
        settings=identity,
        settings_line=f"{model}, responses made elsewhere ({file.path.name})",
        fingerprint=short_hash(identity),
        seed=0,
        prefixes=read_sample(workspace, sample_id).size,
        created_at=when,
        status="done",
        finished_at=when,
        imported_from=file.path.name,
        notes=notes,
    )


def _nothing_fits(path: Path, matched: _Matched) -> InputError:
    return InputError(
        f"No response in {path.name} belongs to a prefix of this sample: "
        f"{matched.strangers:,} name other conversations or turns, {matched.rejected:,} could not be read.",
        expected="rows with the conversation's own identifier from its log, and the turn where it is not the last",
        next_step="check --map id=…; responses to one turn each need a sample drawn per conversation or turn=…",
    )
