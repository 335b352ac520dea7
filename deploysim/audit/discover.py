"""Groups of changed pairs: found by what is said and how it looks, described by what sets them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from deploysim.audit.discoveries import CategoryShare, Group, Mark, Term
from deploysim.audit.features import Feature, features_for
from deploysim.audit.lexicon import chance_z, holding, presence, telling_terms, terms_of, vocabulary
from deploysim.audit.records import Shown
from deploysim.audit.telling import Pair, surface_differences
from deploysim.stats.clusters import Bools, Floats, Ints, cluster_codes
from deploysim.stats.directions import Direction, directions
from deploysim.stats.significance import benjamini_hochberg

MOST_TERMS = 25
GROUPS = 8
SMALLEST_GROUP = 5
MARKS = 6
EXAMPLES = 12
COMMON = 0.03
"""Share of pairs that must gain or lose a term for it to help in grouping: rarer ones are about a subject."""
FORM_WEIGHT = 1.0
"""Weight of a standardised feature of form beside a term of the usual rarity."""
_TELLS_APART = 1.6
_SAME_AS_WORDS = {"characters"}
"""Features that would say one thing twice."""


_Terms = frozenset[str]


@dataclass(frozen=True, slots=True)
class Found:
    """Terms and groups of some pairs."""

    terms: tuple[Term, ...]
    groups: tuple[Group, ...]
    chance_z: float
    """As `DiscoverAudit.chance_z`."""


@dataclass(frozen=True, slots=True)
class _Axis:
    """One dimension of change."""

    gain: str
    loss: str
    phrase: str


def discover(pairs: Sequence[Pair], changed_categories: Mapping[str, Sequence[str]] | None, *, seed: int) -> Found:
    """Find what the second side says and does otherwise than the first.

    Args:
        pairs: Pairs of responses with different texts.
        changed_categories: By prefix, the categories whose verdict changed; None where nothing was graded.
        seed: Of halves and starting points.
    """
    terms = [(terms_of(pair.first.text), terms_of(pair.second.text)) for pair in pairs]
    known = vocabulary(pairs, terms)
    if not known:
        return Found((), (), chance_z(1))
    first, second = [one for one, _ in terms], [other for _, other in terms]
    changes, axes = _changes(pairs, first, second, known)
    codes = cluster_codes([pair.cluster for pair in pairs])
    ways = directions(changes, clusters=codes, count=min(GROUPS, max(1, len(pairs) // 25)), seed=seed)
    ways = tuple(way for way in ways if way.members.size >= SMALLEST_GROUP)
    q_values = benjamini_hochberg([way.p_value for way in ways])
    groups = tuple(
        _group(way, q if q is not None else 1.0, pairs, changes, axes, changed_categories)
        for way, q in zip(ways, q_values, strict=True)
    )
    return Found(
        telling_terms(holding(first, known), holding(second, known), known, most=MOST_TERMS),
        groups,
        chance_z(len(known)),
    )


def _changes(
    pairs: Sequence[Pair], first: Sequence[_Terms], second: Sequence[_Terms], known: Sequence[str]
) -> tuple[Floats, list[_Axis]]:
    """Return signed changes per pair: terms gained and lost, weighted by rarity, and standardised features of form."""
    common = _often_moved(first, second, known)
    before, after = presence(first, common), presence(second, common)
    rarity = np.log(len(pairs) / (1.0 + np.maximum(before, after).sum(axis=0)))
    weighted = (after - before) * np.maximum(rarity, 0.0)
    features = [
        feature
        for feature in features_for(answer.steps for pair in pairs for answer in (pair.first, pair.second))
        if feature.name not in _SAME_AS_WORDS
    ]
    form = _form(pairs, features)
    # Terms are many and features few: both sides of a change weigh alike in all.
    scale = _mean_length(weighted) / max(_mean_length(form), 1e-9)
    changes = np.hstack([weighted, form * (scale if scale > 0.0 else 1.0) * FORM_WEIGHT])
    axes = [_term_axis(term) for term in common] + [_form_axis(feature) for feature in features]
    return changes, axes


def _often_moved(first: Sequence[_Terms], second: Sequence[_Terms], known: Sequence[str]) -> list[str]:
    """Return the terms that enough pairs gain or lose: rarer ones are about a subject."""
    moved = Counter(term for one, other in zip(first, second, strict=True) for term in one ^ other)
    return [term for term in known if moved[term] >= COMMON * len(first)]


def _form(pairs: Sequence[Pair], features: Sequence[Feature]) -> Floats:
    differences = -surface_differences(pairs, features)
    spread = np.sqrt((differences**2).mean(axis=0))
    return np.asarray(np.clip(differences / np.where(spread > 0.0, spread, 1.0), -3.0, 3.0))


def _mean_length(rows: Floats) -> float:
    return float(np.linalg.norm(rows, axis=1).mean()) if rows.size else 0.0


def _term_axis(term: str) -> _Axis:
    if term.startswith("^"):
        return _Axis(f"opens “{term[1:]}”", f"no longer opens “{term[1:]}”", term[1:])
    return _Axis(f"says “{term}”", f"no longer says “{term}”", term)


def _form_axis(feature: Feature) -> _Axis:
    return _Axis(feature.more, feature.less, "")


def _group(
    way: Direction,
    q_value: float,
    pairs: Sequence[Pair],
    changes: Floats,
    axes: Sequence[_Axis],
    changed_categories: Mapping[str, Sequence[str]] | None,
) -> Group:
    marks = _marks(way.members, changes, axes)
    typical = _typical(way, changes)
    prefixes = [pairs[at].prefix_id for at in way.members.tolist()]
    counted: dict[str, int] = {}
    for prefix in prefixes:
        for category in (changed_categories or {}).get(prefix, ()):
            counted[category] = counted.get(category, 0) + 1
    return Group(
        group_id=f"{sorted(prefixes)[0].split(':')[0]}-{len(prefixes)}",
        title=" · ".join(mark.words for mark in marks[:3]) or "no common mark",
        pairs=len(prefixes),
        forward=way.forward,
        backward=way.backward,
        q_value=q_value,
        marks=marks,
        explained=None
        if changed_categories is None
        else sum(bool(changed_categories.get(prefix)) for prefix in prefixes),
        categories=tuple(
            CategoryShare(name, count) for name, count in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
        ),
        examples=tuple(Shown(pairs[at].prefix_id, _why(changes[at], way, axes)) for at in typical[:EXAMPLES].tolist()),
    )


def _typical(way: Direction, changes: Floats) -> Ints:
    rows = changes[way.members]
    likeness = rows @ way.centre / np.maximum(np.linalg.norm(rows, axis=1), 1e-9)
    return np.asarray(way.members[np.argsort(-likeness, kind="stable")])


def _marks(members: Ints, changes: Floats, axes: Sequence[_Axis]) -> tuple[Mark, ...]:
    """Return what gains or losses are more frequent in a group than elsewhere, by standard errors of the difference."""
    inside: Bools = np.zeros(changes.shape[0], dtype=bool)
    inside[members] = True
    found: list[tuple[float, Mark]] = []
    for gains in (True, False):
        happened = changes > 0.0 if gains else changes < 0.0
        here, elsewhere = happened[inside].mean(axis=0), _mean(happened[~inside])
        pooled = happened.mean(axis=0)
        error = np.sqrt(
            np.maximum(pooled * (1.0 - pooled), 1e-9) * (1.0 / inside.sum() + 1.0 / max(1, (~inside).sum()))
        )
        for at, score in enumerate(((here - elsewhere) / error).tolist()):
            if score > _TELLS_APART and here[at] >= 0.2:
                axis = axes[at]
                words = axis.gain if gains else axis.loss
                found.append(
                    (score, Mark(words, axis.phrase if gains else "", gains, float(here[at]), float(elsewhere[at])))
                )
    found.sort(key=lambda item: -item[0])
    return tuple(_without_doubles([mark for _, mark in found]))


def _without_doubles(marks: Sequence[Mark]) -> list[Mark]:
    """Return the first marks, leaving out a term that is part of one listed already."""
    chosen: list[Mark] = []
    for mark in marks:
        known = any(
            mark.phrase and one.phrase and (mark.phrase in one.phrase or one.phrase in mark.phrase) for one in chosen
        )
        if not known:
            chosen.append(mark)
        if len(chosen) == MARKS:
            break
    return chosen


def _mean(rows: Bools) -> Floats:
    return np.asarray(rows.mean(axis=0)) if rows.shape[0] else np.zeros(rows.shape[1])


def _why(change: Floats, way: Direction, axes: Sequence[_Axis]) -> str:
    parts = change * way.centre
    best = [at for at in np.argsort(-parts, kind="stable")[:3].tolist() if parts[at] > 0.0]
    return ", ".join(axes[at].gain if change[at] > 0.0 else axes[at].loss for at in best) or "changed"
