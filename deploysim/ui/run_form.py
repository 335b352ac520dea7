"""The form that starts a run, and offers the baseline lane beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from deploysim.chat.batching.job import BatchOptions
from deploysim.chat.local_state import local_state
from deploysim.config import Settings, read_settings
from deploysim.pipeline.baseline_offer import WHY, OldModel, baseline_arguments, old_models
from deploysim.pipeline.model_choice import choose_model, usual_endpoint
from deploysim.pipeline.privacy_gate import above_limit
from deploysim.pipeline.replay_estimate import estimate_replay
from deploysim.pipeline.replaying import ReplayPlan
from deploysim.pipeline.run_arguments import options
from deploysim.pipeline.run_queue import enqueue
from deploysim.pipeline.spot_checking import facts
from deploysim.replay.engine import IN_FLIGHT
from deploysim.store.runs import list_runs
from deploysim.store.samples import SampleAbout
from deploysim.types import Lane
from deploysim.ui.blocks import plain
from deploysim.ui.data import pick_sample, workspace
from deploysim.ui.local_model import show_local_model
from deploysim.ui.navigation import PRIVACY

EMBEDDED, ENDPOINT = "Embedded local model", "Endpoint"
APIS = {"chat": "Chat Completions", "responses": "Responses"}
LANES = {"baseline": "the old model again", "candidate": "the new model"}


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the form says, as options of the command."""

    lane: str
    name: str
    where: list[str]
    """Model, endpoint and how it is asked."""
    settings: list[str]
    """The rest, which a baseline run shares."""
    plan: Callable[[], ReplayPlan]
    """Gives the same as a plan, for an estimate."""


def replay_form() -> None:
    """Offer to start a run, or to put it at the end of the queue, in a process of its own."""
    about = pick_sample()
    settings = read_settings()
    with st.container(horizontal=True, gap="large"):
        where = st.radio(
            "Model",
            [EMBEDDED, ENDPOINT],
            captions=["real, small, needs no key", plain(settings.base_url or "OpenAI, or OPENAI_BASE_URL in .env")],
            horizontal=True,
            key="runs_where",
        )
        lane = st.radio("Lane", list(LANES), captions=list(LANES.values()), horizontal=True, key="runs_lane")
    model, url, ready = "local", None, True
    if where == EMBEDDED:
        state = local_state()
        show_local_model(state)
        ready = state.installed
    else:
        model, url = _endpoint(settings)
    reason = _privacy_reason(about.sample_id, url)
    offered = _offered(about, lane)
    with st.form("replay", border=False):
        asked = _fields(about, lane, model, embedded=where == EMBEDDED, reason=reason)
        _submit(asked, offered, ready=ready)


def _endpoint(settings: Settings) -> tuple[str, str]:
    """Ask which model, and say where it is asked: what is sent there is decided before anything else."""
    left, right = st.columns([2, 3], gap="large", vertical_alignment="bottom")
    model = left.text_input("Model at the endpoint", value=settings.model or "", key="runs_model").strip()
    url = usual_endpoint(settings, model)
    # Not as Markdown, which would make a link of it.
    right.text(f"It is asked at {url}")
    return model, url


def _fields(about: SampleAbout, lane: str, model: str, *, embedded: bool, reason: str) -> _Asked:
    left, right = st.columns([2, 3], gap="large")
    name = left.text_input("Name", placeholder="what people call this configuration", key="runs_name")
    api, batch = ("chat", False) if embedded else _how(left)
    prompt = right.text_area("System prompt", placeholder="empty: the conversations' own", height=100)
    first, second = right.columns(3), right.columns(3)
    given: dict[str, Any] = {
        "--sample": about.sample_id,
        "--system-prompt": prompt,
        "--override-privacy": reason,
        "--temperature": first[0].number_input("Temperature", 0.0, 2.0, None, 0.1, placeholder="default"),
        "--top-p": first[1].number_input("Top-p", 0.0, 1.0, None, 0.05, placeholder="default"),
        "--max-tokens": first[2].number_input("Most tokens", 1, None, None, placeholder="default"),
        "--repeats": second[0].number_input(
            "Repeats",
            1,
            100,
            1,
            help="Independent responses to each prefix. Two or more of the baseline give the noise.",
        ),
        "--limit": second[1].number_input(
            "Pilot of", 1, None, None, placeholder="all", help="Stop after about so many prefixes, a random part."
        ),
        "--in-flight": second[2].number_input(
            "At a time", 1, 4_096, IN_FLIGHT, help="At most. How many there are adapts to the endpoint."
        ),
    }
    if not embedded:
        third = right.columns(3)
        given["--budget"] = third[0].number_input(
            "Budget", 0.0, None, None, placeholder="none", help="Most money, in the currency of data/models.yaml."
        )
        given["--budget-tokens"] = third[1].number_input(
            "Budget in tokens", 1, None, None, placeholder="none", help="Most tokens, read and written."
        )
    where = options({"--model": model, "--api": api if api != "chat" else None}) + (["--batch"] if batch else [])
    return _Asked(
        lane,
        name.strip(),
        where,
        options(given),
        lambda: _plan(lane, name.strip(), model, api, batch=batch, given=given),
    )


