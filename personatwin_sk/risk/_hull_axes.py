"""One locally recoded column as *atoms*: parts so small that every label has them whole or not.

Of ages they are the stretches between the ends of labels, of categories the categories, of places
the released places, each without the finer ones inside it. All atoms of one label of numbers, or of
one place, have numbers that follow each other, so that a label is a few ranges of numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk._core.labels import (
    Interval,
    Period,
    ValueSet,
    format_label,
    parse_label,
    split_members,
)
from personatwin_sk.population.places import LEVELS, Area, climb, find_areas

__all__ = [
    "Axis",
    "Ranges",
    "area_axis",
    "category_axis",
    "interval_text",
    "members_of",
    "number_axis",
    "opaque_axis",
    "spans_of",
    "tree_axis",
]


@dataclass(frozen=True, repr=False)
class Ranges:
    """For each of n things some ranges of atoms, ascending and apart.

    Attributes
    ----------
    owner : ndarray of int64, shape (n_ranges,)
        Ascending.
    low, high : ndarray of int64, shape (n_ranges,)
        First and last atom.
    """

    owner: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def __repr__(self) -> str:
        return f"Ranges(n_ranges={len(self.owner)})"

    @classmethod
    def of_lists(cls, lists: Sequence[Sequence[tuple[int, int]]]) -> Ranges:
        """Put ranges in order; those that touch or overlap become one."""
        owner = np.repeat(np.arange(len(lists)), [len(ranges) for ranges in lists])
        table = np.array([pair for ranges in lists for pair in ranges], dtype=np.int64)
        table = table.reshape(-1, 2)
        return cls.joined(owner.astype(np.int64), table[:, 0], table[:, 1])

    @classmethod
    def joined(cls, owner: np.ndarray, low: np.ndarray, high: np.ndarray) -> Ranges:
        """Join the ranges of each owner that touch or overlap."""
        if not len(owner):
            return cls(owner, low, high)
        order = np.lexsort((low, owner))
        owner, low, high = owner[order], low[order], high[order]
        width = int(high.max()) + 2
        # Owners are set apart, so that the furthest end so far is that of the same owner.
        reach = np.maximum.accumulate(owner * width + high)
        starts = np.append(True, owner[1:] * width + low[1:] > reach[:-1] + 1)
        starts[1:] |= owner[1:] != owner[:-1]
        first = np.flatnonzero(starts)
        return cls(owner[first], low[first], np.maximum.reduceat(high, first))

    def take(self, chosen: np.ndarray) -> Ranges:
        """Give thing i the ranges of thing ``chosen[i]``."""
        start = np.searchsorted(self.owner, chosen, "left")
        number = np.searchsorted(self.owner, chosen, "right") - start
        owner = np.repeat(np.arange(len(chosen)), number)
        at = np.arange(len(owner)) + np.repeat(start - (np.cumsum(number) - number), number)
        return Ranges(owner, self.low[at], self.high[at])

    def atoms(self) -> tuple[np.ndarray, np.ndarray]:
        """Give all pairs of a thing and an atom of it."""
        length = self.high - self.low + 1
        owner = np.repeat(self.owner, length)
        before = np.cumsum(length) - length
        return owner, np.arange(len(owner)) + np.repeat(self.low - before, length)

    def sizes(self, n: int) -> np.ndarray:
        """Count the atoms of each thing."""
        return np.bincount(self.owner, weights=self.high - self.low + 1, minlength=n)

    def hold(self, things: np.ndarray, others: Ranges) -> np.ndarray:
        """Tell of each range of others whether ``things[its owner]`` has it whole."""
        if not len(self.owner):
            return np.zeros(len(others.owner), dtype=bool)
        thing = things[others.owner]
        width = max(int(self.high.max()), int(others.high.max(initial=0))) + 1
        at = np.searchsorted(self.owner * width + self.low, thing * width + others.low, "right") - 1
        found = np.maximum(at, 0)
        same = (at >= 0) & (self.owner[found] == thing)
        return same & (self.high[found] >= others.high)


@dataclass(frozen=True, repr=False)
class Axis:
    """A column as atoms.

    Attributes
    ----------
    n_atoms : int
    ordered : bool
        Whether a range of atoms is an interval that can be asked for as one.
    labels, values : Ranges
        What each released label and each counted value covers; nothing where that is not known.
    terms : tuple of tuple of (query, sign)
        How the people of each atom are counted: those of some queries, without those of others.
        Of an ordered axis only the `ends` are needed.
    ends : ndarray of float, shape (n_atoms, 2)
        First and last number of each atom of an ordered axis.
    share : ndarray of float, shape (n_atoms,)
        Share of each atom's people that no other atom has as well.
    last : ndarray of int64, shape (n_atoms,)
        The last atom of all that lies in the place of which an atom is the rest; else the atom.
    """

    n_atoms: int
    ordered: bool
    labels: Ranges
    values: Ranges
    terms: tuple[tuple[tuple[Any, int], ...], ...]
    ends: np.ndarray
    last: np.ndarray
    share: np.ndarray

    def __repr__(self) -> str:
        return f"Axis(n_atoms={self.n_atoms}, ordered={self.ordered})"


_NO_ENDS = np.empty((0, 2))


def number_axis(labels: Sequence[Any], values: Sequence[Any]) -> Axis | None:
    """Cut whole numbers at the ends of labels and values.

    Parameters
    ----------
    labels, values : sequence
        Released labels, and what is counted.

    Returns
    -------
    Axis or None
        None if something is neither null nor whole numbers.

    Examples
    --------
    >>> axis = number_axis(["30-39", "35-44"], [31, 38])
    >>> axis.ends.astype(int).tolist()
    [[30, 30], [31, 31], [32, 34], [35, 37], [38, 38], [39, 39], [40, 44]]
    >>> axis.labels.low.tolist(), axis.labels.high.tolist()
    ([0, 3], [5, 6])
    """
    read = [spans_of(item) for item in [*labels, *values]]
    if any(spans is None for spans in read):
        return None
    known = [span for spans in read if spans for span in spans]
    if not known:
        return None
    ends = np.array(known, dtype=float)
    finite = ends[np.isfinite(ends)]
    if (finite != np.floor(finite)).any():
        return None
    starts = np.unique(np.concatenate([ends[:, 0], ends[:, 1] + 1]))
    # Stretches between two labels are no part of any; they are never asked for.
    lows, highs = starts[:-1], starts[1:] - 1
    ranges = [
        [
            (int(np.searchsorted(lows, low)), int(np.searchsorted(lows, high, "right")) - 1)
            for low, high in spans or ()
        ]
        for spans in read
    ]
    return Axis(
        n_atoms=len(lows),
        ordered=True,
        labels=Ranges.of_lists(ranges[: len(labels)]),
        values=Ranges.of_lists(ranges[len(labels) :]),
        terms=tuple(((text, 1),) for text in interval_text(lows, highs).tolist()),
        ends=np.column_stack([lows, highs]),
        last=np.arange(len(lows)),
        share=np.ones(len(lows)),
    )


def spans_of(item: Any) -> list[tuple[float, float]] | None:
    """Read numbers as spans; null is none, and anything else is None."""
    label = parse_label(item)
    spans = []
    for member in label.members if isinstance(label, ValueSet) else (label,):
        if isinstance(member, Interval):
            spans.append((float(member.low), float(member.high)))
        elif isinstance(member, int | float | np.number) and not isinstance(member, bool):
            spans.append((float(member), float(member)))
        elif member is not None:
            return None
    return spans


def category_axis(
    labels: Sequence[Any], values: Sequence[Any], same: dict[Any, Any] | None = None
) -> Axis:
    """Take labels apart into categories.

    Parameters
    ----------
    labels, values : sequence
    same : dict of member -> member, optional
        Other spellings of a category.

    Returns
    -------
    Axis

    Examples
    --------
    >>> axis = category_axis(["Asian|White", "White"], ["Asian", "White"])
    >>> axis.labels.owner.tolist(), axis.labels.low.tolist(), axis.labels.high.tolist()
    ([0, 1], [0, 1], [1, 1])
    """
    spelling = same or {}
    number: dict[Any, int] = {}

    def ranges(item: Any) -> list[tuple[int, int]]:
        found = []
        for member in members_of(item):
            member = spelling.get(member, member)
            if member is not None:
                at = number.setdefault(member, len(number))
                found.append((at, at))
        return found

    of_values = [ranges(item) for item in values]
    of_labels = [ranges(item) for item in labels]
    return Axis(
        n_atoms=len(number),
        ordered=False,
        labels=Ranges.of_lists(of_labels),
        values=Ranges.of_lists(of_values),
        terms=tuple(((member, 1),) for member in number),
        ends=_NO_ENDS,
        last=np.arange(len(number)),
        share=np.ones(len(number)),
    )


def members_of(item: Any) -> list[Any]:
    """Give the members of a set, a label or a single value; null is None."""
    label = parse_label(item) if not isinstance(item, frozenset) else item
    if isinstance(label, frozenset):
        return sorted(label, key=str)
    if isinstance(label, ValueSet):
        return [member for member in label.members if not isinstance(member, Interval | Period)]
    return [label if isinstance(label, str) or label is None else item]


def opaque_axis(n_labels: int, values: Sequence[Any]) -> Axis:
    """Take each value as an atom, and no label as known: where nothing can be said of them.

    Parameters
    ----------
    n_labels : int
    values : sequence
        What is counted; None is nothing.

    Returns
    -------
    Axis
    """
    known = [at for at, value in enumerate(values) if value is not None]
    ranges: list[list[tuple[int, int]]] = [[] for _ in values]
    for atom, at in enumerate(known):
        ranges[at] = [(atom, atom)]
    return Axis(
        n_atoms=len(known),
        ordered=False,
        labels=Ranges.of_lists([[]] * n_labels),
        values=Ranges.of_lists(ranges),
        terms=tuple(((values[at], 1),) for at in known),
        ends=_NO_ENDS,
        last=np.arange(len(known)),
        share=np.ones(len(known)),
    )


def tree_axis(labels: Sequence[Any], values: Sequence[Any], hierarchy: Hierarchy) -> Axis:
    """Take the labels of a hierarchy of a user's own as places, each without those inside it.

    Parameters
    ----------
    labels, values : sequence
    hierarchy : Hierarchy

    Returns
    -------
    Axis
    """
    texts = [*labels, *values]
    pieces = [split_members(item) if isinstance(item, str) else [item] for item in texts]
    flat = [piece for some in pieces for piece in some]
    first, count = hierarchy.spans(hierarchy.find(flat))
    spans = list(zip(first.tolist(), count.tolist(), strict=True))
    known = sorted({span for span in spans if span[1]}, key=lambda span: (span[0], -span[1]))
    parent: list[int] = []
    stack: list[int] = []
    for at, (start, size) in enumerate(known):
        while stack and sum(known[stack[-1]]) < start + size:
            stack.pop()
        parent.append(stack[-1] if stack else -1)
        stack.append(at)
    position = {span: at for at, span in enumerate(known)}
    text_of = {position[span]: text for span, text in zip(spans, flat, strict=True) if span[1]}
    nodes = [position.get(span, -1) for span in spans]
    return _forest(pieces, nodes, parent, [text_of[at] for at in range(len(known))], len(labels))


def area_axis(labels: Sequence[Any], values: Sequence[Any]) -> Axis:
    """Take US places as places, each without those inside it.

    Parameters
    ----------
    labels, values : sequence

    Returns
    -------
    Axis
        A ZIP code lies in the county that it climbs to.

    Examples
    --------
    >>> axis = area_axis(["Ohio", "Hamilton County, OH"], ["Hamilton County, OH", "Ohio"])
    >>> axis.terms
    ((('Ohio', 1), ('Hamilton County, OH', -1)), (('Hamilton County, OH', 1),))
    >>> axis.labels.low.tolist(), axis.labels.high.tolist()
    ([0, 1], [1, 1])
    """
    texts = [*labels, *values]
    pieces = [split_members(item) if isinstance(item, str) else [item] for item in texts]
    flat = [piece for some in pieces for piece in some]
    areas = find_areas(flat)
    keys = [None if area is None else _key(area, area.level) for area in areas]
    seen = {
        key: (area, text)
        for key, area, text in zip(keys[::-1], areas[::-1], flat[::-1], strict=True)
        if key is not None and area is not None
    }
    # From the coarsest on, so that whatever a place lies in has its number already.
    order = sorted(seen, key=lambda key: (-LEVELS.index(key[0]), key))
    position = {key: at for at, key in enumerate(order)}
    parent = []
    for key in order:
        area = seen[key][0]
        above = (_key(area, level) for level in LEVELS[LEVELS.index(key[0]) + 1 :])
        parent.append(next((position[one] for one in above if one != key and one in position), -1))
    nodes = [-1 if key is None else position[key] for key in keys]
    return _forest(pieces, nodes, parent, [seen[key][1] for key in order], len(labels))


def _key(area: Area, level: str) -> tuple[str, tuple[str, ...], str]:
    above = climb(area, level)
    # Two ZIP codes of one county have its code, but not its people.
    return above.level, tuple(above.fips), above.label


def _forest(
    pieces: Sequence[Sequence[Any]],
    nodes: Sequence[int],
    parent: Sequence[int],
    texts: Sequence[Any],
    n_labels: int,
) -> Axis:
    """Number nodes so that those inside a node follow it; a node is what is left of it."""
    children: list[list[int]] = [[] for _ in parent]
    roots: list[int] = []
    for node, above in enumerate(parent):
        (children[above] if above >= 0 else roots).append(node)
    first, last = [0] * len(parent), [0] * len(parent)
    preorder: list[int] = []
    stack = [(node, False) for node in reversed(roots)]
    while stack:
        node, done = stack.pop()
        if done:
            last[node] = len(preorder) - 1
            continue
        first[node] = len(preorder)
        preorder.append(node)
        stack.append((node, True))
        stack += [(child, False) for child in reversed(children[node])]
    at = 0
    ranges = []
    for some in pieces:
        own = nodes[at : at + len(some)]
        at += len(some)
        # Of a set with a place that nobody knows, it is not known whom it covers.
        ranges.append([] if -1 in own else [(first[node], last[node]) for node in own])
    return Axis(
        n_atoms=len(preorder),
        ordered=False,
        labels=Ranges.of_lists(ranges[:n_labels]),
        values=Ranges.of_lists(ranges[n_labels:]),
        terms=tuple(
            ((texts[node], 1), *((texts[child], -1) for child in children[node]))
            for node in preorder
        ),
        ends=_NO_ENDS,
        last=np.array([last[node] for node in preorder], dtype=np.int64),
        share=np.ones(len(preorder)),
    )


def interval_text(low: np.ndarray, high: np.ndarray) -> pd.Series:
    """Write intervals of whole numbers as labels."""
    pairs, number = np.unique(np.column_stack([low, high]), axis=0, return_inverse=True)
    texts = [format_label(Interval(_whole(a), _whole(b))) for a, b in pairs.tolist()]
    return pd.Series(texts, dtype=object).take(number.reshape(-1)).reset_index(drop=True)


def _whole(number: float) -> float:
    return int(number) if np.isfinite(number) else number
