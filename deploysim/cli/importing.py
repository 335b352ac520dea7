"""The command that brings conversations in: import."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from deploysim.cli.console import Context, JsonOption, WorkspaceOption, context, fail, meter, print_json, say
from deploysim.errors import DeploysimError, InputError
from deploysim.ingest.columns import ColumnMap
from deploysim.ingest.files import files_of, paired_batches
from deploysim.ingest.sources.database_rows import with_table
from deploysim.ingest.sources.opening import Source, Upload
from deploysim.pipeline.import_counts import ImportCounts
from deploysim.pipeline.importing import NOT_SCRUBBED_HERE, ImportOptions, ImportResult, import_file
from deploysim.pipeline.job_reports import JobReport, check_stdin, job_report, result_row, say_no_values
from deploysim.pipeline.previewing import Preview, preview
from deploysim.wording import counted

SHOWN_ROWS = 5
SHOWN_CHARS = 100
SHOWN_TYPES = 6
"""Types of personal data that an import names, most frequent first."""
Given = list[tuple[Source, Source | None]]
"""Files, each with the requests that it answers where it is a batch."""
T = TypeVar("T")


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
    say_no_values()
    here = context(workspace)
    options = ImportOptions(
        format, ColumnMap.parse(map) if map else None, conditions(where), placeholders, scrub=not already_scrubbed
    )
    given = sources_of(files, name=name, table=table, requests=requests)
    failed: list[str] = []
    if dry_run:
        _each(given, lambda source, asked: _dry_run(here, source, replace(options, requests=asked)), failed)
    else:
        report = job_report()

        def bring_in(source: Source, asked: Source | None) -> ImportResult:
            asking = replace(options, requests=asked)
            return _import_one(here, source, asking, report, again=again, processes=processes, quiet=as_json)

        results = _each(given, bring_in, failed)
        report.imported(results)
        if as_json:
            rows = [result_row(result) for result in results]
            print_json(rows[0] if len(given) == 1 else rows)
    if failed:
        raise _some_failed(failed, len(given))


def _dry_run(here: Context, source: Source, options: ImportOptions) -> None:
    say_preview(source, preview(source, options, settings=here.settings))


def _some_failed(failed: list[str], given: int) -> InputError:
    names = ", ".join(failed[:5]) + (" …" if len(failed) > 5 else "")
    return InputError(
        f"{len(failed)} of {counted(given, 'file')} could not be used, for the reasons above: {names}.",
        expected="a log of conversations in every file that is named, in a folder or matched by a pattern",
        next_step="mend these or leave them out, and run the same command again; what is here already is not read twice",
    )


def _each(given: Given, use: Callable[[Source, Source | None], T], failed: list[str]) -> list[T]:
    """Use one file after another; where there are several, one that cannot be used does not keep the others out."""
    done: list[T] = []
    for source, asked in given:
        try:
            done.append(use(source, asked))
        except DeploysimError as error:
            if len(given) == 1:
                raise
            fail(str(error))
            failed.append(source.name)
    return done


def sources_of(paths: list[Path], *, name: str, table: str | None, requests: Path | None) -> Given:
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


def conditions(where: list[str] | None) -> dict[str, str]:
    """Read COLUMN=VALUE conditions."""
    pairs = [item.partition("=") for item in where or ()]
    if any(not sign for _, sign, _ in pairs):
        raise InputError("A --where condition has no '='.", expected="COLUMN=VALUE, such as --where model=gpt-4-0314")
    return {column.strip(): value for column, _, value in pairs}
