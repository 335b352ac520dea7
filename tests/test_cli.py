"""The command line, as a user or a program calls it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest
from makers import write_log, write_responses_file

from deploysim.__main__ import COMMANDS, main

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run one command in this process and return its exit code and output."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["deploysim", *(str(a) for a in arguments)])
        code = main()
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_with_an_example(run, name: str) -> None:
    """Help says what the command does and shows one call of it."""
    code, out, _ = run(name, "--help")

    assert code == 0
    assert f"Example: python -m deploysim {name}" in " ".join(out.split())


def test_the_whole_way_from_the_shell(run, tmp_path: Path) -> None:
    """Import, sample, two imported lanes, grade, forecast: each as JSON for a program."""
    log = write_log(tmp_path / "log.jsonl", 8)
    imported = json.loads(run("import", log, "--json")[1])
    sample = json.loads(run("sample", "--unit", "conversation", "--seed", 2, "--json")[1])
    for lane, every in (("baseline", 0), ("candidate", 1)):
        answers = write_responses_file(tmp_path / f"{lane}.jsonl", 8, refuse_every=every)
        taken = json.loads(run("import-responses", answers, "--lane", lane, "--json")[1])
        assert (taken["status"], taken["responses"], taken["failed"]) == ("done", 8, {})
    grades = json.loads(run("grade", "--json")[1])
    forecast = json.loads(run("forecast", "--json")[1])
    status = json.loads(run("status", "--json")[1])

    assert imported["conversations"] == 8
    assert sample["size"] == 8
    assert grades["grades"] == 3 * 8 * 16
    refusal = next(c for c in forecast["categories"] if c["category"] == "refusal")
    assert refusal["table"] == {"both": 0, "improved": 0, "neither": 0, "regressed": 8}
    assert status["forecasts"] == [forecast["forecast_id"]]


def test_backtest_from_the_shell(run, tmp_path: Path) -> None:
    """Labels in, all scores out as JSON, and the limits are said on screen; an unreadable file is named."""
    rows = [
        (f"p{i}", f"p{i}", model, "x", 0, i % every == 0) for i in range(40) for model, every in (("a", 2), ("b", 5))
    ]
    names = ["prompt_id", "cluster_id", "model", "category", "trial", "flagged"]
    pl.DataFrame(rows, schema=names, orient="row").write_parquet(tmp_path / "labels.parquet")
    scores = tmp_path / "scores.json"

    code, out, _ = run("backtest", tmp_path / "labels.parquet", "--json", scores, "--splits", 2, "--resamples", 10)
    assert code == 0
    assert "What this does not show" in out
    assert json.loads(scores.read_text())["groups"]["all"]["rows"] == 4
    code, _, err = run("backtest", scores)
    assert code == 1
    assert "scores.json cannot be read as Parquet" in err


def test_a_dry_run_shows_scrubbed_rows_and_keeps_nothing(run, tmp_path: Path) -> None:
    """What would be kept and left out is said; the workspace stays empty."""
    log = tmp_path / "log.jsonl"
    said = [{"role": "user", "content": "I am Zebulon Quixworth."}, {"role": "assistant", "content": "Hello!"}]
    log.write_text(json.dumps({"messages": said}) + "\n{broken\n" + json.dumps({"messages": []}) + "\n")

    code, out, _ = run("import", log, "--dry-run")
    assert code == 0
    assert "log.jsonl would be read as openai-chat" in out
    assert "1 conversation would be kept" in out
    assert "left out 1: no messages" in out
    assert "could not be read: row 2" in out
    assert "Quixworth" not in out
    assert json.loads(run("status", "--json")[1])["imports"] == []


def test_a_folder_is_read_whole(run, tmp_path: Path) -> None:
    """Every file of a folder is an import of its own; an empty folder says so."""
    logs = tmp_path / "logs"
    (logs / "inner").mkdir(parents=True)
    write_log(logs / "a.jsonl", 2)
    write_log(logs / "inner" / "b.jsonl", 3)

    imported = json.loads(run("import", logs, "--json")[1])
    assert [row["source"] for row in imported] == ["a.jsonl", "b.jsonl"]
    assert [row["conversations"] for row in imported] == [2, 1]
    (tmp_path / "empty").mkdir()
    assert "holds no file" in run("import", tmp_path / "empty")[2]


def test_the_forecast_is_a_readable_table(run, tmp_path: Path) -> None:
    """People get a sentence, a row per behaviour, and what it rests on."""
    run("import", write_log(tmp_path / "log.jsonl", 6))
    run("sample", "--unit", "conversation")
    run("import-responses", write_responses_file(tmp_path / "new.jsonl", 6, refuse_every=1), "--name", "new one")
    code, out, _ = run("forecast")

    assert code == 0
    assert "behaviour" in out
    assert "Declines the request" in out
    assert "fidelity uncorrected: no baseline lane" in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("import", "nowhere.jsonl"), "There is no file nowhere.jsonl"),
        (("sample",), "no conversations to draw from"),
        (("forecast",), "The workspace has no sample"),
        (("replay", "--lane", "candidate"), "No model was named"),
        (("replay", "--lane", "sideways", "--model", "local"), "no sample"),
        (("import", "x.csv", "--map", "user=prompt"), "does not say which column holds assistant"),
        (("sample", "--unit", "message"), "--unit turn or --unit conversation"),
        (("scrub", "nowhere.jsonl", "out.jsonl"), "There is no file nowhere.jsonl"),
    ],
)
def test_errors_say_what_to_do_next(run, arguments: tuple[str, ...], says: str) -> None:
    """Exit code 1, a message for people, and no traceback."""
    code, _, err = run(*arguments)

    assert code == 1
    assert says in err
    assert "Traceback" not in err


def test_a_mistyped_option_is_explained(run) -> None:
    """The option is named and the exit code is the shell's usual one."""
    code, _, err = run("sample", "--sise", "5")

    assert code == 2
    assert "--sise" in err


def test_scrub_filters_lines_for_other_pipelines(run, tmp_path: Path) -> None:
    """Lines keep their id and lose the name; nothing else is written."""
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [{"id": n, "text": "My name is Zebulon Quixworth, mail zeb@quixmail.test."} for n in range(2)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))

    code, _, _ = run("scrub", source, target)
    scrubbed = [json.loads(line) for line in target.read_text().splitlines()]
    assert code == 0
    assert [row["id"] for row in scrubbed] == [0, 1]
    assert all("Quixworth" not in row["text"] and "quixmail" not in row["text"] for row in scrubbed)
    assert all(row["spans"] for row in scrubbed)


def test_the_commands_of_the_readme_exist() -> None:
    """What the README tells people to type is there."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert set(re.findall(r"python -m deploysim ([a-z-]+)", readme)) <= set(COMMANDS)
    assert set(re.findall(r"make ([a-z]+)(?:`|\s+#)", readme)) <= set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
