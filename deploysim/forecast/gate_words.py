"""What the gate says: one line for a log, about thirty for a reviewer, JUnit XML for a pipeline."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from deploysim.forecast.gate import Check, GateResult, Outcome, Verdict
from deploysim.forecast.policy import Policy
from deploysim.forecast.records import Forecast
from deploysim.forecast.words import sentence, summary
from deploysim.wording import counted

LINES = 30
"""A reviewer's reading: what is kept is only counted beyond it."""
_MARKS = {Outcome.KEPT: "ok  ", Outcome.BROKEN: "OVER", Outcome.UNDECIDED: "?   "}


def gate_line(result: GateResult, forecast: Forecast, forecast_id: str, policy: Policy) -> str:
    """Return the verdict in one line."""
    models = " -> ".join(lane.model for lane in forecast.lanes[-2:])
    parts = [
        f"gate: {result.verdict.upper()}",
        models,
        _reason(result),
        f"forecast {forecast_id[:12]}",
        f"policy {policy.version}",
    ]
    return " | ".join(" ".join(part.split()) for part in parts)


def gate_lines(result: GateResult, forecast: Forecast, forecast_id: str, policy: Policy) -> list[str]:
    """Return the verdict with its reasons: what blocks first, then what is undecided, then warnings, then the rest."""
    head = [gate_line(result, forecast, forecast_id, policy), sentence(forecast), ""]
    groups = (
        result.having(Outcome.BROKEN, blocks=True),
        result.having(Outcome.UNDECIDED, blocks=True),
        result.having(Outcome.BROKEN, blocks=False),
        result.having(Outcome.UNDECIDED, blocks=False),
        result.having(Outcome.KEPT),
    )
    said = [_said(check, forecast) for group in groups for check in group]
    room = LINES - len(head) - 2
    if len(said) > room:
        said = [*said[: room - 1], f"… and {len(said) - room + 1} more; --junit writes them all"]
    return [*head, *said, "", _next(result)]


def junit_xml(result: GateResult, forecast: Forecast, forecast_id: str, policy: Policy) -> str:
    """Return JUnit XML: broken rules are failures, undecided ones errors; what does not block is skipped, with words."""
    suite = ElementTree.Element(
        "testsuite",
        name="deploysim gate",
        tests=str(len(result.checks)),
        failures=str(len(result.having(Outcome.BROKEN, blocks=True))),
        errors=str(len(result.having(Outcome.UNDECIDED, blocks=True))),
        skipped=str(len([c for c in result.checks if not c.blocks and c.outcome is not Outcome.KEPT])),
        timestamp=forecast.created_at,
    )
    about = ElementTree.SubElement(suite, "properties")
    for name, value in (("forecast", forecast_id), ("policy", policy.version), ("verdict", str(result.verdict))):
        ElementTree.SubElement(about, "property", name=name, value=_clean(value))
    for check in result.checks:
        _case(suite, check)
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, check: Check) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_clean(f"deploysim.gate.{check.subject}"),
        name=_clean(f"{check.name}: {check.demand}"),
    )
    if check.source:
        case.set("file", _clean(check.source.file))
        case.set("line", str(check.source.line))
    if check.outcome is Outcome.KEPT:
        return
    tag = ("failure" if check.outcome is Outcome.BROKEN else "error") if check.blocks else "skipped"
    ElementTree.SubElement(case, tag, message=_clean(f"{check.outcome}: {check.why}"))


def _clean(text: str) -> str:
    """Leave out characters that XML cannot hold."""
    return "".join(c for c in text if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c < "\ufffe"))


def _reason(result: GateResult) -> str:
    if result.verdict is Verdict.SHIP:
        return f"{counted(len(result.checks), 'check')}, none that blocks is broken"
    outcome = Outcome.BROKEN if result.verdict is Verdict.BLOCKED else Outcome.UNDECIDED
    found = result.having(outcome, blocks=True)
    first = found[0]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"{first.name}: {first.demand}, {first.why}{more}"


def _said(check: Check, forecast: Forecast) -> str:
    row = next((row for row in forecast.categories if row.category == check.subject), None)
    rates = f"; {summary(row, unit=forecast.unit, material_ratio=forecast.material_ratio)}" if row else ""
    weight = "" if check.blocks else " (does not block)"
    why = f": {check.why}" if check.why else ""
    shown = rates if check.outcome is not Outcome.KEPT else ""
    return f"{_MARKS[check.outcome]} {check.name}, {check.demand}{why}{weight}{shown}"


def _next(result: GateResult) -> str:
    if result.verdict is Verdict.SHIP:
        return "Every rule that blocks is kept."
    if result.verdict is Verdict.BLOCKED:
        return "Next: read the regressed conversations on the Compare page, or change the model."
    return "Next: replay more prefixes (the forecast says how many), or supply what is missing above."
