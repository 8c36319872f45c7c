"""What a release keeps of its table, in figures and in words: marginals, pairs, histories."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.roles import person_codes
from personatwin_sk.release._columns import (
    DATE,
    EVENT_TYPE,
    OUTCOME,
    PERSON,
    ReleaseColumns,
    are_events,
)
from personatwin_sk.release._kept_disparities import KeptDisparities, measure_disparities
from personatwin_sk.release._kept_trends import measure_trends
from personatwin_sk.release._steps import in_steps
from personatwin_sk.utility import association_preserved, event_sequences, propensity_mse
from personatwin_sk.utility._marginals import marginal_scores

__all__ = ["measure_kept"]

# More than this tells nothing more, and takes minutes: a random part of the people is measured.
_MOST_PEOPLE, _MOST_ROWS = 50_000, 250_000
# A model that tells the rows of two tables apart needs all of their features side by side.
_MOST_MODELLED = 50_000


def measure_kept(
    original: pd.DataFrame,
    released: pd.DataFrame,
    columns: ReleaseColumns,
    k: int,
    *,
    aggregated: pd.DataFrame | None = None,
) -> dict[str, Any] | None:
    """Measure what a release keeps of its table.

    Parameters
    ----------
    original : pandas.DataFrame of shape (n_rows, ...)
        As `prepare` read it; only the measures see it.
    released : pandas.DataFrame of shape (n_rows, ...)
        The same rows as the pipeline made them; the person column holds the persona, null for the
        suppressed.
    columns : ReleaseColumns
        What is released. The figures of keys are over people, those of events over events; those
        of the original are in steps of k people.
    k : int
        People that every figure rests on at least.
    aggregated : pandas.DataFrame, optional
        The counts that are released in place of events, as `aggregate_events` gives them: what the
        rows would keep is then not told.

    Returns
    -------
    dict or None
        Plain types, ready for JSON: ``least_people``, ``sampled_people``, ``marginals``, ``pairs``,
        ``propensity``, ``disparities``, ``disparity_counts``, ``sequences``, ``trends``,
        ``counts`` and ``words``, the most important first. None where fewer than k people are
        released.

    Notes
    -----
    Of more than 50,000 people or 250,000 rows a random part is measured, drawn by a fixed number;
    and of more than 50,000 rows again a part, for the propensity alone.
    """
    pair = _Pair.of(original, released, columns, with_events=aggregated is None)
    if pair.n_released < k:
        return None
    marginals = _marginals(pair, k)
    pairs = _pairs(pair, k)
    before, after = pair.people if pair.events is None else pair.events
    propensity = propensity_mse(_part(before), _part(after), pair.columns)
    found = KeptDisparities((), 0)
    sequences = trends = None
    if pair.events is not None:
        found = measure_disparities(pair.original, pair.released, pair.keys, pair.outcome, k)
        sequences = _sequences(pair, k)
        trends = measure_trends(*pair.events, pair.codes_of_events, k)
    counts = None if aggregated is None else _shown(aggregated)
    kept = {
        "least_people": min([pair.n_released, *found.people, *(t.people for t in trends or ())]),
        "sampled_people": pair.sampled,
        "marginals": marginals,
        "pairs": pairs,
        "propensity": propensity.to_dict(),
        "disparities": found.rows(),
        "disparity_counts": found.counts(),
        "sequences": sequences,
        "trends": None if trends is None else [trend.to_dict() for trend in trends],
        "counts": counts,
    }
    return kept | {"words": [*found.describe(), *_words(kept)]}


@dataclass(frozen=True)
class _Pair:
    """Both tables, of people and of events, as the measures want them.

    Attributes
    ----------
    original, released : pandas.DataFrame
        The same rows: people without events, and the suppressed, among them.
    people : pair of pandas.DataFrame
        A row per person, and a row per person who is released.
    events : pair of pandas.DataFrame or None
        A row per event, and per event that is released.
    codes_of_events : numpy.ndarray of int64
        Whose the events of the original are.
    sampled : int or None
        People, if they are only a part of all.
    """

    original: pd.DataFrame
    released: pd.DataFrame
    people: tuple[pd.DataFrame, pd.DataFrame]
    events: tuple[pd.DataFrame, pd.DataFrame] | None
    codes_of_events: np.ndarray
    keys: list[Hashable]
    of_events: list[Hashable]
    n_released: int
    sampled: int | None

    @classmethod
    def of(
        cls,
        original: pd.DataFrame,
        released: pd.DataFrame,
        columns: ReleaseColumns,
        *,
        with_events: bool,
    ) -> _Pair:
        codes, n_people = person_codes(Table.of(original), PERSON)
        original, released = (frame.reset_index(drop=True) for frame in (original, released))
        n_rows = len(original)
        most = min(_MOST_PEOPLE, int(n_people * _MOST_ROWS / n_rows))
        sampled = None
        if most < n_people:
            sampled = most
            drawn = np.zeros(n_people, dtype=bool)
            drawn[np.random.default_rng(0).permutation(n_people)[:most]] = True
            rows = np.flatnonzero(drawn[codes])
            original, released = (frame.iloc[rows] for frame in (original, released))
            original, released = (frame.reset_index(drop=True) for frame in (original, released))
            codes = codes[rows]
        stays = ~is_null(released[PERSON])
        first = np.unique(codes, return_index=True)[1]
        events = None
        happened = are_events(original)
        if columns.events and with_events and (happened & stays).any():
            events = original[happened], released[happened & stays]
        return cls(
            original,
            released,
            (original.iloc[first], released.iloc[first[stays[first]]]),
            events,
            codes[happened],
            list(columns.keys),
            list(columns.events) if events is not None else [],
            int(stays[first].sum()),
            sampled,
        )

    @property
    def n_people(self) -> dict[str, int]:
        """Count the people of the original behind figures of people and of events."""
        n_with_events = len(np.unique(self.codes_of_events))
        return {"people": len(self.people[0]), "events": n_with_events}

    @property
    def columns(self) -> list[Hashable]:
        return [*self.keys, *self.of_events]

    @property
    def outcome(self) -> Hashable | None:
        return OUTCOME if OUTCOME in self.of_events else None


def _part(table: pd.DataFrame) -> pd.DataFrame:
    if len(table) <= _MOST_MODELLED:
        return table
    return table.iloc[np.random.default_rng(0).permutation(len(table))[:_MOST_MODELLED]]


def _marginals(pair: _Pair, k: int) -> list[dict[str, Any]]:
    rows = []
    for of, tables, names in (
        ("people", pair.people, pair.keys),
        ("events", pair.events, pair.of_events),
    ):
        if tables is None or not names:
            continue
        scores = marginal_scores(*tables, names, 1)
        rows += [
            {
                "column": str(name),
                "of": of,
                "kept": in_steps(scores[(name,)], k, pair.n_people[of]),
                "n_values": int(tables[0][name].nunique()),
            }
            for name in names
        ]
    return rows


def _pairs(pair: _Pair, k: int) -> dict[str, Any] | None:
    """Score each two columns: keys over people, all others over events."""
    if len(pair.columns) < 2:
        return None
    rows: list[dict[str, Any]] = []
    for of, tables, names in (
        ("people", pair.people, pair.keys),
        ("events", pair.events, pair.columns),
    ):
        if tables is None or len(names) < 2:
            continue
        scores = marginal_scores(*tables, names)
        strength = association_preserved(*tables, names)
        rows += [
            {
                "columns": [str(name) for name in both],
                "of": of,
                "kept": in_steps(kept, k, pair.n_people[of]),
                "original": in_steps(float(strength.original.at[both]), k, pair.n_people[of]),
                "released": float(strength.released.at[both]),
            }
            for both, kept in scores.items()
            if of == "people" or not set(both) <= set(pair.keys)
        ]
    most = max(rows, key=lambda row: abs(row["released"] - row["original"]))
    return {
        "k_marginal": float(np.mean([row["kept"] for row in rows]) * 1000),
        "associations": rows,
        "largest_change": {
            "columns": most["columns"],
            "change": most["released"] - most["original"],
        },
    }


def _sequences(pair: _Pair, k: int) -> dict[str, float | None] | None:
    """Compare what follows what; None where fewer than k people have two events."""
    n_people = int((np.bincount(pair.codes_of_events) > 1).sum())
    if n_people < k:
        return None
    assert pair.events is not None
    rows = pair.events[0].index  # the suppressed among them: whose id is null has no sequence
    found = event_sequences(
        pair.original.loc[rows], pair.released.loc[rows], EVENT_TYPE, person_id=PERSON, date=DATE
    )
    figures = found.to_dict()
    told = {name: figures[name] for name in ("gap_distance", "mean_gap")}
    for name in ("transition_score", "gap_score"):
        score = figures[name]
        told[name] = None if score is None else in_steps(float(score), k, n_people)
    return told


def _shown(aggregated: pd.DataFrame) -> list[dict[str, Any]]:
    """Say which share of the events the released counts show, from coarse to fine."""
    names = [name for name in aggregated.columns if name not in ("level", "count", "suppressed")]
    shown = aggregated.groupby("level")["count"].sum()
    total = int(shown.get(0, 0))
    return [
        {
            "by": [str(name) for name in names[:depth]],
            "share": float(shown.get(depth, 0) / total) if total else 0.0,
        }
        for depth in range(1, len(names) + 1)
    ]


def _words(kept: Mapping[str, Any]) -> list[str]:
    lines = []
    if kept["pairs"] is not None:
        most = kept["pairs"]["largest_change"]
        lines.append(
            "Joint distributions of two columns each: k-marginal "
            f"{kept['pairs']['k_marginal']:.0f} of 1000. The association of "
            f"{' and '.join(most['columns'])} changed the most, by {most['change']:+.2f}."
        )
    least = min(kept["marginals"], key=lambda row: row["kept"])
    lines.append(
        f"Of single columns {least['column']} keeps the least: {least['kept']:.1%} of its "
        "distribution."
    )
    if kept["sequences"] is not None:
        lines.append(_about_sequences(kept["sequences"]))
    for trend in _worst_trends(kept["trends"] or ()):
        lines.append(trend["words"])
    for level in kept["counts"] or ():
        lines.append(f"Counts by {', '.join(level['by'])} show {level['share']:.1%} of the events.")
    if kept["sampled_people"] is not None:
        lines.append(
            f"These figures were measured on {kept['sampled_people']:,} people, drawn at random."
        )
    return lines


def _about_sequences(found: Mapping[str, float | None]) -> str:
    text = (
        f"Sequences: {found['transition_score']:.1%} of what follows what is kept, by people's own "
        "events in the order of their released dates"
    )
    if found["gap_score"] is not None:
        text += (
            f"; gaps between events are {found['gap_distance']:.1f} days off, where their mean is "
            f"{found['mean_gap']:.1f}"
        )
    return text + "."


def _worst_trends(trends: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Give those that changed direction, and the one of which the least is kept."""
    turned = [trend for trend in trends if trend["original"] != trend["released"]]
    least = sorted(trends, key=lambda trend: trend["kept"])[:1]
    return turned + [trend for trend in least if trend not in turned]
