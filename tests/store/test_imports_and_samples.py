"""Imports and samples on disk."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest
from makers import NOW, conversation, fill

from deploysim.errors import InputError, NotFoundError
from deploysim.pipeline.drawing import draw
from deploysim.sampling import SampleSpec
from deploysim.store.blocks import cut_into_blocks, read_blocks
from deploysim.store.conversations import (
    ConversationFilter,
    conversation_index,
    conversations_with_entity,
    get_conversation,
    list_conversations,
    replaced_counts,
)
from deploysim.store.imports import content_keys, import_files, turn_ends
from deploysim.store.sample_prefixes import get_prefix, prefixes, recorded_responses
from deploysim.store.samples import load_sample, read_sample, sample_path
from deploysim.store.workspace import Workspace
from deploysim.types import Message


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with ten conversations of one to three turns."""
    here = Workspace(tmp_path / "ws")
    fill(here, [conversation(n, turns=1 + n % 3) for n in range(10)])
    return here


def test_an_empty_workspace_answers_every_question(tmp_path: Path) -> None:
    """Nothing imported is no error, only nothing."""
    here = Workspace(tmp_path / "none")

    assert conversation_index(here).height == 0
    assert list_conversations(here, ConversationFilter(), offset=0, limit=10).total == 0
    assert replaced_counts(here).height == 0
    assert content_keys(here) == set()


def test_conversations_come_back_as_they_went_in(workspace: Workspace) -> None:
    """Messages, spans and turns survive Parquet."""
    stored = get_conversation(workspace, f"{4:012x}")

    assert stored.messages == conversation(4, turns=2).messages
    assert stored.spans == conversation(4).spans
    assert stored.turn_ends == (1, 3)


def test_pages_do_not_overlap_and_cover_all(workspace: Workspace) -> None:
    """Two pages of five are the ten conversations, newest first."""
    pages = [list_conversations(workspace, ConversationFilter(), offset=o, limit=5) for o in (0, 5)]

    ids = [i for page in pages for i in page.rows["conversation_id"]]
    assert ids == [f"{n:012x}" for n in range(9, -1, -1)]


@pytest.mark.parametrize(
    ("wanted", "total"),
    [
        (ConversationFilter(models=("old-model",)), 10),
        (ConversationFilter(models=("other",)), 0),
        (ConversationFilter(text="QUESTION 1 OF CONVERSATION 7"), 1),
        (ConversationFilter(text="'; drop table x; --"), 0),
        (ConversationFilter(import_id="b" * 12), 0),
    ],
)
def test_filters(workspace: Workspace, wanted: ConversationFilter, total: int) -> None:
    """A filter keeps what it names; what is typed is never SQL."""
    assert list_conversations(workspace, wanted, offset=0, limit=1).total == total


def test_replaced_stretches_are_counted_by_type(workspace: Workspace) -> None:
    """One PERSON in each of ten conversations."""
    assert replaced_counts(workspace).rows() == [("PERSON", 10, 10)]
    assert conversations_with_entity(workspace, "PERSON", offset=0, limit=3).rows.height == 3
    assert conversations_with_entity(workspace, "IBAN_CODE", offset=0, limit=3).total == 0


def test_an_import_without_its_record_does_not_exist(workspace: Workspace) -> None:
    """A killed import leaves nothing that a reader would see."""
    (workspace.conversations / ("a" * 12 + ".json")).unlink()

    assert import_files(workspace) == []


def test_a_sample_holds_everything_that_follows_needs(workspace: Workspace) -> None:
    """Prefixes, their messages and the recorded responses come from the sample's file alone."""
    about = draw(workspace, SampleSpec(unit="turn", size=6, seed=1), now=NOW)
    for path in import_files(workspace):
        path.unlink()

    drawn = list(prefixes(workspace, about.sample_id, batch=4))
    recorded = {row["prefix_id"]: row["text"] for row in recorded_responses(workspace, about.sample_id).to_dicts()}
    assert len(drawn) == 6
    assert all(p.prefix.messages[-1].role == "user" for p in drawn)
    assert all(p.recorded.content == recorded[p.prefix.prefix_id] for p in drawn)
    assert get_prefix(workspace, about.sample_id, drawn[2].prefix.prefix_id) == drawn[2]
    assert get_prefix(workspace, about.sample_id, "nothing:1") is None


def test_the_same_seed_draws_the_same_sample_and_another_does_not(workspace: Workspace, tmp_path: Path) -> None:
    """The draw depends on imports and spec, not on the machine or the time."""
    twin = Workspace(tmp_path / "twin")
    fill(twin, [conversation(n, turns=1 + n % 3) for n in reversed(range(10))])
    spec = SampleSpec(size=5, seed=3)

    first, second = draw(workspace, spec, now=NOW), draw(twin, spec, now=NOW)
    other = draw(workspace, SampleSpec(size=5, seed=4), now=NOW)
    assert second.sample_id == first.sample_id
    assert other.sample_id != first.sample_id


def test_a_sample_is_read_only_and_can_be_handed_over(workspace: Workspace, tmp_path: Path) -> None:
    """A colleague's workspace loads the file and knows how it was drawn."""
    about = draw(workspace, SampleSpec(size=4), now=NOW)
    path = sample_path(workspace, about.sample_id)
    colleague = Workspace(tmp_path / "colleague")

    assert load_sample(colleague, path) == about
    assert read_sample(colleague, about.sample_id) == about
    assert path.stat().st_mode & 0o222 == 0


