"""The seam between what is graded and who decides: a grader is a name, a fingerprint and a function."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib
import importlib.util
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_type_hints

from deploysim.errors import InputError
from deploysim.grade.rules import RULES, RuleFunction
from deploysim.grade.verdicts import not_comparable
from deploysim.taxonomy import Category, GraderSpec, Parameter, ParameterValue, Taxonomy
from deploysim.types import Grade, Prefix, Response, Verdict
from deploysim.yaml_files import did_you_mean

GradeFunction = Callable[[Prefix, Response], Grade]

_PACKAGE = "deploysim.grade"


@dataclass(frozen=True, slots=True)
class Grader:
    """Who decides one category. A failed call has no response, so it never meets a grader."""

    category: str
    """Category id in the taxonomy."""
    name: str
    fingerprint: str
    """SHA-256 of all that its verdicts depend on: grades of different fingerprints are never mixed."""
    grade: GradeFunction


def graders_of(taxonomy: Taxonomy) -> tuple[Grader, ...]:
    """Return the grader of every category, in the taxonomy's order.

    Raises InputError, naming file and line, for a rule that does not exist or a parameter that it does not take.
    """
    return tuple(_rule_grader(category) for category in taxonomy.categories)


def _rule_grader(category: Category) -> Grader:
    spec = category.grader
    rule = RULES.get(spec.rule)
    if rule is None:
        raise InputError(
            f'{spec.source}: there is no rule "{spec.rule}".',
            expected=f"one of {', '.join(sorted(RULES))}",
            next_step=did_you_mean(spec.rule, RULES),
        )
    parameters = _checked(rule, spec)
    return Grader(
        category=category.id,
        name=f"rule {spec.rule}",
        fingerprint=_fingerprint(category, rule, parameters),
        grade=functools.partial(_decide, rule, parameters, category.severity),
    )


def _decide(
    rule: RuleFunction,
    parameters: dict[str, ParameterValue],
    severity: int,
    prefix: Prefix,
    response: Response,
) -> Grade:
    if response.tool_calls and not response.text.strip():
        return not_comparable("It is a tool call without any text.")
    grade = rule(prefix, response, **parameters)
    return replace(grade, severity=severity) if grade.verdict is Verdict.PRESENT else grade


def _fingerprint(category: Category, rule: RuleFunction, parameters: dict[str, ParameterValue]) -> str:
    identity = {
        "category": category.id,
        "severity": category.severity,
        "rule": rule.__name__,
        "parameters": parameters,
        "version": rule_version(rule.__module__),
    }
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def _checked(rule: RuleFunction, spec: GraderSpec) -> dict[str, ParameterValue]:
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


@functools.cache
def rule_version(module: str) -> str:
    """Return a hash of the source text of a rule's module and of all modules of this package that it uses."""
    digest = hashlib.sha256()
    for name in sorted(_used_modules(module)):
        digest.update(f"{name}\n{_source(name)}\n".encode())
    return digest.hexdigest()


def _used_modules(module: str) -> set[str]:
    used: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in used:
            continue
        used.add(name)
        for node in ast.walk(ast.parse(_source(name))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(_PACKAGE):
                waiting += _imported(node.module, [alias.name for alias in node.names])
    return used


def _imported(module: str, names: list[str]) -> list[str]:
    """Return the modules that an import reads from: those of a package that it names, or the module itself."""
    if not hasattr(importlib.import_module(module), "__path__"):
        return [module]
    return [inner for name in names if importlib.util.find_spec(inner := f"{module}.{name}")]


def _source(module: str) -> str:
    """Return a module's text with plain line ends, so that a checkout on Windows gives the same hash."""
    file = importlib.import_module(module).__file__
    assert file is not None
    return Path(file).read_text(encoding="utf-8")
