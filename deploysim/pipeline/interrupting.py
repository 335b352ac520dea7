"""Ctrl-C as a request to stop: what is in flight comes to its end, so that what counts is not what was fastest."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stopping_on_ctrl_c() -> Iterator[Callable[[], bool]]:
    """Give a function that says whether Ctrl-C was pressed while the block runs; pressed again, it interrupts."""
    pressed = False

    def hear(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    # Only the main thread may say what a signal does.
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = signal.signal(signal.SIGINT, hear)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)
