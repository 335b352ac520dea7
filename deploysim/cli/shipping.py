"""Commands that hand a forecast on: gate, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploysim.cli.console import JsonOption, WorkspaceOption, context, fail, print_json, say
from deploysim.cli.scoring import ForecastArgument, chosen_forecast, chosen_stack
from deploysim.errors import DeploysimError
from deploysim.forecast.codec import to_plain
from deploysim.forecast.gate import COULD_NOT_RUN, hold_against
from deploysim.forecast.gate_words import gate_line, gate_lines, junit_xml
from deploysim.forecast.policy import load_policy
from deploysim.pipeline.registering import registration_of
from deploysim.pipeline.reporting import make_report
from deploysim.store.files import write_text


def gate_command(
    forecast: ForecastArgument,
    policy: Annotated[Path, typer.Option(help="Policy file; data/policy.example.yaml explains it.")],
    junit: Annotated[Path | None, typer.Option(help="File to write JUnit XML to.")] = None,
    line: Annotated[bool, typer.Option("--line", help="Print one line for a log.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hold a forecast against a policy: exit code 0 ship, 1 blocked, 2 not enough evidence, 3 it could not run.

    Example: python -m deploysim gate 3f9a12 --policy data/policy.example.yaml --junit gate.xml
    """
    try:
        here = context(workspace)
        saved, rules = chosen_forecast(here, forecast), load_policy(policy)
        registered = registration_of(here.workspace, saved.forecast_id) is not None
        result = hold_against(saved.forecast, rules, registered=registered)
        told = (result, saved.forecast, saved.forecast_id, rules)
        if junit:
            write_text(junit, junit_xml(*told))
    except DeploysimError as error:
        # 1 means blocked here, so that an error needs a code of its own.
        fail(str(error))
        raise typer.Exit(COULD_NOT_RUN) from None
    if as_json:
        checks = [to_plain(check) for check in result.checks]
        print_json({"verdict": str(result.verdict), "forecast_id": saved.forecast_id, "checks": checks})
    else:
        for text in [gate_line(*told)] if line else gate_lines(*told):
            say(text)
    raise typer.Exit(result.exit_code)


def report_command(
    forecast: ForecastArgument,
    file: Annotated[Path | None, typer.Option("--out", help="Where it goes; forecast-<id>.html when left out.")] = None,
    with_examples: Annotated[
        bool,
        typer.Option("--with-examples", help="Put conversations that changed into it: scrubbed text, for readers."),
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Write a forecast as one HTML file that needs no network: chart, table, method, limits, provenance; prints well.

    Example: python -m deploysim report 3f9a12 --out forecast.html
    """
    here = context(workspace)
    saved = chosen_forecast(here, forecast)
    stack = chosen_stack(here, saved, None) if with_examples else None
    target = file or Path(f"forecast-{saved.forecast_id[:12]}.html")
    write_text(target, make_report(here.workspace, saved, stack))
    shown = "with conversation text: keep it where the workspace may be read" if stack else "without conversation text"
    say(f"{target}, {shown}.")
