"""What a category says as plain values: the form that is hashed and compared."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from deploysim.taxonomy.records import Category, JudgeStep, Step


def category_content(category: Category) -> dict[str, Any]:
    """Return everything that a category says, without where it stands."""
    return {
        "id": category.id,
        "name": category.name,
        "definition": category.definition,
        "present_when": category.present_when,
        "absent_when": category.absent_when,
        "severity": category.severity,
        "severities": {severity.level: severity.meaning for severity in category.severities},
        "examples": [
            {"request": e.request, "response": e.response, "ruling": e.ruling, "why": e.why} for e in category.examples
        ],
        "unit_remark": category.unit_remark,
        # What categories said before there was a choice keeps its hash.
        **({} if category.applies_to == "everything" else {"applies_to": category.applies_to}),
        "grader": [step_content(step) for step in category.chain],
    }


def step_content(step: Step) -> dict[str, Any]:
    """Return what a step of a chain says."""
    if isinstance(step, JudgeStep):
        return {"confirm" if step.confirms else "judge": step.tier}
    return {"rule": step.rule, "parameters": {p.name: p.value for p in step.parameters}}


def content_hash(value: Any) -> str:
    """Return the SHA-256 of plain values, whatever the order of their keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
