"""Exports of platforms, tracing tools and agent harnesses, each on a small file in its published shape."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from deploysim.errors import InputError
from deploysim.ingest.columns import ColumnMap
from deploysim.ingest.detect import detect
from deploysim.ingest.files import files_of, paired_batches
from deploysim.ingest.formats.registry import FORMATS
from deploysim.ingest.read import read_conversations
from deploysim.ingest.records import Excluded, Outcome, ReadStats, Rejected
from deploysim.ingest.sources.opening import DatabaseTable, Upload
from deploysim.types import RawConversation

WriteRows = Callable[..., Path]
FILES = Path(__file__).parent / "files"
REQUESTS = FILES / "openai-batch-requests.jsonl"
FAILED = "the call failed, so there is no response"
MEDIA = "images, audio or files"
MISSING = "a user message is missing from the log"

EXPECTED: dict[str, list[tuple[str | None, str]]] = {
    "openai-responses.jsonl": [
        ("resp_1", "suaua"),
        ("resp_3", "uata"),
        (None, MEDIA),
        (None, MISSING),
        (None, FAILED),
    ],
    "openai-stored.jsonl": [("chatcmpl-1", "sua"), ("chatcmpl-2", "uaua"), (None, MEDIA)],
    "openai-evals.jsonl": [("outputitem_1", "sua"), (None, "ua"), (None, FAILED)],
    "openai-batch.jsonl": [("chat-1", "sua"), ("chat-2", "ua"), (None, FAILED), (None, FAILED)],
    "langfuse.jsonl": [("session-1", "suaua"), ("trace-3", "uata"), (None, FAILED)],
    "langsmith.jsonl": [("thread-1", "suaua"), ("tr-3", "uata"), (None, FAILED)],
    "otel.jsonl": [
        ("conv-1", "suaua"),
        ("a3", "uata"),
        ("a4", "sua"),
        ("a5", "ua"),
        ("a6", "ua"),
        ("a7", "ua"),
        (None, FAILED),
        (None, MEDIA),
    ],
    "otel-apart.jsonl": [
        ("session-11", "suata"),
        ("conv-12", "sua"),
        ("aa03", "ua"),
        ("aa04", "ua"),
        ("aa05", "ua"),
    ],
    "langfuse-observations.jsonl": [
        ("session-21", "suaua"),
        ("tr-03", "suata"),
        ("tr-04", "ua"),
        (None, FAILED),
        (None, "the input holds no messages and no text"),
    ],
    "langsmith-bulk.parquet": [("thread-31", "suata"), ("trc-02", "ua"), (None, FAILED)],
    "inspect-pieces.eval": [("s1, epoch 1", "suata"), ("s2, epoch 1", "ua")],
    "inspect.eval": [("s1, epoch 1", "sua"), ("s1, epoch 2", "uata"), (None, FAILED)],
    "tau-bench.jsonl": [("3, trial 0", "suata"), (None, "no assistant response after a user message")],
    "swe-agent.jsonl": [("swe_main", "suaua")],
}
"""For each outcome: the source's identifier and the roles in order, or why it is left out."""


def outcomes(path: Path | Upload, stats: ReadStats | None = None) -> list[Outcome]:
    """Read a file with its format detected."""
    batch = path.name.startswith("openai-batch.")
    return list(read_conversations(path, requests=REQUESTS if batch else None, stats=stats))


def told(outcome: Outcome) -> tuple[str | None, str]:
    """Return an outcome as `EXPECTED` writes it."""
    if isinstance(outcome, RawConversation):
        return outcome.source_id, "".join(message.role[0] for message in outcome.messages)
    return None, str(outcome.reason)


@pytest.mark.parametrize("name", EXPECTED)
def test_an_export_is_read_as_its_conversations(name: str) -> None:
    """The format is detected with full confidence, and every conversation is there once, or left out with its reason."""
    found = detect(FILES / name)

    assert found.confidence == 1.0
    assert found.format == next(one.name for one in FORMATS if name.startswith((f"{one.name}.", f"{one.name}-")))
    assert [told(outcome) for outcome in outcomes(FILES / name)] == EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_in_memory_gives_the_same_and_so_does_a_compressed_one(name: str, tmp_path: Path) -> None:
    """An upload is read like a file on disk."""
    data = (FILES / name).read_bytes()
    assert outcomes(Upload(name, data)) == outcomes(FILES / name)
    if not name.endswith((".eval", ".parquet")):
        for ending, compress in (
            ("gz", gzip.compress),
            ("zst", lambda raw: pa.Codec("zstd").compress(raw, asbytes=True)),
        ):
            packed = tmp_path / f"{name}.{ending}"
            packed.write_bytes(compress(data))
            assert [told(o) for o in outcomes(packed)] == [told(o) for o in outcomes(FILES / name)]


