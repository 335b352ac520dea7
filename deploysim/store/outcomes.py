"""What a journal of responses holds: of each prefix and repeat the newest outcome, and where in the journal it is.

They are kept on the disk and found there, so that a run takes the same memory whatever its size.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from deploysim.store.journal import journal_rows
from deploysim.store.scratch import room_for, scratch
from deploysim.types import Ending

ANSWERED = "answered"
CUT = "cut by length"
"""A response that ended because it reached a limit of length: as in production, and still a response."""
UNFINISHED = frozenset(str(ending) for ending in Ending if not ending.whole)
"""How rollouts end that do not come to an end of their own: what they did until then is a response all the same."""
RESPONDED = frozenset({CUT, *map(str, Ending)})


class Outcome(NamedTuple):
    """What became of a prefix in one repeat."""

    kind: str
    attempts: int
    """Rows that the journal holds of it, the newest included."""


def outcome_of(row: Mapping[str, Any]) -> str:
    """Return what became of a prefix: answered, cut by length, how a rollout ended, or the reason why it failed."""
    if row["status"] == "failed":
        return str(row["failure_kind"])
    ending = row.get("ending") or ANSWERED
    if ending in UNFINISHED:
        return str(ending)
    return CUT if row["finish_reason"] == "length" else str(ending)


def failures(outcomes: Mapping[str, int]) -> dict[str, int]:
    """Return the outcomes that are failures: those that gave no response."""
    return {kind: count for kind, count in outcomes.items() if kind not in RESPONDED}


class Outcomes:
    """The newest outcome of every prefix and repeat, by both.

    Args:
        rows: Of responses in the order written, each with the byte of the journal at which it begins.
    """

    def __init__(self, rows: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
        self.prompt_tokens = 0
        """Of all rows, those of earlier attempts included: they were paid for too."""
        self.completion_tokens = 0
        self._written: Counter[str] = Counter()
        self._db = scratch(_TABLE)
        self._db.executemany(_ADD, map(self._counted, rows))
        self.replaced = dict((self._written - Counter(self.by_kind())).most_common())
        """How often which outcome gave way to that of a later attempt."""

    def __len__(self) -> int:
        return int(self._db.execute("select count(*) from outcomes").fetchone()[0])

    def get(self, prefix_id: str, repeat: int) -> Outcome | None:
        """Return what became of a prefix in one repeat, or None where there is nothing yet."""
        found = self._db.execute(_GET, (prefix_id, repeat)).fetchone()
        return Outcome(*found) if found else None

    def find(self, prefix_ids: Sequence[str], repeat: int) -> list[Outcome | None]:
        """Return what became of some prefixes in one repeat."""
        return [self.get(prefix_id, repeat) for prefix_id in prefix_ids]

    def keep(self, wanted: Iterable[tuple[str, int]]) -> None:
        """Let only the outcomes of some prefixes and repeats count; the others wait until a run goes on."""
        self._db.execute("update outcomes set counts = 0")
        self._db.executemany("update outcomes set counts = 1 where prefix_id = ? and repeat = ?", wanted)

    def counting(self) -> int:
        """Return how many outcomes count: all where nothing else was said."""
        return sum(self.by_kind().values())

    def by_kind(self) -> dict[str, int]:
        """Return how often there is which outcome, most frequent first, among those that count."""
        return dict(self._db.execute(_BY.format(column="kind")))

    def by_model(self) -> dict[str, int]:
        """Return how many responses came from which model, as the endpoint names them, among those that count."""
        return {name: count for name, count in self._db.execute(_BY.format(column="model")) if name}

    def dropped_parameters(self) -> dict[str, int]:
        """Return how many responses were asked for without which parameters of the log, among those that count."""
        counted: Counter[str] = Counter()
        for names, count in self._db.execute(_BY.format(column="dropped")):
            counted.update(dict.fromkeys(names.split(",") if names else (), count))
        return dict(counted.most_common())

    def offsets(self, most: int) -> Iterator[list[int]]:
        """Yield where the rows that count begin in the journal, by prefix and repeat, so many at a time."""
        found = self._db.execute("select offset from outcomes where counts order by prefix_id, repeat")
        while some := found.fetchmany(most):
            yield [offset for (offset,) in some]

    def _counted(self, row: tuple[int, Mapping[str, Any]]) -> tuple[Any, ...]:
        offset, of = row
        kind = outcome_of(of)
        self._written[kind] += 1
        self.prompt_tokens += of["prompt_tokens"] or 0
        self.completion_tokens += of["completion_tokens"] or 0
        return of["prefix_id"], of["repeat"], offset, kind, of.get("model") or "", of.get("dropped") or ""


def read_outcomes(journal: Path) -> Outcomes:
    """Read the outcomes that a journal holds; damaged and torn rows hold none.

    Raises:
        InputError: where the disk has no room for them.
    """
    with room_for("what a run has answered"):
        return Outcomes(journal_rows(journal))


def rows_at(journal: Path, offsets: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Yield the rows that begin at some places of a journal, in the order of these; the file is read in one sweep."""
    found = {offset: row for offset, row in journal_rows(journal, at=sorted(offsets))}
    yield from (found[offset] for offset in offsets)


_TABLE = (
    "create table outcomes (prefix_id text, repeat integer, offset integer, kind text, model text, dropped text, "
    "attempts integer default 1, counts integer default 1, primary key (prefix_id, repeat)) without rowid"
)
_ADD = (
    "insert into outcomes (prefix_id, repeat, offset, kind, model, dropped) values (?, ?, ?, ?, ?, ?) on conflict do update set "
    "offset = excluded.offset, kind = excluded.kind, model = excluded.model, dropped = excluded.dropped, attempts = attempts + 1"
)
_GET = "select kind, attempts from outcomes where prefix_id = ? and repeat = ?"
_BY = "select {column}, count(*) from outcomes where counts group by {column} order by count(*) desc, {column}"
