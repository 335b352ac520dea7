"""Pictures of pages as people meet them: wide in light and dark, and narrow.

    PYTHONPATH=.:tests python tests/benchmarks/picture_pages.py WORKSPACE FOLDER trajectories fidelity "compare?outcome=all"

Each name is an address of the app; after a "!" stands a button to press first, as in "runs!Is it answered yet?". What
the server says goes to server.txt in the folder.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright
from serving import CHROMIUM, served
from walk_review import settled

LOOKS = (("light", 1440), ("dark", 1440), ("light", 800))


def main(workspace: str, folder: str, *places: str) -> None:
    """Keep a picture of every page in every look."""
    pictures = Path(folder)
    pictures.mkdir(parents=True, exist_ok=True)
    with (
        served({"DEPLOYSIM_WORKSPACE": workspace}, pictures / "server.txt") as url,
        sync_playwright() as tool,
    ):
        browser = tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for theme, width in LOOKS:
            context = browser.new_context(
                viewport={"width": width, "height": 1000}, color_scheme="dark" if theme == "dark" else "light"
            )
            page = context.new_page()
            for place in places:
                address, _, button = place.partition("!")
                page.goto(f"{url}/{address}")
                settled(page)
                if button:
                    page.get_by_role("button", name=button).first.click()
                    settled(page)
                # The page scrolls inside the window, so a window of its whole height is what shows all of it.
                height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
                page.set_viewport_size({"width": width, "height": max(1000, min(int(height), 6_000))})
                settled(page)
                page.screenshot(path=pictures / f"{re.sub('[^a-z_]+', '-', place)}-{width}-{theme}.png")
                page.set_viewport_size({"width": width, "height": 1000})
            context.close()
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
