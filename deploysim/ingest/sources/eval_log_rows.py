"""Samples of an Inspect log (`.eval`): a zip archive with a header, and one JSON file a sample or a folder of pieces.

In pieces a sample is a small file that says which messages of a list it has; the list, and long texts apart from it, are
cut into files named by the number of their first item. Either way a text may stand as a reference to an attachment.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

import pyarrow as pa

from deploysim.errors import InputError
from deploysim.ingest.records import Rejected, Row
from deploysim.ingest.sources.opening import Source

MAX_SAMPLE_BYTES = 100 * 1024 * 1024
"""A larger sample is rejected. Most of one are events, which are passed over, so that rows of other files may be less."""
_TOO_LARGE = f"the sample is larger than {MAX_SAMPLE_BYTES // 1024**2} MB"
_ZSTD = 93
"""Compression method of the zip format that this Python's zipfile does not know."""
_LOCAL_HEADER = 30
"""Bytes before the name in a member's own header; the lengths of name and extra field are its last four."""
_SAMPLES, _SHELL, _REFERENCE = "samples/", "/sample.json", "attachment://"


def eval_log_rows(path: Source) -> Iterator[Row | Rejected]:
    """Read an Inspect log sample by sample, each with the header's `eval` beside it; the number counts from 1.

    Raises InputError where the archive is damaged or is no Inspect log.
    """
    with path.open("rb") as file, _archive(path, file) as archive:
        names = sorted(member.filename for member in archive.infolist())
        samples = _samples(names)
        header = _header(archive)
        if not samples:
            raise InputError(
                f"{path.name} is a zip archive, but not an Inspect log: it has no samples.",
                expected="A log that Inspect wrote, with samples/*.json in it.",
            )
        for number, (name, pieces) in enumerate(samples.items(), start=1):
            if sum(archive.getinfo(piece).file_size for piece in (name, *pieces)) > MAX_SAMPLE_BYTES:
                yield Rejected(path.name, number, _TOO_LARGE)
            else:
                yield _row(path.name, number, archive, name, pieces, header)


def _archive(path: Source, file: object) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)  # type: ignore[call-overload, no-any-return]
    except zipfile.BadZipFile as error:
        raise InputError(
            f"{path.name} cannot be opened: it is damaged or incomplete.", next_step="Fetch or export it again."
        ) from error


def _samples(names: Sequence[str]) -> dict[str, list[str]]:
    """Return the file of each sample, with the pieces that its messages are in where it has any."""
    folders = {name.removesuffix(_SHELL): name for name in names if name.startswith(_SAMPLES) and name.endswith(_SHELL)}
    found: dict[str, list[str]] = {}
    for name in names:
        folder, _, rest = name.rpartition("/")
        above, _, kind = folder.rpartition("/")
        if folder in folders:
            found.setdefault(folders[folder], [])
        elif above in folders:
            pieces = found.setdefault(folders[above], [])
            if kind in ("messages", "attachments") and rest.removesuffix(".json").isdecimal():
                pieces.append(name)
        elif name.startswith(_SAMPLES) and name.endswith(".json"):
            found[name] = []
    return found


def _header(archive: zipfile.ZipFile) -> Mapping[str, object]:
    if "header.json" not in archive.namelist():
        return {}
    try:
        header = json.loads(_bytes(archive, "header.json"))
    except ValueError:
        return {}
    found = header.get("eval") if isinstance(header, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _row(
    source: str,
    number: int,
    archive: zipfile.ZipFile,
    name: str,
    pieces: Sequence[str],
    header: Mapping[str, object],
) -> Row | Rejected:
    try:
        sample = json.loads(_bytes(archive, name))
        lists = {
            kind: _list(archive, [piece for piece in pieces if f"/{kind}/" in piece])
            for kind in ("messages", "attachments")
        }
        whole = _whole(sample, lists["messages"], lists["attachments"])
    except ValueError:
        return Rejected(source, number, "the sample is not valid JSON")
    except (TypeError, AttributeError):
        return Rejected(source, number, "the sample, or a piece of it, has not the shape of one")
    return Row(number, {**whole, "eval": header})


def _list(archive: zipfile.ZipFile, pieces: Sequence[str]) -> list[object]:
    ordered = sorted(pieces, key=lambda piece: int(piece.rpartition("/")[2].removesuffix(".json")))
    return list(chain.from_iterable(json.loads(_bytes(archive, piece)) for piece in ordered))


def _whole(
    sample: Mapping[str, object], messages: Sequence[object], attachments: Sequence[object]
) -> Mapping[str, object]:
    """Put a sample's messages together, with the texts that they refer to."""
    given = sample.get("attachments")
    texts = given if isinstance(given, Mapping) else {str(number): text for number, text in enumerate(attachments)}
    ranges = sample.get("message_refs")
    if isinstance(ranges, list):
        sample = {**sample, "messages": [one for start, end in ranges for one in messages[start:end]]}
    return {**sample, "messages": _resolved(sample.get("messages"), texts)} if texts else sample


def _resolved(value: object, texts: Mapping[str, object]) -> object:
    if isinstance(value, str) and value.startswith(_REFERENCE):
        return texts.get(value.removeprefix(_REFERENCE), value)
    if isinstance(value, Mapping):
        return {key: _resolved(inner, texts) for key, inner in value.items()}
    return [_resolved(inner, texts) for inner in value] if isinstance(value, list) else value


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
