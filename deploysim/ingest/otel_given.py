"""The tools and decoding parameters of a GenAI span, by the names that instrumentations have given them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from deploysim.ingest.given import given_fields
from deploysim.ingest.values import structure

_REQUEST = "gen_ai.request."
_DEFINITIONS = "gen_ai.tool.definitions"
_INVOCATION = "llm.invocation_parameters"
"""JSON text with all parameters, as OpenInference writes them."""
_TOOL = re.compile(r"llm\.tools\.(?P<n>\d+)\.tool\.json_schema$")
_FUNCTION = re.compile(r"llm\.request\.functions\.(?P<n>\d+)\.(?P<field>name|description|parameters)$")


def given_in(attributes: Mapping[str, object]) -> dict[str, object]:
    """Return the fields that tools and parameters are read from."""
    named = {name.removeprefix(_REQUEST): value for name, value in attributes.items() if name.startswith(_REQUEST)}
    invoked = structure(attributes.get(_INVOCATION))
    tools = structure(attributes.get(_DEFINITIONS)) or _numbered(attributes)
    return given_fields({"tools": tools}, named, invoked if isinstance(invoked, Mapping) else {})


def _numbered(attributes: Mapping[str, object]) -> list[object]:
    """Tools written one attribute each, or one attribute a field."""
    whole: dict[int, object] = {}
    fields: dict[int, dict[str, object]] = {}
    for name, value in attributes.items():
        if match := _TOOL.match(name):
            whole[int(match["n"])] = value
        elif match := _FUNCTION.match(name):
            fields.setdefault(int(match["n"]), {})[match["field"]] = value
    return [tool for _, tool in sorted((whole or fields).items())]
