"""LangSmith exports: runs, one a row, and datasets of examples.

Runs of type `llm` are calls of a model; the outermost chain of a trace counts where the trace has no such call, and other
runs are passed over. Calls of a thread, which the metadata of any run of a trace may name (of a trace where none does),
are joined to conversations. An example of a dataset is a conversation of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deploysim.ingest.formats.base import Format
from deploysim.ingest.given import given_fields
from deploysim.ingest.joining import Call, joined, read_joined
from deploysim.ingest.logged_messages import reply_message, sent_messages
from deploysim.ingest.problems import UnreadableRowError
from deploysim.ingest.records import ReadStats, Rejected, Row
from deploysim.ingest.values import first_time, identifier, structure

_THREAD = ("session_id", "thread_id", "conversation_id")
_MODEL_RUNS = (None, "llm", "chat_model")
"""Types of runs that are calls of a model; an example of a dataset has none."""
_TIMES = ("start_time", "created_at")
_MODEL = ("ls_model_name", "model", "model_name")
_USER = ("user_id", "user", "ls_user_id")


def _regroup(rows: Iterator[Row | Rejected]) -> Iterator[Row | Rejected]:
    return joined(rows, _calls)


def _calls(row: Row) -> Iterator[Call]:
    fields = row.fields
    inner = structure(fields.get("child_runs"))
    children = [run for run in inner if isinstance(run, Mapping)] if isinstance(inner, list) else []
    for run in [fields, *_all_runs(children)]:
        kind = run.get("run_type")
        if kind in _MODEL_RUNS:
            yield _call(run, row.number, fields)
        elif kind == "chain" and not run.get("parent_run_id"):
            yield _call(run, row.number, fields, is_wrapper=True)


def _all_runs(runs: list[Mapping[str, object]]) -> Iterator[Mapping[str, object]]:
    for run in runs:
        yield run
        inner = structure(run.get("child_runs"))
        if isinstance(inner, list):
            yield from _all_runs([one for one in inner if isinstance(one, Mapping)])


def _call(run: Mapping[str, object], number: int, root: Mapping[str, object], *, is_wrapper: bool = False) -> Call:
    stats = ReadStats()
    sent = sent_messages(run.get("inputs"))
    reply = None if run.get("error") else reply_message(run.get("outputs"))
    about = {**_metadata(root), **_metadata(run)}
    thread = identifier(about, _THREAD, stats)
    own = identifier(run, ("trace_id",), stats) or identifier(root, ("trace_id", "id"), stats)
    return Call(
        key=thread or own or f"row {number}",
        sent=tuple(sent),
        reply=(reply,) if reply else (),
        at=first_time(run, _TIMES, stats),
        model=identifier(about, _MODEL, stats) or _model_of(run, stats),
        about={"user": identifier(about, _USER, stats), "metadata": _kept(about), **given_fields(*_given(run))},
        is_session=thread is not None,
        problem=None if sent else UnreadableRowError("the inputs hold no messages and no text"),
        trace=own or "",
        is_wrapper=is_wrapper,
    )


def _given(run: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return where a run says what the model was given: its inputs, and what its client was called with."""
    extra = structure(run.get("extra"))
    called_with = structure(extra.get("invocation_params")) if isinstance(extra, Mapping) else None
    return [place for place in (structure(run.get("inputs")), called_with) if isinstance(place, Mapping)]


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
