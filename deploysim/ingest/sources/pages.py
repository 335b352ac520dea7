"""Pages of an API that were saved as they came: one object with a list of records in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from deploysim.ingest.records import Rejected, Row

_LISTS = ("data", "runs", "traces")
_BESIDE = frozenset(
    {"object", "has_more", "first_id", "last_id", "meta", "cursors", "next", "next_cursor", "previous", "total"}
    | {"count", "limit", "page", "url", "parsed_query", "search_cursors"}
)
"""What a page says of itself. A row with anything else is a record of its own."""


def unpaged(rows: Iterator[Row | Rejected]) -> Iterator[Row | Rejected]:
    """Yield the records of pages in their place, counted through; where there is no page, rows keep their number."""
    number = 0
    for row in rows:
        if isinstance(row, Rejected):
            yield row
            continue
        records = _records(row.fields)
        if records is None:
            # Never a number that a record of a page has.
            number = max(number + 1, row.number)
            yield Row(number, row.fields)
            continue
        for record in records:
            number += 1
            yield Row(number, record)


def _records(fields: Mapping[str, object]) -> Sequence[Mapping[str, object]] | None:
    name = next((name for name in _LISTS if name in fields), None)
    found = fields[name] if name else None
    if not isinstance(found, list) or not found or not all(isinstance(record, Mapping) for record in found):
        return None
    if not fields.keys() <= _BESIDE | {name}:
        return None
    # The items of one conversation come as a page, too; they have a type in small letters.
    return None if all(str(record.get("type", "")).islower() for record in found) else found
