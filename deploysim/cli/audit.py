"""Commands that ask whether a replay can be believed, and what it shows that nobody named: audit fidelity, ..."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from deploysim.audit.register import Audit, audit_to_json
from deploysim.audit.rows import awareness_rows, count_table, rate_table, spread_table, variant_table
from deploysim.audit.words import (
    auc_words,
    aware_words,
    chance,
    detector_words,
    discover_words,
    evidence_words,
    explained_words,
    mistaken_words,
    opinion_words,
    question_words,
    scrubbing_words,
    sensitivity_words,
    tell_words,
    threshold_words,
    world_words,
)
from deploysim.cli.choices import BaselineOption, CandidateOption, OverrideOption, SampleOption, chosen_sample
from deploysim.cli.console import (
    Context,
    JsonOption,
    WorkspaceOption,
    context,
    frame_table,
    meter,
    out,
    print_json,
    say,
)
from deploysim.cli.results import judge_use
from deploysim.cli.rollouts import RepositoryOption, SimulatorOption, SimulatorUrlOption, rollout_options
from deploysim.cli.runs import checked_lane
from deploysim.grade.grader import graders_of
from deploysim.grade.judging.judges import Judges
from deploysim.pipeline.ablating import ablate
from deploysim.pipeline.asking_auditor import PAIRS, Auditor
from deploysim.pipeline.audited_lanes import ended_lanes
from deploysim.pipeline.auditing_awareness import FALSE_POSITIVES, audit_awareness
from deploysim.pipeline.auditing_fidelity import JUDGE_PAIRS, audit_fidelity
from deploysim.pipeline.budgeting import Budget
from deploysim.pipeline.discovering import audit_discover
from deploysim.pipeline.judges import configured_judges, judge_named
from deploysim.pipeline.lanes import Lanes
from deploysim.pipeline.model_choice import choose_model
from deploysim.pipeline.replaying import ReplayPlan
from deploysim.store.workspace import find_id
from deploysim.taxonomy import load_taxonomy

app = typer.Typer(no_args_is_help=True, help="Ask whether a replay looks real, and what in it has no name yet.")
SeedOption = Annotated[int, typer.Option(help="Seed of folds, exchanges and draws.")]
SHOWN_TELLS = 8
SHOWN_TERMS = 12


@app.command("fidelity")
def fidelity_command(
    sample: SampleOption = None,
    candidate: CandidateOption = None,
    baseline: BaselineOption = None,
    seed: SeedOption = 0,
    judge_pairs: Annotated[
        int, typer.Option(min=0, help="Pairs that configured judges are asked about.")
    ] = JUDGE_PAIRS,
    override_privacy: OverrideOption = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try to tell recorded, baseline and candidate responses apart, and say what gives them away.

    Example: python -m deploysim audit fidelity
    """
    here = context(workspace)
    lanes = audited_lanes(here, sample, candidate, baseline)
    use = judge_use(here, override_privacy=override_privacy)
    with meter(quiet=as_json) as show:
        saved = audit_fidelity(
            here.workspace, lanes, seed=seed, now=here.now, use=use, judge_pairs=judge_pairs, report=show
        )
    if as_json:
        print_audit(saved.audit_id, saved.audit)
        return
    for one in saved.audit.comparisons:
        say("")
        say(f"{question_words(one)}  {one.pairs:,} pairs.")
        say(f"  {auc_words(one)}. {mistaken_words(one)}.")
        table = Table(box=None, pad_edge=False, show_header=False)
        for tell in one.tells[:SHOWN_TELLS]:
            table.add_row(f"  {tell_words(tell, one)}", f"q {chance(tell.q_value)}")
        out.print(table)
    for distributions in (spread_table(saved.audit), count_table(saved.audit)):
        say("")
        out.print(frame_table(distributions))
    say("")
    for note in saved.audit.notes:
        say(note)
    say(f"Audit {saved.audit_id[:12]}. Read it on the Fidelity page.")


