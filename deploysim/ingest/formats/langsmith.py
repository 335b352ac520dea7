"""LangSmith exports: runs, one a row, and datasets of examples.

Runs of type `llm` are calls of a model; chain and tool runs are passed over where their trace has such calls, which
hold everything that was said. Calls of a thread (of a trace where the metadata names no thread) are joined to
conversations. An example of a dataset is a conversation of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deploysim.ingest.formats.base import Format
from deploysim.ingest.joining import Call, joined, read_joined
from deploysim.ingest.logged_messages import reply_message, sent_messages
from deploysim.ingest.problems import UnreadableRowError
from deploysim.ingest.records import ReadStats, Rejected, Row
from deploysim.ingest.values import first_time, identifier, structure

_THREAD = ("session_id", "thread_id", "conversation_id")
_TIMES = ("start_time", "created_at")
_MODEL = ("ls_model_name", "model", "model_name")
_USER = ("user_id", "user", "ls_user_id")


def _regroup(rows: Iterator[Row | Rejected]) -> Iterator[Row | Rejected]:
    return joined(rows, _calls)


def _calls(row: Row) -> Iterator[Call]:
    """A root chain run counts where no call of a model is in its trace: `llm` runs come without `child_runs` then."""
    fields = row.fields
    inner = structure(fields.get("child_runs"))
    children = [run for run in inner if isinstance(run, Mapping)] if isinstance(inner, list) else []
    models = [run for run in _all_runs(children) if run.get("run_type") == "llm"]
    if models:
        for run in models:
            yield _call(run, row.number, fields)
    elif fields.get("run_type") in (None, "llm", "prompt") or _is_lone_root(fields):
        yield _call(fields, row.number, fields)


def _all_runs(runs: list[Mapping[str, object]]) -> Iterator[Mapping[str, object]]:
    for run in runs:
        yield run
        inner = structure(run.get("child_runs"))
        if isinstance(inner, list):
            yield from _all_runs([one for one in inner if isinstance(one, Mapping)])


def _is_lone_root(fields: Mapping[str, object]) -> bool:
    listed = fields.get("child_run_ids")
    return fields.get("run_type") == "chain" and not fields.get("parent_run_id") and not structure(listed)


def _call(run: Mapping[str, object], number: int, root: Mapping[str, object]) -> Call:
    stats = ReadStats()
    sent = sent_messages(run.get("inputs"))
    if not sent:
        raise UnreadableRowError("the inputs hold no messages and no text")
    reply = None if run.get("error") else reply_message(run.get("outputs"))
    about = {**_metadata(root), **_metadata(run)}
    thread = identifier(about, _THREAD, stats)
    own = identifier(run, ("trace_id", "id"), stats)
    return Call(
        key=thread or own or f"row {number}",
        sent=tuple(sent),
        reply=(reply,) if reply else (),
        at=first_time(run, _TIMES, stats),
        model=identifier(about, _MODEL, stats) or _model_of(run, stats),
        about={"user": identifier(about, _USER, stats), "metadata": _kept(about)},
        is_session=thread is not None,
    )


def _metadata(run: Mapping[str, object]) -> dict[str, object]:
    extra = structure(run.get("extra"))
    inside = structure(extra.get("metadata")) if isinstance(extra, Mapping) else None
    found = inside if isinstance(inside, Mapping) else structure(run.get("metadata"))
    return dict(found) if isinstance(found, Mapping) else {}


def _kept(metadata: Mapping[str, object]) -> dict[str, object]:
    """Leave out what LangSmith itself adds and what names the thread or the user."""
    return {k: v for k, v in metadata.items() if not k.startswith("ls_") and k not in (*_THREAD, *_USER)}


def _model_of(run: Mapping[str, object], stats: ReadStats) -> str | None:
    extra = structure(run.get("extra"))
    called = structure(extra.get("invocation_params")) if isinstance(extra, Mapping) else None
    return identifier(called, ("model", "model_name"), stats) if isinstance(called, Mapping) else None


def _fits(fields: Mapping[str, object]) -> str | None:
    if "inputs" not in fields or "outputs" not in fields:
        return None
    if "run_type" in fields:
        return "rows are runs with inputs and outputs"
    return "rows are examples with inputs and outputs" if "id" in fields else None


FORMAT = Format("langsmith", "LangSmith runs or dataset examples", _fits, read_joined, regroup=_regroup)
