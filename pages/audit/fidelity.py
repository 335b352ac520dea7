"""Fidelity: does the replay look real, and what gives it away."""

from deploysim import ui

ui.show_fidelity()
