"""What a log says that a model was given beside the messages: its tools and decoding parameters, in the chat API's shape.

Read are the names of OpenAI's two APIs, of Anthropic's, and of tracing tools. What is of the wrong kind is passed over: a
guess would be no faithful setting. Tools that run at the provider have no description that could be sent elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from deploysim.ingest.records import ReadStats
from deploysim.ingest.values import clean_text, structure

TOOL_KEYS = ("tools", "functions", "tool_definitions")
_ALIASES: dict[str, tuple[str, ...]] = {
    "temperature": ("temperature",),
    "top_p": ("top_p", "topP"),
    "max_tokens": ("max_completion_tokens", "max_output_tokens", "max_tokens", "maxTokens"),
    "seed": ("seed",),
    "stop": ("stop", "stop_sequences", "stop_seqs"),
    "response_format": ("response_format", "text"),
    "tool_choice": ("tool_choice",),
    "parallel_tool_calls": ("parallel_tool_calls",),
    "reasoning_effort": ("reasoning_effort", "reasoning"),
    "frequency_penalty": ("frequency_penalty",),
    "presence_penalty": ("presence_penalty",),
}
"""Names of the chat API, each with those that logs give it; the first one found counts."""
GIVEN_KEYS = (*TOOL_KEYS, *dict.fromkeys(name for names in _ALIASES.values() for name in names))
"""Fields that tools and parameters are read from."""
_FUNCTION_KEYS = ("name", "description", "parameters", "strict")
_EFFORT = re.compile(r"[a-z]{1,12}")
_CHOICES = {"auto": "auto", "none": "none", "required": "required", "any": "required"}
MAX_TOOLS = 512


def given_fields(*places: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of places that tools and parameters are read from; of two of one name the first counts."""
    found: dict[str, object] = {}
    for place in reversed(places):
        found |= {name: place[name] for name in GIVEN_KEYS if place.get(name) not in (None, "", [], {})}
    return found


def read_tools(fields: Mapping[str, object], stats: ReadStats) -> tuple[str, ...]:
    """Return the tools of a request, each as JSON text in the chat API's shape; those that have no such shape are counted."""
    listed = next((found for key in TOOL_KEYS if isinstance(found := structure(fields.get(key)), list | tuple)), ())
    tools = []
    for item in list(listed)[:MAX_TOOLS]:
        tool = _tool(structure(item))
        if tool is None:
            stats.tools_dropped += 1
        else:
            tools.append(_text(tool, stats))
    return tuple(tools)


def read_parameters(fields: Mapping[str, object], stats: ReadStats) -> tuple[tuple[str, str], ...]:
    """Return the decoding parameters of a request: names of the chat API, values as JSON text."""
    return tuple((name, _text(value, stats)) for name, value in _parameters(fields))


def _parameters(fields: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, aliases in _ALIASES.items():
        given = next((structure(fields[alias]) for alias in aliases if fields.get(alias) is not None), None)
        value = None if given is None else _READERS[name](given)
        if value is not None:
            yield name, value
        elif name == "parallel_tool_calls" and _one_call_at_a_time(fields):
            yield name, False


def _text(value: object, stats: ReadStats) -> str:
    return clean_text(json.dumps(value, ensure_ascii=False), stats)


def _tool(item: object) -> dict[str, object] | None:
    """Bring a description into the chat API's shape; None where it is of a tool that the provider runs."""
    if not isinstance(item, Mapping):
        return None
    inner = structure(item.get("function")) if item.get("type") in (None, "function") else None
    found = dict(inner) if isinstance(inner, Mapping) else dict(item)
    if "input_schema" in found:
        found["parameters"] = found["input_schema"]
    elif found is not inner and item.get("type") not in (None, "function", "custom"):
        return None
    schema = structure(found.get("parameters"))
    kept = {key: found[key] for key in _FUNCTION_KEYS if found.get(key) is not None}
    kept |= {"parameters": schema} if isinstance(schema, Mapping) else {}
    name, description = kept.get("name"), kept.get("description", "")
    if not isinstance(name, str) or not name or not isinstance(description, str):
        return None
    if not isinstance(kept.get("parameters", {}), Mapping) or not isinstance(kept.get("strict", False), bool):
        return None
    return {"type": "function", "function": kept}


def _number(value: object) -> float | int | None:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e9 < value < 1e12:
        return None
    return int(value) if float(value).is_integer() and not isinstance(value, float) else value


def _whole(value: object) -> int | None:
    found = _number(value)
    return int(found) if found is not None and float(found).is_integer() else None


def _length(value: object) -> int | None:
    found = _whole(value)
    return found if found is not None and found > 0 else None


def _flag(value: object) -> bool | None:
    words = {"true": True, "false": False}
    return value if isinstance(value, bool) else words.get(value.lower()) if isinstance(value, str) else None


def _stop(value: object) -> object:
    if isinstance(value, str):
        return value or None
    texts = isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
    return list(value) if texts and value else None  # type: ignore[call-overload]


def _format(value: object) -> object:
    """The Responses API has it below `text.format`, without an inner object."""
    found = structure(value["format"]) if isinstance(value, Mapping) and "format" in value else value
    if not isinstance(found, Mapping) or not isinstance(found.get("type"), str):
        return None
    if found["type"] == "json_schema" and not isinstance(found.get("json_schema"), Mapping):
        return {"type": "json_schema", "json_schema": {key: part for key, part in found.items() if key != "type"}}
    return dict(found) if found["type"] in ("json_schema", "json_object") else None


def _choice(value: object) -> object:
    if isinstance(value, str):
        return _CHOICES.get(value)
    if not isinstance(value, Mapping):
        return None
    if value.get("type") in _CHOICES:
        return _CHOICES[str(value["type"])]
    inner = value.get("function")
    name = inner.get("name") if isinstance(inner, Mapping) else value.get("name")
    is_named = value.get("type") in ("function", "tool") and isinstance(name, str)
    return {"type": "function", "function": {"name": name}} if is_named else None


def _effort(value: object) -> str | None:
    found = value.get("effort") if isinstance(value, Mapping) else value
    return found if isinstance(found, str) and _EFFORT.fullmatch(found) else None


def _one_call_at_a_time(fields: Mapping[str, object]) -> bool:
    """Anthropic says it within its tool choice."""
    choice = structure(fields.get("tool_choice"))
    return isinstance(choice, Mapping) and choice.get("disable_parallel_tool_use") is True


_READERS: dict[str, Callable[[Any], object]] = {
    "temperature": _number,
    "top_p": _number,
    "max_tokens": _length,
    "seed": _whole,
    "stop": _stop,
    "response_format": _format,
    "tool_choice": _choice,
    "parallel_tool_calls": _flag,
    "reasoning_effort": _effort,
    "frequency_penalty": _number,
    "presence_penalty": _number,
}
