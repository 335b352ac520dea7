"""No personal data survives an import: planted in every field of every format, it is nowhere afterwards.

Searched are the workspace (every file decoded), what was printed and logged, and the folder of temporary files.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import logging
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from makers import NOW
from planting import MARK, Row, address, leaks, planted, planted_together, told_apart
from whole_workspace import everything_in

from deploysim.config import read_settings
from deploysim.ingest.formats.registry import FORMATS, format_named
from deploysim.ingest.sources.opening import Source, Upload
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.importing import ImportOptions, import_file
from deploysim.pipeline.importing_responses import ResponseFile, import_responses
from deploysim.pipeline.previewing import preview, preview_scrubber
from deploysim.sampling import SampleSpec
from deploysim.scrub.detector import Detector
from deploysim.store.imports import ImportRecord, import_records
from deploysim.store.workspace import Workspace
from deploysim.types import FailureKind, Lane

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "tests" / "ingest" / "files"


def format_of(example: Path) -> str:
    """Return the format that an example file is named for; nothing where it is of none that can be detected."""
    return max((one.name for one in FORMATS if example.stem.startswith(one.name)), key=len, default="")


REQUESTS = FILES / "openai-batch-requests.jsonl"
RESPONSES = FILES / "openai-batch.jsonl"
EXAMPLES = [
    path
    for path in sorted(FILES.glob("*"))
    if path not in (REQUESTS, RESPONSES)
    and format_of(path)
    and path.suffix in (".jsonl", ".json", ".csv", ".parquet", ".eval")
]


@dataclass(frozen=True, slots=True)
class Watched:
    """A workspace, and a folder of temporary files of its own."""

    workspace: Workspace
    temporary: Path

    def leaks_in(self, *printed: str) -> list[str]:
        """Return where the mark is found."""
        folders = (self.workspace.root, self.temporary)
        found = [str(path) for folder in folders for path, text in everything_in(folder) if leaks(text)]
        return found + [text for text in printed if leaks(text)]


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    """A workspace to import into, with a temporary folder of its own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return Watched(Workspace(tmp_path / "ws"), folder)


def rows_of(example: Path) -> list[Row]:
    """Return the rows of an example file; those of an archive are its members."""
    if example.suffix == ".parquet":
        return pl.read_parquet(example).to_dicts()
    if example.suffix == ".eval":
        return [row for row in members_of(example).values() if isinstance(row, dict)]
    text = example.read_text(encoding="utf-8")
    if example.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(text)))
    if example.suffix == ".json":
        value = json.loads(text)
        return value if isinstance(value, list) else [value]
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def members_of(example: Path) -> dict[str, Any]:
    """Return what an archive holds by name."""
    with zipfile.ZipFile(example) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}


def write_archive(path: Path, members: dict[str, Any]) -> Path:
    """Write objects as an archive."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, row in members.items():
            archive.writestr(name, json.dumps(row, ensure_ascii=False))
    return path


def write_like(example: Path, target: Path, rows: list[Row]) -> Path:
    """Write rows as the example holds its own."""
    path = target.with_name(target.name + example.suffix)
    if example.suffix == ".json":
        path.write_text(json.dumps(rows[0] if _is_one_object(example) else rows, ensure_ascii=False), encoding="utf-8")
    elif example.suffix == ".parquet":
        pl.DataFrame(rows, infer_schema_length=None, strict=False).write_parquet(path)
    elif example.suffix == ".csv":
        _as_csv(path, rows)
    else:
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def _is_one_object(example: Path) -> bool:
    return example.suffix == ".json" and not isinstance(json.loads(example.read_text(encoding="utf-8")), list)


def _rows_belong_together(example: Path) -> bool:
    return example.suffix == ".eval" or getattr(format_named(format_of(example)), "regroup", None) is not None


def planted_files(example: Path, folder: Path) -> list[Path]:
    """Write the variants of an example, as few files as they fit in."""
    rows, target = rows_of(example), folder / example.stem
    if example.suffix == ".eval":
        return list(_planted_archives(example, folder))
    if _rows_belong_together(example):
        variants = list(planted_together(rows))
    else:
        variants = [[one.row] for number, row in enumerate(rows) for one in planted(row, first=1 + 1_000 * number)]
    if _is_one_object(example):
        return [write_like(example, folder / f"{example.stem}-{n}", rows) for n, rows in enumerate(variants)]
    return [write_like(example, target, [row for variant in variants for row in variant])]


def _planted_archives(example: Path, folder: Path) -> Iterator[Path]:
    """One archive with all variants of the samples, and one for each variant of what stands beside them."""
    members = members_of(example)
    samples = {name: part for name, part in members.items() if name.startswith("samples/")}
    beside = {name: part for name, part in members.items() if name not in samples}
    variants = [
        (name.replace("/", f"/{number}-", 1), part)
        for number, one in enumerate(planted(samples))
        for name, part in one.row.items()
    ]
    yield write_archive(folder / "samples.eval", {**beside, **dict(variants)})
    for name, row in beside.items():
        for number, one in enumerate(planted(row, first=50_000)):
            others = told_apart(samples, 50_000 + number)
            yield write_archive(folder / f"beside-{number}.eval", {**beside, name: one.row, **others})


def bring_in(watched: Watched, path: Source, options: ImportOptions) -> ImportRecord:
    """Import a file in this process."""
    return import_file(watched.workspace, path, options, settings=read_settings({}), now=NOW, processes=1).record


def test_every_format_has_an_example() -> None:
    """A format without one would not be tested here."""
    assert {one.name for one in FORMATS} == {format_of(path) for path in [*EXAMPLES, REQUESTS, RESPONSES]}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_no_field_of_a_format_leaks(
    watched: Watched,
    tmp_path: Path,
    example: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An address in any field of any row is nowhere after the import, whatever became of the row."""
    caplog.set_level(logging.DEBUG)
    kept = 0
    for path in planted_files(example, tmp_path):
        kept += bring_in(watched, path, ImportOptions(format=format_of(example))).conversations
    printed = capfd.readouterr()

    assert watched.leaks_in(printed.out, printed.err, caplog.text) == []
    assert kept > 5


