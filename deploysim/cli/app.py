"""Commands that show things: demo and app."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from deploysim.cli.console import WorkspaceOption, context, meter, say
from deploysim.cli.results import show_forecast
from deploysim.config import ROOT
from deploysim.pipeline.demo import run_demo

PortOption = Annotated[int, typer.Option(help="Port on 127.0.0.1.")]


def demo_command(
    serve: Annotated[bool, typer.Option(help="Serve the app afterwards.")] = True,
    port: PortOption = 8501,
    workspace: WorkspaceOption = None,
) -> None:
    """Run everything on the demo data with a real local model, print the forecast and serve the app.

    Example: python -m deploysim demo
    """
    here = context(workspace)
    started = time.monotonic()
    with meter() as show:
        saved = run_demo(here.workspace, settings=here.settings, now=here.now, report=show)
    show_forecast(saved)
    say(f"Computed on this machine, or found here already, in {time.monotonic() - started:.0f} s.")
    if serve:
        say("")
        serve_app(here.workspace.root, port)


def app_command(port: PortOption = 8501, workspace: WorkspaceOption = None) -> None:
    """Serve the app on a workspace, which may be empty.

    Example: python -m deploysim app
    """
    serve_app(context(workspace).workspace.root, port)


def serve_app(workspace: Path, port: int) -> None:
    """Run Streamlit until it is stopped."""
    say(f"The app is at http://127.0.0.1:{port}; stop it with Ctrl-C.")
    environment = {**os.environ, "DEPLOYSIM_WORKSPACE": str(workspace.resolve())}
    command = [sys.executable, "-m", "deploysim.serve", str(port)]
    try:
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    except KeyboardInterrupt:
        code = 0
    raise typer.Exit(code)
