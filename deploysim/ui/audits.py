"""What the pages of the section Audit share: picking an audit, starting one, and links to the pairs behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from deploysim.audit.records import Shown, Side
from deploysim.pipeline.audits import Kind, SavedAudit, audits_of, unreadable_audits
from deploysim.pipeline.jobs import Job, list_jobs, start_job
from deploysim.pipeline.lanes import Lanes
from deploysim.store.workspace import Workspace
from deploysim.types import Lane
from deploysim.ui.blocks import plain
from deploysim.ui.comparison import NO_BASELINE
from deploysim.ui.data import pick_sample, samples, version, workspace
from deploysim.ui.links import pick
from deploysim.ui.navigation import COMPARE, CONVERSATIONS


@st.cache_data(max_entries=8, show_spinner=False)
def _audits(root: str, version: object, _kind: type[Kind], kind_name: str) -> list[SavedAudit[Kind]]:
    return audits_of(Workspace(Path(root)), _kind)


def pick_audit(kind: type[Kind], name: str, *, needs: str) -> SavedAudit[Kind]:
    """Let the reader pick an audit of a kind, or start one; without any the page ends here.

    Args:
        kind: Of its record.
        name: Of the command: `deploysim audit NAME`.
        needs: What the audit needs, in a sentence, for the empty page.
    """
    here = workspace()
    found = {saved.audit_id: saved for saved in _audits(str(here.root), version(here.audits), kind, name)}
    edited = unreadable_audits(here)
    if edited:
        st.warning(
            f"{len(edited)} audit files were changed after they were made, or another version wrote them, and are not shown.",
            icon=":material/warning:",
        )
    if not found:
        _nothing_yet(name, needs)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        labels = {i: _label(saved) for i, saved in found.items()}
        chosen = found[pick("Audit", labels, key=f"{name}_audit")]
        _start_button(name, chosen.audit.sample_id, "Run again")
    _jobs(name)
    return chosen


def _label(saved: SavedAudit[Kind]) -> str:
    audit = saved.audit
    return f"sample {audit.sample_id[:6]} · {audit.created_at[:16].replace('T', ' ')} · {saved.audit_id[:8]}"


def _nothing_yet(name: str, needs: str) -> None:
    st.markdown(needs)
    st.code(f"python -m deploysim audit {name}", language="bash")
    if samples():
        _start_button(name, pick_sample().sample_id, "Run it now")
        _jobs(name)
    else:
        st.page_link(CONVERSATIONS, label="Draw or load a sample first", icon=":material/arrow_forward:")
    st.stop()


def _start_button(name: str, sample_id: str, label: str) -> None:
    arguments = ["audit", name, "--sample", sample_id]
    st.button(label, icon=":material/play_arrow:", key=f"{name}_start", on_click=_start, args=(name, arguments))


def _start(name: str, arguments: list[str]) -> None:
    start_job(workspace(), f"audit {name}", arguments, now=datetime.now(UTC))
    st.toast("Started in a process of its own: it goes on when this page is closed.")


def _jobs(name: str) -> None:
    mine = [job for job in list_jobs(workspace(), last=5, commands=("audit",)) if job.title == f"audit {name}"][:1]
    if mine and not mine[0].finished:
        _watch(name)
    elif mine and mine[0].exit_code:
        _failed(mine[0])


@st.fragment(run_every=2.0)
def _watch(name: str) -> None:
    newest = next((j for j in list_jobs(workspace(), last=5, commands=("audit",)) if j.title == f"audit {name}"), None)
    if newest is None or newest.finished:
        st.rerun()
    st.caption(f":material/progress_activity: started {newest.started_at[11:16]} UTC, is at work")


def _failed(job: Job) -> None:
    st.error(f"The audit started {job.started_at[11:16]} UTC did not work.", icon=":material/error:")
    st.text(job.output)


def pair_link(sample_id: str, sides: Sequence[Side], prefix_id: str) -> dict[str, str]:
    """Return the link parameters that open Compare at one prefix, with the runs of some sides."""
    runs = {side.lane: side.run_id for side in sides if side.run_id}
    lanes = Lanes(sample_id, runs.get(Lane.CANDIDATE), runs.get(Lane.BASELINE))
    return {
        "sample": sample_id,
        **({"candidate": lanes.candidate} if lanes.candidate else {}),
        "baseline": lanes.baseline or NO_BASELINE,
        "prefix": prefix_id,
        "outcome": "any",
        "category": "any",
    }


def pair_links(sample_id: str, sides: Sequence[Side], shown: Sequence[Shown]) -> None:
    """Show links to the pairs behind a number; Compare needs a candidate beside the log."""
    if not any(side.lane == Lane.CANDIDATE for side in sides):
        st.caption(
            "Prefixes: " + ", ".join(one.prefix_id for one in shown) + ". Compare shows them beside a candidate."
        )
        return
    for one in shown:
        st.page_link(
            COMPARE,
            label=f"{one.prefix_id}: {plain(one.why)}",
            icon=":material/compare:",
            query_params=pair_link(sample_id, sides, one.prefix_id),
        )
