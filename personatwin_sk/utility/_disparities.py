"""Outcome disparities: how much more likely an outcome is in one group, before and after."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse, stats

from personatwin_sk._core.columns import factorize_column
from personatwin_sk._core.frames import Table
from personatwin_sk._core.hierarchy import read_hierarchies
from personatwin_sk._core.roles import find_column, person_codes
from personatwin_sk.exceptions import InputError
from personatwin_sk.utility._counting import Coded, spread
from personatwin_sk.utility._reading import NominalReader, OrderedReader, reader_of
from personatwin_sk.utility._tables import read_pair, require_aligned

__all__ = ["OutcomeDisparities", "outcome_disparities"]

_OWNER = "outcome_disparities"
VERDICTS = ("kept", "lost", "reversed", "appeared", "none")
# Two outcomes that make up this much of a stratum say the same, with opposite signs.
_NEARLY_ALL = 0.99
# A group is its own in a release where at least this share of it stands under no other name.
_OWN = 0.5


@dataclass(frozen=True)
class OutcomeDisparities:
    """What :func:`outcome_disparities` found.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per comparison: `by` (where there is one), `group`, `reference`, `outcome`, `people`
        (in the smaller of the two groups), `fewest` (people in the smallest of the four counts),
        `log_odds_ratio`, `standard_error` and `significant` of the original, the same three with
        `released_` before them, `told_apart` (share of those counted in the group, or in the
        reference if that is less, whose released label names no other), and `verdict`.
    n_left_out : int
        Comparisons of groups or outcomes of too few people, the reference group among them.
    limit : float
        Standard errors from 0 at which a log odds ratio is significant.
    """

    table: pd.DataFrame = field(repr=False)
    n_left_out: int
    limit: float = float(stats.norm.ppf(0.975))

    @property
    def score(self) -> float:
        """Share of comparisons of which the same is concluded; 1 where there is none."""
        same = self.table["verdict"].isin(["kept", "none"])
        return float(same.mean()) if len(self.table) else 1.0

    @property
    def largest_change(self) -> float:
        """Largest change of a log odds ratio, in either direction; 0 where there is none."""
        change = self.table["released_log_odds_ratio"] - self.table["log_odds_ratio"]
        return float(change.abs().max()) if len(change) else 0.0

    def counts(self) -> dict[str, int]:
        """Count the comparisons of each verdict."""
        return {name: int((self.table["verdict"] == name).sum()) for name in VERDICTS}

    def describe(self) -> list[str]:
        """Say it in words: one line for all, one for each disparity that is not kept."""
        table, counts = self.table, self.counts()
        lines = [
            f"{counts['kept'] + counts['none']} of {len(table)} outcome disparities between groups "
            "keep their sign and significance."
        ]
        for row in table[~table["verdict"].isin(["kept", "none"])].to_dict("records"):
            where = f" (in {row['by']})" if "by" in row else ""
            lines.append(
                f"{row['outcome']}, {row['group']} against {row['reference']}{where}: log odds "
                f"ratio {row['log_odds_ratio']:+.2f} in the original, "
                f"{row['released_log_odds_ratio']:+.2f} in the release ({row['verdict']})."
            )
        if self.n_left_out:
            lines.append(f"{self.n_left_out} comparisons of too few people are left out.")
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Give all as plain types, ready for JSON."""
        return {
            "score": self.score,
            "largest_change": self.largest_change,
            "counts": self.counts(),
            "n_left_out": self.n_left_out,
            "comparisons": [
                {key: _plain(value) for key, value in row.items()}
                for row in self.table.to_dict("records")
            ],
        }


