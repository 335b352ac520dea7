"""Scrubbing in several processes.

The workers are plain new interpreters that talk through pipes: they do not import the program that started them, so the
command line, a test and a thread of the app can all use them, and they end when their standard input does.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from deploysim.errors import DeploysimError, ScrubError
from deploysim.scrub.parallel_worker import Setup
from deploysim.scrub.policy import ScrubPolicy
from deploysim.scrub.scrubber import ScrubbedConversation, Scrubber, ScrubFailure, batches
from deploysim.types import RawConversation

Batch = list[tuple[str, RawConversation]]
Results = list[ScrubbedConversation | ScrubFailure]

DIED = "WorkerDied"
"""The error of a conversation on which the process that scrubbed it ended."""

_IN_FLIGHT_EACH = 2
_PROGRAM = """\
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from deploysim.scrub.parallel_worker import serve
serve()
"""
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Workers share the cores by being several; threads inside each would only fight over them."""


def scrub_in_processes(
    raws: Iterable[tuple[str, RawConversation]], *, policy: ScrubPolicy, key: bytes, spacy_model: str, processes: int
) -> Iterator[ScrubbedConversation | ScrubFailure]:
    """Yield every conversation scrubbed, or the failure for which nothing of it is kept, in order.

    A batch whose worker dies is tried once more, one conversation at a time; those that kill their worker again fail
    with the error `DIED`. Closing the generator ends the workers.

    Args:
        raws: Conversation ids and conversations. Read as needed in this thread, two batches for each process ahead.
        policy: What to do with what is found.
        key: Secret bytes of the workspace.
        spacy_model: Installed spaCy package or path of a pipeline.
        processes: How many workers; 1 scrubs in this process.

    Raises:
        ConfigError: The pipeline or a recogniser of the policy cannot be loaded.
        ScrubError: The workers cannot be started.
    """
    if processes <= 1:
        yield from Scrubber(policy, key=key, spacy_model=spacy_model).scrub_conversations(raws)
        return
    pool = _Pool(Setup(policy, key, spacy_model))
    threads = ThreadPoolExecutor(processes, thread_name_prefix="scrub")
    waiting: deque[Future[Results]] = deque()
    try:
        for batch in batches(raws):
            waiting.append(threads.submit(pool.scrub, batch))
            if len(waiting) == _IN_FLIGHT_EACH * processes:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.stop()
        threads.shutdown(cancel_futures=True)
        pool.clear()


class _WorkerDiedError(Exception):
    """A worker ended instead of answering. Holds nothing of what it worked on."""


class _Worker:
    """A process with a scrubber; used by one thread at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # A traceback of a worker could quote what it worked on.
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_ONE_THREAD},
        )

    def begin(self, setup: Setup) -> DeploysimError | None:
        """Build the scrubber; return the error for which there is none."""
        self._send(sys.path)
        answer: DeploysimError | None = self._ask(setup)
        return answer

    def scrub(self, batch: Batch) -> Results:
        """Return a batch scrubbed.

        Raises:
            _WorkerDiedError: The process ended instead.
        """
        results: Results = self._ask(batch)
        return results

    def _ask(self, request: object) -> Any:
        self._send(request)
        assert self._process.stdout
        try:
            return pickle.load(self._process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError):
            raise _WorkerDiedError from None

    def _send(self, request: object) -> None:
        assert self._process.stdin
        try:
            pickle.dump(request, self._process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()
        except OSError:
            raise _WorkerDiedError from None

    def kill(self) -> None:
        """End the process; a thread that waits for its answer learns that it died."""
        self._process.kill()

    def clear(self) -> None:
        """Leave nothing behind of an ended process."""
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            with suppress(BrokenPipeError):  # what the process did not read any more is meant to be lost
                pipe.close()


class _Pool:
    """Workers, started as they are needed and lent to one thread at a time."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._alive: set[_Worker] = set()
        self._stopped = False

    def scrub(self, batch: Batch) -> Results:
        """Return a batch scrubbed; what kills a worker fails."""
        try:
            return self._once(batch)
        except _WorkerDiedError:
            return [result for one in batch for result in self._alone(one)]

    def _alone(self, one: tuple[str, RawConversation]) -> Results:
        try:
            return self._once([one])
        except _WorkerDiedError:
            return [ScrubFailure(one[0], -1, DIED)]

    def _once(self, batch: Batch) -> Results:
        worker = self._taken()
        try:
            results = worker.scrub(batch)
        except _WorkerDiedError:
            with self._lock:
                self._alive.discard(worker)
            worker.clear()
            raise
        with self._lock:
            self._idle.append(worker)
        return results

    def _taken(self) -> _Worker:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            if self._stopped:
                raise ScrubError("The scrubbing was stopped.")
            worker = _Worker()
            self._alive.add(worker)
        try:
            error = worker.begin(self._setup)
        except _WorkerDiedError:
            error = ScrubError(
                "A process for scrubbing ended before it could begin.",
                expected="enough memory for a language pipeline in each process",
                next_step="use fewer processes",
            )
        if error is not None:
            raise error
        return worker

    def stop(self) -> None:
        """End all workers at once and start no more."""
        with self._lock:
            self._stopped = True
            self._idle.clear()
            for worker in self._alive:
                worker.kill()

    def clear(self) -> None:
        """Leave nothing behind, once no thread uses a worker any more."""
        for worker in self._alive:
            worker.clear()
