"""Files of every kind are read as streams of rows; what is broken in them is one counted rejection each."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deploysim.errors import InputError
from deploysim.ingest.detect import detect
from deploysim.ingest.records import MAX_ROW_BYTES, Rejected, Row
from deploysim.ingest.sources.rows import DAMAGED, read_rows

WriteBytes = Callable[..., Path]
LINES = b'{"a": 1}\n{"a": 2}\n'
REST = "; the rest of the file could not be read"
BOM = b"\xef\xbb\xbf"


def zstd(data: bytes) -> bytes:
    """Compress as one zstd frame."""
    packed: bytes = pa.Codec("zstd").compress(data, asbytes=True)
    return packed


def seen(path: Path) -> list[object]:
    """What each row of a file came to: its number and fields, or its number and reason."""
    return [(row.row, row.reason) if isinstance(row, Rejected) else (row.number, row.fields) for row in read_rows(path)]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", LINES),
        ("a.jsonl", BOM + LINES),
        ("a.jsonl", LINES.replace(b"\n", b"\r\n")),
        ("a.jsonl", LINES.rstrip()),
        ("a.log", LINES),
        ("a.jsonl.gz", gzip.compress(LINES, mtime=0)),
        ("a.jsonl.gz", gzip.compress(LINES[:9], mtime=0) + gzip.compress(LINES[9:], mtime=0)),
        ("a.jsonl.zst", zstd(LINES)),
        ("a.jsonl.zst", zstd(LINES[:9]) + zstd(LINES[9:])),
        ("gzip_without_its_suffix.jsonl", gzip.compress(LINES, mtime=0)),
        ("a.json", b'[{"a": 1}, {"a": 2}]'),
        ("a.json", BOM + b' [\n{"a": 1},\n{"a": 2}\n]\n'),
        ("a.jsonl", b'[{"a": 1}, {"a": 2}]'),
        ("a.json", b'{\n  "a": 1\n}\n{\n  "a": 2\n}\n'),
        ("a.json.gz", gzip.compress(b'[{"a": 1}, {"a": 2}]', mtime=0)),
    ],
)
def test_json_is_read_in_all_its_containers(write_bytes: WriteBytes, name: str, data: bytes) -> None:
    """Lines, lists and objects in a row, with and without compression and byte order mark."""
    assert seen(write_bytes(data, name)) == [(1, {"a": 1}), (2, {"a": 2})]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a": ', "the row is not valid JSON"),
        (b'{"a": 1} trailing', "the row is not valid JSON"),
        (b"not json", "the row is not valid JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "the row is not valid JSON"),
        (b'{"a": "\xff\xfe"}', "the row is not valid UTF-8"),
        (b'{"a": "\x00"}', "the row holds NUL bytes"),
        (b"[1, 2]", "the row is a list, expected an object"),
        (b"null", "the row is nothing, expected an object"),
        (b"true", "the row is true/false, expected an object"),
        (b'{"a":' * 100_000, "the row is nested too deeply"),
        (b'{"a": "' + b"x" * MAX_ROW_BYTES + b'"}', "the row is larger than 20 MB"),
    ],
    ids=range(11),
)
def test_a_broken_line_is_rejected_and_the_next_is_read(write_bytes: WriteBytes, line: bytes, reason: str) -> None:
    """One bad line costs one row; lines keep their numbers, blank ones included."""
    path = write_bytes(b'{"a": 1}\n\n' + line + b'\n{"a": 4}\n')

    assert seen(path) == [(1, {"a": 1}), (3, reason), (4, {"a": 4})]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'[{"a": 1}, {"a": tru}, {"a": 3}]', [(1, {"a": 1}), (2, "the row is not valid JSON" + REST)]),
        (b'[{"a": 1}, {"a": 2}', [(1, {"a": 1}), (2, {"a": 2})]),
        (b'[{"a": 1}, {"a": ', [(1, {"a": 1}), (2, "the row is not valid JSON" + REST)]),
        (b'[{"a": 1}, 7, {"a": 3}]', [(1, {"a": 1}), (2, "the row is a number, expected an object"), (3, {"a": 3})]),
        (b'[{"a": "\xff"}, {"a": 2}]', [(1, "the row is not valid UTF-8"), (2, {"a": 2})]),
        (b"[" + b'{"a":' * 100_000, [(1, "the row is nested too deeply" + REST)]),
        (b"[]", []),
    ],
    ids=range(7),
)
def test_a_broken_json_list_is_read_up_to_the_break(
    write_bytes: WriteBytes, data: bytes, expected: list[object]
) -> None:
    """After broken JSON the rest cannot be told apart, and the rejection says so."""
    assert seen(write_bytes(data, "a.json")) == expected


def test_a_long_json_list_is_read_in_pieces(write_bytes: WriteBytes) -> None:
    """Objects that straddle the pieces in which a file is read come out whole."""
    rows = [{"n": n, "text": "é" * (n % 7) * 20_000} for n in range(60)]
    path = write_bytes(json.dumps(rows, ensure_ascii=False, indent=1).encode(), "a.json")

    assert seen(path) == [(n + 1, row) for n, row in enumerate(rows)]


def test_a_truncated_archive_ends_in_one_rejection(write_bytes: WriteBytes) -> None:
    """What could be unpacked is kept, and the loss of the rest is counted."""
    lines = b"".join(b'{"a": "%d"}\n' % (n * 7919 % 100_003) for n in range(40_000))
    for name, packed in (("a.jsonl.gz", gzip.compress(lines, mtime=0)), ("a.jsonl.zst", zstd(lines))):
        *good, last = seen(write_bytes(packed[: len(packed) * 3 // 4], name))

        assert len(good) > 1000
        assert last == (len(good) + 1, DAMAGED)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", b"a,b\n1,x\n2,\n"),
        ("a.csv", BOM + b"a;b\r\n1;x\r\n2;\r\n"),
        ("a.tsv", b"a\tb\n1\tx\n2\t\n"),
        ("a.csv.gz", gzip.compress(b'a, b\n"1",x\n2,""\n', mtime=0)),
    ],
)
def test_csv_dialects_are_read(write_bytes: WriteBytes, name: str, data: bytes) -> None:
    """Commas, semicolons or tabs; an empty cell holds nothing; the header is line 1."""
    assert seen(write_bytes(data, name)) == [(2, {"a": "1", "b": "x"}), (3, {"a": "2", "b": None})]


def test_csv_cells_may_span_lines_and_be_long(write_bytes: WriteBytes) -> None:
    """A quoted cell over several lines is one row, numbered by its first line; long texts are no error."""
    text = "é" * 200_000
    path = write_bytes(f'a,b\n"one\ntwo","say ""hi"""\n3,{text}\n'.encode(), "a.csv")

    assert seen(path) == [(2, {"a": "one\ntwo", "b": 'say "hi"'}), (4, {"a": "3", "b": text})]


