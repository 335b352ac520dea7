"""A dry run on a page: what an import would keep, what it would leave out, and how it would look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from deploysim import render
from deploysim.pipeline.previewing import Preview, PreviewedConversation
from deploysim.ui.blocks import plain, show_html

SHOWN_NUMBERS = 5
"""Rows of a kind that are named by their numbers."""


def show_dry_run(found: Preview, *, scrubbed: bool) -> None:
    """Show what an import would make of a log, judged by its first rows."""
    why = ": " + found.why.replace("`", "") if found.detected else ", as chosen"
    st.markdown(f"Read as **{plain(found.format)}**{plain(why)}.")
    st.markdown(_headline(found))
    lines = _left_out(found)
    if lines:
        st.markdown("\n".join(lines))
    for note in found.notes:
        st.caption(plain(note))
    if found.conversations:
        _conversations(found.conversations, scrubbed=scrubbed)


def _headline(found: Preview) -> str:
    rows = f"{found.rows:,} rows"
    if not found.rows:
        return "**The file has no rows.**"
    if not found.readable:
        return f"**None of the first {rows} would be kept.** Choose how the file is read, or another file."
    if found.readable == found.rows == 1:
        return "**The only row would be kept.**"
    if found.readable == found.rows:
        return f"**All of the first {rows} would be kept.**"
    return f"**{found.readable:,} of the first {rows} would be kept.**"


def _left_out(found: Preview) -> list[str]:
    reasons = sorted(found.excluded.items(), key=lambda item: -item[1])
    lines = [f"- {count:,} left out: {plain(reason)}" for reason, count in reasons]
    lines += unreadable_lines(found.rejected_rows, [(row.row, row.reason) for row in found.rejected])
    if found.not_scrubbed:
        lines.append(f"- {found.not_scrubbed:,} of those below left out: could not be scrubbed")
    return lines


def unreadable_lines(count: int, first: Sequence[tuple[int, str]]) -> list[str]:
    """Say in lines of Markdown how many rows cannot be read and why, the first ones by number."""
    if not count:
        return []
    numbers: dict[str, list[str]] = {}
    for row, reason in first:
        numbers.setdefault(reason, []).append(f"{row:,}")
    lines = [f"- {count:,} cannot be read:"]
    for reason, rows in numbers.items():
        more = ", …" if len(rows) > SHOWN_NUMBERS else ""
        lines.append(f"    - {plain(reason)}: row {', '.join(rows[:SHOWN_NUMBERS])}{more}")
    return lines


def _conversations(shown: tuple[PreviewedConversation, ...], *, scrubbed: bool) -> None:
    if scrubbed:
        replaced = Counter(span.entity for item in shown for span in item.spans)
        types = ", ".join(f"{count:,} {entity}" for entity, count in replaced.most_common())
        st.caption(
            f"The first ones as they would be kept. Replaced and marked: {plain(types) or 'nothing'}. The import "
            "gives other surrogates than this dry run."
        )
    else:
        st.caption("The first ones as they would be kept: as they are in the file.")
    tabs = st.tabs([f"Row {item.row:,}" for item in shown])
    for tab, item in zip(tabs, shown, strict=True):
        with tab:
            st.caption(f"Answered by {plain(item.model or 'an unknown model')}.")
            show_html(render.conversation_html(item.messages, item.spans))
