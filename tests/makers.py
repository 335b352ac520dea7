"""Small made-up things that many tests need."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from deploysim.config import read_settings
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.forecasting import forecast
from deploysim.pipeline.importing import ImportOptions, import_file
from deploysim.pipeline.importing_responses import ResponseFile, import_responses
from deploysim.pipeline.lanes import Lanes
from deploysim.sampling import SampleSpec
from deploysim.store.import_writer import ImportWriter
from deploysim.store.imports import ImportRecord
from deploysim.store.responses import responses, write_responses
from deploysim.store.runs import read_run, write_run
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import load_taxonomy
from deploysim.types import Conversation, Lane, Message, Span

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def conversation(number: int, *, turns: int = 2, **changes: Any) -> Conversation:
    """Return a scrubbed conversation with as many answered user messages as asked for."""
    messages: list[Message] = []
    for turn in range(1, turns + 1):
        messages.append(Message("user", f"question {turn} of conversation {number}"))
        messages.append(Message("assistant", f"answer {turn} of conversation {number}", finish_reason="stop"))
    values: dict[str, Any] = {
        "conversation_id": f"{number:012x}",
        "messages": tuple(messages),
        "row": number,
        "source_key": f"source-{number}",
        "content_key": f"content-{number}",
        "model": "old-model",
        "started_at": datetime(2026, 10, 1, tzinfo=UTC) + timedelta(hours=number),
        "user_key": f"user-{number % 3}",
        "spans": (Span(0, 0, 8, "PERSON"),),
    }
    return Conversation(**{**values, **changes})


def record(import_id: str, count: int) -> ImportRecord:
    """Return an import's record."""
    return ImportRecord(
        import_id=import_id,
        source="log.jsonl",
        source_sha256="0" * 64,
        format="openai-chat",
        options={},
        imported_at=NOW.isoformat(),
        scrubbing="surrogates",
        scrub_fingerprint="f" * 64,
        conversations=count,
        messages=count * 4,
        replaced={"PERSON": count},
        excluded={},
        rejected=[],
        rejected_rows=0,
        duplicates=0,
        notes=[],
    )


def fill(workspace: Workspace, conversations: list[Conversation], import_id: str = "a" * 12) -> None:
    """Put conversations into a workspace as one import."""
    with ImportWriter(workspace, import_id, part_chars=10_000) as writer:
        for item in conversations:
            writer.add(item)
            if writer.due():
                writer.seal({})
        writer.finish(record(import_id, len(conversations)))


def write_log(path: Path, count: int, *, turns: int = 1) -> Path:
    """Write a log of chat messages in which every conversation asks for something by number."""
    with path.open("w", encoding="utf-8") as file:
        for n in range(count):
            messages = [{"role": "system", "content": "You are a helpful assistant."}]
            for turn in range(1, turns + 1):
                messages.append({"role": "user", "content": f"Please tell me fact {turn} about the number {n}."})
                messages.append({"role": "assistant", "content": FACT, "finish_reason": "stop"})
            row = {
                "id": f"chat-{n}",
                "model": "old-model",
                "created": 1_790_000_000 + 3_600 * n,
                "user": f"user-{n % 5}",
            }
            file.write(json.dumps({**row, "messages": messages}) + "\n")
    return path


FACT = "It is a whole number, and it comes right after the one before it."
REFUSAL = "I'm sorry, but I can't help with that request."


def write_responses_file(path: Path, count: int, *, refuse_every: int) -> Path:
    """Write one response to each conversation of `write_log`; some of them refuse."""
    with path.open("w", encoding="utf-8") as file:
        for n in range(count):
            text = REFUSAL if refuse_every and n % refuse_every == 0 else FACT
            file.write(json.dumps({"id": f"chat-{n}", "response": text, "model": path.stem}) + "\n")
    return path


def compared_workspace(root: Path, *, count: int = 40) -> tuple[Workspace, Lanes]:
    """Return a workspace with a log, a sample, two runs made elsewhere and a forecast."""
    here, settings = Workspace(root / "ws"), read_settings({})
    import_file(here, write_log(root / "log.jsonl", count), ImportOptions(), settings=settings, now=NOW)
    sample = draw(here, SampleSpec(unit="conversation", seed=1), now=NOW)
    runs = {
        lane: import_responses(
            here,
            sample.sample_id,
            ResponseFile(write_responses_file(root / f"{lane}-model.jsonl", count, refuse_every=every)),
            lane=lane,
            name=f"{lane} model",
            settings=settings,
            now=NOW,
        )
        for lane, every in ((Lane.BASELINE, 20), (Lane.CANDIDATE, 2))
    }
    lanes = Lanes(sample.sample_id, runs[Lane.CANDIDATE].run_id, runs[Lane.BASELINE].run_id)
    forecast(here, lanes, load_taxonomy(), seed=0, now=NOW)
    return here, lanes


def repeated_workspace(root: Path) -> tuple[Workspace, Lanes]:
    """Return the same, with a baseline of two responses to each prefix: 4 of the second refuse anew, 2 failed."""
    workspace, lanes = compared_workspace(root)
    assert lanes.baseline
    rows = responses(workspace, lanes.baseline).sort("prefix_id").to_dicts()
    again = [{**row, "repeat": 1} for row in rows]
    steady = [n for n, row in enumerate(rows) if row["text"] == FACT]
    for n in steady[:4]:
        again[n]["text"] = REFUSAL
    for n in steady[4:6]:
        again[n] |= {"status": "failed", "failure_kind": "timed out", "text": None}
    write_responses(workspace, lanes.baseline, rows + again)
    write_run(workspace, replace(read_run(workspace, lanes.baseline), repeats=2))
    return workspace, lanes