def outcome_disparities(
    original: Any,
    released: Any,
    outcome: Hashable,
    group: Hashable,
    *,
    by: Hashable | None = None,
    person_id: Hashable | None = None,
    bins: int = 5,
    confidence: float = 0.95,
    min_people: int = 5,
    max_values: int | None = None,
    hierarchies: Mapping[Any, Any] | None = None,
) -> OutcomeDisparities:
    """Tell whether a release shows the same disparities of outcomes between groups.

    For each outcome, the odds of it in each group are compared with those in the reference group,
    which is the largest one of the original: the log odds ratio, once in the original and once in
    the release. What a study of disparities concludes from it is its sign and whether it differs
    from 0 significantly; a comparison is

    - **kept** if it is significant in both with the same sign;
    - **lost** if it was significant and is not any more;
    - **reversed** if it is significant in both, with opposite signs;
    - **appeared** if it was not and is now;
    - **none** if it is significant in neither.

    What a release says of a group of which more than half stands under labels that name others as
    well is not that group's own, and is not taken as a finding. (Groups of an ordered column are
    cut here, and a label that lies across a cut is of those on both of its sides.)

    Parameters
    ----------
    original, released : table or array-like of shape (n_rows, n_columns)
        The table before and after. Labels such as "Asian|White" count for each group in part.
    outcome : column
        Compared value by value; where two make up all but 1 % of a stratum, only the second of
        them in sorted order.
    group : column
        Numbers with more than `bins` distinct values are put into so many groups.
    by : column, optional
        Compare within each of its values by itself, such as types of events.
    person_id : column, optional
        Whose row it is, read from `original`; then row i of one table must be row i of the other.
        The events of one person are not independent, and standard errors allow for it. None: each
        row is somebody else.
    bins : int, default=5
        Groups of an ordered `group` (and `by`).
    confidence : float in (0, 1), default=0.95
        Two-sided.
    min_people : int, default=5
        Comparisons of groups that fewer people are in, or of outcomes that fewer people have, in
        the original, are left out and counted: a rare value may give its holder away.
    max_values : int, optional
        Of an unordered column only so many of the most frequent values are compared.
    hierarchies : mapping of column -> Hierarchy or table, optional
        Columns whose original values are labels of a hierarchy of the user's own.

    Returns
    -------
    OutcomeDisparities

    Raises
    ------
    ColumnNotFoundError
        A named column is in one of the tables only, or in none.
    InputError
        The tables are empty or do not align, the outcome or the group has one value only, or a
        parameter is out of its range.

    Notes
    -----
    With counts a, b of people with and without the outcome in the group and c, d in the reference
    group, the log odds ratio is log (a + .5)(d + .5) / (b + .5)(c + .5) (Haldane 1956), and its
    variance the sum of 1 / (count + .5) (Gart 1966). With several rows per person the squares of
    the people's influences on it are added up instead (the cluster-robust, or sandwich, variance);
    with one row each both are the same.

    References
    ----------
    .. [1] Haldane (1956). The estimation and significance of the logarithm of a ratio of
       frequencies. Annals of Human Genetics 20.
    .. [2] Gart (1966). Alternative analyses of contingency tables. JRSS B 28.

    Examples
    --------
    >>> import pandas as pd
    >>> before = pd.DataFrame({
    ...     "group": ["A"] * 60 + ["B"] * 40,
    ...     "outcome": ["no"] * 45 + ["yes"] * 15 + ["no"] * 10 + ["yes"] * 30,
    ... })
    >>> after = before.assign(outcome=["no", "yes"] * 50)
    >>> found = outcome_disparities(before, after, "outcome", "group")
    >>> found.score, found.table["verdict"].tolist()
    (0.0, ['lost'])
    >>> found.table["log_odds_ratio"].round(4).tolist()  # log (30.5 * 45.5) / (10.5 * 15.5)
    [2.1432]
    """
    before, after, found = read_pair(
        original,
        released,
        {"outcome": [outcome], "group": [group], "by": _listed(by)},
        owner=_OWNER,
    )
    if not (bins >= 2 and 0 < confidence < 1 and min_people >= 1):
        raise InputError(
            f"{_OWNER}: bins must be at least 2, confidence between 0 and 1, and min_people at "
            f"least 1; got {bins}, {confidence} and {min_people}."
        )
    if max_values is not None and max_values < 2:
        raise InputError(f"{_OWNER}: max_values must be at least 2; got {max_values}.")
    owner_column = find_column(before, person_id, parameter="person_id", owner=_OWNER)
    if owner_column is not None:
        require_aligned(before, after, owner=_OWNER)
    columns = [*found["by"], *found["group"], *found["outcome"]]
    readers = _read_columns(before, columns, bins, max_values, hierarchies)
    for parameter, reader in zip(("group", "outcome"), readers[-2:], strict=True):
        if reader.n_values < 2:
            raise InputError(
                f"{_OWNER}: the column that {parameter} names has {reader.n_values} distinct "
                "value in the original; there is nothing to compare."
            )
    people = person_codes(before, owner_column)[0]
    then = _Odds(before, columns, readers, people)
    now = _Odds(after, columns, readers, people if owner_column is not None else None)
    pairs, n_left_out = _comparisons(then, min_people, readers[-1])
    table = _tabulate(then, pairs, readers)
    limit = float(stats.norm.ppf((1 + confidence) / 2))
    told_apart = now.told_apart(pairs)
    is_own = (told_apart >= _OWN) | readers[-2].reader.is_ordered
    for odds, prefix, counts in ((then, "", True), (now, "released_", is_own)):
        ratio, error = odds.log_ratios(pairs)
        table[f"{prefix}log_odds_ratio"], table[f"{prefix}standard_error"] = ratio, error
        table[f"{prefix}significant"] = (np.abs(ratio) > limit * error) & counts
    table["told_apart"] = told_apart
    table["verdict"] = _verdicts(table)
    return OutcomeDisparities(table, n_left_out, limit)


