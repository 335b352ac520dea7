"""Measuring stacks: the taxonomy and judges that measure now, archived ones, and whether two measure the same."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploysim import __version__
from deploysim.chat.profiles import ModelProfile
from deploysim.chat.settings import ModelSettings, address, checked_api
from deploysim.config import Secret, Settings, read_key
from deploysim.errors import ConfigError, InputError
from deploysim.forecast.records import Forecast
from deploysim.forecast.stack import ArchivedFile, ArchivedJudge, Stack, frozen_json, read_frozen
from deploysim.grade.grader import Grader, graders_of
from deploysim.grade.judging.judges import Judge, Judges
from deploysim.pipeline.judges import configured_judges
from deploysim.pipeline.model_choice import endpoint_of, find_profile, known_profiles
from deploysim.store.frozen import frozen_text, save_frozen
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import DEFAULT_TAXONOMY, Taxonomy, load_taxonomy


@dataclass(frozen=True, slots=True)
class MeasuringStack:
    """Who measures what."""

    taxonomy: Taxonomy
    judges: Judges
    stack_id: str | None = None
    """Under which it is archived; None where it is the one in force now."""

    def graders(self) -> tuple[Grader, ...]:
        """Return the graders that it has."""
        return graders_of(self.taxonomy, self.judges)


def current_stack(settings: Settings, path: Path = DEFAULT_TAXONOMY) -> MeasuringStack:
    """Return the stack in force: the taxonomy's files, and the judges that the settings name."""
    return MeasuringStack(load_taxonomy(path), configured_judges(settings))


def archive_stack(workspace: Workspace, stack: MeasuringStack, path: Path = DEFAULT_TAXONOMY) -> str:
    """Keep a stack in the workspace under the hash of its content and return that.

    Args:
        workspace: Where to.
        stack: What.
        path: The files that its taxonomy was read from.
    """
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    record = Stack(
        taxonomy=stack.taxonomy.fingerprint,
        files=tuple(ArchivedFile(file.name, file.read_text(encoding="utf-8")) for file in files),
        cheap=tuple(_archived(judge) for judge in stack.judges.cheap),
        strong=tuple(_archived(judge) for judge in stack.judges.strong),
        graders=tuple((g.category, g.fingerprint) for g in stack.graders()),
        software=f"deploysim {__version__}",
    )
    return save_frozen(workspace.stacks, frozen_json(record))


def archived_stack(workspace: Workspace, stack_id: str, settings: Settings) -> MeasuringStack:
    """Take an archived stack up again. Whether its code still measures the same, `check_measures` says.

    Raises:
        InputError: where it was edited, or is no stack.
        ConfigError: where one of its judges is at an endpoint that is not configured now.
    """
    stack = read_frozen(Stack, frozen_text(workspace.stacks, stack_id, kind="stack"), "stack")
    profiles = known_profiles(settings) if stack.cheap or stack.strong else {}
    cheap, strong = (tuple(_judge(one, settings, profiles) for one in tier) for tier in (stack.cheap, stack.strong))
    return MeasuringStack(_taxonomy(stack), Judges(cheap, strong), stack_id)


def measures_same(forecast: Forecast, stack: MeasuringStack) -> bool:
    """Whether a stack's graders are the very ones of a forecast."""
    return forecast.graders == tuple(_measured(forecast, stack).items())


def check_measures(forecast: Forecast, stack: MeasuringStack, forecast_id: str) -> None:
    """Refuse a stack that does not measure what a forecast measured.

    Raises:
        InputError: naming the categories whose graders differ, and the ways out.
    """
    if measures_same(forecast, stack):
        return
    before, now = dict(forecast.graders), _measured(forecast, stack)
    different = [category for category in before if now.get(category) != before[category]]
    different += [category for category in now if category not in before]
    named = ", ".join(different[:5]) + (" …" if len(different) > 5 else "")
    why = (
        "the code of its rules or prompts has changed since"
        if stack.stack_id
        else "the taxonomy, the judges or their code have changed since, and no stack was archived with it"
    )
    raise InputError(
        f"Forecast {forecast_id[:12]} was measured by other graders ({named}): {why}.",
        expected=f"the graders that it names, which {forecast.software} had",
        next_step="measure old and new traffic anew with the graders in force: "
        f"`python -m deploysim score {forecast_id[:12]} --traffic IMPORT --stack now`; or run the version named above",
    )


def _measured(forecast: Forecast, stack: MeasuringStack) -> dict[str, str]:
    """Return the stack's graders by category, but for those of agents where the forecast's sample had none."""
    named = dict(forecast.graders)
    fit = (g for g in stack.graders() if g.category in named or g.about.applies_to == "everything")
    return {g.category: g.fingerprint for g in fit}


def _archived(judge: Judge) -> ArchivedJudge:
    asked = judge.settings
    return ArchivedJudge(
        name=judge.name,
        model=asked.model,
        base_url=address(asked.base_url) if asked.base_url else None,
        system_prompt=asked.system_prompt,
        temperature=asked.temperature,
        top_p=asked.top_p,
        max_tokens=asked.max_tokens,
        api=asked.api,
    )


def _taxonomy(stack: Stack) -> Taxonomy:
    with tempfile.TemporaryDirectory() as folder:
        for file in stack.files:
            if Path(file.name).name != file.name or not file.name.endswith(".yaml"):
                raise InputError(
                    f"The archived stack holds a file named {file.name!r}.", expected="names ending in .yaml"
                )
            (Path(folder) / file.name).write_text(file.text, encoding="utf-8")
        return load_taxonomy(Path(folder))


def _judge(one: ArchivedJudge, settings: Settings, profiles: Mapping[str, ModelProfile]) -> Judge:
    profile = find_profile(profiles, one.name)
    configured = endpoint_of(profile, settings)
    # A key is sent only where it was meant to go, whatever the archive says.
    if one.base_url != address(configured):
        raise ConfigError(
            f"The judge {one.name} of the archived stack was asked at {one.base_url}, which is not configured now.",
            expected=f"OPENAI_BASE_URL, or an entry {one.name} in data/models.yaml, with that address",
            next_step="configure it; or measure anew with the judges of today: `--stack now`",
        )
    key: Secret = read_key(profile.key) if profile and profile.key else settings.api_key
    asked = ModelSettings(
        one.name,
        one.model,
        base_url=configured,
        api_key=key,
        system_prompt=one.system_prompt,
        temperature=one.temperature,
        top_p=one.top_p,
        max_tokens=one.max_tokens,
        api=checked_api(one.api),
    )
    return Judge(one.name, asked)
