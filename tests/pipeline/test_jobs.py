"""Commands that the app starts in processes of their own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from makers import NOW, write_log

from deploysim.errors import InputError, NotFoundError
from deploysim.pipeline import jobs
from deploysim.pipeline.import_counts import ImportCounts
from deploysim.pipeline.job_reports import JobReport, check_stdin, read_progress, read_results
from deploysim.pipeline.jobs import Job, list_jobs, start_job, stop_job
from deploysim.store.files import write_json
from deploysim.store.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]


def until(workspace: Workspace, meets: Callable[[Job], bool]) -> Job:
    """Wait until the newest job is as asked for."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        job = list_jobs(workspace)[0]
        if meets(job):
            return job
        time.sleep(0.05)
    raise AssertionError(f"still not so: {job}")


def finished(workspace: Workspace) -> Job:
    """Wait for the newest job to end."""
    return until(workspace, lambda job: job.finished)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [(["status"], 0, "This workspace is empty"), (["sample"], 1, "no conversations to draw from")],
)
def test_a_job_ends_with_its_exit_code_and_words(tmp_path: Path, arguments: list[str], code: int, says: str) -> None:
    """What a command says is there to read, whether it worked or not."""
    workspace = Workspace(tmp_path / "ws")
    start_job(workspace, "a title", arguments, now=NOW)

    job = finished(workspace)
    assert (job.title, job.command, job.exit_code) == ("a title", arguments[0], code)
    assert says in job.output


def test_an_import_leaves_its_result_in_the_jobs_folder(tmp_path: Path) -> None:
    """The page reads what an import came to from there, in any later session."""
    workspace = Workspace(tmp_path / "ws")
    log = write_log(tmp_path / "log.jsonl", 3)
    job_id = start_job(workspace, "import", ["import", str(log)], now=NOW)

    assert finished(workspace).exit_code == 0
    (result,) = read_results(workspace, job_id)
    assert (result.added, result.record.conversations, result.record.source) == (True, 3, "log.jsonl")
    progress = read_progress(workspace, job_id)
    assert progress is not None
    assert progress.total == 3


def test_bytes_reach_a_job_through_its_standard_input(tmp_path: Path) -> None:
    """More of them than a pipe holds arrive whole."""
    workspace = Workspace(tmp_path / "ws")
    line = b'{"id": "a", "text": "' + b"x" * 1_000 + b'"}\n'
    start_job(workspace, "scrub", ["scrub", "-", "-"], now=NOW, stdin=line * 300)

    job = finished(workspace)
    assert job.exit_code == 0, job.output
    written = (workspace.jobs / job.job_id / "output.txt").read_text()
    assert written.count('"id": "a"') == 300


def test_a_job_that_ends_before_reading_its_input_harms_nobody(tmp_path: Path) -> None:
    """The app's thread that hands over the bytes just ends."""
    workspace = Workspace(tmp_path / "ws")
    start_job(workspace, "status", ["status"], now=NOW, stdin=b"x" * 1_000_000)

    assert finished(workspace).exit_code == 0


def test_half_an_upload_is_refused() -> None:
    """Where the app dies while it hands a file over, half a file must not pass for a whole one."""
    check_stdin(b"1234", {"DEPLOYSIM_STDIN_BYTES": "4"})
    check_stdin(b"1234", {})

    with pytest.raises(InputError, match="Only 4 of 10 bytes"):
        check_stdin(b"1234", {"DEPLOYSIM_STDIN_BYTES": "10"})


@pytest.mark.skipif(sys.platform == "win32", reason="there are no process groups to signal on Windows")
def test_a_stopped_job_ends_as_by_ctrl_c(tmp_path: Path) -> None:
    """The signal reaches it although the server itself was told to ignore Ctrl-C, and the job says that it stopped."""
    workspace = Workspace(tmp_path / "ws")
    log = write_log(tmp_path / "log.jsonl", 20_000)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        job_id = start_job(workspace, "import", ["import", str(log)], now=NOW)
    finally:
        signal.signal(signal.SIGINT, before)
    until(workspace, lambda job: read_progress(workspace, job_id) is not None)

    stop_job(workspace, job_id)
    job = finished(workspace)
    assert job.exit_code == 130
    assert job.stop_requested
    assert "Stopped. What was done is kept" in job.output
    assert read_results(workspace, job_id) == []
    stop_job(workspace, job_id)


def test_only_jobs_can_be_stopped(tmp_path: Path) -> None:
    """An id from a forged link leads to no other folder."""
    with pytest.raises(NotFoundError):
        stop_job(Workspace(tmp_path), "../../etc")


def test_jobs_of_an_earlier_server_are_told_from_strangers(tmp_path: Path) -> None:
    """A process number that the system gave to somebody else is not the job's any more."""
    workspace = Workspace(tmp_path / "ws")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        folder = workspace.jobs / ("a" * 12)
        about = {"title": "import", "arguments": ["import"], "started_at": NOW.isoformat(), "pid": stranger.pid}
        write_json(folder / "job.json", about)
        (folder / "output.txt").write_text("")

        assert stranger.pid not in jobs._waiting
        assert list_jobs(workspace)[0].finished is Path("/proc/self/cmdline").exists()
        stop_job(workspace, "a" * 12)
        assert stranger.poll() is None
        stranger.communicate(b"\n")


def test_jobs_are_listed_by_command(tmp_path: Path) -> None:
    """The Import page shows imports only."""
    workspace = Workspace(tmp_path / "ws")
    for n, command in enumerate(["import", "replay", "import"]):
        folder = workspace.jobs / (str(n) * 12)
        about = {"title": command, "arguments": [command], "started_at": f"2026-11-0{n + 1}", "pid": 2**22 + 1}
        write_json(folder / "job.json", about)
        (folder / "output.txt").write_text("")

    assert [job.job_id[0] for job in list_jobs(workspace, commands=("import",))] == ["2", "0"]
    assert [job.job_id[0] for job in list_jobs(workspace, last=2)] == ["2", "1"]


def test_progress_is_written_at_most_twice_a_second_and_not_outside_a_job(tmp_path: Path) -> None:
    """Counts of what is done, kept and left out, with reasons; unreadable rows are one of them."""
    workspace = Workspace(tmp_path)
    folder = workspace.jobs / ("a" * 12)
    report, counts = JobReport(folder), ImportCounts(rows=50)
    counts.settled.kept, counts.rejected_rows, counts.duplicates = 4, 2, 1
    counts.exclusions["images, audio or files"] = 3
    report.importing(counts)
    counts.settled.kept = 40
    report.importing(counts)
    JobReport(None).importing(counts)

    progress = read_progress(workspace, "a" * 12)
    assert progress is not None
    assert (progress.done, progress.total, progress.kept, progress.duplicates) == (10, 50, 4, 1)
    assert progress.left_out == {"images, audio or files": 3, "could not be read": 2}
    assert (progress.per_second, progress.seconds_left) == (None, None)


def test_a_job_that_crashes_prints_no_message(tmp_path: Path) -> None:
    """What a job prints is kept on disk, and the message of an error that nobody foresaw may quote the log."""
    code = "from deploysim.pipeline.job_reports import say_no_values; say_no_values(); int('Elena Brandt')"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)

    assert run.returncode == 1
    assert run.stderr.startswith("An error that was not foreseen: ValueError at <string>:1.")
    assert "Brandt" not in run.stderr
