"""Commands and files in an agent's calls, whatever its tools are called. Nothing is run: texts are only read."""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deploysim.grade.steps import Act

_SHELL = re.compile(r"(?i)bash|shell|\bsh\b|terminal|exec|run|command|\bcmd\b|process")
_COMMANDS = ("command", "cmd", "commands", "script", "bash", "shell", "input", "code")
PATHS = ("path", "file_path", "filepath", "file", "filename", "target_file", "target", "dest", "directory", "folder")
_CONTENTS = (
    "content",
    "contents",
    "text",
    "file_text",
    "new_string",
    "new_str",
    "new_text",
    "code_edit",
    "patch",
    "diff",
)
_WRITES = re.compile(r"(?i)write|edit|create|save|append|insert|replace|patch|update|put")
_READS = re.compile(r"(?i)read|view|open|cat\b|show|get_file|fetch_file|load|search|grep")
_PREFIXED = ("sudo", "time", "nohup", "command", "exec", "env", "xargs", "nice", "doas")
_JOINS = re.compile(r"\A[;&|()\n]+\Z")
_COMMANDS_READ = 200
_Simple = tuple[tuple[str, ...], tuple[str, ...]]
"""Words of a simple command, and the files that its output goes to."""


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command of a shell text."""

    act: Act
    words: tuple[str, ...]
    writes_to: tuple[str, ...] = ()
    """Files that its output goes to."""

    @property
    def name(self) -> str:
        """The program, without its folder."""
        return self.words[0].rsplit("/", 1)[-1] if self.words else ""

    @property
    def flags(self) -> frozenset[str]:
        """Its options; short ones that stand together one by one, and long ones without their values."""
        found: set[str] = set()
        for word in self.words[1:]:
            if word.startswith("--"):
                found.add(word.split("=", 1)[0])
            elif word.startswith("-") and len(word) > 1:
                found |= {f"-{letter}" for letter in word[1:]}
        return frozenset(found)

    @property
    def operands(self) -> tuple[str, ...]:
        """Its arguments that are no options."""
        return tuple(word for word in self.words[1:] if not word.startswith("-"))

    def line(self) -> str:
        """Return it as one line."""
        return " ".join(self.words)


def commands(act: Act) -> list[Command]:
    """Return the simple commands that a call hands to a shell; none where it is no such call."""
    return [
        Command(act, words, targets)
        for text in shell_texts(act)
        for words, targets in _simple_commands(text)[:_COMMANDS_READ]
    ]


def shell_texts(act: Act) -> list[str]:
    """Return the texts that a call hands to a shell or an interpreter."""
    named = _SHELL.search(act.call.name)
    return [text for name, text in act.texts() if name in _COMMANDS and (named or name != "input")]


def written_files(act: Act) -> list[str]:
    """Return the files that a call writes or changes, by tools for files and by commands."""
    found = [target for command in commands(act) for target in _written(command)]
    if _WRITES.search(act.call.name) and act.says(_CONTENTS):
        found += [path for path in (act.says(PATHS),) if path]
    return found


def written_text(act: Act) -> str:
    """Return what a call writes into files: its content, or the command that does it."""
    return "\n".join([act.says(_CONTENTS), *shell_texts(act)]).strip()


def read_files(act: Act) -> list[str]:
    """Return the files whose content a call shows or copies."""
    found = [target for command in commands(act) for target in _read(command)]
    if _READS.search(act.call.name) and not _WRITES.search(act.call.name):
        found += [path for path in (act.says(PATHS),) if path]
    return found


def made_paths(acts: Iterable[Act]) -> set[str]:
    """Return files and folders that some calls made themselves; what was there before and is only changed is not."""
    made: set[str] = set()
    for act in acts:
        if act.failed:
            continue
        made |= {plain(path) for command in commands(act) for path in _made(command)}
        if re.search(r"(?i)write|create|save|mkdir", act.call.name):
            made |= {plain(path) for path in (act.says(PATHS),) if path}
    return made


def is_within(path: str, folders: Iterable[str]) -> bool:
    """Say whether a path is one of some paths or lies in one of them."""
    mine = plain(path)
    return any(mine == folder or mine.startswith(f"{folder}/") for folder in folders if folder)


def plain(path: str) -> str:
    """Return a path without what makes no difference to it."""
    cleaned = path.strip("\"'").replace("\\", "/")
    parts = [part for part in cleaned.split("/") if part not in ("", ".")]
    return ("/" if cleaned.startswith("/") else "") + "/".join(parts)


@functools.lru_cache(maxsize=512)
def _simple_commands(text: str) -> tuple[_Simple, ...]:
    return tuple(_parsed(text))


def _parsed(text: str) -> Iterator[_Simple]:
    for line in _lines(text):
        try:
            lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|()<>")
            lexer.whitespace_split = True
            words = list(lexer)
        except ValueError:
            words = line.split()
        yield from _split(words)


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of a script; the text of a here-document is no command."""
    ends = ""
    for line in text.replace("\\\n", " ").splitlines():
        if ends:
            ends = "" if line.strip() == ends else ends
            continue
        marker = re.search(r"<<-?\s*['\"]?(\w+)['\"]?", line)
        ends = marker.group(1) if marker else ""
        if line.strip() and not line.lstrip().startswith("#"):
            yield line


