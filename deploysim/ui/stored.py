"""What is stored, shown: imports, samples and conversations, and the forms that make samples."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import streamlit as st

from deploysim.pipeline.drawing import draw
from deploysim.sampling import SampleSpec
from deploysim.store.conversations import StoredConversation
from deploysim.store.imports import ImportRecord
from deploysim.store.samples import SampleAbout, load_sample
from deploysim.ui.blocks import plain, reasons
from deploysim.ui.data import imports, models_and_languages, workspace
from deploysim.ui.navigation import RUNS
from deploysim.wording import counted


def conversation_table(rows: pl.DataFrame) -> str | None:
    """Show a page of conversations and return the id of the row that was picked, if any."""
    shown = rows.select(
        "opening",
        "model",
        pl.col("started_at").dt.strftime("%Y-%m-%d %H:%M").alias("time (UTC)"),
        "language",
        pl.col("n_messages").alias("messages"),
        pl.col("n_chars").alias("characters"),
    )
    state = st.dataframe(
        shown,
        key="conversations_table",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        height=min(360, 38 + 35 * shown.height),
        column_config={"opening": st.column_config.TextColumn("opening", width="large")},
        alt="Conversations, newest first. Select a row to read it below.",
    )
    picked = state["selection"]["rows"]
    return str(rows["conversation_id"][picked[0]]) if picked else None


def about_conversation(conversation: StoredConversation) -> str:
    """Return where a conversation comes from, in one line."""
    about = conversation.about
    started = about["started_at"].strftime("%Y-%m-%d %H:%M UTC") if about["started_at"] else "date unknown"
    parts = [
        about["conversation_id"],
        plain(about["model"] or "model unknown"),
        plain(started),
        plain(about["language"] or "language not logged"),
        counted(about["n_messages"], "message"),
        f"{len(conversation.turn_ends)} can be replayed",
        counted(len(conversation.spans), "replaced stretch", "replaced stretches"),
    ]
    return " · ".join(parts)


def show_import(record: ImportRecord) -> None:
    """Show one import: what was read, what was left out and why."""
    with st.expander(
        f"{plain(record.source)} · {counted(record.conversations, 'conversation')} · {record.imported_at[:16]}"
    ):
        left_out = sum(record.excluded.values()) + record.rejected_rows
        lines = [
            f"Read as **{plain(record.format)}**. Scrubbing: {plain(record.scrubbed_how())}.",
            f"Already here and skipped: {record.duplicates:,}. Left out: {left_out:,}.",
            *(f"- {n:,} × {plain(reason)}" for reason, n in sorted(record.excluded.items(), key=lambda i: -i[1])),
        ]
        st.markdown("\n\n".join(lines[:2]) + "\n\n" + "\n".join(lines[2:]))
        if record.rejected_rows:
            st.markdown(f"{counted(record.rejected_rows, 'row')} could not be read; the first ones:")
            st.dataframe(
                pl.DataFrame(record.rejected), hide_index=True, alt="Rows that could not be read, with the reason"
            )
        for note in record.notes:
            st.caption(plain(note))


def show_sample(about: SampleAbout) -> None:
    """Show one sample: how it was drawn, what it covers, how old it is."""
    age = about.age_days(datetime.now(UTC))
    title = f"{about.sample_id} · {counted(about.size, 'prefix', 'prefixes')} per {about.unit} · {about.window()}"
    with st.expander(title):
        old = "age unknown" if age is None else f"its newest conversation is {counted(age, 'day')} old"
        st.markdown(
            f"Unit **{about.unit}**, seed {about.seed}, {counted(about.conversations, 'conversation')}, {plain(about.window())} "
            f"({old}; {about.undated:,} without a date). Filters: {plain(str(about.filters)) if about.filters else 'none'}."
        )
        st.markdown(f"Left out: {plain(reasons(about.exclusions)) or 'nothing'}.")
        st.markdown("Answered in the log by " + plain(", ".join(f"{m} ({n:,})" for m, n in about.models.items())) + ".")
        st.caption(
            f"Scrubbing: {plain(', '.join(about.scrubbing))}. One file to hand over: samples/{about.sample_id}.duckdb"
        )


def draw_form() -> None:
    """Offer to draw a sample from the imported conversations."""
    st.subheader("Draw a sample")
    if not imports():
        st.markdown("Import conversations first.")
        return
    with st.form("draw", border=False):
        unit = st.radio(
            "Unit",
            ["turn", "conversation"],
            horizontal=True,
            help="What a rate will be per. Turn: uniform over answered user messages. Conversation: uniform over "
            "conversations, their last turn.",
        )
        size = st.number_input("Prefixes", min_value=1, value=500, step=100)
        seed = st.number_input(
            "Seed", min_value=0, value=0, help="The same seed draws the same prefixes on any machine."
        )
        counts = models_and_languages()
        models = st.multiselect("Models, empty for all", counts["model"].drop_nulls().unique().sort().to_list())
        languages = st.multiselect(
            "Languages, empty for all", counts["language"].drop_nulls().unique().sort().to_list()
        )
        days = st.date_input("From and to (UTC), empty for all", value=[], format="YYYY-MM-DD")
        longest = st.number_input(
            "Longest conversation, in characters", min_value=1, value=None, placeholder="no limit"
        )
        if st.form_submit_button("Draw", type="primary"):
            since, until = _days(days)
            spec = SampleSpec(
                unit="conversation" if unit == "conversation" else "turn",
                size=int(size),
                seed=int(seed),
                models=tuple(models),
                languages=tuple(languages),
                since=since,
                until=until,
                max_chars=int(longest) if longest else None,
            )
            about = draw(workspace(), spec, now=datetime.now(UTC))
            st.toast(f"Sample {about.sample_id} holds {counted(about.size, 'prefix', 'prefixes')}.")
            st.rerun()


def load_form() -> None:
    """Offer to load a sample file that a colleague sent."""
    st.subheader("Load a sample")
    st.markdown("A sample is one DuckDB file with everything in it: it works here without its import.")
    file = st.file_uploader("Sample file", type=["duckdb"], key="sample_upload")
    if file is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.duckdb"
        path.write_bytes(file.getvalue())
        about = load_sample(workspace(), path)
    st.success(f"Sample {about.sample_id} is here: {counted(about.size, 'prefix', 'prefixes')} from {about.window()}.")
    st.page_link(RUNS, label="Let a model answer it", icon=":material/arrow_forward:")


def _days(value: object) -> tuple[date | None, date | None]:
    days = [d for d in value if isinstance(d, date)] if isinstance(value, (list, tuple)) else []
    return (days[0] if days else None), (days[-1] if days else None)
