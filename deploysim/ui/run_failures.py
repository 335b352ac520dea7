"""What failed in a run, by reason, with the ways on from there."""

from __future__ import annotations

import streamlit as st

from deploysim.config import read_settings
from deploysim.pipeline.comparing import FAILED
from deploysim.pipeline.model_choice import usual_endpoint
from deploysim.pipeline.run_arguments import KIND, resume_arguments
from deploysim.store.outcomes import CUT, failures
from deploysim.store.runs import ENDED, RunRecord
from deploysim.ui.comparison import NO_BASELINE
from deploysim.ui.navigation import COMPARE
from deploysim.ui.run_form import queue_run


def show_failures(run: RunRecord, outcomes: dict[str, int], *, candidate: str | None, baseline: str | None) -> None:
    """Show failures by reason with their share, and offer to read them and to ask again.

    Args:
        run: The run.
        outcomes: How often there is which outcome.
        candidate: Run that the Compare page shows, where there is one.
        baseline: The one it is compared with.
    """
    failed, total = failures(outcomes), sum(outcomes.values())
    cut = {CUT: outcomes[CUT]} if outcomes.get(CUT) else {}
    with st.container(gap=None):
        for kind, count in {**failed, **cut}.items():
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                mark = "●" if kind in failed else "○"
                st.markdown(f"{mark} **{count:,}** {kind} · {_percent(count / total)}", width=400)
                _ask_again(run, kind, count)
    if failed and candidate and run.status in ENDED:
        st.page_link(
            COMPARE,
            label="Read the failed ones",
            icon=":material/compare:",
            query_params={
                "sample": run.sample_id,
                "candidate": candidate,
                "baseline": baseline or NO_BASELINE,
                "category": "any",
                "outcome": FAILED,
            },
        )


def _ask_again(run: RunRecord, kind: str, count: int) -> None:
    if kind not in KIND or run.imported_from:
        return
    st.button(
        "Ask again",
        key=f"retry_{run.run_id}_{KIND[kind]}",
        icon=":material/replay:",
        type="tertiary",
        help=f"Sends these {count:,} anew and nothing else: --retry {KIND[kind]}",
        on_click=queue_run,
        args=(
            f"ask again, {kind} · {run.name}",
            resume_arguments(
                run, retry=[kind], default_url=usual_endpoint(read_settings(), run.settings.get("profile", ""))
            ),
        ),
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"
