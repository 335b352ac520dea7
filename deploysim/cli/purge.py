"""The command that erases: purge."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from deploysim.cli.console import JsonOption, WorkspaceOption, context, print_json, say
from deploysim.errors import InputError
from deploysim.pipeline.purging import Erasure, Purged, erasure, purge, reach
from deploysim.store.purging import Holdings
from deploysim.store.workspace import workspace_key
from deploysim.wording import counted

SHOWN = 5
"""Files of one kind that are named; `--json` names all of them."""
SHOWN_SIGNS = 12
BEYOND = "Copies of these that were handed out are beyond reach: ask their holders to delete them."


def purge_command(
    conversation_ids: Annotated[list[str] | None, typer.Argument(help="Ids of conversations.")] = None,
    user: Annotated[list[str] | None, typer.Option(help="A user's keyed hash, as the workspace holds it.")] = None,
    user_id: Annotated[
        list[str] | None,
        typer.Option(
            help="A user's identifier in the log; it is hashed and kept nowhere. - reads one a line from standard "
            "input, so that it does not stand in the shell's history."
        ),
    ] = None,
    reason: Annotated[
        str, typer.Option(help="Such as the number of a request. It is kept, so put no personal data in it.")
    ] = "",
    dry_run: Annotated[bool, typer.Option(help="Show what would be erased; change nothing.")] = False,
    yes: Annotated[bool, typer.Option(help="Do not ask.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase conversations, or all of a user's, from every file of the workspace; a tombstone stays.

    Example: python -m deploysim purge 5f0c71a2b3d4 --reason "request 1207"
    """
    here = context(workspace)
    key = workspace_key(here.workspace, here.settings.scrub_key.reveal())
    wanted = erasure(conversation_ids or [], user or [], _raw_users(user_id or []), key)
    found = reach(here.workspace, wanted)
    if not as_json:
        _say_reach(wanted, found)
    if dry_run:
        if as_json:
            print_json(asdict(found))
        else:
            say("Nothing was changed. Leave out --dry-run to erase.")
        return
    if not yes:
        _ask()
    done = purge(here.workspace, wanted, reason=reason, now=here.now)
    if as_json:
        print_json([asdict(tombstone) for tombstone in done.tombstones])
    else:
        _say_done(done)


def _raw_users(options: list[str]) -> list[str]:
    given = [one for one in options if one != "-"]
    if "-" in options:
        given += [line for line in sys.stdin.read().splitlines() if line]
    return given


def _ask() -> None:
    if not sys.stdin.isatty():
        raise InputError(
            "Erasing cannot be undone, and there is nobody here to ask.",
            expected="--yes where no terminal is attached",
            next_step="look at what --dry-run shows, then add --yes",
        )
    typer.confirm("Erase this for good?", abort=True)


def _say_reach(wanted: Erasure, found: Holdings) -> None:
    say(f"Asked for: {wanted.words()}. Here: {counted(len(found.conversations), 'conversation')}.")
    rows: tuple[tuple[Iterable[str | Path], str, str], ...] = (
        (found.imports, "import", "imports"),
        (found.unfinished, "interrupted import, which begins anew", "interrupted imports, which begin anew"),
        (found.samples, "sample", "samples"),
        (found.runs, "run", "runs"),
        (found.grades, "file of grades", "files of grades"),
        (found.replies, "journal of judges' replies", "journals of judges' replies"),
        (found.reviews, "journal of reviews", "journals of reviews"),
    )
    for held, singular, plural in rows:
        names = [_name(one) for one in held]
        if names:
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            say(f"  in {counted(len(names), singular, plural)}: {', '.join(names[:SHOWN])}{more}")


def _name(one: str | Path) -> str:
    return "/".join(part[:SHOWN_SIGNS] for part in one.parts[-2:]) if isinstance(one, Path) else one


def _say_done(done: Purged) -> None:
    if not done.tombstones:
        say("Nothing of it is here any more, and a tombstone keeps it out.")
        return
    files = sum(len(one.files) for one in done.tombstones)
    lost = sum(len(one.conversations) for one in done.tombstones)
    say(f"{counted(lost, 'conversation')} erased, {counted(files, 'file')} rewritten or removed.")
    say(
        f"Tombstone {', '.join(one.tombstone_id for one in done.tombstones)} says which; forecasts stay and are marked."
    )
    if done.samples:
        say(f"In samples {', '.join(done.samples)}. {BEYOND}")
    say("Backups of the workspace are beyond reach too.")
