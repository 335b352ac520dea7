"""Flat tables, read through a map from what is needed to the columns that hold it."""

from __future__ import annotations

from collections.abc import Mapping

from deploysim.ingest.columns import ColumnMap
from deploysim.ingest.formats.base import Format
from deploysim.ingest.messages import check_replayable, read_messages, read_system
from deploysim.ingest.problems import NotReplayableError, UnreadableRowError
from deploysim.ingest.records import Exclusion, ReadStats, Row
from deploysim.ingest.values import identifier, kind_of, metadata, opted_out, read_time
from deploysim.types import Message, RawConversation

NAME = "table"
ABOUT = "any table or JSON rows, with --map"


def table_format(columns: ColumnMap) -> Format:
    """Make the reader of a table whose columns are named by `columns`."""

    def read(row: Row, stats: ReadStats) -> RawConversation:
        fields = row.fields
        if opted_out(fields):
            raise NotReplayableError(Exclusion.OPTED_OUT)
        messages = _messages(fields, columns, stats)
        check_replayable(messages)
        return RawConversation(
            messages=messages,
            row=row.number,
            source_id=_identifier(fields, columns.id, stats),
            model=_identifier(fields, columns.model, stats),
            started_at=read_time(fields.get(columns.time), stats) if columns.time else None,
            user_id=_identifier(fields, columns.user_id, stats),
            language=_identifier(fields, columns.language, stats),
            metadata=metadata({name: fields.get(name) for name in columns.metadata}, stats, without=()),
        )

    return Format(NAME, ABOUT, lambda fields: None, read)


def _messages(fields: Mapping[str, object], columns: ColumnMap, stats: ReadStats) -> tuple[Message, ...]:
    system = read_system(_text(fields, columns.system), stats)
    if columns.messages:
        return (*system, *read_messages(fields.get(columns.messages), stats))
    asked, answered = _text(fields, columns.user), _text(fields, columns.assistant)
    if not asked:
        raise NotReplayableError(Exclusion.NO_USER_TEXT)
    if answered is None:
        raise NotReplayableError(Exclusion.NO_RESPONSE)
    pair = [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
    return (*system, *read_messages(pair, stats))


def _text(fields: Mapping[str, object], column: str | None) -> str | None:
    value = fields.get(column) if column else None
    if value is None or isinstance(value, str):
        return value
    raise UnreadableRowError(f"column {column} is {kind_of(value)}, expected text")


def _identifier(fields: Mapping[str, object], column: str | None, stats: ReadStats) -> str | None:
    return identifier(fields, (column,), stats) if column else None