@pytest.mark.parametrize(
    ("name", "row", "model", "user", "started", "finish"),
    [
        ("openai-responses.jsonl", 0, "gpt-5-mini", "u-1", 1_790_000_000, "stop"),
        ("openai-batch.jsonl", 0, "gpt-4.1-mini", "u-1", 1_790_000_000, "stop"),
        ("openai-batch.jsonl", 1, "gpt-5-mini", None, 1_790_000_000, "stop"),
        ("langfuse.jsonl", 0, "gpt-4.1-mini", "u-1", 1_788_256_801, None),
        ("langsmith.jsonl", 0, "gpt-4.1-mini", "u-1", 1_788_256_800, "stop"),
        ("otel.jsonl", 0, "gpt-4.1-mini-2026", "u-1", 1_790_000_000, "stop"),
        ("otel.jsonl", 3, None, None, 1_790_000_110, "length"),
        ("inspect.eval", 0, "openai/gpt-4.1-mini", None, 1_788_256_800, None),
        ("otel-apart.jsonl", 0, "gpt-5-mini-2026", "u-4", 1_790_000_000, "stop"),
        ("otel-apart.jsonl", 3, "gpt-4o", None, 1_790_000_060, "stop"),
        ("langfuse-observations.jsonl", 0, "gpt-4.1-mini", "u-21", 1_788_256_800, None),
        ("langsmith-bulk.parquet", 0, "claude-sonnet-4-5", "u-31", 1_788_260_400, "stop"),
    ],
)
def test_what_stands_beside_the_messages_is_read(
    name: str, row: int, model: str | None, user: str | None, started: int, finish: str | None
) -> None:
    """Model, user, time and why the last answer ended."""
    found = outcomes(FILES / name)[row]

    assert isinstance(found, RawConversation)
    assert (found.model, found.user_id, found.messages[-1].finish_reason) == (model, user, finish)
    assert found.started_at is not None
    assert found.started_at.timestamp() == started


@pytest.mark.parametrize(
    "name",
    [
        *("openai-responses.jsonl", "langfuse.jsonl", "langsmith.jsonl", "otel.jsonl", "inspect.eval"),
        *("otel-apart.jsonl", "langfuse-observations.jsonl", "langsmith-bulk.parquet", "inspect-pieces.eval"),
    ],
)
def test_calls_and_results_of_tools_stay_linked(name: str) -> None:
    """Each format's own way of writing a call comes to the same message."""
    with_tool = next(o for o in outcomes(FILES / name) if told(o)[1].endswith("uata"))

    assert isinstance(with_tool, RawConversation)
    asking, answering = with_tool.messages[-3:-1]
    (call,) = asking.tool_calls
    assert (call.name, json.loads(call.arguments)) == ("stock", {"item": "blue frame"})
    assert answering.tool_call_id == call.id == "call_9"
    assert answering.content == '{"stock": 3}'


@pytest.mark.parametrize(
    ("name", "dropped"),
    [
        *(("openai-responses.jsonl", 3), ("otel.jsonl", 1), ("inspect.eval", 1), ("otel-apart.jsonl", 1)),
        *(("langfuse-observations.jsonl", 1), ("langsmith-bulk.parquet", 1), ("inspect-pieces.eval", 1)),
    ],
)
def test_another_models_reasoning_is_dropped_and_counted(name: str, dropped: int) -> None:
    """Reasoning never becomes text of a message."""
    stats = ReadStats()
    outcomes(FILES / name, stats)
    assert stats.reasoning_dropped == dropped


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"type": "web_search_call", "id": "ws_1"}, "a part of a message that has no replayable form"),
        ({"type": "item_reference", "id": "msg_1"}, MISSING),
    ],
)
def test_items_without_a_replayable_form_exclude_their_conversation(
    write_rows: WriteRows, item: dict[str, object], reason: str
) -> None:
    """What the provider did on its own side cannot be replayed."""
    row = {"request": {"input": [{"role": "user", "content": "?"}, item]}, "response": {"id": "r", "output": []}}
    assert [told(o) for o in outcomes(write_rows(row))] == [(None, reason)]


def test_a_batch_without_its_other_half_says_what_to_do() -> None:
    """Responses alone ask for the requests, requests alone for the responses."""
    for name, says in (("openai-batch.jsonl", "no request has"), ("openai-batch-requests.jsonl", "no response has")):
        found = list(read_conversations(FILES / name))
        assert not any(isinstance(o, RawConversation) for o in found)
        assert any(isinstance(o, Rejected) and says in o.reason and "--requests" in o.reason for o in found)
    with pytest.raises(InputError, match="no requests"):
        read_conversations(FILES / "openai-batch.jsonl", requests=FILES / "sharegpt.jsonl")


@pytest.mark.parametrize("order", [(REQUESTS.name, "openai-batch.jsonl"), ("openai-batch.jsonl", REQUESTS.name)])
def test_both_halves_of_a_batch_may_stand_in_one_file(tmp_path: Path, order: tuple[str, str]) -> None:
    """In any order they give what two files give; rows that are left over say what is missing."""
    path = tmp_path / "both.jsonl"
    path.write_bytes(b"".join((FILES / name).read_bytes() for name in order) + b'{"custom_id": "x", "response": {}}\n')
    found = list(read_conversations(path))
    two = outcomes(FILES / "openai-batch.jsonl")

    assert detect(path).format in ("openai-batch", "openai-batch-requests")
    assert sorted(map(str, (told(o) for o in found[:-1]))) == sorted(map(str, (told(o) for o in two)))
    assert "no request has the row's custom_id" in told(found[-1])[1]


