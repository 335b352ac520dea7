"""What to tell people when batches do not work at an endpoint, or not any more."""

from __future__ import annotations

from dataclasses import dataclass

from deploysim.errors import ModelError

RESUME = "then run the same command again: it goes on from here"
_RESEND = "if they are gone for good, add --resend-lost: their requests are sent again, and paid again"


@dataclass(frozen=True, slots=True)
class BatchEndpoint:
    """An endpoint, as somebody who wants to use its Batch API sees it."""

    shown: str
    """Its address without what nobody should read."""

    def has_no_batches(self, status: int) -> ModelError:
        """It does not know the Files or Batches endpoint."""
        return ModelError(
            f"{self.shown} has no Batch API (HTTP {status}).",
            expected="an endpoint that takes files and batches, as OpenAI's does",
            next_step="leave --batch out: it goes on with live requests",
        )

    def refused_the_batch(self, why: str) -> ModelError:
        """It does not take what it was given, and would not take it a second time."""
        return ModelError(
            f"{self.shown} refused a batch ({why}).",
            expected="a model and an API that the provider takes in batches",
            next_step=f"check model and API (--model, --api, data/models.yaml) at the provider, {RESUME}; or leave --batch out for live requests",
        )

    def keeps_failing(self, why: str) -> ModelError:
        """It does not do what it was asked, however often."""
        return ModelError(
            f"The Batch API at {self.shown} keeps failing ({why}).",
            expected="a provider that can be reached; what was submitted goes on there meanwhile",
            next_step=f"see whether it has an outage, {RESUME}",
        )

    def forgot_the_batch(self, batch_id: str) -> ModelError:
        """It does not know a batch that it took."""
        return ModelError(
            f"{self.shown} does not know batch {batch_id} any more.",
            expected="the key of the project that submitted it",
            next_step=f"set that key in OPENAI_API_KEY, {RESUME}; {_RESEND}",
        )

    def lost_the_results(self, batch_id: str) -> ModelError:
        """The results of a batch were deleted before they were fetched."""
        return ModelError(
            f"The results of batch {batch_id} are not at {self.shown} any more.",
            expected="results that are fetched before the provider deletes them (after 30 days at OpenAI) or somebody does",
            next_step=f"set the key of the project that submitted it, {RESUME}; {_RESEND}",
        )
