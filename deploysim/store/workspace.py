"""The workspace folder: where each kind of thing is kept."""

from __future__ import annotations

import hmac
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from deploysim.errors import InputError, NotFoundError

_ID = re.compile(r"[0-9a-f]{12,64}")


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace folder. Nothing is created until something is written."""

    root: Path

    @property
    def conversations(self) -> Path:
        """Imports: one Parquet file and one JSON record each."""
        return self.root / "conversations"

    @property
    def samples(self) -> Path:
        """Samples: one DuckDB file each."""
        return self.root / "samples"

    @property
    def runs(self) -> Path:
        """Runs: one folder each."""
        return self.root / "runs"

    @property
    def grades(self) -> Path:
        """Grades: one folder a grader, one Parquet file a run."""
        return self.root / "grades"

    @property
    def judging(self) -> Path:
        """What judging has at providers' Batch APIs: one folder a sample, run and judge."""
        return self.root / "judging"

    @property
    def forecasts(self) -> Path:
        """Forecasts: canonical JSON, named by its SHA-256."""
        return self.root / "forecasts"

    @property
    def registrations(self) -> Path:
        """Registrations of forecasts: canonical JSON, named by its SHA-256."""
        return self.root / "registrations"

    @property
    def stacks(self) -> Path:
        """Archived measuring stacks: canonical JSON, named by its SHA-256."""
        return self.root / "stacks"

    @property
    def scorecards(self) -> Path:
        """Scorecards: canonical JSON, named by its SHA-256."""
        return self.root / "scorecards"

    @property
    def audits(self) -> Path:
        """Audits: canonical JSON, named by its SHA-256."""
        return self.root / "audits"

    @property
    def drafts(self) -> Path:
        """Drafts of categories: one YAML file each, with a record of whose words its examples are."""
        return self.root / "drafts"

    @property
    def reviews(self) -> Path:
        """What people said: append-only journals, one a writing process."""
        return self.root / "reviews"

    @property
    def queues(self) -> Path:
        """Queues of responses to label: one JSON record each, written once."""
        return self.root / "queues"

    @property
    def run_queue(self) -> Path:
        """Runs that wait for their turn: one folder an entry."""
        return self.root / "run_queue"

    @property
    def jobs(self) -> Path:
        """What the app started: one folder a job."""
        return self.root / "jobs"


def checked_id(value: str, *, kind: str) -> str:
    """Return an id that is safe to build a path from.

    Raises:
        NotFoundError: where it does not have the form of an id.
    """
    if not _ID.fullmatch(value):
        raise NotFoundError(
            f"{value!r} is not the id of a {kind}.",
            expected="12 or more digits from 0-9 and a-f",
            next_step="copy the id from the Overview page or from `python -m deploysim status`",
        )
    return value


def find_id(folder: Path, start: str, *, kind: str, suffix: str = "") -> str:
    """Complete the first characters of an id from the names in a folder.

    Raises:
        NotFoundError: where none or several begin so.
    """
    found = sorted(
        p.name.removesuffix(suffix) for p in folder.glob(f"*{suffix}") if _ID.fullmatch(p.name.removesuffix(suffix))
    )
    hits = [name for name in found if name.startswith(start)]
    if len(hits) == 1:
        return hits[0]
    what = "no" if not hits else f"{len(hits)} of them:"
    raise NotFoundError(
        f"There is {what} {kind} whose id begins with {start!r}.",
        expected=f"one of {', '.join(found[:5])}{' …' if len(found) > 5 else ''}" if found else f"at least one {kind}",
        next_step="`python -m deploysim status` lists what is in the workspace",
    )


def workspace_key(workspace: Workspace, configured: str) -> bytes:
    """Return the key of hashes and surrogates, making the workspace's own one at first use.

    Args:
        workspace: Where the key is kept, readable by its owner only.
        configured: The key from the settings; empty means the workspace's own.
    """
    if configured:
        return configured.encode()
    path = workspace.root / "secret.key"
    try:
        workspace.root.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise InputError(
            f"The workspace folder {workspace.root} cannot be written to ({error.strerror}).",
            next_step="choose another folder with DEPLOYSIM_WORKSPACE or --workspace",
        ) from error
    else:
        key = secrets.token_hex(32)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key + "\n")
    return bytes.fromhex(key)


def keyed_hash(key: bytes, *parts: str) -> str:
    """Return 16 hex digits that stand for the parts and cannot be tried out without the key."""
    return hmac.digest(key, "\x1f".join(parts).encode(), "sha256").hex()[:16]
