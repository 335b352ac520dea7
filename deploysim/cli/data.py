"""Commands on conversations that are there, or on lines of text: scrub, sample."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from deploysim.cli.console import Context, JsonOption, Meter, WorkspaceOption, context, meter, print_json, say
from deploysim.cli.results import judge_use
from deploysim.errors import InputError
from deploysim.grade.grader import graders_of
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.importing import build_scrubber
from deploysim.pipeline.job_reports import say_no_values
from deploysim.pipeline.risk_drawing import draw_by_risk
from deploysim.sampling import SampleSpec
from deploysim.store.files import atomic_path
from deploysim.store.samples import SampleAbout
from deploysim.store.workspace import workspace_key
from deploysim.taxonomy import load_taxonomy
from deploysim.wording import counted
from deploysim.yaml_files import did_you_mean


def scrub_command(
    source: Annotated[Path, typer.Argument(help='JSON Lines of {"id", "text"}; - reads standard input.')],
    target: Annotated[Path, typer.Argument(help="Where the scrubbed lines go; - writes standard output.")],
    placeholders: Annotated[bool, typer.Option(help="Write <PERSON_1> and so on, not surrogates.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Scrub lines of text for use in other pipelines; lines of one id share their surrogates.

    Example: python -m deploysim scrub in.jsonl out.jsonl
    """
    say_no_values()
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
    risk: Annotated[
        str | None,
        typer.Option(
            help="Category by whose risk to draw: prefixes that resemble those which showed it in the log come more "
            "often and weigh less, so that fewer replays do for a rare behaviour."
        ),
    ] = None,
    single_steps: Annotated[
        bool,
        typer.Option("--single-steps", help="Of agents too draw single responses; by default their whole rollouts."),
    ] = False,
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
        risk=risk,
        single_steps=single_steps,
    )
    with meter(quiet=as_json) as show:
        about = _drawn(here, spec, show)
    if as_json:
        print_json(asdict(about))
        return
    if risk:
        say(f"Drawn by the risk of {risk}; every prefix had at least a tenth of its uniform chance.")
    age = about.age_days(here.now)
    drawn = counted(about.size, "prefix", "prefixes")
    say(f"Sample {about.sample_id}: {drawn} of {counted(about.conversations, 'conversation')}, per {about.unit}.")
    say(f"  covers {about.window()}" + (f", newest {age} days old" if age is not None else ""))
    if about.rollouts:
        say(f"  {about.rollouts:,} of them are agents' rollouts, replayed whole from a message of the user")
    for reason, count in about.exclusions.items():
        say(f"  left out {count:,}: {reason}")


def _drawn(here: Context, spec: SampleSpec, show: Meter) -> SampleAbout:
    if spec.risk is None:
        return draw(here.workspace, spec, now=here.now)
    use = judge_use(here, override_privacy="")
    graders = {grader.category: grader for grader in graders_of(load_taxonomy(), use.judges)}
    if spec.risk not in graders:
        raise InputError(
            f"Nothing grades a category {spec.risk!r}.",
            expected=f"one of {', '.join(graders)}",
            next_step=did_you_mean(spec.risk, graders),
        )
    return draw_by_risk(here.workspace, spec, graders[spec.risk], now=here.now, use=use, report=show)


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
