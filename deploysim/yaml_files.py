"""YAML files that people edit, read strictly: every mistake is an error that names file and line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from deploysim.errors import InputError

Node = yaml.Node
Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Source:
    """Where in a file something is written."""

    file: str
    line: int
    """From 1."""

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest known word, or the empty string where none is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f'Did you mean "{near[0]}"?' if near else ""


def read_yaml(file: Path, what: str) -> Node | None:
    """Return the root of a YAML file, or None where it is empty.

    Args:
        file: Where it is.
        what: What it should be, such as "a taxonomy file".

    Raises:
        InputError: where it cannot be read or is not YAML.
    """
    try:
        return yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.", expected=what) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not a text file.", expected="YAML in UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(f"{file}, line {line}: {error.problem}.", expected="valid YAML") from error
    except yaml.YAMLError as error:
        raise InputError(f"{file} holds characters that YAML does not allow.", expected="valid YAML") from error


@dataclass(frozen=True, slots=True)
class NodeReader:
    """Turns the nodes of one YAML file into values; every method raises InputError with the node's line."""

    file: str

    def mapping(
        self, node: Node, what: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> dict[str, Node]:
        """Return keys with their nodes: all that are required, and others only among the optional ones."""
        found = dict(self.pairs(node, what, (*required, *optional)))
        missing = [key for key in required if key not in found]
        if missing:
            raise self.error(node, f"{what} lacks {' and '.join(missing)}", f"the keys {', '.join(required)}")
        return found

    def pairs(self, node: Node, what: str, known: tuple[str, ...] | None = None) -> list[tuple[str, Node]]:
        """Return keys with their nodes, in the order written."""
        if not isinstance(node, yaml.MappingNode):
            raise self.error(node, f"{what} is not written as keys with values", "lines such as `key: value`")
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = self.text(key_node, "a key", plain=True)
            if known is not None and key not in known:
                raise self.error(
                    key_node, f'unknown key "{key}" in {what}', f"only {', '.join(known)}", did_you_mean(key, known)
                )
            if key in seen:
                raise self.error(key_node, f'the key "{key}" is written twice in {what}', "each key once")
            seen.add(key)
        return [(str(key_node.value), value) for key_node, value in node.value]

    def items(self, node: Node, what: str) -> list[Node]:
        """Return the entries of a list that is not empty."""
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            raise self.error(node, f"{what} is not a list", "one or more lines that begin with a dash")
        return list(node.value)

    def texts(self, node: Node, what: str) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(self.text(item, f"an entry of {what}") for item in self.items(node, what))

    def text(self, node: Node, what: str, *, plain: bool = False) -> str:
        """Return a text; with `plain`, also what YAML would take for a number, as it is written."""
        is_text = isinstance(node, yaml.ScalarNode) and (plain or node.tag == "tag:yaml.org,2002:str")
        if not is_text or not node.value.strip():
            raise self.error(node, f"{what} is not a text", "words, in quotes where YAML would read them otherwise")
        return " ".join(str(node.value).split())

    def number(self, node: Node, what: str, *, least: float = 0.0) -> float:
        """Return a number that is not below the least."""
        found = self.scalar(node, what)
        if isinstance(found, bool | str) or not found >= least:
            raise self.error(node, f"{what} is not a number of {least:g} or more", "a number such as 12 or 0.25")
        return float(found)

    def whole(self, node: Node, what: str, *, least: int = 1) -> int:
        """Return a whole number that is not below the least."""
        found = self.scalar(node, what)
        if isinstance(found, bool) or not isinstance(found, int) or found < least:
            raise self.error(node, f"{what} is not a whole number of {least} or more", "digits such as 500")
        return found

    def flag(self, node: Node, what: str) -> bool:
        """Return true or false."""
        found = self.scalar(node, what)
        if not isinstance(found, bool):
            raise self.error(node, f"{what} is neither true nor false", "true or false")
        return found

    def one_of(self, node: Node, what: str, known: tuple[str, ...]) -> str:
        """Return one of the words that are known."""
        found = self.text(node, what, plain=True)
        if found not in known:
            raise self.error(node, f'{what} is "{found}"', f"one of {', '.join(known)}", did_you_mean(found, known))
        return found

    def scalar(self, node: Node, what: str) -> Scalar:
        """Return a text, number or truth value, as YAML reads it."""
        plain = isinstance(node, yaml.ScalarNode) and node.style is None
        value: object = yaml.safe_load(node.value) if plain else node.value
        if isinstance(value, str | int | float | bool):
            return value
        raise self.error(node, f"{what} is of no kind that can stand here", "a text, a number, true or false")

    def source(self, node: Node) -> Source:
        """Return where a node is written."""
        return Source(self.file, node.start_mark.line + 1)

    def error(self, node: Node, happened: str, expected: str, next_step: str = "") -> InputError:
        """Return an error that names file and line."""
        return InputError(f"{self.source(node)}: {happened}.", expected=expected, next_step=next_step)
