"""One worker process: conversations in by standard input, scrubbed ones out by standard output, nothing anywhere else."""

from __future__ import annotations

import io
import os
import pickle
import signal
import sys
from dataclasses import dataclass
from typing import BinaryIO

from deploysim.errors import DeploysimError
from deploysim.scrub.policy import ScrubPolicy


@dataclass(frozen=True, slots=True)
class Setup:
    """What a worker builds its scrubber from."""

    policy: ScrubPolicy
    key: bytes
    spacy_model: str


def serve() -> None:
    """Answer one batch after another until standard input ends, which it does with the process that started this one.

    The first thing read is a `Setup`; the first answer is None, or the error for which there is no scrubber.
    """
    _keep_to_itself()
    answers = _private_output()
    requests = sys.stdin.buffer
    from deploysim.scrub.scrubber import Scrubber

    setup: Setup = pickle.load(requests)
    try:
        scrubber = Scrubber(setup.policy, key=setup.key, spacy_model=setup.spacy_model)
    except DeploysimError as error:
        _answer(answers, error)
        return
    _answer(answers, None)
    while True:
        try:
            batch = pickle.load(requests)
        except EOFError:
            return
        _answer(answers, list(scrubber.scrub_conversations(batch)))


def _answer(answers: BinaryIO, result: object) -> None:
    pickle.dump(result, answers, protocol=pickle.HIGHEST_PROTOCOL)
    answers.flush()


def _keep_to_itself() -> None:
    """Leave Ctrl-C to the process that started this one, and write no memory image of raw text when crashing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _private_output() -> BinaryIO:
    """Take standard output for the answers, so that nothing a library prints gets between them."""
    answers = os.fdopen(os.dup(1), "wb")
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.close(silent)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What a library prints may quote characters that no encoding has; that must not fail the conversation.
        sys.stdout.reconfigure(errors="replace")
    return answers
