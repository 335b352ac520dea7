"""A repository as it was at a moment, read straight from its git objects.

No checkout is written, nothing is executed and no path leaves the tree: a path is looked up name by name in git's own
tree objects, where `..`, absolute paths, links and submodules lead nowhere.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import regex
from dulwich.errors import NotGitRepository
from dulwich.object_store import BaseObjectStore
from dulwich.objects import S_ISGITLINK, Blob, Commit, ObjectID, Tree
from dulwich.refs import Ref
from dulwich.repo import Repo

from deploysim.errors import InputError

MOST_CHARACTERS = 200_000
"""Longest file that is shown; the rest is said to be cut."""
MOST_LINES = 200
"""Most lines of a search, and commits of a history."""
_LARGEST_SEARCHED = 1_000_000
_SEARCH_S = 2.0
"""Longest time for a pattern, which a model wrote, on one file."""


class PathError(Exception):
    """A path that names nothing in the snapshot; its text is what the tool answers."""


@dataclass(frozen=True, slots=True)
class _Entry:
    path: str
    mode: int
    sha: ObjectID


class Snapshot:
    """The files and the history of a repository as they were at a moment.

    Args:
        repository: Folder of the repository, bare or not.
        at: The moment. The commit that was current then is the newest of the branch's first parents that is not later.
        branch: Branch or other revision; the one that is checked out where None.

    Raises:
        InputError: where there is no repository, no such branch, or no commit that early.
    """

    def __init__(self, repository: Path, at: datetime, *, branch: str | None = None) -> None:
        self._repo = _opened(repository)
        self._store: BaseObjectStore = self._repo.object_store
        self._commit = self._current(_tip(self._repo, branch), at)
        self.commit = self._commit.id.decode()

    def close(self) -> None:
        """Close the repository's files."""
        self._repo.close()

    def read(self, path: str) -> str:
        """Return a file's text.

        Raises:
            PathError: where there is no such file, or it is none with text.
        """
        entry = self._entry(path)
        if stat.S_ISDIR(entry.mode):
            raise PathError(f"{path} is a directory")
        blob = self._blob(entry)
        if b"\0" in blob[:8_000]:
            raise PathError(f"{path} is a binary file of {len(blob):,} bytes")
        text = blob.decode("utf-8", errors="replace")
        rest = len(text) - MOST_CHARACTERS
        return text if rest <= 0 else f"{text[:MOST_CHARACTERS]}\n[{rest:,} more characters]"

    def names(self, path: str = "") -> list[str]:
        """Return the names in a directory, those of directories with a slash behind them.

        Raises:
            PathError: where there is no such directory.
        """
        entry = self._entry(path)
        if not stat.S_ISDIR(entry.mode):
            raise PathError(f"{path} is not a directory")
        return [_shown(child) for child in self._children(entry)]

    def search(self, pattern: str, path: str = "") -> list[str]:
        """Return lines that match a regular expression, as `path:line number:line`.

        A pattern that is no regular expression is taken as plain words.

        Raises:
            PathError: where there is no such path, or the pattern takes too long.
        """
        wanted = _compiled(pattern)
        found: list[str] = []
        for entry in self._files(self._entry(path)):
            for number, line in self._matches(entry, wanted):
                found.append(f"{entry.path}:{number}:{line[:500]}")
                if len(found) == MOST_LINES:
                    return [*found, "[more matches]"]
        return found

    def log(self, path: str = "") -> list[str]:
        """Return the history up to the snapshot, newest first, of what changed a path where one is given."""
        paths = [path.encode()] if path and self._entry(path) else None
        walker = self._repo.get_walker(include=[self._commit.id], paths=paths, max_entries=MOST_LINES)
        return [_line(entry.commit) for entry in walker]

    def _current(self, tip: Commit, at: datetime) -> Commit:
        commit, wanted = tip, at.timestamp()
        while commit.commit_time > wanted:
            if not commit.parents:
                first = datetime.fromtimestamp(commit.commit_time, UTC)
                raise InputError(
                    f"The repository begins on {first:%Y-%m-%d}, after the conversation of {at:%Y-%m-%d}.",
                    expected="a history that reaches back to the conversation's time",
                    next_step="give the repository's full history, or choose later conversations",
                )
            commit = _as_commit(self._store[commit.parents[0]])
        return commit

    def _entry(self, path: str) -> _Entry:
        entry = _Entry("", stat.S_IFDIR, self._commit.tree)
        for name in _parts(path):
            if not stat.S_ISDIR(entry.mode):
                raise PathError(f"{path} does not exist")
            found = next((child for child in self._children(entry) if child.path.rsplit("/", 1)[-1] == name), None)
            if found is None:
                raise PathError(f"{path} does not exist")
            entry = found
        return entry

    def _children(self, entry: _Entry) -> list[_Entry]:
        tree = self._store[entry.sha]
        assert isinstance(tree, Tree)
        under = f"{entry.path}/" if entry.path else ""
        return [_Entry(under + item.path.decode("utf-8", "replace"), item.mode, item.sha) for item in tree.iteritems()]

    def _files(self, entry: _Entry) -> Iterator[_Entry]:
        if stat.S_ISDIR(entry.mode):
            for child in self._children(entry):
                yield from self._files(child)
        elif stat.S_ISREG(entry.mode):
            yield entry

    def _matches(self, entry: _Entry, wanted: regex.Pattern[str]) -> Iterator[tuple[int, str]]:
        blob = self._blob(entry)
        if len(blob) > _LARGEST_SEARCHED or b"\0" in blob[:8_000]:
            return
        try:
            for number, line in enumerate(blob.decode("utf-8", "replace").splitlines(), 1):
                if wanted.search(line, timeout=_SEARCH_S):
                    yield number, line
        except TimeoutError:
            raise PathError("the pattern takes too long") from None

    def _blob(self, entry: _Entry) -> bytes:
        if S_ISGITLINK(entry.mode):
            raise PathError(f"{entry.path} is a submodule, whose files are not part of this repository")
        if stat.S_ISLNK(entry.mode):
            raise PathError(f"{entry.path} is a link, which is not followed")
        blob = self._store[entry.sha]
        assert isinstance(blob, Blob)
        return blob.data


