"""What a replay will take, as its plan says it."""

from __future__ import annotations

from deploysim.pipeline.estimating import Estimate, estimate_run
from deploysim.pipeline.replaying import ReplayPlan, with_rollouts
from deploysim.store.runs import list_runs
from deploysim.store.workspace import Workspace


def estimate_replay(workspace: Workspace, plan: ReplayPlan, *, after_pilot: bool = False) -> Estimate:
    """Estimate what is left of a replay; nothing is started.

    Args:
        workspace: Where the sample is.
        plan: Which run to make.
        after_pilot: Whether the whole run is meant where the plan is a pilot.
    """
    plan = with_rollouts(workspace, plan)
    run_id, settings = plan.run_id(), plan.settings
    known = next((run for run in list_runs(workspace, sample_id=plan.sample_id) if run.run_id == run_id), None)
    return estimate_run(
        workspace,
        plan.sample_id,
        model=settings.model,
        run_id=run_id,
        repeats=max(plan.repeats, known.repeats if known else 1),
        limit=None if after_pilot else plan.limit,
        retry=() if after_pilot else plan.retry,
        max_tokens=settings.max_tokens,
        system_prompt=settings.system_prompt,
        price=plan.source.price,
        batch=plan.batch is not None,
        is_local=settings.base_url is None,
    )
