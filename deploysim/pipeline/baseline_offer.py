"""The baseline lane: whether the old model can still be asked, and whether a candidate stands without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deploysim.chat.profiles import PROFILES, ModelProfile, load_profiles
from deploysim.config import Settings, read_key
from deploysim.pipeline.model_choice import EMBEDDED_NAMES, OPENAI_KEY
from deploysim.store.runs import RunRecord, list_runs
from deploysim.store.samples import SampleAbout, list_samples, read_sample
from deploysim.store.workspace import Workspace
from deploysim.types import Lane

WHY = (
    "A replay differs from production in more than the model: other context, other settings, no tools. If only the new "
    "model is replayed, that difference looks like a change of the model. The old model on the same prefixes suffers it "
    "too, so that comparing replay with replay cancels it; the published forecasts found it larger than all else. With "
    "`--repeats 2` the baseline also says how often two answers of one and the same model differ."
)


@dataclass(frozen=True, slots=True)
class OldModel:
    """A model that answered in the log and can still be asked."""

    logged: str
    """Its name in the log."""
    model: str
    """What `--model` takes: its name in data/models.yaml, or `local` for the embedded one."""
    prefixes: int
    """Prefixes of the sample that it answered in the log."""


def old_models(
    about: SampleAbout, settings: Settings, profiles: Mapping[str, ModelProfile] | None = None
) -> tuple[OldModel, ...]:
    """Return the models of a sample's log that can still be asked, those that answered most first.

    Args:
        about: The sample.
        settings: Where models are asked and with which key.
        profiles: What the team knows of its models; its file of models where None.
    """
    known = load_profiles(settings.models_file or PROFILES) if profiles is None else profiles
    found = [_old_model(logged, count, known, settings) for logged, count in about.models.items()]
    return tuple(sorted((old for old in found if old), key=lambda old: -old.prefixes))


def lacks_baseline(workspace: Workspace, sample_id: str) -> bool:
    """Say whether a candidate has answered, or answers, a sample and no baseline does."""
    lanes = {run.lane for run in list_runs(workspace, sample_id=sample_id) if not run.without}
    return Lane.CANDIDATE in lanes and Lane.BASELINE not in lanes


def baseline_arguments(old: OldModel, like: list[str]) -> list[str]:
    """Return the command of a baseline run under the same settings as a candidate's.

    Args:
        old: The old model.
        like: Options of the candidate's run, without lane, model, name, endpoint and API.
    """
    return ["replay", "--lane", "baseline", "--model", old.model, *like]


def baseline_advice(workspace: Workspace, sample_id: str, settings: Settings) -> str:
    """Say what to do where a sample has a candidate and no baseline; nothing where it has one."""
    if not lacks_baseline(workspace, sample_id):
        return ""
    says = f"Sample {sample_id} has a candidate but no baseline run, so a forecast is not corrected for what replaying does."
    reachable = old_models(read_sample(workspace, sample_id), settings)
    model = reachable[0].model if reachable else "OLD_MODEL"
    still = f"{reachable[0].logged} can still be asked" if reachable else "If the old model can still be asked"
    return f"{says} {still}: python -m deploysim replay --sample {sample_id} --lane baseline --model {model}"


def all_advice(workspace: Workspace, settings: Settings) -> list[str]:
    """Return the advice on every sample that needs one."""
    found = [baseline_advice(workspace, about.sample_id, settings) for about in list_samples(workspace)]
    return [advice for advice in found if advice]


def advice_after(workspace: Workspace, run: RunRecord, settings: Settings) -> str:
    """Return the advice that belongs beside a run: that on its sample, where it is a candidate."""
    return baseline_advice(workspace, run.sample_id, settings) if run.lane == Lane.CANDIDATE else ""


def _old_model(logged: str, count: int, known: Mapping[str, ModelProfile], settings: Settings) -> OldModel | None:
    if logged in EMBEDDED_NAMES:
        return OldModel(logged, "local", count)
    found = [profile for profile in known.values() if profile.is_model(logged) and _has_key(profile, settings)]
    return OldModel(logged, found[0].name, count) if found else None


def _has_key(profile: ModelProfile, settings: Settings) -> bool:
    """Say whether there is a key for a model; only OpenAI's own endpoint needs one that no profile names."""
    if profile.key and profile.key != OPENAI_KEY:
        return bool(read_key(profile.key))
    return bool(settings.api_key or profile.base_url or settings.base_url)
