"""Imports that the app started: how far they are, what they came to, and what to do next."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import streamlit as st

from deploysim.pipeline.import_counts import SORTING
from deploysim.pipeline.importing import NOT_SCRUBBED_HERE, ImportResult
from deploysim.pipeline.job_reports import ImportProgress, read_progress, read_results
from deploysim.pipeline.jobs import Job, list_jobs, start_job, stop_job
from deploysim.ui.blocks import plain
from deploysim.ui.data import workspace
from deploysim.ui.import_preview import unreadable_lines
from deploysim.ui.links import put_in_link
from deploysim.ui.navigation import CONVERSATIONS, PRIVACY
from deploysim.wording import counted, duration

JOB = "job"
"""Parameter of the link that holds the id of the import that is looked at."""
COMMAND = "import"
EARLIER = 5
ICONS = {
    "at work": ":material/progress_activity:",
    "stopping": ":material/progress_activity:",
    "done": ":material/check_circle:",
    "stopped": ":material/pause_circle:",
    "did not work": ":material/error:",
}
_METER_LINE = re.compile(rf"(importing|importing and scrubbing|{SORTING}): \d")


def live_imports() -> bool:
    """Show the running imports and the one in the link, and say whether there is one in the link."""
    jobs = list_jobs(workspace(), last=50, commands=(COMMAND,))
    wanted = st.query_params.get(JOB)
    shown = [job.job_id for job in jobs if job.job_id == wanted or not job.finished]
    running = any(not job.finished for job in jobs)
    if shown:
        st.fragment(_show_jobs, run_every=1.0 if running else None)(shown, running)
    linked = wanted in shown
    if linked:
        st.button("Import another file", icon=":material/add:", on_click=_forget_job)
    return linked


def earlier_imports() -> None:
    """List what the imports that were started here came to."""
    jobs = [job for job in list_jobs(workspace(), last=EARLIER, commands=(COMMAND,)) if job.finished]
    if not jobs:
        return
    st.subheader("Earlier")
    for job in jobs:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                plain(job.title),
                key=f"import_show_{job.job_id}",
                type="tertiary",
                icon=ICONS[_state(job)],
                on_click=put_in_link,
                args=(JOB, job.job_id),
            )
            st.caption(f"{job.started_at[:16].replace('T', ' ')} UTC · {_state(job)}")


def _forget_job() -> None:
    st.query_params.pop(JOB, None)


def _show_jobs(job_ids: list[str], running: bool) -> None:
    jobs = {job.job_id: job for job in list_jobs(workspace(), last=50, commands=(COMMAND,))}
    shown = [jobs[i] for i in job_ids if i in jobs]
    if running and all(job.finished for job in shown):
        # What is cached elsewhere on the page, and the pace of this fragment, depend on it.
        st.rerun()
    for job in shown:
        with st.container(border=True):
            _show_job(job)


def _show_job(job: Job) -> None:
    st.markdown(f"**{plain(job.title)}** · started {job.started_at[11:16]} UTC · {_state(job)}")
    results = read_results(workspace(), job.job_id)
    if not job.finished:
        _show_running(job, read_progress(workspace(), job.job_id))
    elif results:
        for result in results:
            _show_result(result)
        _next_steps()
    else:
        _show_unfinished(job)


def _state(job: Job) -> str:
    if not job.finished:
        return "stopping" if job.stop_requested else "at work"
    if read_results(workspace(), job.job_id):
        return "done"
    return "stopped" if job.stop_requested else "did not work"


def _show_running(job: Job, progress: ImportProgress | None) -> None:
    if progress is None:
        st.progress(0.0, "Starting: loading the scrubber and opening the file")
    elif progress.total:
        done = min(progress.done, progress.total)
        st.progress(done / progress.total, f"{_how_far(progress.what, done, progress.total)}{_pace(progress)}")
    else:
        st.progress(0.0, f"{counted(progress.done, 'row')}{_pace(progress)}; how many there are is not known")
    if progress:
        st.markdown(_so_far(progress))
    st.button(
        "End it now" if job.stop_requested else "Stop",
        key=f"import_stop_{job.job_id}",
        icon=":material/stop:",
        help="What was done is kept; starting it again goes on from there.",
        on_click=stop_job,
        args=(workspace(), job.job_id),
    )


def _how_far(what: str, done: int, total: int) -> str:
    if what == SORTING:
        return f"All rows are read; {done:,} of {counted(total, 'conversation')} sorted"
    return f"{done:,} of {counted(total, 'row')}"


def _pace(progress: ImportProgress) -> str:
    speed = f" · {progress.per_second:,.0f} a second" if progress.per_second else ""
    left = progress.seconds_left
    return speed + (f" · about {duration(left)} left" if left is not None else "")


def _so_far(progress: ImportProgress) -> str:
    parts = [f"{progress.kept:,} kept"]
    if progress.duplicates:
        parts.append(f"{progress.duplicates:,} here already")
    reasons = sorted(progress.left_out.items(), key=lambda item: -item[1])
    parts += [f"{count:,} left out: {plain(reason)}" for reason, count in reasons]
    return " · ".join(parts)


def _show_result(result: ImportResult) -> None:
    record = result.record
    if not result.added:
        st.markdown(
            "Nothing new: all of it is in the workspace already. To import it anew, say under a changed scrub policy, "
            "choose *Import again what is here already*."
        )
        return
    st.markdown(f"**{counted(record.conversations, 'conversation')} kept**, read as {plain(record.format)}.")
    reasons = sorted(record.excluded.items(), key=lambda item: -item[1])
    lines = [f"- {count:,} left out: {plain(reason)}" for reason, count in reasons]
    if record.duplicates:
        lines.append(f"- {record.duplicates:,} skipped: in the workspace already")
    lines += unreadable_lines(record.rejected_rows, [(row["row"], row["reason"]) for row in record.rejected])
    lines.append(f"- {_replaced(result)}")
    st.markdown("\n".join(lines))
    for note in record.notes:
        st.caption(plain(note))


def _replaced(result: ImportResult) -> str:
    record = result.record
    if record.scrubbing == NOT_SCRUBBED_HERE:
        return "nothing replaced: kept as it was, on your word that it was scrubbed elsewhere"
    total = sum(record.replaced.values())
    replaced = sorted(record.replaced.items(), key=lambda item: -item[1])
    types = ", ".join(f"{count:,} {plain(entity)}" for entity, count in replaced)
    return f"{counted(total, 'stretch', 'stretches')} of personal data replaced" + (f": {types}" if types else "")


def _next_steps() -> None:
    with st.container(horizontal=True):
        st.page_link(PRIVACY, label="Check what was replaced", icon=":material/shield_person:")
        st.page_link(
            CONVERSATIONS, label="Draw a sample", icon=":material/arrow_forward:", query_params={"data": "Samples"}
        )


def _show_unfinished(job: Job) -> None:
    said = "\n".join(line for line in job.output.splitlines() if not _METER_LINE.match(line)).strip()
    if job.stop_requested:
        st.markdown("Stopped when asked to. What was done is kept, and the same import goes on from there.")
    elif said:
        st.error("This did not work.", icon=":material/error:")
        st.text(said)
    else:
        st.error(
            "Its process ended without a word: it was killed, or the machine ran out of memory. What was done is "
            "kept, and the same import goes on from there.",
            icon=":material/error:",
        )
    if "-" in job.arguments:
        st.markdown("An upload is not kept anywhere: upload the same file again with the same choices.")
    elif st.button("Start again", key=f"import_again_{job.job_id}", icon=":material/play_arrow:"):
        put_in_link(JOB, start_job(workspace(), job.title, job.arguments, now=datetime.now(UTC)))
        # A callback would rerun this fragment alone, which knows nothing of the new job.
        st.rerun()