@dataclass(frozen=True)
class _Reader:
    """A column's reader, and which of its categories are compared: what the original has."""

    reader: OrderedReader | NominalReader
    used: np.ndarray

    @property
    def n_values(self) -> int:
        return len(self.used)

    def read(self, table: Table, name: Hashable) -> Coded:
        """Read a column; the last category is what is compared with nothing."""
        codes, values = factorize_column(table, name)
        members = self.reader.members(values)
        rest = np.setdiff1d(np.arange(members.shape[1]), self.used)
        beside = sparse.csr_array(members[:, rest].sum(axis=1).reshape(-1, 1))
        return codes, sparse.csr_array(sparse.hstack([members[:, self.used], beside]))

    def names(self) -> np.ndarray:
        return np.array(self.reader.names, dtype=object)[self.used]


class _Odds:
    """Rows of one table in each stratum, group and outcome."""

    def __init__(
        self,
        table: Table,
        columns: list[Hashable],
        readers: list[_Reader],
        people: np.ndarray | None,
    ) -> None:
        coded = [reader.read(table, name) for name, reader in zip(columns, readers, strict=True)]
        row, categories, share = spread(coded)
        if len(columns) == 2:
            categories = [np.zeros(len(row), dtype=np.int64), *categories]
        sizes = [1, *(reader.n_values for reader in readers)][-3:]
        inside = np.logical_and.reduce(
            [code < size for code, size in zip(categories, sizes, strict=True)]
        )
        self.shape = (sizes[0], sizes[1], sizes[2])
        cell = np.ravel_multi_index([code[inside] for code in categories], self.shape)
        # A group is told apart where the label of the row names no other.
        members = coded[-2][1]
        alone = np.diff(members.indptr)[coded[-2][0]] == 1
        group = np.ravel_multi_index([code[inside] for code in categories[:2]], self.shape[:2])
        in_group = [
            np.bincount(group, weights=mass, minlength=sizes[0] * sizes[1])
            for mass in (share[inside], (share * alone[row])[inside])
        ]
        self.own = np.divide(
            in_group[1], in_group[0], out=np.zeros(len(in_group[0])), where=in_group[0] > 0
        ).reshape(self.shape[:2])
        owner = row if people is None else people[row]
        self.by_person = sparse.csr_array(
            (share[inside], (owner[inside], cell)),
            shape=(int(owner.max()) + 1, np.prod(self.shape)),
        )
        self.rows = np.asarray(self.by_person.sum(axis=0)).reshape(self.shape)

    def people(self, axis: int) -> np.ndarray:
        """Count the people in each stratum and group (axis 1), or stratum and outcome (axis 2)."""
        size = self.shape[axis]
        stratum, *rest = np.unravel_index(np.arange(int(np.prod(self.shape))), self.shape)
        together = stratum * size + rest[axis - 1]
        collect = sparse.csr_array((np.ones(len(together)), (np.arange(len(together)), together)))
        held = sparse.csr_array(self.by_person @ collect)
        counts = np.bincount(held.indices, minlength=self.shape[0] * size)
        return counts.reshape(self.shape[0], size)

    def told_apart(self, pairs: np.ndarray) -> np.ndarray:
        """Give the share of the group, or of the reference, that stands under its own name."""
        stratum, group, base, _ = pairs.T
        return np.minimum(self.own[stratum, group], self.own[stratum, base])

    def fewest(self, pairs: np.ndarray) -> np.ndarray:
        """Count the people behind the smallest of the four counts of each comparison."""
        held = sparse.csr_array(self.by_person > 0)
        having = np.asarray(held.sum(axis=0)).reshape(self.shape)
        # With and without an outcome can be the same person, so those without are counted anew.
        stratum, group, base, outcome = pairs.T
        lacking = np.zeros(self.shape, dtype=np.int64)
        cells = np.arange(int(np.prod(self.shape))).reshape(self.shape)
        for number in range(self.shape[2]):
            others = np.delete(cells, number, axis=2)
            together = np.repeat(cells[:, :, 0].reshape(-1) // self.shape[2], others.shape[2])
            collect = sparse.csr_array(
                (np.ones(others.size), (others.reshape(-1), together)),
                shape=(cells.size, self.shape[0] * self.shape[1]),
            )
            found = sparse.csr_array(self.by_person @ collect)
            counts = np.bincount(found.indices, minlength=self.shape[0] * self.shape[1])
            lacking[:, :, number] = counts.reshape(self.shape[:2])
        four = [
            count[stratum, who, outcome] for count in (having, lacking) for who in (group, base)
        ]
        return np.minimum.reduce(four).astype(np.int64)

    def log_ratios(self, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give log odds ratios and standard errors of comparisons (stratum, group, base, outcome).

        An entry of half a row in every cell, whose influence counts like a person's, keeps both
        finite.
        """
        stratum, group, base, outcome = pairs.T
        weights: list[np.ndarray] = []
        ratio = np.zeros(len(pairs))
        beside = np.zeros(len(pairs))
        n_outcomes = self.shape[2]
        test = np.repeat(np.arange(len(pairs)), n_outcomes)
        every = np.tile(np.arange(n_outcomes), len(pairs))
        is_it = every == np.repeat(outcome, n_outcomes)
        cells: list[np.ndarray] = []
        for who, sign in ((group, 1.0), (base, -1.0)):
            rows = self.rows[stratum, who]
            having = rows[np.arange(len(pairs)), outcome] + 0.5
            lacking = rows.sum(axis=1) - having + 1.0
            ratio += sign * (np.log(having) - np.log(lacking))
            beside += 0.5 / having**2 + 0.5 / lacking**2
            weights.append(sign * np.where(is_it, 1.0 / having[test], -1.0 / lacking[test]))
            at = np.stack([stratum[test], who[test], every])
            cells.append(np.ravel_multi_index(list(at), self.shape))
        influence = sparse.csr_array(
            (np.concatenate(weights), (np.concatenate(cells), np.tile(test, 2))),
            shape=(int(np.prod(self.shape)), len(pairs)),
        )
        per_person = self.by_person @ influence
        variance = np.asarray(per_person.multiply(per_person).sum(axis=0)).reshape(-1)
        return ratio, np.sqrt(variance + beside)


def _listed(column: Hashable | None) -> list[Hashable]:
    return [] if column is None else [column]


def _read_columns(
    before: Table,
    columns: list[Hashable],
    bins: int,
    max_values: int | None,
    hierarchies: Mapping[Any, Any] | None,
) -> list[_Reader]:
    own = read_hierarchies(hierarchies, before, columns, owner=_OWNER)
    readers = []
    for name in columns:
        # Every distinct outcome is one of its own, numbers too: the last column is the outcome.
        most = before.n_rows if name == columns[-1] else bins
        reader = reader_of(
            before, name, bins=most, max_categories=max_values, hierarchy=own.get(name)
        )
        members = reader.members(factorize_column(before, name)[1])
        used = np.flatnonzero(np.asarray(members.sum(axis=0)) > 0)
        if name != columns[-1]:
            used = used[used < len(reader.names) - 1]  # the rest is no group
        readers.append(_Reader(reader, used))
    return readers


def _comparisons(then: _Odds, min_people: int, outcomes: _Reader) -> tuple[np.ndarray, int]:
    """List what is compared: (stratum, group, reference group, outcome), and count what is not."""
    people, holders = then.people(1), then.people(2)
    base = int(np.argmax(then.rows.sum(axis=(0, 2))))
    # Where an outcome does not occur, or nothing else does, there is no disparity of it.
    rows = then.rows.sum(axis=1)
    total = rows.sum(axis=1, keepdims=True)
    occurs = (rows > 0) & (rows < total)
    occurs &= outcomes.used < len(outcomes.reader.names) - 1  # nor of the rest
    # Of two outcomes that are nearly all, one says it all.
    two = np.sort(np.argsort(-rows, axis=1, kind="stable")[:, :2], axis=1)
    nearly_all = np.take_along_axis(rows, two, axis=1).sum(axis=1) >= _NEARLY_ALL * total[:, 0]
    occurs[np.flatnonzero(nearly_all), two[nearly_all, 0]] = False
    possible = (people > 0)[:, :, None] & occurs[:, None, :]
    possible[:, base] = False
    enough = np.minimum(people, people[:, [base]]) >= min_people
    wanted = possible & enough[:, :, None] & (holders >= min_people)[:, None, :]
    stratum, group, outcome = np.nonzero(wanted)
    pairs = np.stack([stratum, group, np.full(len(group), base), outcome], axis=1)
    return pairs, int(possible.sum() - wanted.sum())


def _tabulate(then: _Odds, pairs: np.ndarray, readers: list[_Reader]) -> pd.DataFrame:
    stratum, group, base, outcome = pairs.T
    people = then.people(1)
    columns: dict[str, Any] = {} if len(readers) == 2 else {"by": readers[0].names()[stratum]}
    return pd.DataFrame(
        columns
        | {
            "group": readers[-2].names()[group],
            "reference": readers[-2].names()[base],
            "outcome": readers[-1].names()[outcome],
            "people": np.minimum(people[stratum, group], people[stratum, base]),
            "fewest": then.fewest(pairs),
        }
    )


def _verdicts(table: pd.DataFrame) -> np.ndarray:
    was, now = table["significant"], table["released_significant"]
    turned = table["log_odds_ratio"] * table["released_log_odds_ratio"] < 0
    verdict = np.select(
        [was & now & turned, was & now, was, now], ["reversed", "kept", "lost", "appeared"], "none"
    )
    return verdict.astype(object)


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
