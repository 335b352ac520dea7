"""Samples of an Inspect log (`.eval`): a zip archive with a header and one JSON file a sample."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping

import pyarrow as pa

from deploysim.errors import InputError
from deploysim.ingest.records import MAX_ROW_BYTES, Rejected, Row
from deploysim.ingest.sources.json_rows import TOO_LARGE
from deploysim.ingest.sources.opening import Source

_ZSTD = 93
"""Compression method of the zip format that this Python's zipfile does not know."""
_LOCAL_HEADER = 30
"""Bytes before the name in a member's own header; the lengths of name and extra field are its last four."""


def eval_log_rows(path: Source) -> Iterator[Row | Rejected]:
    """Read an Inspect log sample by sample, each with the header's `eval` beside it; the number counts from 1.

    Raises InputError where the archive is damaged or is no Inspect log.
    """
    with path.open("rb") as file, _archive(path, file) as archive:
        members = sorted(m.filename for m in archive.infolist() if m.filename.startswith("samples/"))
        header = _header(archive)
        if not members:
            raise InputError(
                f"{path.name} is a zip archive, but not an Inspect log: it has no samples.",
                expected="A log that Inspect wrote, with samples/*.json in it.",
            )
        for number, name in enumerate(members, start=1):
            if archive.getinfo(name).file_size > MAX_ROW_BYTES:
                yield Rejected(path.name, number, TOO_LARGE)
            else:
                yield _row(path.name, number, _bytes(archive, name), header)


def _archive(path: Source, file: object) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)  # type: ignore[call-overload, no-any-return]
    except zipfile.BadZipFile as error:
        raise InputError(
            f"{path.name} cannot be opened: it is damaged or incomplete.", next_step="Fetch or export it again."
        ) from error


def _header(archive: zipfile.ZipFile) -> Mapping[str, object]:
    if "header.json" not in archive.namelist():
        return {}
    try:
        header = json.loads(_bytes(archive, "header.json"))
    except ValueError:
        return {}
    found = header.get("eval") if isinstance(header, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _row(source: str, number: int, data: bytes, header: Mapping[str, object]) -> Row | Rejected:
    try:
        sample = json.loads(data)
    except ValueError:
        return Rejected(source, number, "the sample is not valid JSON")
    if not isinstance(sample, Mapping):
        return Rejected(source, number, "the sample is not an object")
    return Row(number, {**sample, "eval": header})


def _bytes(archive: zipfile.ZipFile, name: str) -> bytes:
    member = archive.getinfo(name)
    if member.compress_type != _ZSTD:
        return archive.read(name)
    file = archive.fp
    assert file is not None, "the archive is open"
    file.seek(member.header_offset + _LOCAL_HEADER - 4)
    lengths = file.read(4)
    file.seek(int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little"), 1)
    compressed = file.read(member.compress_size)
    return bytes(pa.Codec("zstd").decompress(compressed, member.file_size, asbytes=True))
