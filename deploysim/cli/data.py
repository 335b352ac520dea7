"""Commands that bring conversations in: import, scrub, sample."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from deploysim.cli.console import Context, JsonOption, WorkspaceOption, context, meter, print_json, say
from deploysim.errors import InputError
from deploysim.ingest.columns import ColumnMap
from deploysim.ingest.files import files_of, paired_batches
from deploysim.ingest.sources.database_rows import with_table
from deploysim.ingest.sources.opening import Source, Upload
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.import_counts import ImportCounts
from deploysim.pipeline.importing import NOT_SCRUBBED_HERE, ImportOptions, ImportResult, build_scrubber, import_file
from deploysim.pipeline.job_reports import JobReport, check_stdin, job_report, result_row
from deploysim.pipeline.previewing import Preview, preview
from deploysim.sampling import SampleSpec
from deploysim.store.files import atomic_path
from deploysim.store.workspace import workspace_key
from deploysim.wording import counted

SHOWN_ROWS = 5
SHOWN_CHARS = 100
SHOWN_TYPES = 6
"""Types of personal data that an import names, most frequent first."""


def import_command(
    files: Annotated[
        list[Path],
        typer.Argument(help="Logs, folders of them, or patterns such as 'logs/**/*.jsonl.gz'; - is standard input."),
    ],
    format: Annotated[str | None, typer.Option(help="openai-chat, wildchat, …; detected when left out.")] = None,
    map: Annotated[
        str | None, typer.Option(help="Columns of a flat table, such as user=prompt,assistant=response,id=prompt_id.")
    ] = None,
    table: Annotated[str | None, typer.Option(help="Which table of a DuckDB file to read.")] = None,
    requests: Annotated[
        Path | None,
        typer.Option(help="The requests of a batch whose responses are imported; found by itself among FILES."),
    ] = None,
    where: Annotated[list[str] | None, typer.Option(help="Keep rows with COLUMN=VALUE; may be repeated.")] = None,
    placeholders: Annotated[bool, typer.Option(help="Replace personal data by <PERSON_1>, not by surrogates.")] = False,
    already_scrubbed: Annotated[
        bool, typer.Option(help="The log was scrubbed elsewhere: keep it as it is, and say so everywhere.")
    ] = False,
    again: Annotated[
        bool, typer.Option(help="Import a known file once more, say under a new scrub policy; the old import goes.")
    ] = False,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Processes that scrub; one a processor for large files when left out.")
    ] = None,
    name: Annotated[
        str, typer.Option(help="What standard input is called; its ending tells a CSV.")
    ] = "standard input",
    dry_run: Annotated[bool, typer.Option(help="Show how the first rows would be read; keep nothing.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read logs, replace personal data, and keep the rest.

    Example: python -m deploysim import chats.jsonl
    """
    here = context(workspace)
    options = ImportOptions(
        format, ColumnMap.parse(map) if map else None, conditions(where), placeholders, scrub=not already_scrubbed
    )
    given = sources_of(files, name=name, table=table, requests=requests)
    if dry_run:
        for source, asked in given:
            say_preview(source, preview(source, replace(options, requests=asked), settings=here.settings))
        return
    report = job_report()
    results = [
        _import_one(
            here, source, replace(options, requests=asked), report, again=again, processes=processes, quiet=as_json
        )
        for source, asked in given
    ]
    report.imported(results)
    if as_json:
        rows = [result_row(result) for result in results]
        print_json(rows[0] if len(rows) == 1 else rows)


def sources_of(
    paths: list[Path], *, name: str, table: str | None, requests: Path | None
) -> list[tuple[Source, Source | None]]:
    """Return what is to be read, with the requests that it answers where it is a batch.

    The bytes of standard input are kept in memory: no disk ever holds them.
    """
    if [str(path) for path in paths] == ["-"]:
        data = sys.stdin.buffer.read()
        check_stdin(data)
        return [(Upload(name, data), requests)]
    pairs = [(path, requests) for path in files_of(paths)] if requests else paired_batches(files_of(paths))
    return [(with_table(path, table), asked) for path, asked in pairs]


def _import_one(
    here: Context,
    path: Source,
    options: ImportOptions,
    report: JobReport,
    *,
    again: bool,
    processes: int | None,
    quiet: bool,
) -> ImportResult:
    with meter(quiet=quiet) as show:

        def shown(counts: ImportCounts) -> None:
            stage = counts.stage()
            show(stage.what, stage.done, stage.total)
            report.importing(counts)

        result = import_file(
            here.workspace,
            path,
            options,
            settings=here.settings,
            now=here.now,
            again=again,
            processes=processes,
            progress=shown,
        )
    if not quiet:
        say_import(result)
    return result


def say_preview(path: Source, found: Preview) -> None:
    """Print what an import would make of a file."""
    say(f"{path.name} would be read as {found.format}: {found.why}.")
    say(f"  of the first {counted(found.rows, 'row')}, {counted(found.readable, 'conversation')} would be kept")
    for reason, count in sorted(found.excluded.items(), key=lambda item: -item[1]):
        say(f"  left out {count:,}: {reason}")
    if found.filtered:
        say(f"  {counted(found.filtered, 'row')} would not meet the row filter")
    for row in found.rejected[:SHOWN_ROWS]:
        say(f"  could not be read: row {row.row}: {row.reason}")
    for shown in found.conversations:
        say(f"  row {shown.row}, answered by {shown.model or 'an unknown model'}, scrubbed:")
        for message in shown.messages[:SHOWN_ROWS]:
            say(f"    {message.role}: {' '.join(message.content.split())[:SHOWN_CHARS]}")
    say("Nothing was kept. Leave out --dry-run to import.")