def test_broken_csv_rows_are_rejected(write_bytes: WriteBytes) -> None:
    """Wrong numbers of cells, bytes that are not UTF-8 and over-long lines cost one row each."""
    path = write_bytes(b"a,b\n1\n\xff,2\n" + b"x" * (MAX_ROW_BYTES + 2) + b"\n5,6\n", "a.csv")

    assert seen(path) == [
        (2, "the row has more or fewer cells than the header"),
        (3, "the row is not valid UTF-8"),
        (4, "the row is not valid CSV, or a cell is larger than 20 MB"),
        (5, {"a": "5", "b": "6"}),
    ]


def test_parquet_is_read_batch_by_batch(tmp_path: Path) -> None:
    """Many row groups give one stream of rows, without the columns to skip."""
    path = tmp_path / "a.parquet"
    pl.DataFrame({"a": range(2500), "heavy": ["x"] * 2500}).write_parquet(path, row_group_size=700)

    assert seen(path)[2499] == (2500, {"a": 2499, "heavy": "x"})
    assert [row.fields for row in read_rows(path, frozenset({"heavy"})) if isinstance(row, Row)] == [
        {"a": number} for number in range(2500)
    ]


def test_a_parquet_row_with_an_unreadable_value_is_rejected(tmp_path: Path) -> None:
    """Text that is not UTF-8 costs its own row, not the batch."""
    path = tmp_path / "a.parquet"
    texts = pa.array([b"good", b"\xff\xfe", b"fine"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"a": texts}), path)

    reason = "a value cannot be read: text that is not UTF-8, or a time out of range"
    assert seen(path) == [(1, {"a": "good"}), (2, reason), (3, {"a": "fine"})]


@pytest.mark.parametrize(
    ("name", "data", "happened", "next_step"),
    [
        ("a.jsonl", b"", "is empty", "Export it again"),
        ("a.jsonl", b" \n\n", "is empty", "Export it again"),
        ("a.json", b"[]", "has no rows", "Export it again"),
        ("a.csv", b"a,b\n", "has no rows", "Export it again"),
        ("a.csv", b"a,a\n1,2\n", "not a usable header", "rename the columns"),
        ("a.jsonl", '{"a": 1}'.encode("utf-16"), "looks like UTF-16", "iconv"),
        ("a.jsonl", '{"a": 1, "b": "a little longer"}'.encode("utf-16-le"), "looks like UTF-16", "iconv"),
        ("a.xlsx", b"PK\x03\x04rest", "a zip archive or a spreadsheet", "save the spreadsheet as CSV"),
        ("a.parquet", b"PAR1 and nothing more", "cannot be opened as Parquet", "export it again"),
        ("a.jsonl.gz", gzip.compress(LINES, mtime=0)[:12], "cannot be decompressed", "export it again"),
        ("a.txt", b"Dear Sir or Madam", "neither JSON, CSV nor Parquet", "ends in .csv"),
        (
            "a.jsonl",
            b"oops\noops\n",
            "None of the first 2 rows of a.jsonl can be read (row 1: the row is not",
            "Check how",
        ),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_an_error(
    write_bytes: WriteBytes, name: str, data: bytes, happened: str, next_step: str
) -> None:
    """The error says what the file is and how to go on."""
    with pytest.raises(InputError) as caught:
        detect(write_bytes(data, name))

    assert happened in caught.value.happened
    assert next_step in caught.value.next_step


def test_a_missing_file_and_a_folder_are_errors(tmp_path: Path) -> None:
    """Neither is a crash."""
    with pytest.raises(InputError, match="There is no file"):
        detect(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="is a folder"):
        detect(tmp_path)
