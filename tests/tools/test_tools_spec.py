"""Files of tools: what is read, what is refused and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploysim.errors import InputError
from deploysim.tools.spec import FileRule, SnapshotRule, Step, ToolSpecs, load_tools

WHOLE = """\
default:
  answers: [recorded, simulator]
faults: false
tools:
  read_file:
    read_only: true
    answers: [recorded, snapshot, stop]
    file: {path: path}
    snapshot: {kind: read, path: path}
    failed_when: '^ENOENT'
  write_file:
    answers: [static]
    file: {path: path, content: text}
    static: "Written."
"""


def read(folder: Path, text: str) -> ToolSpecs:
    """Read a file of tools."""
    file = folder / "tools.yaml"
    file.write_text(text, encoding="utf-8")
    return load_tools(file)


def test_a_file_is_read_as_written(tmp_path: Path) -> None:
    """Every list of sources ends in a stop, written or not: nothing is invented by accident."""
    specs = read(tmp_path, WHOLE)
    reading, writing = specs.of("read_file"), specs.of("write_file")

    assert not specs.faults
    assert specs.of("unknown").answers == (Step.RECORDED, Step.SIMULATOR, Step.STOP)
    assert (reading.read_only, reading.answers) == (True, (Step.RECORDED, Step.SNAPSHOT, Step.STOP))
    assert (reading.file, reading.snapshot) == (FileRule("path"), SnapshotRule("read", "path"))
    assert reading.failed("ENOENT: a.txt")
    assert (writing.read_only, writing.file, writing.static) == (False, FileRule("path", "text"), "Written.")


def test_the_shipped_file_and_an_empty_one_stop_on_a_miss(tmp_path: Path) -> None:
    """Without any declaration only records answer."""
    for specs in (load_tools(), read(tmp_path, "")):
        assert specs.of("anything").answers == (Step.RECORDED, Step.STOP)
        assert specs.faults


@pytest.mark.parametrize(
    ("old", "new", "line", "happened"),
    [
        ("[recorded, simulator]", "[recorded, live]", 2, 'an entry of answers is "live"'),
        ("faults: false", "faults: perhaps", 3, "faults is neither true nor false"),
        ("{kind: read, path: path}", "{kind: write, path: path}", 9, 'kind is "write"'),
        ("    snapshot: {kind: read, path: path}\n", "", 6, "it is answered by snapshot and has no snapshot"),
        ('    static: "Written."\n', "", 12, "it is answered by static and has no static"),
        ("'^ENOENT'", "'('", 10, "failed_when is no regular expression"),
        ("    read_only: true", "    readonly: true", 6, 'unknown key "readonly"'),
    ],
)
def test_mistakes_are_named_with_file_and_line(tmp_path: Path, old: str, new: str, line: int, happened: str) -> None:
    """The message says where and what."""
    assert old in WHOLE
    with pytest.raises(InputError, match=rf"tools.yaml, line {line}: {happened}"):
        read(tmp_path, WHOLE.replace(old, new, 1))


def test_the_fingerprint_depends_on_what_decides(tmp_path: Path) -> None:
    """Another order of sources is another measurement; layout is not."""
    same = read(tmp_path, WHOLE + "\n# a remark\n")

    assert read(tmp_path, WHOLE).fingerprint() == same.fingerprint()
    assert read(tmp_path, WHOLE.replace("faults: false", "faults: true")).fingerprint() != same.fingerprint()
