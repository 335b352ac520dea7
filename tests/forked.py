"""Processes that tests kill, forked in milliseconds off one server that has imported everything they need."""

from multiprocessing import get_context

# What the first process asks for is all that the server ever imports ahead, so every test asks here.
FORKED = get_context("forkserver")
FORKED.set_forkserver_preload(
    ["deploysim.pipeline.replaying", "deploysim.replay.batching", "deploysim.pipeline.grading"]
)
