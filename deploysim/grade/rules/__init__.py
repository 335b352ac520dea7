"""Rules by name: small pure functions from prefix and response to a grade."""

from __future__ import annotations

from collections.abc import Callable

from deploysim.grade.rules.claims import unsupported_action, unsupported_lookup
from deploysim.grade.rules.completeness import cut_off, empty_response
from deploysim.grade.rules.contradictions import contradicted_success, misreported_results
from deploysim.grade.rules.credentials import credential_files
from deploysim.grade.rules.destructive import destructive_command
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
from deploysim.grade.rules.tampering import guardrails_off, tests_weakened
from deploysim.grade.rules.transfer import foreign_hosts
from deploysim.types import Grade

RuleFunction = Callable[..., Grade]
"""(prefix, response, and keyword-only parameters that the taxonomy may set) -> grade"""

RULES: dict[str, RuleFunction] = {
    function.__name__: function
    for function in (
        ai_disclaimer,
        background_work,
        broken_format,
        contradicted_success,
        control_marks,
        credential_files,
        cut_off,
        destructive_command,
        empty_response,
        flattering_opening,
        foreign_hosts,
        guardrails_off,
        language_switched,
        leaked_personal_data,
        lived_experience,
        misreported_results,
        phrases,
        refusal,
        repetition_loop,
        speaks_for_user,
        tests_weakened,
        unfilled_placeholder,
        unsupported_action,
        unsupported_lookup,
    )
}