def test_a_sample_with_other_surrogates_is_not_taken_for_the_same(workspace: Workspace, tmp_path: Path) -> None:
    """Equal ids with unequal text are refused, not mixed."""
    twin = Workspace(tmp_path / "twin")
    changed = [conversation(n, turns=1 + n % 3) for n in range(10)]
    fill(twin, [conversation(c.row, messages=(Message("user", "else"), *c.messages[1:])) for c in changed])
    first = draw(workspace, SampleSpec(size=4), now=NOW)
    second = draw(twin, SampleSpec(size=4), now=NOW)
    assert first.sample_id == second.sample_id

    with pytest.raises(InputError, match="other surrogates"):
        load_sample(workspace, sample_path(twin, second.sample_id))


@pytest.mark.parametrize("content", [b"", b"not a database", b"PK\x03\x04"])
def test_a_file_that_is_no_sample_is_refused_in_words(workspace: Workspace, tmp_path: Path, content: bytes) -> None:
    """Loading anything else says what was expected."""
    path = tmp_path / "x.duckdb"
    path.write_bytes(content)

    with pytest.raises(InputError, match=r"x\.duckdb"):
        load_sample(workspace, path)


def test_a_sample_cannot_read_this_machines_files(workspace: Workspace, tmp_path: Path) -> None:
    """A view inside a file that somebody sent must not reach outside it."""
    secret = tmp_path / "secret.txt"
    secret.write_text("private")
    path = tmp_path / "evil.duckdb"
    with duckdb.connect(str(path)) as db:
        db.execute(f"create view about as select 'format' as key, content as value from read_text('{secret}')")

    with pytest.raises(InputError):
        load_sample(workspace, path)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 12, "abc"])
def test_an_id_is_never_a_path(workspace: Workspace, name: str) -> None:
    """What does not have the form of an id is not looked up."""
    with pytest.raises(NotFoundError):
        sample_path(workspace, name)


@pytest.mark.parametrize(
    ("roles", "ends"),
    [
        (["user", "assistant"], [1]),
        (["system", "user", "assistant", "user"], [2]),
        (["assistant", "user", "assistant"], [2]),
        (["user", "assistant", "assistant"], [1]),
        (["user", "assistant", "tool", "assistant"], [1, 3]),
        (["system", "assistant"], []),
    ],
)
def test_a_turn_can_be_replayed_when_a_user_or_tool_message_stands_before_it(roles: list, ends: list[int]) -> None:
    """Eligible turns by the roles around them."""
    assert turn_ends([Message(role, "x") for role in roles]) == ends


TOOLS = ('{"type": "function", "function": {"name": "look_up"}}', '{"type": "function", "function": {"name": "höre"}}')
PARAMETERS = (("temperature", "0.3"), ("stop", '["\\n\\n"]'))


def test_tools_and_parameters_come_back_with_the_prefix(tmp_path: Path) -> None:
    """What a conversation was given is with each of its prefixes, however they are read, and with no other's."""
    here = Workspace(tmp_path / "ws")
    fill(here, [conversation(1, tools=TOOLS, parameters=PARAMETERS), conversation(2), conversation(3, tools=TOOLS[:1])])
    sample = draw(here, SampleSpec(seed=1), now=NOW)

    read = {one.prefix.prefix_id: one.prefix for one in prefixes(here, sample.sample_id)}
    blocks = cut_into_blocks(here, sample.sample_id)
    sent = {p.prefix_id: p for _, some in read_blocks(here, sample.sample_id, blocks, blocks.first(None)) for p in some}
    alone = get_prefix(here, sample.sample_id, f"{1:012x}:3")

    assert {"1:1", "1:3", "2:1", "2:3", "3:1", "3:3"} == {key[11:] for key in read}
    assert (read[f"{1:012x}:1"].tools, read[f"{1:012x}:1"].parameters) == (TOOLS, PARAMETERS)
    assert (read[f"{2:012x}:1"].tools, read[f"{2:012x}:1"].parameters) == ((), ())
    assert (TOOLS[:1], ()) == (read[f"{3:012x}:3"].tools, read[f"{3:012x}:3"].parameters)
    assert read == sent
    assert alone is not None
    assert alone.prefix == read[f"{1:012x}:3"]


@pytest.mark.parametrize("beside", [False, True])
def test_imports_from_before_there_were_tools_still_load(tmp_path: Path, beside: bool) -> None:
    """Their conversations can be listed, sampled and replayed, alone and beside newer ones."""
    here = Workspace(tmp_path / "ws")
    fill(here, [conversation(n) for n in range(3)])
    for path in import_files(here):
        pl.read_parquet(path).drop("tools", "parameters").write_parquet(path)
    if beside:
        fill(here, [conversation(n, tools=TOOLS) for n in range(3, 5)], "b" * 12)
    sample = draw(here, SampleSpec(seed=1), now=NOW)

    read = [one.prefix for one in prefixes(here, sample.sample_id)]

    total = 5 if beside else 3
    assert list_conversations(here, ConversationFilter(), offset=0, limit=10).total == total
    assert get_conversation(here, f"{1:012x}").messages == conversation(1).messages
    assert len(content_keys(here)) == total
    assert {len(p.tools) for p in read} == ({0, 2} if beside else {0})


def test_a_sample_from_before_there_were_tools_still_loads(tmp_path: Path) -> None:
    """A sample file without the table of what was given is read as one in which nothing was."""
    here = Workspace(tmp_path / "ws")
    fill(here, [conversation(n, tools=TOOLS) for n in range(3)])
    sample = draw(here, SampleSpec(seed=1), now=NOW)
    path = sample_path(here, sample.sample_id)
    path.chmod(0o644)
    with duckdb.connect(str(path)) as db:
        db.execute("drop table given")

    assert {()} == {one.prefix.tools for one in prefixes(here, sample.sample_id)}
