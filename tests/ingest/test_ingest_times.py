"""Times in the forms that logs use become aware UTC datetimes, or None and a count."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from deploysim.ingest.records import ReadStats
from deploysim.ingest.values import read_time

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
SECONDS = 1_714_564_800


@pytest.mark.parametrize(
    "value",
    [
        SECONDS,
        float(SECONDS),
        str(SECONDS),
        SECONDS * 1000,
        SECONDS * 1_000_000,
        SECONDS * 1_000_000_000,
        "2024-05-01T12:00:00Z",
        "2024-05-01T14:00:00+02:00",
        "2024-05-01 12:00:00",
        "2024-05-01 12:00:00 UTC",
        " 2024-05-01T12:00 ",
        "20240501T120000Z",
        NOON,
        NOON.replace(tzinfo=None),
        NOON.astimezone(timezone(timedelta(hours=-5))),
    ],
)
def test_every_form_of_a_moment_is_the_same_moment(value: object) -> None:
    """Unix seconds to nanoseconds, ISO with and without a zone, and datetimes."""
    assert read_time(value, ReadStats()) == NOON


def test_a_date_is_its_midnight() -> None:
    """Dates without a time are taken at the start of the day, in UTC."""
    midnight = datetime(2024, 5, 1, tzinfo=UTC)

    assert [read_time(value, ReadStats()) for value in ("2024-05-01", "20240501", date(2024, 5, 1))] == [midnight] * 3


@pytest.mark.parametrize(
    "value",
    [
        *("yesterday", "01/05/2024", "12:00", "inf", "1970-01-01", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"),
        *(-5, 0, 7, 10**30, True, float("nan"), float("inf")),
        [SECONDS],
        {},
    ],
)
def test_what_is_no_plausible_time_is_counted(value: object) -> None:
    """Nothing is guessed, nothing is raised."""
    stats = ReadStats()

    assert (read_time(value, stats), stats.unreadable_times) == (None, 1)


@pytest.mark.parametrize("value", [None, ""])
def test_no_time_is_not_an_unreadable_one(value: object) -> None:
    """A log without times has no broken ones."""
    stats = ReadStats()

    assert (read_time(value, stats), stats.unreadable_times) == (None, 0)
