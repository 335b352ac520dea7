"""How a look at a run in progress is printed."""

from __future__ import annotations

from rich.table import Table

from deploysim.cli.console import out, say
from deploysim.pipeline.interim import Interim, change_words, interim_notes


def show_interim(seen: Interim) -> None:
    """Print what is answered, the interval of every category in which some pair differs, and what it rests on."""
    say(seen.sentence())
    if seen.moving():
        out.print(_table(seen))
    for note in interim_notes(seen):
        say(note)


def _table(seen: Interim) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("behaviour", "answer", "change per 100k", "appears", "disappears", "pairs"):
        table.add_column(column)
    for row in seen.moving():
        table.add_row(
            row.name, row.answered or "not yet", change_words(row), *map(str, (row.regressed, row.improved, row.pairs))
        )
    return table
