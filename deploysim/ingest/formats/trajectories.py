"""Trajectories of agents: Inspect's samples, tau-bench's results and SWE-agent's runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from deploysim.ingest.formats.base import Format, objects_with
from deploysim.ingest.formats.chat import read_chat
from deploysim.ingest.given import given_fields
from deploysim.ingest.logged_messages import one_message
from deploysim.ingest.problems import NotReplayableError, UnreadableRowError
from deploysim.ingest.records import Exclusion, ReadStats, Rejected, Row
from deploysim.ingest.values import structure
from deploysim.types import RawConversation


def read_inspect(row: Row, stats: ReadStats) -> RawConversation:
    """Read one sample of an Inspect log; the epoch is part of its identifier."""
    fields = row.fields
    if fields.get("error"):
        raise NotReplayableError(Exclusion.FAILED_CALL)
    output, header = structure(fields.get("output")), structure(fields.get("eval"))
    model = (output.get("model") if isinstance(output, Mapping) else None) or (
        header.get("model") if isinstance(header, Mapping) else None
    )
    messages = [_flat_calls(message) for message in _listed(fields, "messages")]
    extra = {"epoch": fields.get("epoch"), "task": header.get("task") if isinstance(header, Mapping) else None}
    named = {"id": f"{fields.get('id')}, epoch {fields.get('epoch', 1)}", "model": model, "metadata": extra}
    created = header.get("created") if isinstance(header, Mapping) else None
    given = given_fields(*_inspect_given(fields, header))
    return read_chat(Row(row.number, {**given, **named, "created": created, "messages": messages}), stats)


def read_tau(row: Row, stats: ReadStats) -> RawConversation:
    """Read one result of tau-bench: task, trial, reward and the messages of the attempt."""
    fields = row.fields
    beside = {name: fields.get(name) for name in ("task_id", "trial", "reward")}
    named = {"id": f"{fields.get('task_id')}, trial {fields.get('trial')}", "model": fields.get("model")}
    given = given_fields(*_places(fields, "info", "config"))
    messages = _listed(fields, "traj")
    return read_chat(Row(row.number, {**given, **named, "metadata": beside, "messages": messages}), stats)


def read_swe(row: Row, stats: ReadStats) -> RawConversation:
    """Read one run of SWE-agent: its history of messages; demonstrations shown to the model are left out."""
    fields = row.fields
    shown = [m for m in _listed(fields, "history") if not m.get("is_demo")]
    messages = [_swe_message(message) for message in shown]
    named = {"id": fields.get("instance_id") or fields.get("environment"), "model": fields.get("model")}
    given = given_fields(*_places(fields, "info", "config"))
    return read_chat(Row(row.number, {**given, **named, "messages": messages}), stats)


def _places(fields: Mapping[str, object], *names: str) -> Iterator[Mapping[str, object]]:
    """Yield a row and objects of it: where a harness may write down tools and parameters."""
    yield fields
    yield from (found for name in names if isinstance(found := structure(fields.get(name)), Mapping))


def _inspect_given(fields: Mapping[str, object], header: object) -> Iterator[Mapping[str, object]]:
    """Yield where a sample says what the model was given: its calls, last first, and what the whole task was run with."""
    events = structure(fields.get("events"))
    for event in reversed(events if isinstance(events, list) else []):
        if isinstance(event, Mapping) and event.get("event") == "model":
            yield event
            yield from _places(event, "config")
            break
    if isinstance(header, Mapping):
        yield from (one for one in _places(header, "model_generate_config") if one is not header)


def _swe_message(message: Mapping[str, object]) -> dict[str, object]:
    answered = message.get("tool_call_ids")
    return {
        "role": message.get("role"),
        "content": message.get("content"),
        "tool_calls": message.get("tool_calls"),
        "tool_call_id": answered[0] if isinstance(answered, list | tuple) and answered else None,
        "thinking": message.get("thinking_blocks"),
    }


def _listed(fields: Mapping[str, object], name: str) -> Sequence[Mapping[str, object]]:
    found = structure(fields.get(name))
    if not isinstance(found, list | tuple) or not all(isinstance(item, Mapping) for item in found):
        raise UnreadableRowError(f"{name} is not a list of messages")
    return found


def _flat_calls(message: Mapping[str, object]) -> Mapping[str, object]:
    """Inspect writes a call as function (its name) and arguments; reasoning is a part of its own kind."""
    calls = message.get("tool_calls")
    found = one_message(message) or dict(message)
    if isinstance(calls, list | tuple):
        found["tool_calls"] = [
            {"id": c.get("id"), "function": {"name": c.get("function"), "arguments": json.dumps(c.get("arguments"))}}
            for c in calls
            if isinstance(c, Mapping)
        ]
    return found


def _samples(rows: Iterator[Row | Rejected]) -> Iterator[Row | Rejected]:
    """A log in one JSON file holds all samples; an archive gives them one by one."""
    numbers = count(1)
    for row in rows:
        if isinstance(row, Rejected) or not _is_whole_log(row.fields):
            yield row if isinstance(row, Rejected) else Row(next(numbers), row.fields)
            continue
        for sample in _listed(row.fields, "samples"):
            yield Row(next(numbers), {**sample, "eval": row.fields.get("eval")})


def _is_whole_log(fields: Mapping[str, object]) -> bool:
    return "eval" in fields and objects_with(fields.get("samples"), "messages") is not None


def _fits_inspect(fields: Mapping[str, object]) -> str | None:
    if _is_whole_log(fields):
        return "the file is an Inspect log with its samples"
    sample = "epoch" in fields and "output" in fields and objects_with(fields.get("messages"), "role") is not None
    return "rows are samples of an Inspect log" if sample else None


def _fits_tau(fields: Mapping[str, object]) -> str | None:
    fit = "task_id" in fields and objects_with(fields.get("traj"), "role") is not None
    return "rows have a `task_id` and the `traj` of an attempt" if fit else None


def _fits_swe(fields: Mapping[str, object]) -> str | None:
    fit = "trajectory" in fields and objects_with(fields.get("history"), "role") is not None
    return "rows have a `trajectory` and its `history`" if fit else None


INSPECT = Format("inspect", "samples of Inspect logs (.eval)", _fits_inspect, read_inspect, regroup=_samples)
TAU = Format("tau-bench", "results of tau-bench", _fits_tau, read_tau)
SWE = Format("swe-agent", "trajectories of SWE-agent", _fits_swe, read_swe)
