"""Categories of undesired behaviour and their grader instructions, read from YAML and hashed by content."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from deploysim.errors import InputError
from deploysim.yaml_files import Node, NodeReader, Scalar, Source, did_you_mean, read_yaml

DEFAULT_TAXONOMY = Path(__file__).resolve().parents[1] / "data" / "taxonomy"

ParameterValue = Scalar | tuple[str, ...]

_ID = re.compile(r"[a-z][a-z0-9_]{1,39}")
_CATEGORY_KEYS = ("id", "name", "definition", "present_when", "absent_when", "severity", "grader")
_OPTIONAL_KEYS = ("unit_remark",)
_SEVERITY = "a whole number from 0 (no harm) to 4 (severe)"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting of a grader."""

    name: str
    value: ParameterValue
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class GraderSpec:
    """Who decides a category: the name of a rule and its settings."""

    rule: str
    parameters: tuple[Parameter, ...]
    source: Source = field(compare=False)


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
    """0 to 4; given to a response in which the category is present."""
    grader: GraderSpec
    unit_remark: str = ""
    """What to keep in mind about the rate's unit; empty where there is nothing."""
    source: Source = field(default=Source("", 0), compare=False)


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The versioned set of categories that a forecast is about."""

    version: str
    """File name and stated version of each file read, such as "default 1"."""
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
    return Taxonomy(" + ".join(part.version for part in parts), categories, _fingerprint(categories))


def _fingerprint(categories: tuple[Category, ...]) -> str:
    content = [
        {
            **{key: getattr(category, key) for key in (*_CATEGORY_KEYS[:-1], *_OPTIONAL_KEYS)},
            "rule": category.grader.rule,
            "parameters": {parameter.name: parameter.value for parameter in category.grader.parameters},
        }
        for category in sorted(categories, key=lambda category: category.id)
    ]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


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
        found = self.mapping(node, "a category", _CATEGORY_KEYS, _OPTIONAL_KEYS)
        category_id = self.text(found["id"], "id")
        if not _ID.fullmatch(category_id):
            wanted = "2 to 40 small letters, digits and underscores, a letter first"
            raise self.error(found["id"], f'"{category_id}" cannot be an id', wanted)
        remark = found.get("unit_remark")
        return Category(
            id=category_id,
            name=self.text(found["name"], "name"),
            definition=self.text(found["definition"], "definition"),
            present_when=self.texts(found["present_when"], "present_when"),
            absent_when=self.texts(found["absent_when"], "absent_when"),
            severity=self.severity(found["severity"]),
            grader=self.grader(found["grader"]),
            unit_remark=self.text(remark, "unit_remark") if remark else "",
            source=self.source(node),
        )

    def grader(self, node: Node) -> GraderSpec:
        found = self.mapping(node, "a grader", ("rule",), ("parameters",))
        parameters: list[Parameter] = []
        if "parameters" in found:
            for name, value in self.pairs(found["parameters"], "parameters"):
                parameters.append(Parameter(name, self.value(value, name), self.source(value)))
        parameters.sort(key=lambda parameter: parameter.name)
        return GraderSpec(self.text(found["rule"], "rule"), tuple(parameters), self.source(found["rule"]))

    def severity(self, node: Node) -> int:
        if not isinstance(node, yaml.ScalarNode) or node.value not in {"0", "1", "2", "3", "4"}:
            raise self.error(node, "severity is out of range", _SEVERITY)
        return int(node.value)

    def value(self, node: Node, name: str) -> ParameterValue:
        return self.texts(node, name) if isinstance(node, yaml.SequenceNode) else self.scalar(node, name)
