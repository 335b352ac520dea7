"""Erasure: conversations, or all of a user's, leave every file of the workspace, and a tombstone stays.

What is erased: the rows of imports, samples, runs and grades, what judges replied, the parts of interrupted imports, and
the words in reviews. What stays: forecasts, which hold counts and are frozen, marked as resting on something that is
gone; audits, frozen too, which hold counts, ids, places and words that several conversations share; in reviews the ids,
places and verdicts, without which the leaks that were found would no longer count; and the tombstone, with ids and keyed
hashes by which later imports of the same log leave the conversation out. Backups, snapshots of the disk and copies that
were handed out are beyond reach.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from deploysim.errors import InputError, NotFoundError
from deploysim.store.erasing import Note, bare_lines, erase_file, erase_lines, erase_rows
from deploysim.store.erasing_locks import clear_leftovers, writers_locked_out
from deploysim.store.erasing_records import count_run_anew, erase_from_import, erase_from_run, forget_unfinished
from deploysim.store.erasing_samples import erase_from_sample
from deploysim.store.files import short_hash
from deploysim.store.journal import Journal
from deploysim.store.purging import Holdings, about_prefixes_of, holdings
from deploysim.store.runs import list_runs
from deploysim.store.samples import sample_path
from deploysim.store.tombstones import (
    Rewritten,
    Tombstone,
    begun_row,
    done_row,
    erased_from_import,
    erased_from_sample,
    rewritten_row,
    tombstones,
    tombstones_path,
)
from deploysim.store.workspace import Workspace, checked_id, keyed_hash
from deploysim.wording import counted


@dataclass(frozen=True, slots=True)
class Erasure:
    """What to erase."""

    conversation_ids: frozenset[str] = frozenset()
    user_keys: frozenset[str] = frozenset()
    """Keyed hashes of users."""

    def words(self) -> str:
        """Say in words what is asked for."""
        parts = (
            counted(len(self.conversation_ids), "conversation") if self.conversation_ids else "",
            f"everything of {counted(len(self.user_keys), 'user')}" if self.user_keys else "",
        )
        return " and ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Purged:
    """What an erasure came to."""

    tombstones: tuple[Tombstone, ...]
    """The one asked for, where it was not made before, and those of earlier erasures that this one finished."""

    @property
    def samples(self) -> tuple[str, ...]:
        """Samples that held something: copies of them that were handed out are beyond reach."""
        return tuple(sorted({sample for one in self.tombstones for sample in one.samples}))


def erasure(
    conversation_ids: Collection[str], users: Collection[str], raw_users: Collection[str], key: bytes
) -> Erasure:
    """Return what to erase, from ids as they stand in the workspace and from the log's own user identifiers.

    Raises:
        InputError: where nothing is named.
        NotFoundError: where an id has not the form of one.
    """
    hashed = (keyed_hash(key, "user", one) for one in raw_users)
    found = Erasure(
        frozenset(checked_id(one, kind="conversation") for one in conversation_ids),
        frozenset([*(checked_id(one, kind="user") for one in users), *hashed]),
    )
    if not found.conversation_ids and not found.user_keys:
        raise InputError(
            "Nothing to erase is named.",
            expected="ids of conversations, --user with a keyed hash or --user-id with an identifier from the log",
            next_step="the Conversations page shows the ids",
        )
    return found


def reach(workspace: Workspace, wanted: Erasure) -> Holdings:
    """Return what an erasure would rewrite.

    Raises:
        NotFoundError: where conversations are named that are nowhere in the workspace.
    """
    found = holdings(workspace, wanted.conversation_ids, wanted.user_keys)
    known = {one for tombstone in tombstones(workspace) for one in tombstone.conversations}
    strangers = sorted(wanted.conversation_ids - set(found.conversations) - known)
    if strangers and not (found.runs or found.grades or found.replies or found.reviews):
        raise NotFoundError(
            f"The workspace holds no conversation {strangers[0]}, so nothing was erased.",
            expected="whole ids, as the Conversations page shows them",
            next_step="check the id and the workspace",
        )
    return found


def purge(workspace: Workspace, wanted: Erasure, *, reason: str, now: datetime) -> Purged:
    """Erase from every file of the workspace. Killed at any moment, it is finished by running it again.

    Args:
        workspace: Where to erase.
        wanted: What.
        reason: Such as the number of a request; it is kept.
        now: Time of the erasure.

    Raises:
        BusyError: where an import, a run or a review that is concerned is being written; nothing is changed then.
        NotFoundError: where conversations are named that are nowhere in the workspace.
    """
    found = reach(workspace, wanted)
    with Journal(tombstones_path(workspace)) as journal:
        unfinished = [one for one in tombstones(workspace) if not one.done]
        with writers_locked_out(workspace, _runs(workspace, found, unfinished)):
            clear_leftovers(workspace)
            if _is_new(workspace, wanted, found, unfinished):
                unfinished.append(_begin(workspace, journal, wanted, reason, now))
            for tombstone in unfinished:
                _erase(workspace, tombstone, _noting(workspace, journal, tombstone))
                journal.append([done_row(tombstone.tombstone_id, now)])
    names = {one.tombstone_id for one in unfinished}
    return Purged(tuple(one for one in tombstones(workspace) if one.tombstone_id in names))


def erased_note(workspace: Workspace, sample_id: str, *, since: str) -> str:
    """Say how many of a sample's conversations were erased since something was made of it; empty where none was."""
    lost = erased_from_sample(workspace, sample_id, after=since)
    were = "was" if lost == 1 else "were"
    return f"Rests on {counted(lost, 'conversation')} that {were} erased on request since." if lost else ""


