"""Tests of the short words around a conversation's texts: kept where they say nothing of a person."""

from __future__ import annotations

import pytest

from deploysim.scrub.scrubber import ScrubbedConversation, Scrubber
from deploysim.types import Message, RawConversation, ToolCall

HARMLESS = [
    "gpt-4o-2024-08-06",
    "claude-sonnet-4-5@20250929",
    "meta-llama/Llama-3.1-8B-Instruct",
    "ft:gpt-3.5-turbo-0613:acme:support:7p4lURel",
    "us.anthropic.claude-sonnet-4-20250514-v1:0",
    "call_9f8d7c6b5a4e3d2c1b0a9f8e",
    "call_d761220009852c07ec34abd0",
    "toolu_01A09q90qw90lq917835lq9",
    "chatcmpl-tool-3f2a9b7c1d4e4f5a8b6c7d8e9f0a1b2c",
    "call_0_1",
    "find_user_by_email",
    "x-request-id",
    "tool_calls",
    "Norwegian Bokmål",
    "pt-BR",
]
PERSONAL = ["qz17@leakmark.org", "call 212-555-0147", "anna.reid", "made for anna reid", "10.1.2.3"]


def _scrubbed(scrubber: Scrubber, tag: str, *, conversation_id: str = "one") -> ScrubbedConversation:
    messages = (
        Message("user", "What is two plus two?"),
        Message("assistant", "", (ToolCall(tag, tag, "{}"), ToolCall("other", "add", "{}")), finish_reason=tag),
        Message("tool", "4", tool_call_id=tag),
    )
    raw = RawConversation(messages, row=1, model=tag, language=tag, metadata=((tag, "gold"), ("tier", "gold")))
    [found] = scrubber.scrub_conversations([(conversation_id, raw)])
    assert isinstance(found, ScrubbedConversation)
    return found


@pytest.mark.parametrize("tag", HARMLESS)
def test_what_programs_write_stays(scrubber: Scrubber, tag: str) -> None:
    """Names of models and tools, ids of calls and the like are needed as they are."""
    found = _scrubbed(scrubber, tag)

    call = found.messages[1].tool_calls[0]
    linked = found.messages[2].tool_call_id
    assert {tag} == {found.model, found.language, call.id, call.name, linked, found.messages[1].finish_reason}
    assert tag == found.metadata[0][0]


@pytest.mark.parametrize("tag", PERSONAL)
def test_personal_data_goes_as_a_whole_and_calls_stay_linked(scrubber: Scrubber, tag: str) -> None:
    """Nothing of it is left; a call and its result share the mark, which another conversation does not."""
    found = _scrubbed(scrubber, tag)

    call = found.messages[1].tool_calls[0]
    assert tag not in repr(found)
    assert (found.model, found.language, found.messages[1].finish_reason) == ("removed", "removed", "removed")
    assert call.id.startswith("removed_")
    assert {call.id} == {found.messages[2].tool_call_id, call.name, found.metadata[0][0]}
    assert (found.messages[1].tool_calls[1].id, found.metadata[1][0]) == ("other", "tier")
    assert call.id != _scrubbed(scrubber, tag, conversation_id="two").messages[1].tool_calls[0].id
