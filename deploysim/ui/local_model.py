"""The embedded model's state on a page."""

from __future__ import annotations

import streamlit as st

from deploysim.chat.local_state import INSTALL, LocalState


def show_local_model(state: LocalState) -> None:
    """Say whether the embedded model runs, and where it is not installed, the line that installs it."""
    if state.installed:
        icon = "memory" if state.slots else "check"
        st.caption(f":material/{icon}: {state.words()}")
        return
    st.warning(f"{state.words()} Install it, or choose an endpoint:", icon=":material/download:")
    st.code(INSTALL, language="bash")