def say_import(result: ImportResult) -> None:
    """Print what an import came to."""
    record = result.record
    if not result.added:
        say(f"{record.source}: nothing new, all of it is in the workspace already; --again imports it anew.")
        return
    say(f"{record.source}: {counted(record.conversations, 'conversation')} kept, read as {record.format}.")
    for reason, count in sorted(record.excluded.items(), key=lambda item: -item[1]):
        say(f"  left out {count:,}: {reason}")
    if record.duplicates:
        say(f"  skipped {record.duplicates:,}: already in the workspace")
    if record.rejected_rows:
        say(f"  could not read {record.rejected_rows:,} rows:")
        for row in record.rejected[:SHOWN_ROWS]:
            say(f"    {record.source}, row {row['row']}: {row['reason']}")
    for note in record.notes:
        say(f"  {note}")
    named = [f"{count:,} {entity}" for entity, count in record.replaced.items()]
    found = ", ".join(named[:SHOWN_TYPES]) + (", …" if len(named) > SHOWN_TYPES else "")
    if record.scrubbing == NOT_SCRUBBED_HERE:
        say("  kept as it was: scrubbing is off, on your word that it was done elsewhere")
        return
    replaced = counted(sum(record.replaced.values()), "stretch", "stretches")
    say(f"  replaced {replaced} of personal data" + (f" ({found})" if found else ""))


def scrub_command(
    source: Annotated[Path, typer.Argument(help='JSON Lines of {"id", "text"}; - reads standard input.')],
    target: Annotated[Path, typer.Argument(help="Where the scrubbed lines go; - writes standard output.")],
    placeholders: Annotated[bool, typer.Option(help="Write <PERSON_1> and so on, not surrogates.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Scrub lines of text for use in other pipelines; lines of one id share their surrogates.

    Example: python -m deploysim scrub in.jsonl out.jsonl
    """
    here = context(workspace)
    key = workspace_key(here.workspace, here.settings.scrub_key.reveal())
    scrubber = build_scrubber(key, here.settings, placeholders=placeholders)
    number = 0
    with _input(source) as lines, _output(target) as output, meter(quiet=str(target) == "-") as show:
        for number, line in enumerate(lines, start=1):
            row = _row(line, source, number)
            result = scrubber.scrub_text(row["text"], conversation_id=str(row["id"]))
            spans = [asdict(span) for span in result.spans]
            output.write(json.dumps({**row, "text": result.text, "spans": spans}, ensure_ascii=False) + "\n")
            show("scrubbing", number, 0)
    if str(target) != "-":
        say(f"{number:,} lines scrubbed into {target}.")


def sample_command(
    size: Annotated[int | None, typer.Option(help="Prefixes to draw; all that are eligible when left out.")] = None,
    unit: Annotated[str, typer.Option(help="What rates are per: turn or conversation.")] = "turn",
    seed: Annotated[int, typer.Option(help="The same seed draws the same prefixes on any machine.")] = 0,
    model: Annotated[list[str] | None, typer.Option(help="Only conversations of this model; may be repeated.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="Only this language, as logged; may be repeated.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day, UTC.")] = None,
    min_chars: Annotated[int | None, typer.Option(help="Shortest conversation, in characters.")] = None,
    max_chars: Annotated[int | None, typer.Option(help="Longest conversation, in characters.")] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw a frozen, seeded sample of prefixes from what was imported.

    Example: python -m deploysim sample --size 500 --seed 7
    """
    if unit not in ("turn", "conversation"):
        raise InputError(f"A sample cannot be drawn per {unit!r}.", expected="--unit turn or --unit conversation")
    here = context(workspace)
    spec = SampleSpec(
        unit="conversation" if unit == "conversation" else "turn",
        size=size,
        seed=seed,
        models=tuple(model or ()),
        languages=tuple(language or ()),
        since=since.date() if since else None,
        until=until.date() if until else None,
        min_chars=min_chars,
        max_chars=max_chars,
    )
    about = draw(here.workspace, spec, now=here.now)
    if as_json:
        print_json(asdict(about))
        return
    age = about.age_days(here.now)
    drawn = counted(about.size, "prefix", "prefixes")
    say(f"Sample {about.sample_id}: {drawn} of {counted(about.conversations, 'conversation')}, per {about.unit}.")
    say(f"  covers {about.window()}" + (f", newest {age} days old" if age is not None else ""))
    for reason, count in about.exclusions.items():
        say(f"  left out {count:,}: {reason}")


def conditions(where: list[str] | None) -> dict[str, str]:
    """Read COLUMN=VALUE conditions."""
    pairs = [item.partition("=") for item in where or ()]
    if any(not sign for _, sign, _ in pairs):
        raise InputError("A --where condition has no '='.", expected="COLUMN=VALUE, such as --where model=gpt-4-0314")
    return {column.strip(): value for column, _, value in pairs}


@contextmanager
def _input(source: Path) -> Iterator[TextIO]:
    if str(source) == "-":
        yield sys.stdin
        return
    if not source.is_file():
        raise InputError(f"There is no file {source}.", expected='JSON Lines with "id" and "text" on each line')
    with source.open(encoding="utf-8") as file:
        yield file


@contextmanager
def _output(target: Path) -> Iterator[TextIO]:
    """Give a stream to write to; a file appears only when all of it was written."""
    if str(target) == "-":
        yield sys.stdout
        return
    with atomic_path(target) as partial, partial.open("w", encoding="utf-8") as file:
        yield file


def _row(line: str, source: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str) or "id" not in row:
        raise InputError(
            f"{source.name}, line {number}, cannot be scrubbed; nothing was written.",
            expected='a JSON object with an "id" and a "text" that is a string',
        )
    return row
