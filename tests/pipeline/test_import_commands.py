"""The app's options as the arguments of a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploysim.errors import InputError
from deploysim.ingest.columns import ColumnMap
from deploysim.pipeline.import_commands import clean_name, import_arguments, map_text
from deploysim.pipeline.importing import ImportOptions

PAIR = ColumnMap(user="prompt", assistant="response")


@pytest.mark.parametrize(
    ("options", "given"),
    [
        (ImportOptions(), []),
        (ImportOptions(format="wildchat"), ["--format=wildchat"]),
        (ImportOptions(columns=PAIR), ["--map=user=prompt,assistant=response"]),
        (ImportOptions(where={"model": "-x; rm", "lang": ""}), ["--where=model=-x; rm", "--where=lang="]),
        (ImportOptions(placeholders=True), ["--placeholders"]),
        (ImportOptions(scrub=False), ["--already-scrubbed"]),
        (ImportOptions(requests=Path("/logs/asked.jsonl")), ["--requests=/logs/asked.jsonl"]),
    ],
)
def test_each_option_is_an_argument_of_its_own(options: ImportOptions, given: list[str]) -> None:
    """Values that begin with a dash or hold shell signs stay values."""
    assert import_arguments(Path("/logs/a b.jsonl"), options) == ["import", "/logs/a b.jsonl", *given]


def test_a_table_of_a_database_is_named() -> None:
    """Beside its file."""
    given = import_arguments(Path("/logs/all.duckdb"), ImportOptions(), table="chats")
    assert given == ["import", "/logs/all.duckdb", "--table=chats"]


def test_an_upload_is_named_and_comes_through_standard_input() -> None:
    """Its name is an option's value, whatever it begins with."""
    assert import_arguments(None, ImportOptions(), name="--x.csv", again=True) == [
        "import",
        "-",
        "--name=--x.csv",
        "--again",
    ]


@pytest.mark.parametrize(
    "columns",
    [
        PAIR,
        ColumnMap(messages="a=b", metadata=("x", "y z")),
        ColumnMap(user="u", assistant="a", system="s", id="i", model="m", time="t", user_id="w", language="l"),
    ],
)
def test_a_written_map_reads_as_the_same_map(columns: ColumnMap) -> None:
    """What the page shows is what the command does."""
    assert ColumnMap.parse(map_text(columns)) == columns


@pytest.mark.parametrize("name", ["a,id=b", " padded", "a,b"])
def test_a_column_that_cannot_be_written_is_refused(name: str) -> None:
    """It is not silently read as something else."""
    with pytest.raises(InputError, match="column"):
        import_arguments(Path("/x"), ImportOptions(columns=ColumnMap(user=name, assistant="a")))


@pytest.mark.parametrize("where", [{"a=b": "x"}, {" a": "x"}, {"a": "\x00"}])
def test_a_condition_that_cannot_be_written_is_refused(where: dict[str, str]) -> None:
    """The command would read another column or value."""
    with pytest.raises(InputError, match="row filter"):
        import_arguments(Path("/x"), ImportOptions(where=where))


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("chats.jsonl", "chats.jsonl"),
        ("../../etc/passwd", "passwd"),
        ("C:\\logs\\a.csv", "a.csv"),
        ("a\nb\x00\x1b[31m.csv", "a b  [31m.csv"),
        ("\ud800.csv", "?.csv"),
        ("..", ".."),
        ("", "upload"),
        ("x" * 300 + ".csv.gz", "x" * 193 + ".csv.gz"),
    ],
)
def test_an_uploads_name_is_one_printable_line(given: str, cleaned: str) -> None:
    """It is shown and recorded; nothing is ever opened by it."""
    assert clean_name(given) == cleaned
