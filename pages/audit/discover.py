"""Discover: what the candidate does otherwise that no category names."""

from deploysim import ui

ui.show_discover()
