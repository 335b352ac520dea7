"""A replay in a process that a test kills: small, and started by a server that has imported everything already."""

from __future__ import annotations

import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path

from forked import FORKED

from deploysim.chat.settings import ModelSettings
from deploysim.errors import DeploysimError
from deploysim.pipeline.replaying import ReplayPlan, replay_sample
from deploysim.store.workspace import Workspace
from deploysim.types import Lane

NOW_ISO = "2026-11-01T12:00:00+00:00"
IN_FLIGHT = 6


def plan(root: Path, url: str) -> ReplayPlan:
    """Return the plan that parent and child share."""
    sample_id = next((root / "samples").glob("*.duckdb")).stem
    settings = ModelSettings("x", "m", url, timeout_s=20)
    return ReplayPlan(sample_id, Lane.CANDIDATE, settings, in_flight=IN_FLIGHT)


def replaying(root: Path, url: str, told: Connection, largest_file: int = 0) -> None:
    """Replay, and tell how many outcomes are acknowledged whenever that changes; in the end, what went wrong.

    Args:
        root: The workspace.
        url: The endpoint.
        told: Where to.
        largest_file: Bytes after which the disk counts as full; 0 for no limit.
    """
    from datetime import datetime

    signal.signal(signal.SIGINT, signal.default_int_handler)
    if largest_file:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    def report(what: str, done: int, total: int) -> None:
        told.send(done)

    try:
        replay_sample(Workspace(root), plan(root, url), now=datetime.fromisoformat(NOW_ISO), report=report)
    except (DeploysimError, KeyboardInterrupt) as error:
        told.send(f"{type(error).__name__}: {error}")
        os._exit(1)


class Child:
    """A replay in a process of its own."""

    def __init__(self, root: Path, url: str, *, largest_file: int = 0) -> None:
        self._heard, told = FORKED.Pipe(duplex=False)
        self.process = FORKED.Process(target=replaying, args=(root, url, told, largest_file))
        self.process.start()
        told.close()
        self.acknowledged = 0
        self.error = ""

    def wait_for(self, acknowledged: int) -> bool:
        """Return when so many outcomes are acknowledged, or False where it ended before."""
        while self.acknowledged < acknowledged and self._hear():
            pass
        return self.acknowledged >= acknowledged

    def end(self, how: signal.Signals | None = None) -> None:
        """Wait for its end, after sending it a signal where one is given, and hear all that it had told."""
        if how is not None and self.process.pid and self.process.is_alive():
            os.kill(self.process.pid, how)
        while self._hear():
            pass
        self.process.join()
        self._heard.close()

    def _hear(self) -> bool:
        try:
            said = self._heard.recv()
        except EOFError:
            return False
        if isinstance(said, int):
            self.acknowledged = said
        else:
            self.error = said
        return True