def _is_new(workspace: Workspace, wanted: Erasure, found: Holdings, unfinished: list[Tombstone]) -> bool:
    """Whether a tombstone of its own is due: something is there, or a user is to be kept out from now on."""
    in_hand = {one for tombstone in unfinished for one in tombstone.conversations}
    if found.anything() and not set(found.conversations or wanted.conversation_ids) <= in_hand:
        return True
    return not wanted.user_keys <= {key for tombstone in tombstones(workspace) for key in tombstone.user_keys}


def _runs(workspace: Workspace, found: Holdings, unfinished: list[Tombstone]) -> list[str]:
    """Return the runs that are rewritten; the samples of a killed erasure may be rewritten already."""
    left = {run for one in unfinished for run in _left(workspace, one).runs}
    samples = {sample for one in unfinished for sample in one.samples}
    return sorted({*found.runs, *left, *(run.run_id for run in list_runs(workspace) if run.sample_id in samples)})


def _begin(workspace: Workspace, journal: Journal, wanted: Erasure, reason: str, now: datetime) -> Tombstone:
    # Looked for again: what was written before the others were locked out counts too.
    found = holdings(workspace, wanted.conversation_ids, wanted.user_keys)
    conversations = {**dict.fromkeys(sorted(wanted.conversation_ids)), **found.conversations}
    when = now.isoformat(timespec="seconds")
    tombstone = Tombstone(
        tombstone_id=short_hash([sorted(conversations), sorted(wanted.user_keys), now.isoformat()]),
        at=when,
        reason=reason,
        user_keys=tuple(sorted(wanted.user_keys)),
        conversations=conversations,
        imports=found.imports,
        samples=found.samples,
    )
    journal.append([begun_row(tombstone)])
    return tombstone


def _left(workspace: Workspace, tombstone: Tombstone) -> Holdings:
    return holdings(workspace, tuple(tombstone.conversations), tombstone.user_keys)


def _erase(workspace: Workspace, tombstone: Tombstone, note: Note) -> None:
    left, ids = _left(workspace, tombstone), frozenset(tombstone.conversations)
    erased = [*tombstones(workspace)]
    for import_id in sorted({*tombstone.imports, *left.imports}):
        erase_from_import(workspace, import_id, ids, lost=erased_from_import(erased, import_id), note=note)
    for import_id in left.unfinished:
        forget_unfinished(workspace, import_id, note)
    for sample_id in left.samples:
        lost = erased_from_sample(workspace, sample_id)
        erase_from_sample(sample_path(workspace, sample_id), ids, lost=lost, note=note)
    for run_id in left.runs:
        erase_from_run(workspace, run_id, ids, note)
    for run in list_runs(workspace):
        if run.sample_id in tombstone.samples:
            count_run_anew(workspace, run.run_id, note)
    for path in left.grades:
        if path.exists():
            erase_rows(path, about_prefixes_of(ids), note)
    for path in left.replies:
        erase_lines(path, ids, note)
    for path in left.reviews:
        bare_lines(path, ids, note)
    for path in left.drafts:
        erase_file(path, note)


def _noting(workspace: Workspace, journal: Journal, tombstone: Tombstone) -> Note:
    def note(path: Path, before: str, after: str | None) -> None:
        file = path.relative_to(workspace.root).as_posix()
        journal.append([rewritten_row(tombstone.tombstone_id, Rewritten(file, before, after))])

    return note
