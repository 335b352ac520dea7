"""Charts as files, drawn on this machine without a browser or a network."""

from __future__ import annotations

from typing import Any

import vl_convert

WIDTH = 900


def as_svg(chart: Any) -> str:
    """Return a chart as SVG on white, at a width for documents; draw it with a dark ink."""
    spec = chart.properties(width=WIDTH, background="white").to_json()
    return str(vl_convert.vegalite_to_svg(spec))


def as_png(chart: Any) -> bytes:
    """Return a chart as PNG on white, at twice that width."""
    spec = chart.properties(width=WIDTH, background="white").to_json()
    return bytes(vl_convert.vegalite_to_png(spec, scale=2))
