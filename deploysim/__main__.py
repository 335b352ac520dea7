"""The command line: `python -m deploysim`."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from deploysim.cli import app as app_commands
from deploysim.cli import (
    audit,
    backtest,
    calibrating,
    data,
    grading,
    importing,
    planning,
    privacy,
    purge,
    queued_runs,
    results,
    review,
    runs,
    scoring,
    shipping,
)
from deploysim.cli.console import fail
from deploysim.errors import DeploysimError
from deploysim.pipeline.job_reports import job_report

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Forecast how a new model will behave on your own users before you release it.",
)
STOPPED = 130
COMMANDS: dict[str, Callable[..., None]] = {
    "import": importing.import_command,
    "scrub": data.scrub_command,
    "plan": planning.plan_command,
    "sample": data.sample_command,
    "replay": runs.replay_command,
    "import-responses": runs.import_responses_command,
    "taxonomy": grading.taxonomy_command,
    "grade": grading.grade_command,
    "forecast": results.forecast_command,
    "score": scoring.score_command,
    "scorecards": scoring.scorecards_command,
    "gate": shipping.gate_command,
    "report": shipping.report_command,
    "backtest": backtest.backtest_command,
    "queue": review.queue_command,
    "calibrate": calibrating.calibrate_command,
    "status": results.status_command,
    "second-opinion": privacy.second_opinion_command,
    "purge": purge.purge_command,
    "demo": app_commands.demo_command,
    "app": app_commands.app_command,
    "local-model": runs.local_model_command,
    "work-queue": queued_runs.work_queue_command,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
app.add_typer(audit.app, name="audit")


def main() -> int:
    """Run one command and return its exit code: 0 done, 1 it did not work, 2 wrong usage, 130 stopped."""
    code = _run()
    job_report().ended(code)
    return code


def _run() -> int:
    try:
        app()
    except SystemExit as ended:
        if ended.code == STOPPED:
            fail("Stopped. What was done is kept; the same command goes on from there.")
        return ended.code if isinstance(ended.code, int) else 0
    except DeploysimError as error:
        fail(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
