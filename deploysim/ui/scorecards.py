"""The Scorecards page's parts: which scorecard, its rows and exports, and the track record over all of them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import streamlit as st

from deploysim.charts.scores import calibration_alt, calibration_chart, score_alt, score_chart
from deploysim.forecast.score_words import (
    against_sentences,
    record_sentences,
    score_frame,
    score_rows,
    summary_rows,
    unscored_sentence,
)
from deploysim.forecast.scorecard import Scorecard
from deploysim.forecast.track_record import TrackRecord, adjusted, track_record
from deploysim.forecast.words import by_evidence, number
from deploysim.pipeline.forecasting import SavedForecast
from deploysim.pipeline.registering import broken_records, registration_of
from deploysim.pipeline.scorecards import SavedScorecard, scorecards
from deploysim.store.workspace import Workspace
from deploysim.ui.blocks import empty_state, ink, plain
from deploysim.ui.data import version, workspace
from deploysim.ui.links import pick
from deploysim.ui.navigation import SHIFTS
from deploysim.wording import counted

_COMMANDS = """python -m deploysim forecast --register
python -m deploysim import NEW-TRAFFIC.jsonl
python -m deploysim score FORECAST --traffic IMPORT"""


@st.cache_data(max_entries=4, show_spinner=False)
def _scorecards(root: str, version: object) -> list[SavedScorecard]:
    return scorecards(Workspace(Path(root)))


def all_scorecards() -> list[SavedScorecard]:
    """Return all intact scorecards, newest first."""
    here = workspace()
    return _scorecards(str(here.root), version(here.scorecards))


def tell_broken() -> None:
    """Say which frozen records, or what they rest on, were changed after they were written."""
    for said in broken_records(workspace()):
        st.warning(plain(said), icon=":material/warning:")


def tell_registered(saved: SavedForecast) -> None:
    """Say when a forecast was registered, or how it is done."""
    registered = registration_of(workspace(), saved.forecast_id)
    if registered:
        st.caption(f":material/verified: {plain(registered.line())}")
    else:
        st.caption("Not registered. Before the release: `python -m deploysim forecast --register`")


def pick_scorecard() -> SavedScorecard:
    """Let the reader pick a scorecard; it stands in the link."""
    found = {one.scorecard_id: one for one in all_scorecards()}
    if not found:
        empty_state(
            "No forecast has been scored yet. Register a forecast before the release; afterwards import what the new "
            "model answered, and score the forecast on it.",
            command=_COMMANDS,
            page=SHIFTS,
            label="See the forecasts",
        )
    return found[
        pick("Scorecard", {i: _label(one.scorecard) + f" · {i[:8]}" for i, one in found.items()}, key="scorecard")
    ]


def about_scorecard(card: Scorecard) -> str:
    """Return what a scorecard is about, in one line."""
    traffic = card.traffic
    when = f"registered {card.registered_at[:10]}" if card.registered_at else "not registered"
    parts = [
        f"forecast {card.forecast_id[:8]}, {when}",
        f"{counted(traffic.prefixes, 'response')} of {plain(', '.join(traffic.models))}, {plain(traffic.window)}",
        f"rates per 100,000 {traffic.unit}s",
        "measured anew by other graders" if card.regraded else "same graders",
    ]
    return " · ".join(parts)


def show_scorecard(saved: SavedScorecard) -> None:
    """Show forecast against realised as chart, tables and sentences, with an export."""
    card = saved.scorecard
    frame = score_frame(card)
    scored = frame.filter(pl.col("forecast_error").is_not_null())
    if scored.height:
        st.altair_chart(score_chart(scored, ink=ink()), width="stretch", alt=score_alt(scored))
        st.caption(
            f"Marks on the dashed line were forecast exactly. Lines are {card.level:.0%} intervals: across, of the "
            "forecast; up, of the realised rate. ▲ called worse, ▼ called better, ● no material change, ○ not called."
        )
        _table(score_rows(card), "Forecast and realised rate of every scored category.")
    st.caption(unscored_sentence(card))
    st.download_button(
        "Download as CSV",
        frame.write_csv(),
        f"scorecard-{saved.scorecard_id[:8]}.csv",
        "text/csv",
        icon=":material/download:",
    )
    st.subheader("Beside the baselines", anchor=False)
    _table(summary_rows(card), "The forecast beside its baselines on the same categories.")
    for said in against_sentences(card):
        st.markdown(plain(said))
    with st.expander("What it rests on"):
        for said in card.notes:
            st.markdown(f"- {plain(said)}")


def show_track_record(newest: SavedForecast | None) -> None:
    """Show how all forecasts did that were scored, and what that says of the newest one."""
    cards = [one.scorecard for one in all_scorecards()]
    record = track_record(cards)
    st.subheader("Track record", anchor=False)
    for said in record_sentences(record):
        st.markdown(plain(said))
    _table([_listed(card) for card in cards], "All scorecards, newest first.")
    bins = _bins(record)
    if bins.height:
        st.altair_chart(calibration_chart(bins, ink=ink()), width="stretch", alt=calibration_alt(bins))
        st.caption(
            "Probabilities on the dashed line are right on average; the number beside a mark is of categories, the line "
            f"through it a {record.level:.0%} interval."
        )
        st.download_button(
            "Download calibration as CSV", bins.write_csv(), "calibration.csv", "text/csv", icon=":material/download:"
        )
    if newest and record.conformal.factor is not None:
        _show_adjusted(newest, record)


def _show_adjusted(saved: SavedForecast, record: TrackRecord) -> None:
    rows = [row for row in by_evidence(saved.forecast.categories) if row.forecast]
    with st.expander(f"Intervals of the newest forecast ({saved.forecast_id[:8]}), adjusted by past errors"):
        _table(
            [
                {
                    "behaviour": row.name,
                    "as forecast": _interval(one.interval.low, one.interval.high),
                    "adjusted": _interval(wide.interval.low, wide.interval.high),
                }
                for row in rows
                if (one := row.forecast) and (wide := adjusted(one, record.conformal))
            ],
            "Intervals of the newest forecast before and after past errors were allowed for.",
        )


def _interval(low: float, high: float) -> str:
    return f"{number(low)} to {number(high)}"


def _bins(record: TrackRecord) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "stated": one.stated,
                "share": one.happened / one.n,
                "low": one.interval.low,
                "high": one.interval.high,
                "n": one.n,
            }
            for one in record.calibration
        ],
        schema={"stated": pl.Float64, "share": pl.Float64, "low": pl.Float64, "high": pl.Float64, "n": pl.Int64},
    )


def _listed(card: Scorecard) -> dict[str, str]:
    ours = summary_rows(card)[0] if card.summaries else {}
    return {
        "models": f"{card.old_model} → {card.new_model}",
        "scored": card.created_at[:10],
        "registered": card.registered_at[:10] if card.registered_at else "no",
        "categories": ours.get("categories", "0"),
        "direction right": ours.get("direction right", "n/a"),
        "median error": ours.get("median error", "n/a"),
        "intervals held": ours.get("intervals held", "n/a"),
    }


def _table(rows: list[dict[str, str]], alt: str) -> None:
    if rows:
        st.dataframe(pl.DataFrame(rows), hide_index=True, height="content", alt=alt)


def _label(card: Scorecard) -> str:
    return f"{card.old_model} → {card.new_model} · {card.created_at[:16].replace('T', ' ')}"