def checked_repository(repository: Path | None) -> Path | None:
    """Return the whole path of a repository, or None where none is named.

    Raises:
        InputError: where there is no repository.
    """
    if repository is None:
        return None
    _opened(repository).close()
    return repository.resolve()


def _opened(repository: Path) -> Repo:
    try:
        return Repo(str(repository))
    except (NotGitRepository, OSError) as error:
        raise InputError(
            f"{repository} is no git repository that can be read.",
            expected="a folder with a .git folder in it, or a bare repository",
            next_step="clone it with its whole history",
        ) from error


def _tip(repo: Repo, branch: str | None) -> Commit:
    names = ["HEAD"] if branch is None else [f"refs/heads/{branch}", f"refs/tags/{branch}"]
    for name in names:
        try:
            return _as_commit(repo.object_store[repo.get_peeled(Ref(name.encode()))])
        except KeyError:
            continue
    raise InputError(
        f"The repository has no branch {branch!r}." if branch else "The repository has no commit yet.",
        expected="a branch with commits",
    )


def _as_commit(found: object) -> Commit:
    assert isinstance(found, Commit)
    return found


def _parts(path: str) -> list[str]:
    """Return the names along a path, all inside the repository.

    Raises:
        PathError: for a path that leads out of it.
    """
    if path.startswith(("/", "\\", "~")) or "\0" in path or (len(path) > 1 and path[1] == ":"):
        raise PathError(f"{path!r} is outside the repository")
    names = [name for name in path.replace("\\", "/").split("/") if name not in ("", ".")]
    if ".." in names:
        raise PathError(f"{path!r} is outside the repository")
    return names


def _shown(entry: _Entry) -> str:
    name = entry.path.rsplit("/", 1)[-1]
    return f"{name}/" if stat.S_ISDIR(entry.mode) else name


def _compiled(pattern: str) -> regex.Pattern[str]:
    try:
        return regex.compile(pattern)
    except regex.error:
        return regex.compile(regex.escape(pattern))


def _line(commit: Commit) -> str:
    when = datetime.fromtimestamp(commit.commit_time, UTC)
    title = commit.message.decode("utf-8", "replace").strip().split("\n", 1)[0]
    return f"{commit.id.decode()[:10]} {when:%Y-%m-%d} {title}"
