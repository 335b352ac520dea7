"""Responses that were made elsewhere, to be set beside the conversations they answer.

Read are JSON rows with `id` (also `conversation_id`, `source_id`, `custom_id`), optionally `turn`, and the response
as `response`, `message`, `choices` or `text`, which covers the output of OpenAI's Batch API; or a table with a map.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deploysim.errors import InputError
from deploysim.ingest.columns import ResponseMap, listed
from deploysim.ingest.detect import columns_of
from deploysim.ingest.messages import link_tool_messages
from deploysim.ingest.problems import NotReplayableError, UnreadableRowError
from deploysim.ingest.read import check_map, meets
from deploysim.ingest.records import MAX_ROW_BYTES, Exclusion, RawResponse, ReadStats, Rejected, Row
from deploysim.ingest.replies import read_reply
from deploysim.ingest.sources.json_rows import TOO_DEEP, TOO_LARGE
from deploysim.ingest.sources.opening import Source
from deploysim.ingest.sources.rows import read_rows
from deploysim.ingest.values import clean_text, identifier, kind_of

_ID_KEYS = ("custom_id", "source_id", "conversation_id", "id")
_REPLY_KEYS = ("response", "message", "choices", "text")
_NO_RESPONSE = "the row holds no response"


def read_responses(
    path: Source,
    *,
    columns: ResponseMap | None = None,
    where: Mapping[str, str] | None = None,
    stats: ReadStats | None = None,
) -> Iterator[RawResponse | Rejected]:
    """Stream a file of responses, one a row, in the file's order.

    Args:
        path: JSON Lines, JSON, CSV or Parquet; text may be compressed with gzip or zstd.
        columns: Which columns of a table hold what; without it rows are read by their usual keys.
        where: Column -> value, compared as text; rows that differ are left out and counted in `stats.filtered`.
        stats: Updated while reading, where given.

    Raises:
        InputError: At once, before anything is read, where the file or the arguments cannot be used.
    """
    check_map(path, columns, where)
    if columns is None:
        _check_keys(path)
    return _responses(path, columns, where or {}, stats or ReadStats())


def _responses(
    path: Source, columns: ResponseMap | None, where: Mapping[str, str], stats: ReadStats
) -> Iterator[RawResponse | Rejected]:
    for row in read_rows(path):
        stats.rows += 1
        if isinstance(row, Rejected):
            yield row
        elif meets(row.fields, where):
            yield _response(row, columns, path.name, stats)
        else:
            stats.filtered += 1


def _response(row: Row, columns: ResponseMap | None, source: str, stats: ReadStats) -> RawResponse | Rejected:
    try:
        found = _by_keys(row, stats) if columns is None else _by_map(row, columns, stats)
    except UnreadableRowError as problem:
        return Rejected(source, row.number, problem.reason)
    except NotReplayableError as problem:
        nothing = problem.reason is Exclusion.NO_RESPONSE
        return Rejected(source, row.number, _NO_RESPONSE if nothing else f"the response has {problem.reason}")
    except RecursionError:
        return Rejected(source, row.number, TOO_DEEP)
    return Rejected(source, row.number, TOO_LARGE) if len(found.text) > MAX_ROW_BYTES else found


def _by_keys(row: Row, stats: ReadStats) -> RawResponse:
    fields = row.fields
    reply = read_reply(_answer(fields), stats)
    if fields.get("object") == "chat.completion" and not identifier(fields, _ID_KEYS[:-1], stats):
        raise UnreadableRowError("a completion's own id is not that of a conversation; add conversation_id")
    message = link_tool_messages((reply.message,))[0]
    return RawResponse(
        source_id=_source_id(identifier(fields, _ID_KEYS, stats)),
        turn=_turn(fields.get("turn")),
        text=message.content,
        row=row.number,
        tool_calls=message.tool_calls,
        finish_reason=reply.finish_reason or identifier(fields, ("finish_reason",), stats),
        model=reply.model or identifier(fields, ("model",), stats),
    )


def _answer(fields: Mapping[str, object]) -> object:
    key = next((key for key in _REPLY_KEYS if fields.get(key) is not None), "response")
    return {key: fields[key]} if key == "choices" else fields.get(key)


def _by_map(row: Row, columns: ResponseMap, stats: ReadStats) -> RawResponse:
    fields = row.fields
    text = fields.get(columns.response)
    if not isinstance(text, str):
        raise UnreadableRowError(f"column {columns.response} is {kind_of(text)}, expected text")
    finish, model = columns.finish_reason, columns.model
    return RawResponse(
        source_id=_source_id(identifier(fields, (columns.id,), stats)),
        turn=_turn(fields.get(columns.turn)) if columns.turn else None,
        text=clean_text(text, stats),
        row=row.number,
        finish_reason=identifier(fields, (finish,), stats) if finish else None,
        model=identifier(fields, (model,), stats) if model else None,
    )


def _source_id(found: str | None) -> str:
    if found is None:
        raise UnreadableRowError("the row has no id that says which conversation it answers")
    return found


def _turn(value: object) -> int | None:
    if value is None or value == "":
        return None
    number = float(value) if isinstance(value, str) and value.isdecimal() else value
    whole = isinstance(number, int | float) and not isinstance(number, bool) and float(number).is_integer()
    if not isinstance(number, int | float) or not whole or not 1 <= number < 1_000_000:
        raise UnreadableRowError("turn is not a whole number from 1")
    return int(number)


def _check_keys(path: Source) -> None:
    present = columns_of(path)
    if any(key in present for key in _ID_KEYS) and any(key in present for key in _REPLY_KEYS):
        return
    raise InputError(
        f"{path.name} does not look like responses. Its rows have: {listed(present)}.",
        expected=f"One of {', '.join(_ID_KEYS)}, and one of {', '.join(_REPLY_KEYS)}.",
        next_step="Name the columns with --map, for example: --map id=prompt_id,response=response",
    )
