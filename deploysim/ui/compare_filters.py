"""The filters of Compare: beside each value stands what became worse and better; all are in the link by their ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from deploysim.pipeline.comparing import ANY, DISAGREEMENTS, SORTS, Comparison, Filters, Moved, Sort, holding
from deploysim.pipeline.lanes import Lanes
from deploysim.store.reviews import reviews_version
from deploysim.taxonomy import Taxonomy
from deploysim.ui.blocks import plain
from deploysim.ui.comparison import OUTCOME_LABELS
from deploysim.ui.data import workspace
from deploysim.ui.links import linked, pick, put_in_link

WORDS, MORE = "compare_words", "compare_more"
SEVERITIES = {"1": "1 or more", "2": "2 or more", "3": "3 or more", "4": "4"}
REVIEWED = {"yes": "labelled by people", "no": "not labelled yet"}
MARKS = {"none": "evidence", "words": "changed words", "lines": "changed lines"}
_HIDDEN = ("severity", "disagreement", "reviewed", "model", "cluster")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the reader wants to look at."""

    filters: Filters
    ids: tuple[str, ...]
    """Prefixes that pass, in order."""
    diff: str
    """"none", "words" or "lines"."""


def choose_prefixes(comparison: Comparison, lanes: Lanes, taxonomy: Taxonomy) -> Chosen:
    """Draw all filters and return the prefixes that pass them."""
    first = st.container(horizontal=True, vertical_alignment="bottom")
    category, outcome = first.container(width=335), st.container()
    with first:
        sort = pick("Sort", {str(k): v for k, v in SORTS.items()}, key="sort", width=225)
        diff = pick("Mark", MARKS, key="diff", width=160)
        more = st.popover("Filters", icon=":material/filter_list:", key=MORE, on_change="rerun")
        different = st.toggle("Different only", key="different", bind="query-params")
    words = str(st.session_state.get(WORDS) or "").strip()
    filters = replace(_from_link(comparison, taxonomy), different=different, words=words)
    found = _found(lanes, filters.words)
    with category:
        _category(comparison, filters, found, taxonomy)
    with outcome:
        _outcome(comparison, filters, found)
    if more.open:
        with more:
            _more(comparison, filters, found)
    _say_narrowing(comparison, filters)
    ids = comparison.matching(filters, sort=_sort(sort), holding=found)
    return Chosen(filters, tuple(ids), diff)


def _sort(value: str) -> Sort:
    return next(key for key in SORTS if key == value)


def _from_link(comparison: Comparison, taxonomy: Taxonomy) -> Filters:
    """Return the filters that the link holds; what is unknown here lets everything through."""
    known: Mapping[str, Sequence[str]] = {
        "category": list(_categories(comparison, taxonomy)),
        "outcome": list(OUTCOME_LABELS),
        "severity": list(SEVERITIES),
        "disagreement": list(DISAGREEMENTS),
        "reviewed": list(REVIEWED),
        "model": comparison.texts["model_key"].unique().to_list(),
        "cluster": comparison.texts["cluster"].unique().to_list(),
    }
    wanted = {name: st.query_params.get(name) or st.session_state.get(f"last_{name}") for name in known}
    return Filters(**{name: str(value) for name, value in wanted.items() if value in known[name]})  # type: ignore[arg-type]


@st.cache_data(max_entries=32, show_spinner="Searching …")
def _holding(root: str, lanes: Lanes, words: str, version: object) -> frozenset[str]:
    return holding(workspace(), lanes, words)


def _found(lanes: Lanes, words: str) -> frozenset[str] | None:
    here = workspace()
    return _holding(str(here.root), lanes, words, reviews_version(here)) if words else None


def _category(comparison: Comparison, filters: Filters, found: frozenset[str] | None, taxonomy: Taxonomy) -> None:
    moved = comparison.moved(filters, "category", holding=found)
    names = {ANY: "any behaviour"} | _categories(comparison, taxonomy)
    labels = {key: _with_counts(name, moved.get(key)) for key, name in names.items()}
    pick("Category", labels, key="category")


def _categories(comparison: Comparison, taxonomy: Taxonomy) -> dict[str, str]:
    """Return the names of all categories that can occur in the sample, by id."""
    graded = set(comparison.verdicts["category"].unique())
    return {c.id: c.name for c in taxonomy.categories if c.applies_to == "everything" or c.id in graded}


def _outcome(comparison: Comparison, filters: Filters, found: frozenset[str] | None) -> None:
    counts = comparison.counts(filters, holding=found)
    st.segmented_control(
        "Outcome",
        list(OUTCOME_LABELS),
        format_func=lambda o: f"{OUTCOME_LABELS[o]} {counts[o]:,}",
        required=True,
        wrap=True,
        **linked("outcome", list(OUTCOME_LABELS)),
    )


def _more(comparison: Comparison, filters: Filters, found: frozenset[str] | None) -> None:
    st.text_input(
        "Words in a message or a response", key=WORDS, persist_state="session", help="They do not stand in the link."
    )
    names = {
        "severity": SEVERITIES,
        "disagreement": DISAGREEMENTS,
        "reviewed": REVIEWED,
        "model": dict(comparison.texts.select("model_key", "model").unique().iter_rows()),
    }
    titles = {
        "severity": "Severity",
        "disagreement": "Disagreement",
        "reviewed": "Labels",
        "model": "Model in the log",
        "cluster": "User or conversation",
    }
    for name in _HIDDEN:
        moved = comparison.moved(filters, name, holding=found)
        chosen = getattr(filters, name)
        moved.setdefault(chosen, Moved(0, 0, 0))
        labels = {ANY: _with_counts("any", moved[ANY])}
        labels |= {v: _with_counts(names.get(name, {}).get(v, v[:8]), m) for v, m in moved.items() if v != ANY}
        pick(titles[name], labels, key=name)
    st.caption("▲ regressed and ▼ improved prefixes, all other filters applied.")
    st.button("Clear these", icon=":material/filter_list_off:", on_click=_clear)


def _clear() -> None:
    for name in _HIDDEN:
        put_in_link(name, ANY)
    st.session_state[WORDS] = ""


def _with_counts(name: str, moved: Moved | None) -> str:
    return f"{name}  ·  ▲ {moved.regressed:,}  ▼ {moved.improved:,}" if moved else name


def _say_narrowing(comparison: Comparison, filters: Filters) -> None:
    """Say which filters are on that are not on the screen."""
    models = dict(comparison.texts.select("model_key", "model").unique().iter_rows())
    parts = [
        f"severity {SEVERITIES[filters.severity]}" if filters.severity != ANY else "",
        DISAGREEMENTS.get(filters.disagreement, ""),
        REVIEWED.get(filters.reviewed, ""),
        f"model {plain(models[filters.model])}" if filters.model != ANY else "",
        f"user or conversation {filters.cluster[:8]}" if filters.cluster != ANY else "",
        f"words “{plain(filters.words)}”" if filters.words else "",
    ]
    on = [part for part in parts if part]
    if on:
        st.caption(f":material/filter_list: {' · '.join(on)}")
