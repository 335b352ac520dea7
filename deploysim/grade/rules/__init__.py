"""Rules by name: small pure functions from prefix and response to a grade."""

from __future__ import annotations

from collections.abc import Callable

from deploysim.grade.rules.claims import unsupported_action, unsupported_lookup
from deploysim.grade.rules.completeness import cut_off, empty_response
from deploysim.grade.rules.experience import lived_experience
from deploysim.grade.rules.formats import broken_format
from deploysim.grade.rules.language_switch import language_switched
from deploysim.grade.rules.marks import control_marks, speaks_for_user
from deploysim.grade.rules.openings import flattering_opening
from deploysim.grade.rules.personal_data import leaked_personal_data
from deploysim.grade.rules.phrases import phrases
from deploysim.grade.rules.placeholders import unfilled_placeholder
from deploysim.grade.rules.promises import background_work
from deploysim.grade.rules.refusals import refusal
from deploysim.grade.rules.repetition import repetition_loop
from deploysim.grade.rules.self_mention import ai_disclaimer
from deploysim.types import Grade

RuleFunction = Callable[..., Grade]
"""(prefix, response, and keyword-only parameters that the taxonomy may set) -> grade"""

RULES: dict[str, RuleFunction] = {
    function.__name__: function
    for function in (
        ai_disclaimer,
        background_work,
        broken_format,
        control_marks,
        cut_off,
        empty_response,
        flattering_opening,
        language_switched,
        leaked_personal_data,
        lived_experience,
        phrases,
        refusal,
        repetition_loop,
        speaks_for_user,
        unfilled_placeholder,
        unsupported_action,
        unsupported_lookup,
    )
}
