"""Logs of agents for tests: messages that call tools, their results, and a workspace made of some conversations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from deploysim.config import read_settings
from deploysim.store.samples import list_samples
from deploysim.store.workspace import Workspace

Row = dict[str, Any]


def using(name: str, **values: object) -> Row:
    """Return a message that calls a tool."""
    return using_all((name, values))


def using_all(*made: tuple[str, dict[str, object]]) -> Row:
    """Return a message that calls several tools at once."""
    calls = [
        {"id": f"call-{name}", "type": "function", "function": {"name": name, "arguments": json.dumps(values)}}
        for name, values in made
    ]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def result(name: str, text: str) -> Row:
    """Return the message with a call's result."""
    return {"role": "tool", "tool_call_id": f"call-{name}", "content": text}


def said(role: str, text: str) -> Row:
    """Return a message in words."""
    return {"role": role, "content": text}


def sampled(run: Any, folder: Path, rows: list[Row]) -> tuple[Workspace, str]:
    """Import a log by the command, draw all of it, and return the workspace of the environment and the sample."""
    log = folder / "log.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert run("import", log)[0] == 0
    assert run("sample", "--unit", "conversation")[0] == 0
    here = Workspace(read_settings().workspace)
    return here, list_samples(here)[0].sample_id
