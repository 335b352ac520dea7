"""Which pages there are, where they stand and what each answers."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True, slots=True)
class PageRow:
    """One page of the navigation."""

    section: str
    file: str
    title: str
    icon: str
    question: str
    """What the page answers, in one line."""


HOME = "pages/overview/home.py"
IMPORT = "pages/data/imports.py"
CONVERSATIONS = "pages/data/conversations.py"
PRIVACY = "pages/data/privacy.py"
RUNS = "pages/replay/runs.py"
TRAJECTORIES = "pages/replay/trajectories.py"
QUEUE = "pages/review/queue.py"
COMPARE = "pages/review/compare.py"
AGREEMENT = "pages/review/agreement.py"
PEOPLE = "pages/review/people.py"
SHIFTS = "pages/forecast/shifts.py"
PLAN = "pages/forecast/plan.py"
SCORECARDS = "pages/forecast/scorecards.py"
FIDELITY = "pages/audit/fidelity.py"
DISCOVER = "pages/audit/discover.py"
AWARENESS = "pages/audit/awareness.py"

STEP_PAGES = {"Import": IMPORT, "Scrub": PRIVACY, "Sample": CONVERSATIONS, "Replay": RUNS, "Forecast": SHIFTS}
"""Where each step of the overview is at home."""

PAGES = (
    PageRow("", HOME, "Overview", "home", "What is in this workspace, and what is the next step."),
    PageRow("Data", IMPORT, "Import", "upload_file", "Bring in a log, after seeing how it would be read."),
    PageRow("Data", CONVERSATIONS, "Conversations", "forum", "What was imported, what was left out, what was drawn."),
    PageRow(
        "Data",
        PRIVACY,
        "Privacy",
        "shield_person",
        "Is the scrubbing good enough to look at: what was replaced, what may be left.",
    ),
    PageRow("Replay", RUNS, "Runs", "play_circle", "Start a replay, watch it, see what it cost and what failed."),
    PageRow(
        "Replay",
        TRAJECTORIES,
        "Trajectories",
        "route",
        "What agents did step by step beside the log, and who answered their tools.",
    ),
    PageRow("Review", QUEUE, "Queue", "fact_check", "Label responses blind, one after another, by keyboard."),
    PageRow("Review", COMPARE, "Compare", "compare", "Old and new response to the same prefix, side by side."),
    PageRow(
        "Review", AGREEMENT, "Agreement", "handshake", "People with each other, graders with people, and where not."
    ),
    PageRow("Review", PEOPLE, "People", "group", "Who labels, who may do what, and who did what."),
    PageRow("Forecast", SHIFTS, "Shifts", "trending_up", "Which behaviours move with the new model, and how sure."),
    PageRow("Forecast", PLAN, "Plan", "straighten", "How many conversations a question needs, before replaying."),
    PageRow(
        "Forecast", SCORECARDS, "Scorecards", "scoreboard", "How earlier forecasts did once the model was released."
    ),
    PageRow("Audit", FIDELITY, "Fidelity", "fingerprint", "Can a replay be told from the log, and by what."),
    PageRow("Audit", AWARENESS, "Awareness", "psychology_alt", "Do models notice tests, and do rates depend on it."),
    PageRow(
        "Audit", DISCOVER, "Discover", "travel_explore", "What the new model does otherwise that no category names."
    ),
)


def pages() -> dict[str, list[st.Page]]:
    """Return the navigation, by section."""
    sections: dict[str, list[st.Page]] = {}
    for row in PAGES:
        page = st.Page(
            row.file, title=row.title, icon=f":material/{row.icon}:", help=row.question, default=row.file == HOME
        )
        sections.setdefault(row.section, []).append(page)
    return sections
