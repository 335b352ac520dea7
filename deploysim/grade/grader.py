"""Who decides one category: a rule, judges, or both in a chain, under a fingerprint of all that a verdict depends on."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_type_hints

from deploysim.errors import InputError
from deploysim.grade.judging.chain import JudgingStep, Seat, State, Vote, state
from deploysim.grade.judging.judges import NO_JUDGES, Judges
from deploysim.grade.rules import RULES, RuleFunction
from deploysim.grade.steps import unrolled
from deploysim.grade.verdicts import not_comparable
from deploysim.grade.version import module_version
from deploysim.taxonomy import Category, JudgeStep, Parameter, ParameterValue, RuleStep, Taxonomy
from deploysim.taxonomy.content import category_content, content_hash
from deploysim.types import Grade, Opinion, Prefix, Response, Verdict
from deploysim.yaml_files import did_you_mean

RuleGrade = Callable[[Prefix, Response], Grade]

JUDGING = ("deploysim.grade.judging.verdict", "deploysim.grade.judging.chain")
"""The modules from which all code is reached that a judge's grade depends on: prompt, parsing, evidence, majority."""
NEEDS_JUDGE = "needs a judge, which DEPLOYSIM_JUDGE names"


@dataclass(frozen=True, slots=True)
class Grader:
    """Who decides one category. A failed call has no response, so it never meets a grader."""

    category: str
    """Category id in the taxonomy."""
    about: Category
    name: str
    """Who decides, in words."""
    fingerprint: str
    """SHA-256 of all that its verdicts depend on: grades of different fingerprints are never mixed."""
    rule: RuleGrade | None
    """The first step, where it is a rule."""
    judging: tuple[JudgingStep, ...] = ()

    def by_rule(self, prefix: Prefix, response: Response) -> Grade | None:
        """Return what the rule says; None where there is none."""
        return self.rule(prefix, response) if self.rule else None

    def state(self, first: Grade | None, votes: Mapping[Seat, Vote]) -> State:
        """Return how far the chain is, from what the rule said and the judges so far."""
        if not self.judging:
            return State(grade=first)
        rule = self.about.chain[0]
        said = (
            Opinion(f"rule {rule.rule}", first.verdict, first.reason) if first and isinstance(rule, RuleStep) else None
        )
        return state(said, self.judging, votes, first)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A category that cannot be graded as things are configured."""

    category: Category
    reason: str


def graders_of(taxonomy: Taxonomy, judges: Judges = NO_JUDGES) -> tuple[Grader, ...]:
    """Return the grader of every category whose chain can run with these judges, in the taxonomy's order.

    Raises InputError, naming file and line, for a rule that does not exist or a parameter that it does not take.
    """
    return tuple(_grader(category, judges) for category in taxonomy.categories if not _lacks_judge(category, judges))


def left_out(taxonomy: Taxonomy, judges: Judges = NO_JUDGES) -> tuple[LeftOut, ...]:
    """Return the categories that `graders_of` has no grader for, and why."""
    return tuple(LeftOut(c, NEEDS_JUDGE) for c in taxonomy.categories if _lacks_judge(c, judges))


def left_out_sentence(left: Sequence[LeftOut]) -> str:
    """Say which categories are not graded and why; empty where all are."""
    reasons = dict.fromkeys(one.reason for one in left)
    parts = [f"{', '.join(o.category.name for o in left if o.reason == reason)} ({reason})" for reason in reasons]
    return f"Not graded: {'; '.join(parts)}." if left else ""


def _lacks_judge(category: Category, judges: Judges) -> bool:
    """Say whether there is nobody for a step that the category cannot do without.

    A judge who only hears what a rule leaves unsure can be done without: then it stays unsure.
    """
    first, *others = category.chain
    needed = isinstance(first, JudgeStep) or any(isinstance(step, JudgeStep) and step.confirms for step in others)
    return needed and not judges.cheap


def _grader(category: Category, judges: Judges) -> Grader:
    first = category.chain[0]
    rule = _Rule.of(category, first) if isinstance(first, RuleStep) else None
    judging = _judging(category, judges)
    return Grader(
        category=category.id,
        about=category,
        name=", ".join(filter(None, (rule.name if rule else "", *map(_words, judging)))),
        fingerprint=_fingerprint(category, rule, judging),
        rule=rule.grade if rule else None,
        judging=judging,
    )


def _judging(category: Category, judges: Judges) -> tuple[JudgingStep, ...]:
    steps: list[JudgingStep] = []
    for step in category.chain:
        who = judges.of(step.tier) if isinstance(step, JudgeStep) else ()
        # Nobody confirms their own verdict by being asked again.
        if isinstance(step, JudgeStep) and who and not (steps and steps[-1].judges == who):
            steps.append(JudgingStep(step.confirms, who))
    return tuple(steps)


def _words(step: JudgingStep) -> str:
    names = [judge.name for judge in step.judges]
    who = f"judge {names[0]}" if len(names) == 1 else f"panel of {', '.join(names)}"
    return f"confirmed by {who}" if step.confirms else who


def _fingerprint(category: Category, rule: _Rule | None, judging: tuple[JudgingStep, ...]) -> str:
    if not judging:
        assert rule is not None, "a chain without judges is a rule"
        return content_hash(rule.identity)
    told = {key: value for key, value in category_content(category).items() if key not in ("unit_remark", "grader")}
    identity = {
        "rule": rule.identity if rule else None,
        "category": told,
        "judging": [
            {"confirms": step.confirms, "judges": [judge.identity() for judge in step.judges]} for step in judging
        ],
        "version": [module_version(module) for module in JUDGING],
    }
    return content_hash(identity)


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    identity: dict[str, object]
    grade: RuleGrade

    @classmethod
    def of(cls, category: Category, step: RuleStep) -> _Rule:
        """Return a category's rule with its parameters checked."""
        function = RULES.get(step.rule)
        if function is None:
            raise InputError(
                f'{step.source}: there is no rule "{step.rule}".',
                expected=f"one of {', '.join(sorted(RULES))}",
                next_step=did_you_mean(step.rule, RULES),
            )
        parameters = _checked(function, step)
        identity = {
            "category": category.id,
            "severity": category.severity,
            "rule": function.__name__,
            "parameters": parameters,
            "version": module_version(function.__module__),
        }
        grade = functools.partial(_by_rule, function, parameters, category.severity)
        return cls(f"rule {step.rule}", identity, grade)


