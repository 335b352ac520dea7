"""Categories of undesired behaviour and who decides them, read from YAML and hashed by content."""

from deploysim.taxonomy.changes import Change, changes
from deploysim.taxonomy.reading import DEFAULT_TAXONOMY, load_taxonomy
from deploysim.taxonomy.records import (
    Category,
    Example,
    JudgeStep,
    Parameter,
    ParameterValue,
    RuleStep,
    Severity,
    Step,
    Taxonomy,
    Tier,
)

__all__ = [
    "DEFAULT_TAXONOMY",
    "Category",
    "Change",
    "Example",
    "JudgeStep",
    "Parameter",
    "ParameterValue",
    "RuleStep",
    "Severity",
    "Step",
    "Taxonomy",
    "Tier",
    "changes",
    "load_taxonomy",
]
