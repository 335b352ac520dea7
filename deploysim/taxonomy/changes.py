"""What differs between two versions of a taxonomy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from deploysim.taxonomy.content import category_content
from deploysim.taxonomy.records import Taxonomy


@dataclass(frozen=True, slots=True)
class Change:
    """One difference."""

    kind: Literal["added", "removed", "changed"]
    category: str
    """Category id."""
    field: str = ""
    """What of a changed category is different, such as "definition"."""
    before: Any = None
    after: Any = None


def changes(old: Taxonomy, new: Taxonomy) -> tuple[Change, ...]:
    """Return what was added, removed and changed, by category id and field."""
    before = {category.id: category_content(category) for category in old.categories}
    after = {category.id: category_content(category) for category in new.categories}
    found: list[Change] = []
    for category_id in sorted(before | after):
        if category_id not in before:
            found.append(Change("added", category_id))
        elif category_id not in after:
            found.append(Change("removed", category_id))
        else:
            found += _changed(category_id, before[category_id], after[category_id])
    return tuple(found)


def _changed(category_id: str, before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    return [
        Change("changed", category_id, field, before.get(field), after.get(field))
        for field in before | after
        if before.get(field) != after.get(field)
    ]
