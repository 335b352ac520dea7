"""The command line, as a user or a program calls it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import polars as pl
import pytest
from makers import write_log, write_responses_file
from servers import Endpoint, answer, refuse

from deploysim.__main__ import COMMANDS, app

ROOT = Path(__file__).resolve().parent.parent


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


def test_a_replay_from_the_shell_pilots_retries_and_repeats(run, tmp_path: Path) -> None:
    """A pilot stops early, the run goes on from it, failures are asked for anew by kind, and repeats are added."""
    run("import", write_log(tmp_path / "log.jsonl", 30))
    run("sample", "--seed", 2)
    with Endpoint(script=[answer(), refuse(500), answer("half", finish="length")]) as endpoint:
        replay = ("replay", "--lane", "candidate", "--model", "m", "--base-url", endpoint.url, "--retries", 0, "--json")
        pilot = json.loads(run(*replay, "--limit", 5, "--in-flight", 1)[1])
        whole = json.loads(run(*replay)[1])
        retried = json.loads(run(*replay, "--retry", "server-error", "--retry", "timeout")[1])
        twice = json.loads(run(*replay, "--repeats", 2, "--requests-per-minute", 60_000)[1])
        code, _, wrong = run(*replay, "--retry", "everything")
        said = run(*replay[:-1])[1]

    assert (pilot["status"], pilot["responses"], pilot["failed"], pilot["cut"]) == (
        "stopped",
        5,
        {"server error": 1},
        1,
    )
    assert (whole["status"], whole["responses"], whole["failed"]) == ("done", 30, {"server error": 1})
    assert (retried["failed"], retried["cut"], len(endpoint.requests)) == ({}, 1, 61)
    assert (twice["repeats"], twice["responses"]) == (2, 60)
    assert code == 1
    assert "by the name of everything" in wrong
    assert "60 of 60 responses to 30 prefixes" in said
    assert "of these cut by length 1" in said


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


@pytest.mark.parametrize("options", [("--already-scrubbed",), ("--dry-run",)])
def test_one_file_of_several_that_cannot_be_used_does_not_keep_the_others_out(
    run, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """It is named with its reason, the others are done, and the exit code says that something is left to do."""
    logs = tmp_path / "logs"
    logs.mkdir()
    write_log(logs / "a.jsonl", 2)
    (logs / "b.jsonl").write_text('{"scores": [1, 2]}\n', encoding="utf-8")
    write_log(logs / "c.jsonl", 3)

    code, out, err = run("import", logs, *options)
    assert code == 1
    assert "a.jsonl" in out
    assert "c.jsonl" in out
    assert "The format of b.jsonl was not recognised" in err
    assert "1 of 3 files could not be used, for the reasons above: b.jsonl." in err
    assert ("Traceback" in err) is False


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

    known = {*COMMANDS, *(group.name for group in app.registered_groups)}
    assert set(re.findall(r"python -m deploysim ([a-z-]+)", readme)) <= known
    assert set(re.findall(r"make ([a-z]+)(?:`|\s+#)", readme)) <= set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


def test_a_watched_replay_says_how_it_goes(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain lines where there is no terminal, with the facts of the Runs page; a candidate alone is told of."""
    monkeypatch.setenv("OPENAI_API_KEY", "a key")
    run("import", write_log(tmp_path / "log.jsonl", 4))
    run("sample", "--unit", "conversation", "--seed", 1)
    with Endpoint(otherwise=answer("yes")) as endpoint:
        code, out, err = run("replay", "--lane", "candidate", "--model", "m", "--base-url", endpoint.url, "--watch")

    assert code == 0
    assert "candidate: m: 0 of 4 (0%); rate waiting for the first response" in err
    assert "spend not known yet" in err
    assert "has a candidate but no baseline run" in out
    assert "has a candidate but no baseline run" in run("status")[1]


def test_watching_follows_a_run_of_another_process(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second command neither fails nor asks anything: it shows the first one's run until that ends."""
    monkeypatch.setenv("OPENAI_API_KEY", "a key")
    run("import", write_log(tmp_path / "log.jsonl", 4))
    run("sample", "--unit", "conversation", "--seed", 1)
    go_on = threading.Event()

    def held(handler, seen) -> None:
        go_on.wait(60)
        answer("yes")(handler, seen)

    with Endpoint(otherwise=held) as endpoint:
        command = ("replay", "--lane", "candidate", "--model", "m", "--base-url", endpoint.url)
        root = tmp_path / "workspace"
        first = subprocess.Popen([sys.executable, "-m", "deploysim", *command, "--workspace", str(root)], cwd=ROOT)
        while not list(root.glob("runs/*/progress.json")):
            assert first.poll() is None
            time.sleep(0.05)
        threading.Timer(2.0, go_on.set).start()
        code, out, err = run(*command, "--watch")
        assert first.wait(60) == 0

    assert code == 0
    assert "is at work in another process" in out
    assert "candidate: m: 0 of 4" in err
    assert "4 of 4 prefixes answered" in out
    assert len(endpoint.requests) == 4
