"""Reading a taxonomy from YAML; every mistake is an error that names file and line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from deploysim.errors import InputError
from deploysim.taxonomy.content import category_content, content_hash
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
)
from deploysim.yaml_files import Node, NodeReader, read_yaml

DEFAULT_TAXONOMY = Path(__file__).resolve().parents[2] / "data" / "taxonomy"

_ID = re.compile(r"[a-z][a-z0-9_]{1,39}")
_KEYS = ("id", "name", "definition", "present_when", "absent_when", "severity", "grader")
_OPTIONAL_KEYS = ("applies_to", "unit_remark", "severities", "examples")
_EXAMPLE_KEYS = ("request", "response", "ruling", "why")
_STEPS = ("rule", "judge", "confirm")
_LEVELS = ("0", "1", "2", "3", "4")


def load_taxonomy(path: Path = DEFAULT_TAXONOMY) -> Taxonomy:
    """Read a taxonomy file, or every `*.yaml` of a folder in the order of their names.

    Raises InputError, naming file and line, for anything that is missing, unknown, doubled or of the wrong kind.
    """
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    if not files:
        raise InputError(f"{path} holds no taxonomy.", expected="at least one file ending in .yaml")
    parts = [_read_file(file) for file in files]
    categories = tuple(category for part in parts for category in part.categories)
    _check_unique(categories)
    content = sorted(map(category_content, categories), key=lambda one: str(one["id"]))
    return Taxonomy(" + ".join(part.version for part in parts), categories, content_hash(content))


def _check_unique(categories: tuple[Category, ...]) -> None:
    first_by_id: dict[str, Category] = {}
    first_by_name: dict[str, Category] = {}
    for category in categories:
        for first, word in (
            (first_by_id.setdefault(category.id, category), f'id "{category.id}"'),
            (first_by_name.setdefault(category.name.casefold(), category), f'name "{category.name}"'),
        ):
            if first is not category:
                raise InputError(
                    f"{category.source}: the {word} is already taken by {first.source}.",
                    expected="an id and a name of its own for every category",
                )


@dataclass(frozen=True, slots=True)
class _Part:
    version: str
    categories: tuple[Category, ...]


def _read_file(file: Path) -> _Part:
    return _Reader(str(file)).part(read_yaml(file, "a taxonomy file"), file.stem)


@dataclass(frozen=True, slots=True)
class _Reader(NodeReader):
    """Turns the nodes of one taxonomy file into records."""

    def part(self, root: Node | None, stem: str) -> _Part:
        if root is None:
            raise InputError(f"{self.file} is empty.", expected="the keys version and categories")
        top = self.mapping(root, "the file", ("version", "categories"))
        categories = tuple(self.category(node) for node in self.items(top["categories"], "categories"))
        return _Part(f"{stem} {self.text(top['version'], 'version', plain=True)}", categories)

    def category(self, node: Node) -> Category:
        found = self.mapping(node, "a category", _KEYS, _OPTIONAL_KEYS)
        category_id = self.text(found["id"], "id")
        if not _ID.fullmatch(category_id):
            wanted = "2 to 40 small letters, digits and underscores, a letter first"
            raise self.error(found["id"], f'"{category_id}" cannot be an id', wanted)
        return Category(
            id=category_id,
            name=self.text(found["name"], "name"),
            definition=self.text(found["definition"], "definition"),
            present_when=self.texts(found["present_when"], "present_when"),
            absent_when=self.texts(found["absent_when"], "absent_when"),
            severity=self.level(found["severity"]),
            chain=self.chain(found["grader"]),
            source=self.source(node),
            **self.extras(found),
        )

    def extras(self, found: dict[str, Node]) -> dict[str, Any]:
        """Return what a category may leave out."""
        values: dict[str, Any] = {}
        if "applies_to" in found:
            values["applies_to"] = self.one_of(found["applies_to"], "applies_to", ("everything", "tools"))
        if "unit_remark" in found:
            values["unit_remark"] = self.text(found["unit_remark"], "unit_remark")
        if "severities" in found:
            values["severities"] = self.severities(found["severities"])
        if "examples" in found:
            values["examples"] = tuple(self.example(node) for node in self.items(found["examples"], "examples"))
        return values

    def severities(self, node: Node) -> tuple[Severity, ...]:
        read = self.pairs(node, "severities", _LEVELS)
        return tuple(sorted((Severity(int(k), self.text(v, f"severity {k}")) for k, v in read), key=lambda s: s.level))

    def example(self, node: Node) -> Example:
        found = self.mapping(node, "an example", _EXAMPLE_KEYS)
        ruling = self.one_of(found["ruling"], "ruling", ("present", "absent"))
        return Example(
            request=self.verbatim(found["request"], "request"),
            response=self.verbatim(found["response"], "response"),
            ruling="present" if ruling == "present" else "absent",
            why=self.text(found["why"], "why"),
        )

    def verbatim(self, node: Node, what: str) -> str:
        """Return a text with its line breaks, which may be what an example is about."""
        self.text(node, what)
        return str(node.value).strip()

    def chain(self, node: Node) -> tuple[Step, ...]:
        """Return the steps of a grader, written as one step or as a list of them."""
        nodes = self.items(node, "a grader") if isinstance(node, yaml.SequenceNode) else [node]
        steps = [self.step(one, first=one is nodes[0]) for one in nodes]
        for one, step in zip(nodes[1:], steps[1:], strict=True):
            if isinstance(step, RuleStep):
                raise self.error(one, "a rule stands behind another step", "a rule as the first step, judges behind it")
        return tuple(steps)

    def step(self, node: Node, *, first: bool) -> Step:
        found = dict(self.pairs(node, "a grader", (*_STEPS, "parameters")))
        kinds = [kind for kind in _STEPS if kind in found]
        if len(kinds) != 1:
            raise self.error(node, "a grader needs one rule, judge or confirm", "such as `rule: refusal`")
        if kinds[0] == "rule":
            return RuleStep(self.text(found["rule"], "rule"), self.parameters(found), self.source(found["rule"]))
        if "parameters" in found:
            raise self.error(found["parameters"], "a judge takes no parameters", "parameters beside a rule only")
        if first and kinds[0] == "confirm":
            raise self.error(node, "there is nothing yet to confirm", "a rule or a judge as the first step")
        tier = self.one_of(found[kinds[0]], kinds[0], ("cheap", "strong"))
        return JudgeStep(kinds[0] == "confirm", "strong" if tier == "strong" else "cheap", self.source(node))

    def parameters(self, found: dict[str, Node]) -> tuple[Parameter, ...]:
        if "parameters" not in found:
            return ()
        read = self.pairs(found["parameters"], "parameters")
        parameters = [Parameter(name, self.value(value, name), self.source(value)) for name, value in read]
        return tuple(sorted(parameters, key=lambda parameter: parameter.name))

    def level(self, node: Node) -> int:
        if not isinstance(node, yaml.ScalarNode) or node.value not in _LEVELS:
            raise self.error(node, "severity is out of range", "a whole number from 0 (no harm) to 4 (severe)")
        return int(node.value)

    def value(self, node: Node, name: str) -> ParameterValue:
        return self.texts(node, name) if isinstance(node, yaml.SequenceNode) else self.scalar(node, name)
