"""Which files a command means: names, folders, patterns, and the two files of a batch."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path

from deploysim.errors import InputError
from deploysim.ingest.formats.openai_batch import is_output, is_request
from deploysim.ingest.records import Row
from deploysim.ingest.sources.opening import Source
from deploysim.ingest.sources.rows import read_rows

_NO_LOGS = frozenset(
    {".md", ".rst", ".txt", ".html", ".pdf", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".py", ".yaml", ".yml", ".toml"}
    | {".log", ".lock", ".sh", ".sha256", ".md5"}
)
"""Endings of files that lie beside logs in a folder and are none; named one by one they are tried."""
_PATTERN = frozenset("*?[")


def files_of(paths: Sequence[Path]) -> list[Path]:
    """Return the files that are named or matched by a pattern, and those of folders, in the order of their names.

    Raises InputError where a folder or a pattern gives no file.
    """
    return [file for path in paths for file in _files(path)]


def paired_batches(files: Sequence[Path]) -> list[tuple[Path, Path | None]]:
    """Return the files to import, each response file of a batch with the file of its requests where both are there."""
    asked = [path for path in files if _first_row_is_request(path)] if len(files) > 1 else []
    if not asked:
        return [(path, None) for path in files]
    ids = {path: {str(row.fields.get("custom_id")) for row in _rows(path)} for path in asked}
    pairs = [(path, _requests_of(path, ids)) for path in files if path not in asked]
    used = {requests for _, requests in pairs}
    return [*pairs, *((path, None) for path in asked if path not in used)]


def _requests_of(path: Path, ids: dict[Path, set[str]]) -> Path | None:
    first = next((row for row in _rows(path) if is_output(row.fields)), None)
    if first is None:
        return None
    return next((requests for requests, known in ids.items() if str(first.fields["custom_id"]) in known), None)


def _first_row_is_request(path: Path) -> bool:
    first = next(_rows(path), None)
    return first is not None and is_request(first.fields)


def _rows(path: Source) -> Iterator[Row]:
    """Rows of a file that can be read; the import itself says what is wrong with one that cannot."""
    try:
        yield from (row for row in read_rows(path) if isinstance(row, Row))
    except InputError:
        return


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from _inside(path)
    elif _PATTERN.intersection(str(path)) and not path.exists():
        yield from _matched(path)
    else:
        yield path


def _inside(folder: Path) -> list[Path]:
    files = [p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")]
    logs = sorted(p for p in files if p.suffix.lower() not in _NO_LOGS)
    if not logs:
        raise InputError(
            f"The folder {folder} holds no file that could be a log.",
            expected="logs of conversations in it",
            next_step="name the files one by one where their names end like documents do",
        )
    return logs


def _matched(pattern: Path) -> list[Path]:
    found = sorted(Path(name) for name in glob.glob(str(pattern), recursive=True))
    files = [path for path in found if path.is_file()]
    if not files:
        raise InputError(
            f"No file matches {pattern}.",
            expected="a pattern such as logs/**/*.jsonl.gz",
            next_step="check the pattern; put it in quotes so that the shell leaves it alone",
        )
    return files
