"""The process of the embedded model: llama.cpp's server, for as long as somebody uses it.

Whoever uses it holds a connection to it. When the last one is closed, as the system does for a process however that
ends, the server ends too. It is a process of its own, in a session of its own, so that a crash in it is an error of its
users and not their end, so that stopping the one that started it does not take it from the others, and so that nothing
it prints, which may quote prompts, reaches a terminal or a file. It is run by its path and imports nothing of this
project.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener, answer_challenge, deliver_challenge
from typing import Any, TextIO

JOINED = b"joined"
_QUIET = -1
_FIRST_USER_S = 60.0


def main() -> None:
    """Start the server as a line of standard input says, print where it listens, and serve until nobody is left."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = _muted()
    # A line and not an argument: everybody can read the arguments of a process, and it has the key.
    wanted = json.loads(sys.stdin.readline())
    try:
        server = _start(wanted)
    except (RuntimeError, ImportError) as error:
        _say(parent, {"error": str(error)})
        os._exit(1)
    with Listener(("127.0.0.1", 0), backlog=64) as listener:
        users = _Users(bytes.fromhex(wanted["secret"]))
        _say(parent, {"address": server.listening_address, "door": listener.address[1]})
        while True:
            user = listener.accept()
            threading.Thread(target=users.host, args=(user,), daemon=True).start()


class _Users:
    """Counts who holds a connection, and ends the process when the last one lets go."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._lock = threading.Lock()
        self._count = 0
        self._nobody_came = threading.Timer(_FIRST_USER_S, _end)
        self._nobody_came.daemon = True
        self._nobody_came.start()

    def host(self, user: Connection) -> None:
        """Count whoever knows the secret, for as long as the connection is held."""
        try:
            deliver_challenge(user, self._secret)
            answer_challenge(user, self._secret)
        except (OSError, EOFError, AuthenticationError):
            user.close()
            return
        with self._lock:
            self._count += 1
            self._nobody_came.cancel()
        with suppress(OSError, EOFError):
            user.send_bytes(JOINED)
            user.recv_bytes()
        with self._lock:
            self._count -= 1
            if self._count == 0:
                # Still under the lock: nobody is told that they joined a server that is about to end.
                _end()


def _end() -> None:
    # Requests that are still being answered have nobody left to answer to.
    os._exit(0)


def _say(parent: TextIO, value: dict[str, Any]) -> None:
    parent.write(json.dumps(value) + "\n")
    parent.flush()


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
    params.api_keys = [wanted["key"]] if wanted["key"] else []
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
