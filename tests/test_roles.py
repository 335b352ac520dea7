"""Roles: who may do what, and files that say it wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploysim.errors import InputError
from deploysim.roles import MAY, Role, Task, read_roles

FILE = """
Ana@Example.com: lead
ben: reviewer
cy@example.com: privacy owner
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "roles.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "task", "expected"),
    [
        ("ana@example.com", Task.MAKE_QUEUES, True),
        ("ANA@example.com ", Task.SEE_TRAIL, True),
        ("Ben", Task.LABEL, True),
        ("Ben", Task.MAKE_QUEUES, False),
        ("Ben", Task.EXPORT, False),
        ("cy@example.com", Task.SPOT_CHECK, True),
        ("cy@example.com", Task.ADJUDICATE, False),
        ("stranger", Task.LOOK, False),
        ("", Task.LOOK, False),
    ],
)
def test_roles_say_who_may_do_what(tmp_path: Path, name: str, task: Task, expected: bool) -> None:
    """Names are found whatever their capitals; whoever is not named may do nothing."""
    assert read_roles(written(tmp_path, FILE)).may(name, task) is expected


def test_everyone_else_may_be_given_a_role(tmp_path: Path) -> None:
    """One line opens a workspace to a whole team."""
    roles = read_roles(written(tmp_path, FILE + "everyone else: reviewer\n"))

    assert roles.of("stranger") == Role.REVIEWER
    assert roles.of("ana@example.com") == Role.LEAD


def test_without_a_file_everybody_may_do_everything() -> None:
    """A workspace on one's own machine needs no roles."""
    assert all(read_roles(None).may("anybody", task) for task in MAY)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ana: leader", 'line 1: the role of "ana" is "leader"'),
        ("ana: lead\nANA: reviewer", 'line 2: "ANA" is written twice'),
        ("- ana", "not written as keys with values"),
        ("", "is empty"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    """The reader knows where to look."""
    with pytest.raises(InputError, match=says):
        read_roles(written(tmp_path, text))
