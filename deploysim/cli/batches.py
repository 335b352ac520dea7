"""Options about batches, which replaying and judging share."""

from __future__ import annotations

from typing import Annotated

import typer

from deploysim.chat.batching.job import BatchOptions

BatchOption = Annotated[
    bool,
    typer.Option("--batch", help="Through the provider's Batch API: half the price at OpenAI, within 24 hours."),
]
KeepRemoteFilesOption = Annotated[
    bool, typer.Option("--keep-remote-files", help="Leave a batch's files at the provider when it is done.")
]
ResendLostOption = Annotated[
    bool,
    typer.Option("--resend-lost", help="Send batches again, and pay again, whose results the provider deleted."),
]
CancelBatchesOption = Annotated[
    bool,
    typer.Option("--cancel-batches", help="Cancel what --batch has at the provider; what is answered is collected."),
]


def batch_options(*, batch: bool, keep: bool, resend: bool, cancel: bool) -> BatchOptions | None:
    """Return how batches are handled; None for live requests."""
    return BatchOptions(delete_files=not keep, resend_lost=resend, cancel=cancel) if batch or cancel else None