def _plan(lane: str, name: str, model: str, api: str, *, batch: bool, given: Mapping[str, Any]) -> ReplayPlan:
    chosen = choose_model(
        read_settings(),
        model=model,
        name=name,
        api=api,
        system_prompt=given["--system-prompt"] or None,
        max_tokens=given["--max-tokens"],
    )
    return ReplayPlan(
        given["--sample"],
        Lane(lane),
        chosen.settings,
        repeats=given["--repeats"],
        limit=given["--limit"],
        batch=BatchOptions() if batch else None,
        source=chosen.source,
    )


def _how(column: st.delta_generator.DeltaGenerator) -> tuple[str, bool]:
    api = column.selectbox("API", list(APIS), format_func=lambda name: APIS[name])
    return str(api), column.checkbox("Through the Batch API", help="Half the price at OpenAI, within 24 hours.")


def _offered(about: SampleAbout, lane: str) -> OldModel | None:
    """Propose the baseline lane where a candidate is started without one and the old model can still be asked."""
    lanes = {run.lane for run in list_runs(workspace(), sample_id=about.sample_id) if not run.without}
    if lane != Lane.CANDIDATE or Lane.BASELINE in lanes:
        return None
    found = old_models(about, read_settings())
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        if found:
            share = f"answered {found[0].prefixes:,} of {about.size:,} prefixes in the log and can still be asked"
            st.markdown(
                f":material/compare_arrows: **Add a baseline run?** {plain(found[0].logged)} {share}.", width="content"
            )
        else:
            st.markdown(
                ":material/compare_arrows: **No baseline yet.** If the model of the log can still be asked, run it in the "
                "lane baseline too.",
                width="content",
            )
        with st.popover("Why a baseline?", icon=":material/help:"):
            st.markdown(WHY)
            if not found:
                st.caption(
                    f"In the log answered {', '.join(plain(name) for name in list(about.models)[:3])}. It is offered here "
                    "once data/models.yaml names it, under its own name or under answers_as."
                )
    return found[0] if found else None


def _submit(asked: _Asked, offered: OldModel | None, *, ready: bool) -> None:
    with st.container(horizontal=True):
        both = bool(offered) and st.form_submit_button(
            "Start baseline and candidate",
            type="primary",
            icon=":material/playlist_add:",
            help=f"Two runs, one after the other: {offered.logged if offered else ''} again, then the candidate.",
            disabled=not ready,
        )
        alone = st.form_submit_button(
            "Start the candidate alone" if offered else "Start",
            type="secondary" if offered else "primary",
            icon=":material/play_arrow:",
            disabled=not ready,
        )
        wants_estimate = st.form_submit_button(
            "Estimate", icon=":material/calculate:", help="Requests, tokens and money that it takes. Nothing is sent."
        )
    if wants_estimate:
        said = estimate_replay(workspace(), asked.plan()).sentence()
        st.markdown(f":material/calculate: {plain(said)}{' The baseline takes about as many.' if offered else ''}")
    if (both or alone) and "--model" not in asked.where:
        st.error("Name the model at the endpoint that should answer, such as gpt-5-mini.", icon=":material/error:")
        return
    if both and offered:
        queue_run(f"baseline · {offered.logged}", baseline_arguments(offered, asked.settings))
    if both or alone:
        named = options({"--name": asked.name})
        title = f"{asked.lane} · {asked.name or asked.where[1]}"
        queue_run(title, ["replay", "--lane", asked.lane, *asked.where, *named, *asked.settings])


def queue_run(title: str, arguments: Sequence[str], *, first: bool = False) -> None:
    """Put a run into the queue, where it starts at once if nothing else is at work."""
    enqueue(workspace(), title, arguments, now=datetime.now(UTC), first=first)
    st.toast("In the queue: it goes on when this page is closed.", icon=":material/playlist_add_check:")


def _privacy_reason(sample_id: str, base_url: str | None) -> str:
    """Where the spot-check does not allow a sample to leave this machine, say so and ask for a reason."""
    limit = read_settings().leak_limit
    if limit is None or not above_limit(workspace(), sample_id, base_url, limit=limit):
        return ""
    st.warning(
        f"This sample may not go to another machine yet. {facts(workspace(), sample_id=sample_id).headline()} "
        f"The team's limit is {limit:.1%}.",
        icon=":material/shield_person:",
    )
    st.page_link(PRIVACY, label="Read more messages on the Privacy page", icon=":material/arrow_forward:")
    return st.text_input("Or send it anyway, for this reason, which is recorded", key="runs_override").strip()