@pytest.mark.parametrize("marked", [REQUESTS, RESPONSES], ids=lambda path: path.stem)
def test_no_field_of_a_batch_leaks(watched: Watched, tmp_path: Path, marked: Path) -> None:
    """Both files of a batch are searched: each variant of a row has a partner of its own in the other file."""
    other = RESPONSES if marked == REQUESTS else REQUESTS
    partners = {row["custom_id"]: row for row in rows_of(other)}
    variants = [(partners[row["custom_id"]], one.row) for row in rows_of(marked)[:2] for one in planted(row)]
    rows = {
        marked: [{**row, "custom_id": f"chat-{n}"} for n, (_, row) in enumerate(variants)],
        other: [{**told_apart(row, n), "custom_id": f"chat-{n}"} for n, (row, _) in enumerate(variants)],
    }
    paths = {file: write_like(file, tmp_path / file.stem, rows[file]) for file in rows}

    record = bring_in(watched, paths[RESPONSES], ImportOptions(format="openai-batch", requests=paths[REQUESTS]))
    assert watched.leaks_in() == []
    assert record.conversations > 20


def test_the_search_finds_what_is_kept(watched: Watched, tmp_path: Path) -> None:
    """With scrubbing off the same search finds the mark in the import: it would see a leak."""
    example = next(path for path in EXAMPLES if path.stem == "openai-chat")
    [path] = planted_files(example, tmp_path)
    bring_in(watched, path, ImportOptions(scrub=False))

    assert any(found.endswith(".parquet") for found in watched.leaks_in())


def _as_csv(path: Path, rows: list[Row]) -> Path:
    flat = [_flat(row) for row in rows]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, sorted({key for row in flat for key in row}))
        writer.writeheader()
        writer.writerows(flat)
    return path


def _as_parquet(path: Path, rows: list[Row]) -> Path:
    pl.DataFrame([_flat(row) for row in rows], infer_schema_length=None, strict=False).write_parquet(path)
    return path


def _as_gzip(path: Path, rows: list[Row]) -> Path:
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    return path


def _as_list(path: Path, rows: list[Row]) -> Path:
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def _as_database(path: Path, rows: list[Row]) -> Path:
    frame = pl.DataFrame([_flat(row) for row in rows], infer_schema_length=None, strict=False)
    with duckdb.connect(str(path)) as db:
        db.register("frame", frame.to_arrow())
        db.execute("create table log as select * from frame")
    return path


def _flat(row: Row) -> dict[str, Any]:
    return {
        key: json.dumps(v) if isinstance(v, dict | list) else None if v is None else str(v) for key, v in row.items()
    }


def _in_memory(path: Path, rows: list[Row]) -> Upload:
    return Upload(path.name, "".join(json.dumps(row) + "\n" for row in rows).encode())