def _by_rule(
    rule: RuleFunction,
    parameters: dict[str, ParameterValue],
    severity: int,
    prefix: Prefix,
    response: Response,
) -> Grade:
    if getattr(rule, "reads_steps", False):
        grade = rule(prefix, response, **parameters)
    else:
        grade = _by_text(rule, parameters, prefix, response)
    if grade.verdict is Verdict.PRESENT and grade.severity is None:
        return replace(grade, severity=severity)
    return grade


def _by_text(rule: RuleFunction, parameters: dict[str, ParameterValue], prefix: Prefix, response: Response) -> Grade:
    """Grade what was said at the end; the steps of a rollout before it are part of the conversation then."""
    trajectory = response.trajectory
    if trajectory and not trajectory.ending.whole:
        return not_comparable(f"It ended before an answer: {trajectory.ending}.")
    if response.tool_calls and not response.text.strip():
        return not_comparable("It is a tool call without any text.")
    return rule(*unrolled(prefix, response), **parameters)


def _checked(rule: RuleFunction, spec: RuleStep) -> dict[str, ParameterValue]:
    """Return the rule's parameters, its own defaults included, so that writing a default out changes nothing."""
    taken = [p for p in inspect.signature(rule).parameters.values() if p.kind is p.KEYWORD_ONLY]
    kinds = get_type_hints(rule)
    values: dict[str, ParameterValue] = {p.name: p.default for p in taken if p.default is not p.empty}
    known = [p.name for p in taken]
    for parameter in spec.parameters:
        if parameter.name not in known:
            raise _unknown_parameter(parameter, spec.rule, known)
        values[parameter.name] = _of_kind(parameter, kinds[parameter.name])
    missing = [name for name in known if name not in values]
    if missing:
        raise InputError(
            f'{spec.source}: the rule "{spec.rule}" lacks {" and ".join(missing)}.',
            expected="a value under the grader's parameters",
        )
    return values


def _unknown_parameter(parameter: Parameter, rule: str, known: list[str]) -> InputError:
    return InputError(
        f'{parameter.source}: the rule "{rule}" takes no parameter "{parameter.name}".',
        expected=f"only {', '.join(known)}" if known else "no parameters",
        next_step=did_you_mean(parameter.name, known),
    )


_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def _of_kind(parameter: Parameter, kind: type) -> ParameterValue:
    value = float(parameter.value) if kind is float and type(parameter.value) is int else parameter.value
    if type(value) is kind or (kind not in _KINDS and isinstance(value, tuple)):
        return value
    raise InputError(
        f"{parameter.source}: {parameter.name} is of the wrong kind.",
        expected=_KINDS.get(kind, "a list of texts"),
    )
