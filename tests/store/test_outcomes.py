"""What a journal holds: the newest outcome of each prefix and repeat, and rows where they are."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from deploysim.store import sealing
from deploysim.store.journal import Journal, read_journal
from deploysim.store.outcomes import ANSWERED, CUT, Outcome, Outcomes, outcome_of, read_outcomes, rows_at
from deploysim.store.responses import OUTCOME, RESPONSES
from deploysim.store.sealing import seal_journal


def row(prefix_id: str, repeat: int = 0, *, kind: str | None = None, **changes: Any) -> dict[str, Any]:
    blank = dict.fromkeys(RESPONSES)
    ok = {"status": "ok", "text": f"{prefix_id} é\n{repeat}", "finish_reason": "stop", "model": "m"}
    failed = {"status": "failed", "failure_kind": kind}
    return {**blank, "prefix_id": prefix_id, "repeat": repeat, **(failed if kind else ok), **changes}


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    with Journal(path) as journal:
        journal.append(rows)
    return path


def in_order(path: Path, found: Outcomes) -> list[dict[str, Any]]:
    return [row for some in found.offsets(7) for row in rows_at(path, some)]


ROWS = [
    row("a:1", kind="timed out"),
    row("a:1", prompt_tokens=5, completion_tokens=3),
    row("a:10", finish_reason="length", dropped="seed,stop"),
    row("a:1", 1, model="other", dropped="stop"),
    row("é:3", kind="malformed reply"),
    row("é:3", kind="timed out", prompt_tokens=2),
]


def test_the_newest_outcome_counts(tmp_path: Path) -> None:
    """Kinds, models, attempts and tokens are those of the rows; what was replaced is counted apart."""
    found = read_outcomes(written(tmp_path / "a.jsonl", ROWS))

    assert len(found) == 4
    assert found.by_kind() == {ANSWERED: 2, CUT: 1, "timed out": 1}
    assert found.by_model() == {"m": 2, "other": 1}
    assert found.dropped_parameters() == {"stop": 2, "seed": 1}
    assert found.replaced == {"timed out": 1, "malformed reply": 1}
    assert (found.prompt_tokens, found.completion_tokens) == (7, 3)
    known = [Outcome(ANSWERED, 2), Outcome(CUT, 1), Outcome("timed out", 2)]
    assert found.find(["a:1", "a:10", "é:3", "a:2", "a:100", ""], 0) == [*known, None, None, None]
    assert found.find(["a:1", "a:10"], 1) == [Outcome(ANSWERED, 1), None]


@pytest.mark.parametrize("rows", [[], [row("a:1")]])
def test_a_journal_may_be_empty(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    """Nothing is found where nothing is, or nothing is asked for."""
    found = read_outcomes(written(tmp_path / "a.jsonl", rows))

    assert len(found) == len(rows)
    assert found.find([], 0) == []
    assert found.get("b:1", 0) is None


def test_many_rows_are_as_a_dictionary_would_have_them(tmp_path: Path) -> None:
    """Against the slower definition: a dictionary in which later rows replace earlier ones."""
    rng = random.Random(5)
    kinds = [None, None, "timed out", "server error"]
    rows = [
        row(f"{rng.randrange(300)}:{rng.randrange(3)}", rng.randrange(3), kind=rng.choice(kinds)) for _ in range(2_000)
    ]
    path = written(tmp_path / "a.jsonl", rows)

    found = read_outcomes(path)

    newest = {(r["prefix_id"], r["repeat"]): r for r in rows}
    attempts = Counter((r["prefix_id"], r["repeat"]) for r in rows)
    assert len(found) == len(newest)
    for (prefix_id, repeat), expected in newest.items():
        assert found.get(prefix_id, repeat) == (outcome_of(expected), attempts[prefix_id, repeat])
    assert sum(found.replaced.values()) == len(rows) - len(newest)
    assert in_order(path, found) == [newest[key] for key in sorted(newest)]


def test_damaged_rows_shift_nothing(tmp_path: Path) -> None:
    """Rows behind a spoilt or torn line are found where they are."""
    path = written(tmp_path / "a.jsonl", ROWS[:2])
    with path.open("ab") as file:
        file.write(b"\x00" * 50 + b"\n{half\n")
    written(path, ROWS[2:])
    with path.open("ab") as file:
        file.write(b'{"prefix_id": "torn')

    found = read_outcomes(path)

    assert len(found) == 4
    assert in_order(path, found) == [ROWS[1], ROWS[3], ROWS[2], ROWS[5]]


@pytest.mark.parametrize("group", [1, 2, 100])
def test_what_is_sealed_is_what_the_journal_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: int) -> None:
    """However many rows a group has, the file holds the newest rows, sorted; and only those kept."""
    monkeypatch.setattr(sealing, "ROW_GROUP", group)
    path = written(tmp_path / "a.jsonl", [*ROWS, {**row("b:1"), "unknown": 1}])
    found = read_outcomes(path)
    expected = pl.DataFrame([ROWS[1], ROWS[3], ROWS[2], row("b:1"), ROWS[5]], schema=RESPONSES)

    seal_journal(path, found, tmp_path / "all.parquet", schema=RESPONSES)
    found.keep([("a:1", 0), ("a:10", 0), ("c:1", 0)])
    seal_journal(path, found, tmp_path / "some.parquet", schema=RESPONSES)

    assert pl.read_parquet(tmp_path / "all.parquet").equals(expected)
    assert pl.read_parquet(tmp_path / "some.parquet")["prefix_id"].to_list() == ["a:1", "a:10"]
    assert (len(found), found.counting(), found.by_kind()) == (5, 2, {ANSWERED: 1, CUT: 1})
    assert expected.select(OUTCOME)[:, 0].to_list() == [outcome_of(r) for r in expected.to_dicts()]


def test_nothing_can_be_sealed(tmp_path: Path) -> None:
    """A run without any outcome has a file without rows, with all its columns."""
    path = written(tmp_path / "a.jsonl", [])
    seal_journal(path, read_outcomes(path), tmp_path / "a.parquet", schema=RESPONSES)

    assert pl.read_parquet(tmp_path / "a.parquet").schema == pl.Schema(RESPONSES)


def test_hostile_texts_come_back_as_they_were(tmp_path: Path) -> None:
    """Null characters, line ends and quotes in a response break no row."""
    texts = ["\x00", "\u2028\r\n\t", '"}{', "\U0001f600" * 3, json.dumps({"a": "\n"})]
    rows = [row(f"a:{n}", text=text) for n, text in enumerate(texts)]
    path = written(tmp_path / "a.jsonl", rows)

    seal_journal(path, read_outcomes(path), tmp_path / "a.parquet", schema=RESPONSES)

    assert pl.read_parquet(tmp_path / "a.parquet")["text"].to_list() == texts
    assert [r["text"] for r in read_journal(path)] == texts
