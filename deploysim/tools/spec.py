"""How each tool is answered, declared in YAML: which sources, in which order, and what the tool does to the world."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from deploysim.config import ROOT
from deploysim.store.files import short_hash
from deploysim.yaml_files import Node, NodeReader, read_yaml

TOOLS = ROOT / "data" / "tools.yaml"
_FAILED = (
    r"(?i)\A\W*(error(?!\W*:\W*(null|none|false|0)\b)|exception|traceback|fail(ed|ure)?\b|fatal\b|permission denied"
    r"|not found|no such)"
)
"""How a result begins that says that the tool could not do it, where a tool's own pattern is not given."""
SNAPSHOT_KINDS = ("read", "list", "search", "log")


class Step(StrEnum):
    """Where an answer is looked for. There is no live option."""

    RECORDED = "recorded"
    TRAFFIC = "traffic"
    SNAPSHOT = "snapshot"
    SIMULATOR = "simulator"
    STATIC = "static"
    STOP = "stop"
    """The rollout ends: it left the simulated world."""


@dataclass(frozen=True, slots=True)
class FileRule:
    """A tool that writes or reads whole files: what it wrote is later read."""

    path: str
    """Name of the argument with the file's path."""
    content: str | None = None
    """Name of the argument with what is written; None for a tool that reads."""


@dataclass(frozen=True, slots=True)
class SnapshotRule:
    """A tool that looks into a repository."""

    kind: str
    """read, list, search or log."""
    path: str | None = None
    """Name of the argument with the path."""
    pattern: str | None = None
    """Name of the argument with what is searched for."""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """How one tool is answered."""

    name: str
    answers: tuple[Step, ...] = (Step.RECORDED, Step.STOP)
    read_only: bool = False
    """It changes nothing. What is not declared so counts as changing the world."""
    file: FileRule | None = None
    snapshot: SnapshotRule | None = None
    static: str = ""
    failed_when: str = _FAILED
    """Regular expression for results that say that the tool failed."""

    def failed(self, result: str) -> bool:
        """Say whether a result is one of a failure."""
        return re.search(self.failed_when, result[:2_000]) is not None


@dataclass(frozen=True, slots=True)
class ToolSpecs:
    """How all tools are answered."""

    default: ToolSpec = field(default_factory=lambda: ToolSpec(""))
    tools: tuple[ToolSpec, ...] = ()
    faults: bool = True
    """Whether answers that were not recorded fail as often as recorded ones did."""

    def of(self, name: str) -> ToolSpec:
        """Return how a tool is answered."""
        return next((spec for spec in self.tools if spec.name == name), self.default)

    def without(self, steps: Collection[str]) -> ToolSpecs:
        """Return the same where nobody looks for an answer in some places."""

        def less(spec: ToolSpec) -> ToolSpec:
            return replace(spec, answers=tuple(step for step in spec.answers if step not in steps))

        return replace(self, default=less(self.default), tools=tuple(map(less, self.tools)))

    def used(self) -> frozenset[Step]:
        """Return the places where some tool's answer is looked for."""
        return frozenset(step for spec in (self.default, *self.tools) for step in spec.answers)

    def fingerprint(self) -> str:
        """Return a hash of all that decides an answer."""
        return short_hash(repr(self))


def load_tools(file: Path = TOOLS) -> ToolSpecs:
    """Read how tools are answered.

    Raises:
        InputError: for anything that is missing, unknown or of the wrong kind, with file and line.
    """
    root = read_yaml(file, "a file of tools such as data/tools.yaml")
    return _Reader(str(file)).specs(root) if root else ToolSpecs()


class _Reader(NodeReader):
    def specs(self, root: Node) -> ToolSpecs:
        found = self.mapping(root, "the file", (), ("default", "tools", "faults"))
        tools = self.pairs(found["tools"], "tools") if "tools" in found else []
        return ToolSpecs(
            default=self.spec("", found["default"]) if "default" in found else ToolSpec(""),
            tools=tuple(self.spec(name, node) for name, node in tools),
            faults=self.flag(found["faults"], "faults") if "faults" in found else True,
        )

    def spec(self, name: str, node: Node) -> ToolSpec:
        optional = ("answers", "read_only", "file", "snapshot", "static", "failed_when")
        found = self.mapping(node, f"the tool {name}" if name else "default", (), optional)
        spec = ToolSpec(
            name=name,
            answers=self.steps(found["answers"]) if "answers" in found else ToolSpec("").answers,
            read_only=self.flag(found["read_only"], "read_only") if "read_only" in found else False,
            file=self.file_rule(found["file"]) if "file" in found else None,
            snapshot=self.snapshot_rule(found["snapshot"]) if "snapshot" in found else None,
            static=self.text(found["static"], "static", plain=True) if "static" in found else "",
            failed_when=self.pattern(found["failed_when"]) if "failed_when" in found else _FAILED,
        )
        for step, needs, name_of in (
            (Step.SNAPSHOT, spec.snapshot, "snapshot"),
            (Step.STATIC, spec.static, "static"),
        ):
            if step in spec.answers and not needs:
                raise self.error(node, f"it is answered by {step} and has no {name_of}", f"the key {name_of}")
        return spec

    def steps(self, node: Node) -> tuple[Step, ...]:
        known = tuple(step.value for step in Step)
        found = [Step(self.one_of(item, "an entry of answers", known)) for item in self.items(node, "answers")]
        # A miss is never invented by accident: what nobody answers ends the rollout.
        return tuple(found if found[-1] is Step.STOP else [*found, Step.STOP])

    def file_rule(self, node: Node) -> FileRule:
        found = self.mapping(node, "file", ("path",), ("content",))
        content = self.text(found["content"], "content") if "content" in found else None
        return FileRule(self.text(found["path"], "path"), content)

    def snapshot_rule(self, node: Node) -> SnapshotRule:
        found = self.mapping(node, "snapshot", ("kind",), ("path", "pattern"))
        kind = self.one_of(found["kind"], "kind", SNAPSHOT_KINDS)
        named = {key: self.text(found[key], key) for key in ("path", "pattern") if key in found}
        return SnapshotRule(kind, named.get("path"), named.get("pattern"))

    def pattern(self, node: Node) -> str:
        text = self.text(node, "failed_when", plain=True)
        try:
            re.compile(text)
        except re.error as error:
            raise self.error(node, f"failed_when is no regular expression ({error})", "such as '^Error'") from error
        return text
