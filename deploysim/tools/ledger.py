"""What a rollout has done to its world so far: which changes it made, and which files it wrote."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from deploysim.tools.calls import argument, call_key
from deploysim.tools.recorded import World
from deploysim.tools.spec import ToolSpec
from deploysim.types import ToolCall


@dataclass(slots=True)
class Ledger:
    """The state of one rollout. What the prefix had changed before it is where it begins."""

    begins_with: World = frozenset()
    changes: list[ToolCall] = field(default_factory=list)
    """Calls of this rollout that changed something, in order."""
    files: dict[str, str] = field(default_factory=dict)
    """Path -> what this rollout wrote there last."""
    _asked: Counter[tuple[str, World]] = field(default_factory=Counter)

    def world(self) -> World:
        """Return what has been changed so far, by the prefix and by this rollout."""
        counts = Counter(dict(self.begins_with))
        counts.update(call_key(change) for change in self.changes)
        return frozenset(counts.items())

    def asked_before(self, call: ToolCall, world: World) -> int:
        """Count a call, and return how often the same was asked in this world before."""
        key = (call_key(call), world)
        self._asked[key] += 1
        return self._asked[key] - 1

    def written(self, call: ToolCall, spec: ToolSpec) -> str | None:
        """Return what this rollout wrote into the file that a call reads, or None where it wrote nothing there."""
        if spec.file is None or spec.file.content is not None:
            return None
        path = argument(call, spec.file.path)
        return self.files.get(_plain(path)) if path else None

    def note(self, call: ToolCall, spec: ToolSpec, *, failed: bool) -> None:
        """Take note of a call that was answered. One that failed changed nothing."""
        if failed or spec.read_only:
            return
        self.changes.append(call)
        if spec.file and spec.file.content:
            path, content = argument(call, spec.file.path), argument(call, spec.file.content)
            if path is not None and content is not None:
                self.files[_plain(path)] = content


def _plain(path: str) -> str:
    return "/".join(part for part in path.replace("\\", "/").split("/") if part not in ("", "."))
