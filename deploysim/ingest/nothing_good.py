"""The error for a file that gave no conversation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from deploysim.errors import InputError
from deploysim.ingest.records import Rejected


def nothing_good_error(
    source: str, rejected: Sequence[Rejected], rejected_rows: int, excluded: Counter[str], *, filtered: int = 0
) -> InputError:
    """Build the error, with the first reasons and the counts.

    Args:
        source: Name of the file.
        rejected: The first rows that could not be read.
        rejected_rows: How many there were.
        excluded: How many conversations cannot be replayed, by reason.
        filtered: Rows that did not meet the row filter.
    """
    first = "; ".join(f"row {found.row}: {found.reason}" for found in rejected[:3])
    reasons = ", ".join(f"{count} x {reason}" for reason, count in excluded.most_common(5))
    parts = [
        f"{rejected_rows} could not be read ({first})" if rejected_rows else "",
        f"{excluded.total()} cannot be replayed ({reasons})" if excluded else "",
        f"{filtered} did not meet the --where condition" if filtered else "",
    ]
    said = "; ".join(part for part in parts if part) or "it has no rows"
    return InputError(
        f"{source} gave no conversation: {said}.",
        expected="At least one conversation with a user message and a response to it.",
        next_step=_way_out(rejected_rows, excluded, filtered),
    )


def _way_out(rejected_rows: int, excluded: Counter[str], filtered: int) -> str:
    if rejected_rows:
        return "Check that the format is the right one; --format names another, --map names the columns."
    if excluded:
        return "Choose a log that holds user messages as text and the responses to them."
    return "Check the value given with --where." if filtered else "Export the file again."
