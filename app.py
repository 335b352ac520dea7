"""The app: navigation, title, and the one place where an error is shown."""

import streamlit as st

from deploysim import ui
from deploysim.config import ROOT
from deploysim.errors import DeploysimError

st.set_page_config(page_title="deploysim", page_icon=str(ROOT / "data" / "icon.png"), layout="wide")
page = st.navigation(ui.pages(), expanded=True)
ui.load_style()
ui.keep_uploads_in_memory()
st.title(page.title)
st.caption(page.help)
try:
    ui.require_sign_in()
    page.run()
except DeploysimError as error:
    ui.show_error(error)