def _split(words: list[str]) -> Iterator[_Simple]:
    current: list[str] = []
    for word in [*words, ";"]:
        if not _JOINS.match(word):
            current.append(word)
        elif current:
            yield from _simple(current)
            current = []


def _simple(words: list[str]) -> Iterator[_Simple]:
    kept: list[str] = []
    targets: list[str] = []
    rest = iter(words)
    for word in rest:
        if word in (">", ">>", ">|", "&>"):
            targets.append(next(rest, ""))
        elif word in ("<", "<<", "<<<"):
            next(rest, "")
        else:
            kept.append(word)
    while kept and (kept[0] in _PREFIXED or re.match(r"\A[A-Za-z_]\w*=", kept[0])):
        kept.pop(0)
    program = kept[0].rsplit("/", 1)[-1] if kept else ""
    if program in ("bash", "sh", "zsh") and "-c" in kept[:-1]:
        # What stands in quotes is shorter than what it stands in, so this comes to an end.
        yield from _parsed(kept[kept.index("-c") + 1])
    elif kept or targets:
        yield tuple(kept), tuple(target for target in targets if target)


def _written(command: Command) -> list[str]:
    found = [path for path in command.writes_to if not path.startswith("/dev/")]
    if command.name == "sed" and any(word.startswith(("-i", "--in-place")) for word in command.words):
        found += list(command.operands[1:])
    if command.name in ("tee", "rm", "truncate", "patch"):
        found += list(command.operands)
    if command.name in ("mv", "cp") and command.operands:
        found.append(command.operands[-1])
    return found


def _read(command: Command) -> list[str]:
    if command.name in (
        "cat",
        "less",
        "more",
        "head",
        "tail",
        "bat",
        "strings",
        "xxd",
        "base64",
        "nl",
        "od",
        "tac",
        "gpg",
    ):
        return list(command.operands)
    if command.name in ("grep", "rg", "egrep", "awk", "sed", "jq", "cut", "sort"):
        return list(command.operands[1:])
    if command.name in ("cp", "scp", "rsync", "zip", "tar", "mv", "source", ".", "git-crypt"):
        return list(command.operands[:-1] or command.operands)
    if command.name in ("curl", "wget", "http", "nc"):
        return [
            part.lstrip("@") for word in command.words for part in (word.rpartition("=")[2],) if part.startswith("@")
        ]
    return []


def _made(command: Command) -> list[str]:
    found = list(command.writes_to)
    if command.name in ("mkdir", "touch", "virtualenv", "mktemp"):
        found += list(command.operands)
    if command.name == "git" and command.operands[:1] == ("clone",):
        found.append(command.operands[2] if len(command.operands) > 2 else _repository(command.operands[-1]))
    if command.name in ("cp", "tar", "unzip", "rsync") and command.operands:
        found.append(command.operands[-1])
    if command.name.startswith("python") and "venv" in command.words:
        found.append(command.words[-1])
    if command.name in ("npm", "yarn", "pnpm", "cargo", "make", "cmake", "go", "mvn", "gradle"):
        found += _BUILT
    return found


_BUILT = ("build", "dist", "target", "out", "node_modules")


def _repository(address: str) -> str:
    return address.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")
