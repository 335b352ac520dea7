"""The process of the embedded model: llama.cpp's server, until its standard input closes.

It is a process of its own so that it ends with the one that started it however that ends, so that a crash in it is an
error here and not the end of both, and so that nothing it prints, which may quote prompts, reaches a terminal or a
file. It is run by its path and imports nothing of this project.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any, TextIO

_QUIET = -1


def main() -> None:
    """Start the server as the first argument says, print where it listens, and wait for standard input to close."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = _muted()
    wanted = json.loads(sys.argv[1])
    try:
        server = _start(wanted)
    except (RuntimeError, ImportError) as error:
        parent.write(json.dumps({"error": str(error)}) + "\n")
        parent.flush()
        os._exit(1)
    parent.write(json.dumps({"address": server.listening_address}) + "\n")
    parent.flush()
    sys.stdin.buffer.read()
    # Requests that are still being answered have nobody left to answer to.
    os._exit(0)


def _muted() -> TextIO:
    """Send all that is printed to nowhere, and return what still reaches the parent."""
    parent = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return parent


def _start(wanted: dict[str, Any]) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = wanted["weights"]
    params.model_alias = {wanted["name"]}
    params.n_parallel = wanted["slots"]
    params.n_ctx = wanted["context"] * wanted["slots"]
    params.cpuparams.n_threads = wanted["threads"]
    params.port = wanted["port"]
    params.verbosity = _QUIET
    # Idle prompts kept in memory would grow it by gigabytes over a long run.
    params.cache_ram_mib = 0
    # The model is for programs on this machine: no page in a browser may ask it, and nobody may read what others ask.
    params.endpoint_slots = False
    params.ui = False
    params.cors_origins = "http://127.0.0.1"
    params.cors_origins_explicit = True
    params.cors_credentials = False
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main()