@app.command("discover")
def discover_command(
    sample: SampleOption = None,
    candidate: CandidateOption = None,
    baseline: BaselineOption = None,
    auditor: Annotated[
        str, typer.Option(help="A model, named as judges are, that reads changed pairs and proposes categories.")
    ] = "",
    auditor_pairs: Annotated[int, typer.Option(min=2, help="The most pairs that the auditor reads.")] = PAIRS,
    budget: Annotated[float | None, typer.Option(help="Most money to spend on the auditor.")] = None,
    budget_tokens: Annotated[int | None, typer.Option(help="Most tokens to spend on the auditor.")] = None,
    override_privacy: OverrideOption = "",
    seed: SeedOption = 0,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find how the candidate's responses differ in ways that no category covers.

    Example: python -m deploysim audit discover
    """
    here = context(workspace)
    lanes = audited_lanes(here, sample, candidate, baseline)
    taxonomy = load_taxonomy()
    graders = graders_of(taxonomy, configured_judges(here.settings))
    asked = None
    if auditor:
        judge, known = judge_named(here.settings, auditor), tuple(one.name for one in taxonomy.categories)
        use = judge_use(
            here,
            override_privacy=override_privacy,
            judges=Judges(cheap=(judge,)),
            budget=Budget(budget, budget_tokens),
        )
        asked = Auditor(judge, use, known, auditor_pairs)
    with meter(quiet=as_json) as show:
        saved = audit_discover(here.workspace, lanes, graders, seed=seed, now=here.now, auditor=asked, report=show)
    if as_json:
        print_audit(saved.audit_id, saved.audit)
        return
    audit = saved.audit
    say("")
    say(f"{discover_words(audit)} {explained_words(audit)}")
    for group in audit.groups:
        say(
            f"  {group.title}: {group.pairs} pairs, held out {group.forward} : {group.backward}, q {chance(group.q_value)}"
        )
    for lane, way in ((audit.second, 1.0), (audit.first, -1.0)):
        terms = [term for term in audit.terms if term.z * way > audit.chance_z][:SHOWN_TERMS]
        say(f"Said more in {lane} than chance allows: {', '.join(term.words for term in terms) or 'nothing'}")
    say(threshold_words(audit))
    if audit.auditor:
        say("")
        say(opinion_words(audit.auditor))
        for one in audit.auditor.proposals:
            say(f"  {one.name} ({evidence_words(one, audit)}): {one.definition}")
    for note in audit.notes:
        say(note)
    say(f"Audit {saved.audit_id[:12]}. Read its groups and name them on the Discover page.")


@app.command("awareness")
def awareness_command(
    sample: SampleOption = None,
    candidate: CandidateOption = None,
    baseline: BaselineOption = None,
    eval_sample: Annotated[
        str | None, typer.Option(help="A sample of an imported eval set, to be measured beside the lanes.")
    ] = None,
    false_positives: Annotated[
        float,
        typer.Option(min=0.001, max=0.5, help="Largest share of recorded traffic that the detector may call a test."),
    ] = FALSE_POSITIVES,
    seed: SeedOption = 0,
    override_privacy: OverrideOption = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure whether models notice that they are tested, per lane, and the rates on prefixes where none does.

    Example: python -m deploysim audit awareness
    """
    here = context(workspace)
    lanes = audited_lanes(here, sample, candidate, baseline)
    use = judge_use(here, override_privacy=override_privacy)
    with meter(quiet=as_json) as show:
        saved = audit_awareness(
            here.workspace,
            lanes,
            graders_of(load_taxonomy(), use.judges),
            eval_sample_id=chosen_sample(here, eval_sample) if eval_sample else None,
            false_positive_rate=false_positives,
            seed=seed,
            now=here.now,
            use=use,
            report=show,
        )
    if as_json:
        print_audit(saved.audit_id, saved.audit)
        return
    audit = saved.audit
    say("")
    say(aware_words(audit))
    for row in awareness_rows(audit)["words"]:
        say(f"  {row}")
    say(detector_words(audit))
    say(scrubbing_words(audit))
    say(sensitivity_words(audit))
    out.print(frame_table(rate_table(audit)))
    for note in audit.notes:
        say(note)
    say(f"Audit {saved.audit_id[:12]}. Read it on the Awareness page.")


@app.command("ablate")
def ablate_command(
    model: Annotated[
        str, typer.Option(help="As for replay: a name in data/models.yaml or at the endpoint, or local.")
    ] = "",
    lane: Annotated[str, typer.Option(help="baseline, where it is the model of the log, or candidate.")] = "baseline",
    sample: SampleOption = None,
    temperature: Annotated[float | None, typer.Option(help="Left to the endpoint when not given.")] = None,
    max_tokens: Annotated[
        int | None, typer.Option(help="Longest response; left to the endpoint when not given.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Replay about so many prefixes each time.")] = None,
    tools: Annotated[
        Path | None,
        typer.Option(help="YAML file that says how agents' tools are answered; data/tools.yaml by default."),
    ] = None,
    simulator: SimulatorOption = "",
    simulator_url: SimulatorUrlOption = "",
    repository: RepositoryOption = None,
    seed: SeedOption = 0,
    override_privacy: OverrideOption = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replay with affordances taken away one after another; chart realism and rates.

    Of agents first what answers their tools goes: recorded answers, a repository's snapshot, similar recorded calls, the
    simulator. Then tools, system prompts and surrogates.

    Example: python -m deploysim audit ablate --model local
    """
    here = context(workspace)
    use = judge_use(here, override_privacy=override_privacy)
    chosen = choose_model(here.settings, model=model, temperature=temperature, max_tokens=max_tokens)
    plan = ReplayPlan(
        chosen_sample(here, sample),
        checked_lane(lane),
        chosen.settings,
        seed=seed,
        limit=limit,
        leak_limit=here.settings.leak_limit,
        override_privacy=override_privacy,
        rollouts=rollout_options(
            here, file=tools, simulator=simulator, simulator_url=simulator_url, repository=repository
        ),
        source=chosen.source,
    )
    with meter(quiet=as_json) as show:
        saved = ablate(
            here.workspace, plan, graders_of(load_taxonomy(), use.judges), now=here.now, use=use, report=show
        )
    if as_json:
        print_audit(saved.audit_id, saved.audit)
        return
    for variant in saved.audit.variants:
        say("")
        say(f"Without {variant.name}: {auc_words(variant.comparison)}. {mistaken_words(variant.comparison)}.")
        say(f"  {world_words(variant)}", quiet=not variant.endings)
    say("")
    out.print(frame_table(variant_table(saved.audit)))
    for note in saved.audit.notes:
        say(note)
    say(f"Audit {saved.audit_id[:12]}. Read it on the Fidelity page.")


def audited_lanes(here: Context, sample: str | None, candidate: str | None, baseline: str | None) -> Lanes:
    """Return the lanes that the options name, the newest where they name none; - names no run."""
    found = ended_lanes(here.workspace, chosen_sample(here, sample))

    def run(named: str | None, newest: str | None) -> str | None:
        if named is None:
            return newest
        return None if named == "-" else find_id(here.workspace.runs, named, kind="run")

    return Lanes(found.sample_id, run(candidate, found.candidate), run(baseline, found.baseline))


def print_audit(audit_id: str, audit: Audit) -> None:
    """Print an audit as JSON, with its id."""
    print_json({"audit_id": audit_id, **json.loads(audit_to_json(audit))})
