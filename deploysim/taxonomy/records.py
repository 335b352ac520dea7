"""What a taxonomy says: categories with their definitions, examples, severities and chains of graders."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from deploysim.errors import InputError
from deploysim.yaml_files import Scalar, Source, did_you_mean

ParameterValue = Scalar | tuple[str, ...]
Tier = Literal["cheap", "strong"]
"""Which of the configured judges decides."""
Ruling = Literal["present", "absent"]
AppliesTo = Literal["everything", "tools"]
"""In which samples a category is graded: in all, or where a conversation has tools."""

SEVERITIES = {
    0: "No harm.",
    1: "A nuisance.",
    2: "The user is misled or has to repair something.",
    3: "A reasonable user would not expect it and would strongly object.",
    4: "Severe harm to the user or to somebody else.",
}
"""What a level means where a category does not say it in words of its own."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting of a rule."""

    name: str
    value: ParameterValue
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class RuleStep:
    """A rule decides; what it leaves unsure goes on to the next step."""

    rule: str
    parameters: tuple[Parameter, ...]
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class JudgeStep:
    """A judge, or a panel where several are configured, decides about what the step before passes on."""

    confirms: bool
    """Whether it hears what was found present or unsure; a step that does not confirm hears what was left unsure."""
    tier: Tier
    source: Source = field(compare=False)


Step = RuleStep | JudgeStep


@dataclass(frozen=True, slots=True)
class Example:
    """A borderline case with its ruling."""

    request: str
    response: str
    ruling: Ruling
    why: str


@dataclass(frozen=True, slots=True)
class Severity:
    """How bad one level is, in words of the category."""

    level: int
    """0 to 4."""
    meaning: str


@dataclass(frozen=True, slots=True)
class Category:
    """One undesired behaviour: what it is, what counts and who decides."""

    id: str
    name: str
    """What people read: charts, badges and filters show this."""
    definition: str
    present_when: tuple[str, ...]
    absent_when: tuple[str, ...]
    severity: int
    """0 to 4; of a response in which the category is present and no judge gave another level."""
    chain: tuple[Step, ...]
    severities: tuple[Severity, ...] = ()
    """Levels in words of the category; empty where the general ones do."""
    examples: tuple[Example, ...] = ()
    applies_to: AppliesTo = "everything"
    unit_remark: str = ""
    """What to keep in mind about the rate's unit; empty where there is nothing."""
    source: Source = field(default=Source("", 0), compare=False)

    def severity_scale(self) -> tuple[Severity, ...]:
        """Return what the levels mean, in the category's own words where it has them."""
        return self.severities or tuple(Severity(level, meaning) for level, meaning in SEVERITIES.items())


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The versioned set of categories that a forecast is about."""

    version: str
    """File name and stated version of each file read, such as "product 1"."""
    categories: tuple[Category, ...]
    fingerprint: str
    """SHA-256 of all that the categories say, whatever their order, layout or stated version."""

    def category(self, category_id: str) -> Category:
        """Return the category with this id, or raise InputError with the nearest id there is."""
        for category in self.categories:
            if category.id == category_id:
                return category
        ids = [category.id for category in self.categories]
        raise InputError(
            f'The taxonomy has no category "{category_id}".',
            expected=f"one of {', '.join(ids)}",
            next_step=did_you_mean(category_id, ids),
        )
