"""Register: say before a release what was forecast, from what, and by which graders, so that any later edit shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deploysim import __version__
from deploysim.errors import InputError
from deploysim.forecast.records import Forecast
from deploysim.forecast.register import forecast_id, forecast_to_json
from deploysim.forecast.stack import InputHash, Registration, frozen_json, read_frozen
from deploysim.pipeline.forecasting import SavedForecast, edited_forecasts, estimate, load_forecast
from deploysim.pipeline.grading import RULES_ONLY, JudgeUse, Report, silent
from deploysim.pipeline.lanes import Lanes, graded_name
from deploysim.pipeline.stacks import MeasuringStack, archive_stack, measures_same
from deploysim.pipeline.whole_log import whole_log_of
from deploysim.store.files import sha256_file
from deploysim.store.frozen import edited, frozen_text, intact, save_frozen
from deploysim.store.grades import grades_path
from deploysim.store.runs import responses_path
from deploysim.store.sample_prefixes import prefix_index
from deploysim.store.samples import read_sample, sample_path
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import DEFAULT_TAXONOMY


@dataclass(frozen=True, slots=True)
class Registered:
    """A registration with the id it is kept under."""

    registration_id: str
    registration: Registration

    def line(self) -> str:
        """Say in one line what was registered when."""
        said = f": “{self.registration.statement}”" if self.registration.statement else ""
        when = self.registration.registered_at[:16].replace("T", " ")
        return f"Registered {when} UTC under {self.registration_id[:12]}{said}"


def register(
    workspace: Workspace,
    saved: SavedForecast,
    stack: MeasuringStack,
    *,
    now: datetime,
    statement: str = "",
    taxonomy: Path = DEFAULT_TAXONOMY,
) -> Registered:
    """Register a forecast; one that is registered already stays as it was registered first.

    Args:
        workspace: Where it is kept.
        saved: The forecast.
        stack: What measured it.
        now: Time of registering.
        statement: What to say beside it.
        taxonomy: The files that the stack's taxonomy was read from.

    Raises:
        InputError: where the stack is not the one that measured it.
    """
    before = registration_of(workspace, saved.forecast_id)
    if before:
        return before
    if not measures_same(saved.forecast, stack):
        raise InputError(
            f"The graders have changed since forecast {saved.forecast_id[:12]} was made, so it cannot be registered.",
            expected="the graders that it was measured by",
            next_step="make it again and register that: `python -m deploysim forecast --register`",
        )
    forecast = saved.forecast
    record = Registration(
        forecast_id=saved.forecast_id,
        registered_at=now.astimezone(UTC).isoformat(timespec="seconds"),
        statement=" ".join(statement.split()),
        models=tuple((lane.lane, lane.model) for lane in forecast.lanes),
        graders=forecast.graders,
        taxonomy=forecast.taxonomy,
        stack=archive_stack(workspace, stack, taxonomy),
        seed=forecast.seed,
        software=f"deploysim {__version__}",
        inputs=tuple(_inputs(workspace, saved.lanes(), forecast)),
    )
    return Registered(save_frozen(workspace.registrations, frozen_json(record)), record)


def registered_before(
    workspace: Workspace,
    lanes: Lanes,
    stack: MeasuringStack,
    *,
    seed: int,
    use: JudgeUse = RULES_ONLY,
    report: Report = silent,
) -> SavedForecast | None:
    """Return the registered forecast that making it again now would give, to the last digit, if there is one."""
    broken = set(edited_forecasts(workspace))
    for one in registrations(workspace):
        if one.registration.forecast_id in broken or one.registration.seed != seed:
            continue
        saved = load_forecast(workspace, one.registration.forecast_id)
        if saved.lanes() != lanes or not measures_same(saved.forecast, stack):
            continue
        as_of = datetime.fromisoformat(saved.forecast.created_at)
        again = estimate(workspace, lanes, stack.taxonomy, seed=seed, now=as_of, use=use, report=report)
        if forecast_id(forecast_to_json(again)) == saved.forecast_id:
            return saved
    return None


def registrations(workspace: Workspace) -> list[Registered]:
    """Return all registrations that nobody edited, oldest first."""
    found = [_read(workspace, name) for name in intact(workspace.registrations)]
    return sorted(found, key=lambda one: (one.registration.registered_at, one.registration_id))


def registration_of(workspace: Workspace, name: str) -> Registered | None:
    """Return the first registration of the forecast with this id, or None where it has none."""
    return next((one for one in registrations(workspace) if one.registration.forecast_id == name), None)


def changed_inputs(workspace: Workspace, one: Registered) -> list[str]:
    """Name the files that a registered forecast rests on and that are no longer what they were."""
    return [
        item.name
        for item in one.registration.inputs
        if not (path := workspace.root / item.path).exists() or sha256_file(path) != item.sha256
    ]


def broken_records(workspace: Workspace) -> list[str]:
    """Say which frozen records were edited or are missing, one sentence each; nothing where all is as it was."""
    said = [
        f"The file of {kind} {name[:12]} was changed after it was written."
        for kind, folder in (
            ("forecast", workspace.forecasts),
            ("registration", workspace.registrations),
            ("stack", workspace.stacks),
            ("scorecard", workspace.scorecards),
        )
        for name in edited(folder)
    ]
    for one in registrations(workspace):
        name = one.registration.forecast_id
        if not (workspace.forecasts / f"{name}.json").exists():
            said.append(f"Forecast {name[:12]}, which was registered, is gone.")
        changed = changed_inputs(workspace, one)
        if changed:
            named = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
            said.append(f"Changed since forecast {name[:12]} was registered: {named}.")
    return said


def _read(workspace: Workspace, name: str) -> Registered:
    text = frozen_text(workspace.registrations, name, kind="registration")
    return Registered(name, read_frozen(Registration, text, "registration"))


def _inputs(workspace: Workspace, lanes: Lanes, forecast: Forecast) -> Iterator[InputHash]:
    about = read_sample(workspace, lanes.sample_id)
    log = whole_log_of(workspace, about, prefix_index(workspace, lanes.sample_id)["prefix_id"])
    yield _hashed(workspace, "the sample", sample_path(workspace, lanes.sample_id))
    for lane, run_id in lanes.runs().items():
        yield _hashed(workspace, f"the responses of the {lane} lane", responses_path(workspace, run_id))
    graded_sets = [
        *((lane, lanes.sample_id, run) for lane, run in (("recorded", None), *lanes.runs().items())),
        *([("recorded", log.sample_id, None)] if log else []),
    ]
    for lane, sample_id, run in graded_sets:
        graded = graded_name(workspace, sample_id, run)
        for category, grader in forecast.graders:
            path = grades_path(workspace, grader, graded) if graded else None
            if path and path.exists():
                yield _hashed(workspace, f"the grades of {category} in the {lane} lane", path)


def _hashed(workspace: Workspace, name: str, path: Path) -> InputHash:
    return InputHash(name, path.relative_to(workspace.root).as_posix(), sha256_file(path))
