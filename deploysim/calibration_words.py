"""How far graders can be trusted, in the words of the shell and of a page."""

from __future__ import annotations

from deploysim.grade.calibration import GraderCalibration
from deploysim.stats.agreement import Agreement
from deploysim.stats.calibration import MoreLabels, Share


def calibration_words(found: GraderCalibration) -> dict[str, str]:
    """Return a calibration as words: labels, sensitivity, specificity, precision, kappa, true rate, to halve.

    "20 + 60" labels are of flagged and of unflagged responses; "to halve" are those that would halve the interval of
    the true rate. What needs labels that are not there is n/a.
    """
    error = found.error
    return {
        "labels": f"{error.flagged.labels:,} + {error.unflagged.labels:,}",
        "sensitivity": _share(error.sensitivity),
        "specificity": _share(error.specificity),
        "precision": _share(error.precision),
        "kappa": agreement_words(found.kappa),
        "true rate": _share(error.true_rate),
        "to halve": _more(error.to_halve_true_rate),
    }


def agreement_words(found: Agreement) -> str:
    """Return agreement beyond chance with its interval, or that it is not known."""
    if found.value is None or found.interval is None:
        return f"n/a (n = {found.items:,})"
    return f"{found.value:.2f} ({found.interval.low:.2f} to {found.interval.high:.2f})"


def _share(found: Share | None) -> str:
    if found is None:
        return "n/a"
    return f"{found.median:.1%} ({100 * found.interval.low:.1f} to {100 * found.interval.high:.1f})"


def _more(needed: MoreLabels | None) -> str:
    return f"{needed.flagged:,} + {needed.unflagged:,}" if needed else "n/a"
