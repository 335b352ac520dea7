"""What of a run that stopped early counts: the blocks at the beginning of its order that are complete.

Which answers have arrived at some moment depends on how long each took, and with that on what they say. Which were sent
by then does not: whether a prefix was sent depends on those before it alone. A run that is asked to stop therefore lets
what it has sent come to its end, and then exactly the blocks that were sent whole are complete: an unbiased sample,
whenever and for whatever reason it stopped. So that no block is left out because it was slow, a block counts only where
all blocks before it are complete too.
"""

from __future__ import annotations

from deploysim.store.blocks import Blocks, cut_into_blocks
from deploysim.store.outcomes import Outcomes, read_outcomes
from deploysim.store.runs import RunRecord, journal_path, read_run
from deploysim.store.workspace import Workspace


def complete_blocks(blocks: Blocks, outcomes: Outcomes, *, repeat: int) -> list[int]:
    """Return the blocks at the beginning of the order whose prefixes all have an outcome in one repeat."""
    complete: list[int] = []
    for block in blocks.order.tolist():
        if None in outcomes.find(blocks.prefix_ids(block), repeat):
            break
        complete.append(block)
    return complete


def keep_complete(blocks: Blocks, outcomes: Outcomes, *, repeats: int) -> None:
    """Let only the outcomes of complete blocks count; each repeat is judged on its own."""
    complete = {repeat: complete_blocks(blocks, outcomes, repeat=repeat) for repeat in range(repeats)}
    outcomes.keep((p, repeat) for repeat, some in complete.items() for block in some for p in blocks.prefix_ids(block))


def completed_prefixes(workspace: Workspace, run_id: str, *, repeat: int = 0) -> list[str]:
    """Return the prefixes of a run's complete blocks, whatever state it is in: an unbiased sample of its sample.

    The run may be answering meanwhile. One that was not sent in blocks has none.
    """
    record = read_run(workspace, run_id)
    if record.block is None:
        return []
    blocks = blocks_of(workspace, record)
    outcomes = read_outcomes(journal_path(workspace, run_id))
    return [p for block in complete_blocks(blocks, outcomes, repeat=repeat) for p in blocks.prefix_ids(block)]


def blocks_of(workspace: Workspace, record: RunRecord) -> Blocks:
    """Return the blocks of a run's sample as the run sends them."""
    return cut_into_blocks(workspace, record.sample_id, conversations=record.block)