def test_the_files_of_a_batch_find_each_other() -> None:
    """Named together or in a folder, each response file is read with its requests; other files stay alone."""
    batch, other = FILES / "openai-batch.jsonl", FILES / "sharegpt.jsonl"
    assert paired_batches([REQUESTS, batch, other]) == [(batch, REQUESTS), (other, None)]
    assert paired_batches([REQUESTS, other]) == [(other, None), (REQUESTS, None)]


def test_patterns_and_folders_name_the_logs_in_them(tmp_path: Path) -> None:
    """What lies beside logs and is none is passed over; nothing at all is an error."""
    for name in ("a/x.jsonl", "a/b/y.jsonl.gz", "a/README.md", "a/.hidden.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    names = [p.name for p in files_of([tmp_path / "a"])]
    assert names == ["y.jsonl.gz", "x.jsonl"]
    assert [p.name for p in files_of([tmp_path / "**" / "*.gz"])] == ["y.jsonl.gz"]
    (tmp_path / "none").mkdir()
    for nothing in (tmp_path / "*.csv", tmp_path / "none"):
        with pytest.raises(InputError):
            files_of([nothing])


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A DuckDB file with two tables, one of them with a hostile name."""
    path = tmp_path / "logs.duckdb"
    with duckdb.connect(str(path)) as db:
        db.execute(
            "create table chats as select 'c' || i as id, 'question ' || i as ask, 'answer' as say from range(3) t(i)"
        )
        db.execute(
            "create table \"x\"\"; drop table chats; --\" as select [{role: 'user', content: 'hi'}, "
            "{role: 'assistant', content: 'ho'}] as messages"
        )
    return path


def test_a_table_of_a_database_is_read_with_a_map_or_by_its_shape(database: Path) -> None:
    """Nested messages are recognised, flat columns are mapped, names are never SQL."""
    columns = ColumnMap(user="ask", assistant="say", id="id")
    flat = list(read_conversations(DatabaseTable(database, "chats"), columns=columns))
    nested = list(read_conversations(DatabaseTable(database, 'x"; drop table chats; --')))

    assert [told(o) for o in flat] == [("c0", "ua"), ("c1", "ua"), ("c2", "ua")]
    assert [told(o) for o in nested] == [(None, "ua")]


@pytest.mark.parametrize("source", ["several", "unknown", "upload", "damaged"])
def test_a_database_that_cannot_be_read_says_why(database: Path, tmp_path: Path, source: str) -> None:
    """Several tables to choose from, none of the name, bytes in memory, a damaged file."""
    damaged = tmp_path / "bad.duckdb"
    damaged.write_bytes(database.read_bytes()[:20] + b"\0" * 5000)
    sources = {
        "several": database,
        "unknown": DatabaseTable(database, "nothing"),
        "upload": Upload("logs.duckdb", database.read_bytes()),
        "damaged": damaged,
    }
    with pytest.raises(InputError) as caught:
        list(read_conversations(sources[source], columns=ColumnMap(user="ask", assistant="say")))  # type: ignore[arg-type]
    assert caught.value.next_step


def test_an_inspect_log_is_also_read_as_one_json_file_and_with_zstd(tmp_path: Path) -> None:
    """The form before the archive, and the archive's newer compression, give the same conversations."""
    with zipfile.ZipFile(FILES / "inspect.eval") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    samples = [json.loads(data) for name, data in sorted(members.items()) if name.startswith("samples/")]
    whole = tmp_path / "log.json"
    whole.write_text(json.dumps({**json.loads(members["header.json"]), "samples": samples}), encoding="utf-8")

    assert detect(whole).format == "inspect"
    assert outcomes(whole) == outcomes(FILES / "inspect.eval")
    packed = tmp_path / "log.eval"
    _write_zstd(packed, members)
    assert outcomes(packed) == outcomes(FILES / "inspect.eval")


def _write_zstd(path: Path, members: dict[str, bytes]) -> None:
    """Write an archive whose members are compressed by method 93, which zipfile can only store."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(name, pa.Codec("zstd").compress(data, asbytes=True))
        for info in archive.infolist():
            info.compress_type, info.file_size = 93, len(members[info.filename])


@pytest.mark.parametrize("content", [b"PK\x03\x04 damaged", b""])
def test_a_damaged_archive_is_explained(tmp_path: Path, content: bytes) -> None:
    """It says that the file is damaged or empty."""
    path = tmp_path / "log.eval"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"log\.eval"):
        list(read_conversations(path))


def test_spans_of_other_kinds_are_passed_over(write_rows: WriteRows) -> None:
    """A span without messages is neither a conversation nor an error."""
    span = {
        "traceId": "t",
        "spanId": "s",
        "attributes": [{"key": "gen_ai.operation.name", "value": {"stringValue": "embeddings"}}],
    }
    row = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    assert list(read_conversations(write_rows(row))) == []
    assert not any(isinstance(o, Excluded) for o in read_conversations(write_rows(row)))
