"""Starts the app's server: `python -m deploysim.serve PORT`."""

from __future__ import annotations

import sys

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web import cli

from deploysim.config import ROOT


def main(port: str) -> None:
    """Serve `app.py` until the process is stopped."""
    # With a folder named pages, Streamlit's older runner serves the first visitor and, where that visitor opened a
    # deep link, says "Page not found" over the right page.
    PagesManager.uses_pages_directory = False
    cli.main(["run", str(ROOT / "app.py"), "--server.port", port])


if __name__ == "__main__":
    main(sys.argv[1])
