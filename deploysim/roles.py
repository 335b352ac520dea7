"""Who may do what: a small YAML file that maps e-mail addresses or names to roles. Without it everybody may do all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from deploysim.errors import InputError
from deploysim.yaml_files import NodeReader, read_yaml

EVERYONE_ELSE = "everyone else"


class Role(StrEnum):
    """What somebody is in the team."""

    REVIEWER = "reviewer"
    PRIVACY_OWNER = "privacy owner"
    LEAD = "lead"


class Task(StrEnum):
    """What may need a role, as it is said to whoever lacks it."""

    LOOK = "look at conversations"
    LABEL = "label responses"
    SPOT_CHECK = "read for the spot-check, release or erase"
    EXPORT = "export"
    MAKE_QUEUES = "make queues and add to them"
    ADJUDICATE = "settle disagreements"
    SEE_TRAIL = "see who did what"


_ROLES = frozenset(Role)
MAY: Mapping[Task, frozenset[Role]] = {
    Task.LOOK: _ROLES,
    Task.LABEL: _ROLES,
    Task.SPOT_CHECK: frozenset({Role.PRIVACY_OWNER, Role.LEAD}),
    Task.EXPORT: frozenset({Role.PRIVACY_OWNER, Role.LEAD}),
    Task.MAKE_QUEUES: frozenset({Role.LEAD}),
    Task.ADJUDICATE: frozenset({Role.LEAD}),
    Task.SEE_TRAIL: frozenset({Role.LEAD}),
}


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of a team."""

    named: Mapping[str, Role] = field(default_factory=dict)
    """E-mail address or name, in small letters -> role."""
    others: Role | None = None
    """Role of whoever is not named; None: they may do nothing."""
    everybody: bool = True
    """Whether there is no file, and everybody may do everything."""

    def of(self, name: str) -> Role | None:
        """Return somebody's role."""
        return Role.LEAD if self.everybody else self.named.get(name.casefold().strip(), self.others)

    def may(self, name: str, task: Task) -> bool:
        """Say whether somebody may do something."""
        return self.of(name) in MAY[task]


def read_roles(file: Path | None) -> Roles:
    """Read the roles of a team; without a file everybody may do everything.

    Raises:
        InputError: naming file and line, for anything that is not a name with one of the roles.
    """
    if file is None:
        return Roles()
    root = read_yaml(file, "a file of roles")
    if root is None:
        raise InputError(f"{file} is empty.", expected="lines such as `ana@example.com: lead`")
    reader = NodeReader(str(file))
    known = tuple(str(role) for role in Role)
    found: dict[str, Role] = {}
    for name, node in reader.pairs(root, "the file"):
        if name.casefold() in found:
            raise reader.error(node, f'"{name}" is written twice', "each name once, in large or small letters")
        found[name.casefold()] = Role(reader.one_of(node, f'the role of "{name}"', known))
    others = found.pop(EVERYONE_ELSE, None)
    return Roles(found, others, everybody=False)
