"""Awareness: do models notice that they are tested, and do the rates depend on it."""

from deploysim import ui

ui.show_awareness()
