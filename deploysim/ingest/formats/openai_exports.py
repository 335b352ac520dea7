"""What OpenAI's platform exports: stored chat completions, and the items of evaluation runs.

A stored completion is a completion with the messages it answered beside it. An evaluation's row has the `item` (or
`datasource_item`) that was asked and the `sample` that was answered; the messages really sent stand in the sample's
`input` where there are any.
"""

from __future__ import annotations

from collections.abc import Mapping

from deploysim.ingest.formats.api_log import read_call
from deploysim.ingest.formats.base import Format, objects_with
from deploysim.ingest.given import given_fields
from deploysim.ingest.problems import NotReplayableError, UnreadableRowError
from deploysim.ingest.records import Exclusion, ReadStats, Row
from deploysim.ingest.values import structure
from deploysim.types import RawConversation

_SENT = ("messages", "input_messages", "input")
_ITEMS = ("item", "datasource_item")
_ASKED = (*_SENT, "prompt", "question")


def read_stored(row: Row, stats: ReadStats) -> RawConversation:
    """Read a stored completion."""
    fields = row.fields
    sent = next((fields[name] for name in _SENT if fields.get(name) is not None), None)
    return read_call(Row(row.number, {**fields, "messages": _listed(sent)}), stats)


def read_eval_row(row: Row, stats: ReadStats) -> RawConversation:
    """Read one item of an evaluation with the sample that answers it."""
    item, sample = _parts(row.fields)
    if _failed(structure(sample.get("error"))):
        raise NotReplayableError(Exclusion.FAILED_CALL)
    sent = sample.get("input") or next((item[name] for name in _ASKED if item.get(name) is not None), None)
    if sent is None:
        raise UnreadableRowError("the item has none of " + ", ".join(_ASKED))
    request = {**given_fields(sample), "messages": _listed(sent), "model": sample.get("model")}
    beside = {name: row.fields.get(name) for name in ("id", "created_at", "metadata", "user")}
    return read_call(Row(row.number, {**beside, "request": request, "response": _answer(sample)}), stats)


def _failed(error: object) -> bool:
    """An error with an empty code and message is how some exports write that there was none."""
    return any(error.values()) if isinstance(error, Mapping) else bool(error)


def _listed(value: object) -> object:
    """A prompt that is plain text is one user message."""
    found = structure(value)
    return [{"role": "user", "content": found}] if isinstance(found, str) else found


def _answer(sample: Mapping[str, object]) -> object:
    if sample.get("choices"):
        return {"choices": sample["choices"], "model": sample.get("model")}
    outputs = structure(sample.get("output") or sample.get("outputs"))
    if isinstance(outputs, list | tuple) and outputs and isinstance(outputs[-1], Mapping):
        return {"choices": [{"message": outputs[-1], "finish_reason": sample.get("finish_reason")}]}
    return sample.get("output_text")


def _parts(fields: Mapping[str, object]) -> tuple[Mapping[str, object], Mapping[str, object]]:
    item = structure(next((fields[name] for name in _ITEMS if fields.get(name) is not None), None))
    sample = structure(fields.get("sample"))
    if not isinstance(item, Mapping) or not isinstance(sample, Mapping):
        raise UnreadableRowError("item or sample is not an object")
    return item, sample


def _fits_stored(fields: Mapping[str, object]) -> str | None:
    if fields.get("object") != "chat.completion" or not fields.get("choices"):
        return None
    fit = any(objects_with(fields.get(name), "role") for name in _SENT) or isinstance(fields.get("input"), str)
    return "rows are chat completions with the messages that they answer" if fit else None


def _fits_eval(fields: Mapping[str, object]) -> str | None:
    item = any(isinstance(structure(fields.get(name)), Mapping) for name in _ITEMS)
    fit = item and isinstance(structure(fields.get("sample")), Mapping)
    return "rows have an `item` and the `sample` that answers it" if fit else None


STORED = Format("openai-stored", "stored chat completions, exported from OpenAI", _fits_stored, read_stored)
EVALS = Format("openai-evals", "items of OpenAI evaluation runs", _fits_eval, read_eval_row)
