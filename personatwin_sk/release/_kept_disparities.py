"""Disparities between groups in a release: which are kept, which are lost, and why."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.columns import factorize, factorize_column
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.roles import person_codes
from personatwin_sk.release._columns import EVENT_TYPE, PERSON, are_events
from personatwin_sk.release._outcomes_left import hidden_by_rounding, in_steps_of
from personatwin_sk.release._steps import in_steps
from personatwin_sk.utility import OutcomeDisparities, outcome_disparities
from personatwin_sk.utility._reading import NominalReader, OrderedReader, reader_of

__all__ = ["SEVERAL", "Disparity", "KeptDisparities", "measure_disparities"]

SEVERAL = "several events"
_YES, _NO = "several", "at most one"
_GONE = "(suppressed)"
_BINS, _MOST_VALUES, _MOST_TYPES = 5, 30, 12
_OWN = 0.5
_FINEST = 0.01
_MOST_NAMED = 20
# A log odds ratio that is no farther from its limit than this many standard errors may fall to
# either side of it in any sample.
_NARROW = 1.0
VERDICTS = ("kept", "lost", "reversed", "appeared", "none")


@dataclass(frozen=True)
class Disparity:
    """One outcome, compared between a group and the largest one.

    Attributes
    ----------
    outcome_column, outcome : str
        "several events" is of people, who have more than one event of `event_type`; any other is of
        events.
    event_type : str or None
    group_column, group, reference : str
    people : int
        In the smaller of the two groups.
    fewest : int
        People behind the smallest of the four counts.
    original, released : tuple of (float, float, bool)
        Log odds ratio, how far its interval reaches to either side, and whether that leaves out 0.
    told_apart : float
    verdict : {"kept", "lost", "reversed", "appeared", "none"}
    why : str
        In words; empty where the same is concluded.
    step : float
        What ratios are rounded to, so that no count of fewer people can be worked out from them.
    """

    outcome_column: str
    outcome: str
    event_type: str | None
    group_column: str
    group: str
    reference: str
    people: int
    fewest: int
    original: tuple[float, float, bool]
    released: tuple[float, float, bool]
    told_apart: float
    verdict: str
    why: str
    step: float

    def to_dict(self) -> dict[str, Any]:
        """Give all as plain types, ratios in steps."""
        return {
            "outcome_column": self.outcome_column,
            "outcome": self.outcome,
            "event_type": self.event_type,
            "group_column": self.group_column,
            "group": self.group,
            "reference": self.reference,
            "people": self.people,
            "original": _figures(self.original, self.step),
            "released": _figures(self.released, self.step),
            "told_apart": round(self.told_apart, 2),
            "verdict": self.verdict,
            "why": self.why,
        }

    def describe(self) -> str:
        """Say it in a sentence or two."""
        then, now = (_interval(side, self.step) for side in (self.original, self.released))
        return (
            f"{self.verdict.capitalize()}: {self.what}, {self.group} against {self.reference} "
            f"({self.group_column}): log odds ratio {then} in the original, {now} in the release. "
            f"{self.why}"
        )

    @property
    def what(self) -> str:
        """Name the outcome: "screening: high", "several events of type arrest"."""
        if self.outcome_column == SEVERAL:
            return f"several events of type {self.event_type}"
        return self.outcome if self.event_type is None else f"{self.event_type}: {self.outcome}"


@dataclass(frozen=True)
class KeptDisparities:
    """All comparisons that enough people are behind.

    Attributes
    ----------
    disparities : sequence of Disparity
        Those of which something else is concluded first.
    left_out : int
        Comparisons of too few people.
    merged : sequence of str
        Groups of which the release says nothing of their own, with their column.
    """

    disparities: Sequence[Disparity]
    left_out: int
    merged: Sequence[str] = ()

    @property
    def people(self) -> list[int]:
        """People behind the smallest count of each comparison."""
        return [one.fewest for one in self.disparities]

    def rows(self) -> list[dict[str, Any]]:
        """Give all as plain types."""
        return [one.to_dict() for one in self.disparities]

    def counts(self) -> dict[str, int]:
        """Count those that are significant in the original, and each verdict."""
        return {
            "significant": sum(one.original[2] for one in self.disparities),
            **{name: sum(one.verdict == name for one in self.disparities) for name in VERDICTS},
            "left_out": self.left_out,
        }

    def describe(self) -> list[str]:
        """Say it in words: all together, then each that is lost, reversed or appeared."""
        counts = self.counts()
        lines = []
        if self.disparities:
            lines.append(
                f"Of {counts['significant']} disparities between groups that are significant in "
                f"the original, the release keeps {counts['kept']}, loses {counts['lost']} and "
                f"reverses {counts['reversed']}; {counts['appeared']} appear that the original "
                "does not have."
            )
        named = [one for one in self.disparities if one.verdict in ("reversed", "lost", "appeared")]
        lines += [one.describe() for one in named[:_MOST_NAMED]]
        if len(named) > _MOST_NAMED:
            lines.append(f"{len(named) - _MOST_NAMED} more are listed in the table.")
        if self.merged:
            lines.append(
                "More than half of these groups stands in personas that hold other groups as well, "
                f"so that no disparity of theirs can be read off: {', '.join(self.merged)}."
            )
        if self.left_out:
            lines.append(f"{self.left_out} comparisons of too few people were left out.")
        if any(one.outcome_column == SEVERAL for one in self.disparities):
            lines.append(
                "Several events are those of real people under their released labels; the files "
                "tell them persona by persona, and rows of events do not say which are of one "
                "person."
            )
        return lines


def measure_disparities(
    original: pd.DataFrame,
    released: pd.DataFrame,
    keys: Sequence[Hashable],
    outcome: Hashable | None,
    k: int,
) -> KeptDisparities:
    """Compare disparities of outcomes, and of having several events, between the groups of keys.

    Parameters
    ----------
    original, released : pandas.DataFrame of shape (n_rows, ...)
        The same rows, numbered from 0; the person column of `released` is null for the suppressed.
    keys : sequence of columns
        Whose values are the groups: the most frequent ones, and fifths of ordered columns.
    outcome : column or None
        Compared within each type of event.
    k : int
        People behind each of the four counts of a comparison that is told.

    Returns
    -------
    KeptDisparities
    """
    gone = is_null(released[PERSON])
    # Nobody's group is what no group is called, so that it counts for none.
    after = released.assign(
        **{str(name): released[name].astype(object).where(~gone, _GONE) for name in keys}
    )
    happened = are_events(original)
    people = person_codes(Table.of(original), PERSON)[0]
    tables = []
    if outcome is not None:
        tables.append((str(outcome), _events(original, after, happened, outcome)))
    several = _several(original, after, people, happened, keys, k)
    if several is not None:
        tables.append((SEVERAL, several))
    first = np.unique(people, return_index=True)[1]
    rows: list[Disparity] = []
    left_out, merged = 0, []
    for name in keys:
        everybody = _Groups.of(original.iloc[first], after.iloc[first], name)
        if len(everybody.people) < 2:
            continue
        if not everybody.is_ordered:
            merged += everybody.merged(k)
        for column, (then, now) in tables:
            groups = _Groups.of(then, now, name)
            if len(groups.people) < 2 or then[column].nunique(dropna=False) < 2:
                continue
            found = outcome_disparities(
                then,
                now,
                column,
                name,
                by=EVENT_TYPE,
                person_id=PERSON,
                bins=_BINS,
                min_people=k,
                max_values=_MOST_VALUES,
            )
            told = found.table[found.table["fewest"] >= k]
            changed: dict[str, float] = {}
            told = told.assign(step=_FINEST)
            if column == outcome:
                told = hidden_by_rounding(told, then, _groups_of(then, name), column, k)
                changed = _changed(then, now, column, k)
            left_out += found.n_left_out + len(found.table) - len(told)
            rows += _disparities(told, column, str(name), groups, changed, found, k)
    order = {"reversed": 0, "lost": 1, "appeared": 2, "kept": 3, "none": 4}
    rows.sort(key=lambda one: (order[one.verdict], -one.people))
    return KeptDisparities(tuple(rows), left_out, tuple(merged))


@dataclass(frozen=True)
class _Groups:
    """How many of each group's people stand in personas that hold other groups as well.

    Attributes
    ----------
    name : str
        The column.
    names : dict of str to str
        What the measure calls a group -> what it is called here; ordered ones by their rank, for
        their ends may be one person's.
    people : dict of str to int
        People of each group in the original.
    mixed : dict of str to int
        Those of them whose released label may stand for others.
    """

    name: str
    names: dict[str, str]
    people: dict[str, int]
    mixed: dict[str, int]
    is_ordered: bool

    @classmethod
    def of(cls, before: pd.DataFrame, after: pd.DataFrame, name: Hashable) -> _Groups:
        table = Table.of(before)
        reader = _reader(table, name)
        own = np.unique(before[PERSON].to_numpy(), return_index=True)[1]  # a row of each person
        codes, values = factorize_column(table, name)
        group = reader.members(values).toarray().argmax(axis=1)[codes[own]]
        codes, values = factorize_column(Table.of(after), name)
        mixed = (np.diff(reader.members(values).indptr) > 1)[codes[own]]
        used = [g for g in np.unique(group).tolist() if g < len(reader.names) - 1]
        n_mixed = np.bincount(group[mixed], minlength=len(reader.names))
        n_people = np.bincount(group, minlength=len(reader.names))
        ranks = [g for g in used if g < len(reader.names) - 2]
        names = {reader.names[g]: reader.names[g] for g in used}
        if isinstance(reader, OrderedReader):
            names |= {reader.names[g]: _rank(i, len(ranks)) for i, g in enumerate(ranks)}
        return cls(
            str(name),
            names,
            {reader.names[g]: int(n_people[g]) for g in used},
            {reader.names[g]: int(n_mixed[g]) for g in used},
            isinstance(reader, OrderedReader),
        )

    def merged(self, k: int) -> list[str]:
        """Name the groups of k people or more of which most cannot be told from others."""
        return [
            f"{self.names[group]} ({self.name})"
            for group, n in self.people.items()
            if n >= k and n - self.mixed[group] < _OWN * n
        ]

    def why(self, group: str, k: int) -> str:
        """Say how far a group is merged with others; empty where it is not."""
        share = in_steps(self.mixed[group] / self.people[group], k, self.people[group])
        if round(share, 2) == 0:
            return ""
        return (
            f"{share:.0%} of the people of {self.names[group]} stand in personas that hold other "
            "groups as well"
        )


def _reader(table: Table, name: Hashable) -> NominalReader | OrderedReader:
    return reader_of(table, name, bins=_BINS, max_categories=_MOST_VALUES)


def _groups_of(table: pd.DataFrame, name: Hashable) -> np.ndarray:
    """Give what the measure calls the group of each row of the original."""
    rows = Table.of(table)
    reader = _reader(rows, name)
    codes, values = factorize_column(rows, name)
    return np.array(reader.names, dtype=object)[reader.members(values).toarray().argmax(1)[codes]]


def _rank(place: int, n: int) -> str:
    if place in (0, n - 1):
        return f"{'highest' if place else 'lowest'} of {n}"
    return f"{place + 1} of {n}"


def _events(
    original: pd.DataFrame, released: pd.DataFrame, happened: np.ndarray, outcome: Hashable
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the rows of events, with outcomes that are numbers as texts: each is one of its own."""
    tables = []
    for table in (original, released):
        rows = table[happened]
        if pd.api.types.is_numeric_dtype(rows[outcome]):
            texts = rows[outcome].astype(object).where(~is_null(rows[outcome]), None)
            rows = rows.assign(**{str(outcome): texts.map(str, na_action="ignore")})
        tables.append(rows.reset_index(drop=True))
    return tables[0], tables[1]