CONTAINERS: dict[str, Callable[[Path, list[Row]], Source]] = {
    "log.csv": _as_csv,
    "log.parquet": _as_parquet,
    "log.jsonl.gz": _as_gzip,
    "log.json": _as_list,
    "log.duckdb": _as_database,
    "upload.jsonl": _in_memory,
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_no_kind_of_file_leaks(watched: Watched, tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    """The same holds for every kind of file that the rows may come in."""
    example = next(path for path in EXAMPLES if path.stem == "openai-chat")
    variants = [one.row for one in planted(rows_of(example)[0])]
    record = bring_in(watched, CONTAINERS[name](tmp_path / name, variants), ImportOptions())
    printed = capfd.readouterr()

    assert watched.leaks_in(printed.out, printed.err) == []
    assert record.conversations > 5


def test_nothing_leaks_from_the_process(watched: Watched, tmp_path: Path) -> None:
    """The command prints, and leaves on any disk, nothing of it: importing a folder, standard input, or in a dry run."""
    folder = tmp_path / "logs"
    folder.mkdir()
    for example in [path for path in EXAMPLES if path.stem in ("anthropic-chat", "api-log", "openai-chat")]:
        write_like(example, folder / example.stem, [one.row for row in rows_of(example)[:1] for one in planted(row)])
    example = next(path for path in EXAMPLES if path.stem == "sharegpt")
    piped = write_like(example, tmp_path / "piped", [one.row for one in planted(rows_of(example)[0])]).read_bytes()
    environment = {**os.environ, "TMPDIR": str(watched.temporary)}
    for arguments in ([str(folder), "--dry-run"], [str(folder)], ["-", "--name", "piped.jsonl"]):
        done = subprocess.run(
            [sys.executable, "-m", "deploysim", "import", *arguments, "--workspace", str(watched.workspace.root)],
            cwd=ROOT,
            env=environment,
            input=piped,
            capture_output=True,
            check=True,
        )
        assert watched.leaks_in(done.stdout.decode(), done.stderr.decode()) == []
    records = import_records(watched.workspace)
    assert "piped.jsonl" in {record.source for record in records}
    assert sum(record.conversations for record in records) > 20


def test_a_dry_run_shows_no_personal_data(tmp_path: Path) -> None:
    """What a dry run hands to the page is scrubbed in every part."""
    example = next(path for path in EXAMPLES if path.stem == "openai-chat")
    scrubber = preview_scrubber(ImportOptions(), read_settings({}))
    shown = 0
    for number, one in enumerate(planted(rows_of(example)[0])):
        path = write_like(example, tmp_path / f"log-{number}", [one.row])
        seen = preview(path, ImportOptions(format="openai-chat"), settings=read_settings({}), scrubber=lambda: scrubber)
        assert not leaks(repr(seen)), one.place
        shown += len(seen.conversations)
    assert shown > 20


def test_responses_made_elsewhere_do_not_leak(
    watched: Watched, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """An imported response is scrubbed in every field too, its model's name among them."""
    caplog.set_level(logging.DEBUG)
    call = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": '{"what": "the answer"}'}}
    choice = {"index": 0, "message": {"role": "assistant", "content": "It is four.", "tool_calls": [call]}}
    answer = {"conversation_id": "chat", "model": "new-model", "choices": [{**choice, "finish_reason": "stop"}]}
    variants = [one for one in planted(answer) if not one.place.startswith(".conversation_id")]
    asked = [{"role": "user", "content": "What is it?"}, {"role": "assistant", "content": "Four."}]
    log = [{"id": f"chat-{n}", "messages": asked} for n in range(len(variants))]
    bring_in(watched, write_like(Path("x.jsonl"), tmp_path / "log", log), ImportOptions())
    sample = draw(watched.workspace, SampleSpec(unit="conversation"), now=NOW)
    rows = [{**one.row, "conversation_id": f"chat-{n}"} for n, one in enumerate(variants)]
    file = write_like(Path("x.jsonl"), tmp_path / "answers", rows)

    import_responses(
        watched.workspace,
        sample.sample_id,
        ResponseFile(file),
        lane=Lane.CANDIDATE,
        name="",
        settings=read_settings({}),
        now=NOW,
    )

    printed = capfd.readouterr()
    assert watched.leaks_in(printed.out, printed.err, caplog.text) == []


@pytest.mark.parametrize("stage", ["read", "label", "findings", "carried"])
def test_a_scrubber_that_breaks_loses_the_conversation_only(
    watched: Watched,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An error in any stage, quoting the text, leaves out one conversation, counts it and says nothing of it."""
    caplog.set_level(logging.DEBUG)
    real = getattr(Detector, stage)

    def broken(self: Detector, *given: Any) -> Any:
        first = given[0] if isinstance(given[0], str) else list(given[0]) if stage == "label" else given[0]
        if MARK in repr(first):
            raise ValueError(f"cannot work on {first!r}")
        return real(self, first, *given[1:])

    monkeypatch.setattr(Detector, stage, broken)
    asked = ("What is two plus two?", f"My address is {address(1)}, what is yours?", "Name a colour.")
    answer = {"role": "assistant", "content": "I do not know."}
    rows = [
        {"id": f"chat-{n}", "messages": [{"role": "user", "content": text}, answer]} for n, text in enumerate(asked)
    ]

    record = bring_in(watched, write_like(Path("x.jsonl"), tmp_path / "log", rows), ImportOptions())

    printed = capfd.readouterr()
    assert watched.leaks_in(printed.out, printed.err, caplog.text) == []
    assert (2, {FailureKind.NOT_SCRUBBED.value: 1}) == (record.conversations, record.excluded)
