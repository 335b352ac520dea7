"""What the spot-check found, on a page: leaks by type, agreement, and the conversations that are withheld."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from deploysim.config import read_settings
from deploysim.pipeline.purging import Erasure, purge, reach
from deploysim.pipeline.scrub_versions import OLDER, under_older_policy
from deploysim.pipeline.spot_checking import facts, reading
from deploysim.pipeline.trail import record_action
from deploysim.render import Mark, span_marks, text_html
from deploysim.roles import Task
from deploysim.store.imports import ImportRecord
from deploysim.store.spot_checks import SpotCheck, spot_checks, undo_check
from deploysim.store.tombstones import erased_keys
from deploysim.ui.blocks import plain, show_html, stepper
from deploysim.ui.data import workspace
from deploysim.ui.people import person, refused
from deploysim.wording import counted

REASON = "privacy_reason"


def show_findings() -> None:
    """Show what still leaks by type, what was over-scrubbed, and how far readers agree."""
    found = facts(workspace())
    for title, counts in (("Leaks", found.leaks_by_type), ("Over-scrubbed", found.over_by_type)):
        rows = ", ".join(f"{plain(entity)} in {counted(n, 'message')}" for entity, n in counts.items())
        st.markdown(f"**{title}:** {rows or 'none found'}.")
    both = found.agreement
    if both is None:
        st.markdown("**Two readers:** no message has been read by two yet. Every fifth one is shown to everybody.")
        return
    kappa = "Cohen's kappa n/a: they found no leak" if both.kappa is None else f"Cohen's kappa {both.kappa:.2f}"
    st.markdown(f"**Two readers** agree on {both.agreed:,} of {counted(both.messages, 'message')} ({kappa}).")


def show_policies(records: Sequence[ImportRecord]) -> None:
    """Show how much was replaced under which policy, and which imports were made under another one than today's."""
    total = sum(sum(record.replaced.values()) for record in records)
    read = sum(record.conversations for record in records)
    left_out = sum(record.excluded.get("could not be scrubbed", 0) for record in records)
    st.markdown(
        f"**{counted(total, 'stretch', 'stretches')} of personal data replaced in {counted(read, 'conversation')}.** "
        "The originals are not kept anywhere, so this page can show what stands in their place, and cannot show "
        "before and after."
    )
    modes = sorted({record.scrubbing for record in records})
    st.caption(f"Scrubbing: {', '.join(modes)}. {counted(left_out, 'conversation')} left out because scrubbing failed.")
    older = under_older_policy(records, read_settings())
    for record in records:
        if record.import_id in older:
            st.warning(f"{plain(record.source)} was {OLDER}.", icon=":material/history:")


def show_withheld() -> None:
    """Show the messages that conversations are withheld for, and let somebody release or erase them."""
    leaks = {f"{check.conversation_id}:{check.message}": check for check in _leaks()}
    conversations = {check.conversation_id for check in leaks.values()}
    if not leaks:
        st.markdown("Nothing is withheld. A message that a reader marks as a leak withholds its conversation at once.")
        return
    st.markdown(
        f"**{counted(len(conversations), 'conversation is', 'conversations are')} withheld** from lists, samples, pages "
        "and exports. Erase them from every file, or release what turned out to be no leak."
    )
    check = leaks[stepper(list(leaks), key="leak", noun="leak")]
    message = reading(workspace(), check.place)
    kinds = ", ".join(sorted(check.entities("leak")))
    st.caption(
        f"{plain(check.reader)} marked {plain(kinds)} on {check.at[:10]} · conversation {check.conversation_id}, "
        f"message {check.message + 1}"
    )
    marks = [Mark(m.start, m.end, m.kind, f"leaks: {m.entity}") for m in check.marks if m.kind == "leak"]
    show_html(text_html(message.text, [*span_marks(message.spans, message.index), *marks]))
    who = person(st.container(width=260))
    if who is None:
        st.caption("Write your name to release or erase: it is kept in the trail.")
        return
    if refused(who, Task.SPOT_CHECK):
        return
    with st.container(horizontal=True):
        if st.button("Erase the conversation …", icon=":material/delete_forever:"):
            _confirm(check, who.name)
        st.button("No leak after all: release", icon=":material/undo:", on_click=_release, args=(check, who.name))


def _leaks() -> list[SpotCheck]:
    erased = erased_keys(workspace())
    leaks = (check for check in spot_checks(workspace()) if check.verdict == "leak")
    return [check for check in leaks if check.conversation_id not in erased]


def _release(check: SpotCheck, by: str) -> None:
    now = datetime.now(UTC)
    undo_check(workspace(), check, now=now)
    record_action(workspace(), "released", by=by, at=now.isoformat(), conversation_id=check.conversation_id)


@st.dialog("Erase this conversation?")
def _confirm(check: SpotCheck, by: str) -> None:
    wanted = Erasure(frozenset({check.conversation_id}))
    found = reach(workspace(), wanted)
    st.markdown(
        f"It leaves {counted(len(found.imports), 'import')}, {counted(len(found.samples), 'sample')}, "
        f"{counted(len(found.runs), 'run')} and {counted(len(found.grades), 'file of grades', 'files of grades')} for "
        "good. A tombstone stays, and forecasts that rest on it are marked. Copies of samples that were handed out and "
        "backups are beyond reach."
    )
    st.text_input("Reason, kept with the tombstone", value="leak found in a spot-check", key=REASON)
    if st.button("Erase for good", type="primary", on_click=_erase, args=(wanted, by)):
        st.rerun()


def _erase(wanted: Erasure, by: str) -> None:
    now = datetime.now(UTC)
    done = purge(workspace(), wanted, reason=st.session_state[REASON], now=now)
    tombstones = ", ".join(one.tombstone_id for one in done.tombstones)
    record_action(workspace(), "erased", by=by, at=now.isoformat(), tombstone=tombstones)