def _several(
    original: pd.DataFrame,
    released: pd.DataFrame,
    people: np.ndarray,
    happened: np.ndarray,
    keys: Sequence[Hashable],
    k: int,
) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Make a row per person and type of event that says whether the person has several of it."""
    n_people = int(people.max()) + 1
    both = pd.concat([table[EVENT_TYPE][happened] for table in (original, released)])
    kind, values = factorize(both.astype(object).reset_index(drop=True))
    owner = people[happened]
    often = [
        np.bincount(owner * len(values) + side, minlength=n_people * len(values)).reshape(
            n_people, len(values)
        )
        > 1
        for side in (kind[: len(owner)], kind[len(owner) :])
    ]
    n_with = often[0].sum(axis=0)
    chosen = np.argsort(-n_with, kind="stable")[:_MOST_TYPES]
    chosen = chosen[(n_with[chosen] >= k) & ~is_null(values)[chosen]]
    if not len(chosen):
        return None
    first = np.unique(people, return_index=True)[1]
    tables = []
    for table, has in zip((original, released), often, strict=True):
        of_people = table.iloc[np.repeat(first, len(chosen))]
        tables.append(
            pd.DataFrame(
                {
                    PERSON: np.repeat(np.arange(n_people), len(chosen)),
                    EVENT_TYPE: np.tile(values.to_numpy(dtype=object)[chosen], n_people),
                    SEVERAL: np.where(has[:, chosen].reshape(-1), _YES, _NO),
                    **{str(name): of_people[name].to_numpy() for name in keys},
                }
            )
        )
    return tables[0], tables[1]


def _changed(then: pd.DataFrame, now: pd.DataFrame, outcome: Hashable, k: int) -> dict[str, float]:
    """Give the share of events of each type whose outcome noise changed, in steps of k events."""
    before, after = then[outcome].astype(object), now[outcome].astype(object)
    differ = (before != after) & ~(is_null(before) & is_null(after))
    shares = differ.groupby(then[EVENT_TYPE]).agg(["mean", "size"])
    return {str(name): in_steps(float(share), k, int(n)) for name, share, n in shares.itertuples()}


def _disparities(
    table: pd.DataFrame,
    outcome_column: str,
    group_column: str,
    groups: _Groups,
    changed: dict[str, float],
    found: OutcomeDisparities,
    k: int,
) -> list[Disparity]:
    result = []
    for row in table.to_dict("records"):
        sides = [
            (
                float(row[f"{prefix}log_odds_ratio"]),
                found.limit * float(row[f"{prefix}standard_error"]),
                bool(row[f"{prefix}significant"]),
            )
            for prefix in ("", "released_")
        ]
        event_type = None if is_null([row["by"]])[0] else str(row["by"])
        result.append(
            Disparity(
                outcome_column=outcome_column,
                outcome=str(row["outcome"]),
                event_type=event_type,
                group_column=group_column,
                group=groups.names[row["group"]],
                reference=groups.names[row["reference"]],
                people=int(row["people"]),
                fewest=int(row["fewest"]),
                original=sides[0],
                released=sides[1],
                told_apart=in_steps(float(row["told_apart"]), k, int(row["people"])),
                verdict=str(row["verdict"]),
                why=_why(row, sides, groups, changed.get(str(event_type), 0.0), k),
                step=float(row["step"]),
            )
        )
    return result


def _why(
    row: dict[Hashable, Any],
    sides: Sequence[tuple[float, float, bool]],
    groups: _Groups,
    changed: float,
    k: int,
) -> str:
    """Say what may have changed a conclusion, what weighs most first."""
    if row["verdict"] in ("kept", "none"):
        return ""
    reasons = [groups.why(group, k) for group in (row["group"], row["reference"])]
    if round(changed, 2) > 0:
        reasons.append(f"noise changed the outcome of {changed:.0%} of these events")
    (ratio, reach, significant), (then, reach_then, _) = sides
    is_narrow = reach > 0 and abs(abs(ratio) / reach - 1.0) * 1.96 <= _NARROW
    # Where the ratio alone would still say the same, it is not chance that made the difference.
    if is_narrow and (abs(then) > reach_then) != significant:
        side = "inside" if significant else "outside"
        reasons.append(f"in the original it is only just {side} what is significant")
    reasons = [reason for reason in reasons if reason]
    if not reasons:
        reasons = ["labels of personas stand for several values each"]
    text = "; ".join(reasons)
    return text[0].upper() + text[1:] + "."


def _figures(side: tuple[float, float, bool], step: float) -> dict[str, float | bool]:
    ratio, reach, significant = side
    # Not each end by itself: three roundings of one figure tell more of it than one does.
    middle, half = in_steps_of(np.array([ratio, max(reach, step)]), step)
    told = {"log_odds_ratio": middle, "low": middle - half, "high": middle + half}
    return {
        **{name: round(float(value), 2) + 0.0 for name, value in told.items()},
        "significant": significant,
    }


def _interval(side: tuple[float, float, bool], step: float) -> str:
    told = _figures(side, step)
    return f"{told['log_odds_ratio']:+.2f} ({told['low']:+.2f} to {told['high']:+.2f})"
