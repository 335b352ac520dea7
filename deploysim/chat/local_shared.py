"""One embedded model for all processes of one user on this machine."""

from __future__ import annotations

import json
import os
import secrets
import stat
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from filelock import FileLock, Timeout

from deploysim.chat import local_machine
from deploysim.chat.local import START_S, Address, LocalServer, join, launch, local_server, weights
from deploysim.errors import BusyError, ModelError
from deploysim.store.files import short_hash, write_text

_FORMAT = 1
"""Version of what users tell each other: others do not understand it."""


@contextmanager
def shared_server() -> Iterator[LocalServer]:
    """Use the embedded model while a block runs: the one that runs on this machine already, or a new one.

    It ends when nobody uses it any more, however the process that started it ended. Other users of the machine neither
    find it nor get in.

    Raises:
        ModelError: where the server or the weights are not installed, or the server does not start.
    """
    folder = own_folder()
    if folder is None:
        with local_server() as server:
            yield server
        return
    server = _join_or_start(folder, _name())
    try:
        yield server
    finally:
        server.leave()


def running_server() -> Address | None:
    """Return where the embedded model runs for this user, or None where it does not; nothing is started.

    Raises:
        ModelError: where the weights are not installed.
    """
    folder = own_folder()
    server = _running(folder / f"{_name()}.json") if folder else None
    if server is None:
        return None
    server.leave()
    return server.address


def _name() -> str:
    return f"local-{short_hash([_FORMAT, str(weights()), local_machine.CONTEXT])}"


def own_folder() -> Path | None:
    """Return a folder of this user alone that the system forgets, or None where there is none to be had."""
    given = os.environ.get("XDG_RUNTIME_DIR")
    name = f"deploysim-{os.getuid()}" if hasattr(os, "getuid") else "deploysim"
    folder = Path(given) / "deploysim" if given else Path(tempfile.gettempdir()) / name
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        about = folder.lstat()
    except OSError:
        return None
    if not stat.S_ISDIR(about.st_mode):
        return None
    # Anybody may have made a folder of that name where everybody may write.
    is_own = os.name == "nt" or (about.st_uid == os.getuid() and not about.st_mode & 0o077)
    return folder if is_own else None


def _join_or_start(folder: Path, name: str) -> LocalServer:
    try:
        with FileLock(folder / f"{name}.lock", timeout=START_S):
            return _running(folder / f"{name}.json") or _started(folder / f"{name}.json")
    except Timeout as error:
        raise BusyError(
            "Another process has been starting the embedded model for minutes.",
            expected="a start within seconds",
            next_step="see whether a `replay` of yours hangs, end it, and run the same command again",
        ) from error


def _running(path: Path) -> LocalServer | None:
    try:
        return join(Address(**json.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError, ModelError):
        # Whatever stands there is left from a server that is gone.
        return None


def _started(path: Path) -> LocalServer:
    process, address = launch(key=secrets.token_hex(32))
    _forget(process)
    server = join(address)
    write_text(path, json.dumps(asdict(address)))
    return server


def _forget(process: subprocess.Popen[bytes]) -> None:
    """Let the system forget the server whenever it ends: it may outlive this block, or this process."""
    threading.Thread(target=process.wait, daemon=True, name="embedded model").start()
