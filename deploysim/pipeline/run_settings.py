"""The settings of a run beside those of another: differences first."""

from __future__ import annotations

import json
from dataclasses import dataclass

from deploysim.chat.profiles import price_in
from deploysim.store.runs import RunRecord

NAMES = {
    "model": "model",
    "base_url": "endpoint",
    "system_prompt": "system prompt",
    "api": "API",
    "temperature": "temperature",
    "top_p": "top-p",
    "max_tokens": "most tokens",
    "parameters_from": "decoding parameters",
    "with_tools": "tools",
    "in_flight": "most calls in flight",
    "timeout_s": "longest wait, s",
    "max_retries": "further tries of a call",
    "requests_per_minute": "requests a minute",
    "tokens_per_minute": "tokens a minute",
    "batch": "Batch API",
    "profile": "profile",
    "key_variable": "variable of the key",
    "price": "price",
    "budget": "budget",
    "budget_tokens": "budget, tokens",
}
MISSING = {
    "base_url": "embedded local model",
    "system_prompt": "the conversations' own",
    "api": "chat",
    "batch": "no",
    "parameters_from": "as logged, this run's winning",
    "with_tools": "as logged",
    "profile": "none",
    "key_variable": "none",
    "price": "not known",
    "budget": "none",
    "budget_tokens": "none",
    "requests_per_minute": "no limit of one's own",
    "tokens_per_minute": "no limit of one's own",
}
LEFT_OUT = "left to the endpoint"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of one or two runs."""

    name: str
    value: str
    other: str | None = None
    """The other run's; None where there is no other."""

    @property
    def differs(self) -> bool:
        """Whether the two runs are not the same in it."""
        return self.other is not None and self.value != self.other


def settings_of(run: RunRecord, other: RunRecord | None = None) -> tuple[Setting, ...]:
    """Return all settings of a run, beside another's where given, differences first."""
    mine, others = _values(run), _values(other) if other else {}
    names = [*mine, *(name for name in others if name not in mine)]
    rows = [Setting(name, mine.get(name, LEFT_OUT), others.get(name, LEFT_OUT) if other else None) for name in names]
    return tuple(sorted(rows, key=lambda row: not row.differs))


def _values(run: RunRecord) -> dict[str, str]:
    about = {"lane": run.lane, "sample": run.sample_id, "seed": str(run.seed), "repeats": str(run.repeats)}
    if run.imported_from:
        return {**about, "model": run.model, "answered elsewhere": run.imported_from}
    keys = [*NAMES, *(key for key in run.settings if key not in NAMES)]
    return {**about, **{NAMES.get(key, key): _words(key, run.settings.get(key)) for key in keys}}


def _words(key: str, value: object) -> str:
    if value is None:
        return MISSING.get(key, LEFT_OUT)
    if value == "":
        return "(empty)"
    if key == "price" and (price := price_in(value if isinstance(value, dict) else None)):
        return f"{price.input:g} in, {price.output:g} out, {price.currency} a million tokens, of {price.as_of}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
