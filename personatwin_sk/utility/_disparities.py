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
VERDICTS = ("kept", "faded", "new", "reversed")


@dataclass(frozen=True)
class OutcomeDisparities:
    """What :func:`outcome_disparities` found.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per comparison: `by` (where there is one), `group`, `reference`, `outcome`, `people`
        (in the smaller of the two groups), `log_odds_ratio` and `standard_error` of the original,
        the same two with `released_` before them, and `verdict`.
    n_left_out : int
        Comparisons of groups or outcomes of too few people, the reference group among them.
    """

    table: pd.DataFrame = field(repr=False)
    n_left_out: int

    @property
    def score(self) -> float:
        """Share of comparisons whose verdict is "kept"; 1 where there is none."""
        return float((self.table["verdict"] == "kept").mean()) if len(self.table) else 1.0

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
        table = self.table
        lines = [
            f"{self.counts()['kept']} of {len(table)} outcome disparities between groups keep "
            "their sign and significance."
        ]
        for row in table[table["verdict"] != "kept"].to_dict("records"):
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
    hierarchies: Mapping[Any, Any] | None = None,
) -> OutcomeDisparities:
    """Tell whether a release shows the same disparities of outcomes between groups.

    For each outcome, the odds of it in each group are compared with those in the reference group,
    which is the largest one of the original: the log odds ratio, once in the original and once in
    the release. What a study of disparities concludes from it is its sign and whether it differs
    from 0 significantly; a comparison is

    - **kept** if it is significant in both with the same sign, or in neither;
    - **faded** if it was significant and is not any more;
    - **new** if it was not and is now;
    - **reversed** if it is significant in both, with opposite signs.

    Parameters
    ----------
    original, released : table or array-like of shape (n_rows, n_columns)
        The table before and after. Labels such as "Asian|White" count for each group in part.
    outcome : column
        Compared value by value; where two values occur, the second in sorted order only.
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
    (0.0, ['faded'])
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
    owner_column = find_column(before, person_id, parameter="person_id", owner=_OWNER)
    if owner_column is not None:
        require_aligned(before, after, owner=_OWNER)
    columns = [*found["by"], *found["group"], *found["outcome"]]
    readers = _read_columns(before, columns, bins, hierarchies)
    for parameter, reader in zip(("group", "outcome"), readers[-2:], strict=True):
        if reader.n_values < 2:
            raise InputError(
                f"{_OWNER}: the column that {parameter} names has {reader.n_values} distinct "
                "value in the original; there is nothing to compare."
            )
    people = person_codes(before, owner_column)[0]
    then = _Odds(before, columns, readers, people)
    now = _Odds(after, columns, readers, people if owner_column is not None else None)
    pairs, n_left_out = _comparisons(then, min_people)
    table = _tabulate(then, pairs, readers)
    ratio, error = then.log_ratios(pairs)
    new_ratio, new_error = now.log_ratios(pairs)
    table["log_odds_ratio"], table["standard_error"] = ratio, error
    table["released_log_odds_ratio"], table["released_standard_error"] = new_ratio, new_error
    limit = float(stats.norm.ppf((1 + confidence) / 2))
    table["verdict"] = _verdicts(ratio, error, new_ratio, new_error, limit)
    return OutcomeDisparities(table, n_left_out)


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
    before: Table, columns: list[Hashable], bins: int, hierarchies: Mapping[Any, Any] | None
) -> list[_Reader]:
    own = read_hierarchies(hierarchies, before, columns, owner=_OWNER)
    readers = []
    for name in columns:
        # Every distinct outcome is one of its own, numbers too: the last column is the outcome.
        most = before.n_rows if name == columns[-1] else bins
        reader = reader_of(before, name, bins=most, hierarchy=own.get(name))
        members = reader.members(factorize_column(before, name)[1])
        readers.append(_Reader(reader, np.flatnonzero(np.asarray(members.sum(axis=0)) > 0)))
    return readers


def _comparisons(then: _Odds, min_people: int) -> tuple[np.ndarray, int]:
    """List what is compared: (stratum, group, reference group, outcome), and count what is not."""
    people, holders = then.people(1), then.people(2)
    base = int(np.argmax(then.rows.sum(axis=(0, 2))))
    # Where an outcome does not occur, or nothing else does, there is no disparity of it.
    rows = then.rows.sum(axis=1)
    occurs = (rows > 0) & (rows < rows.sum(axis=1, keepdims=True))
    # Of two outcomes, one says it all.
    first = np.argmax(occurs, axis=1)
    both = occurs.sum(axis=1) == 2
    occurs[np.flatnonzero(both), first[both]] = False
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
        }
    )


def _verdicts(
    ratio: np.ndarray,
    error: np.ndarray,
    new_ratio: np.ndarray,
    new_error: np.ndarray,
    limit: float,
) -> np.ndarray:
    was, now = np.abs(ratio) > limit * error, np.abs(new_ratio) > limit * new_error
    verdict = np.full(len(ratio), "kept", dtype=object)
    verdict[was & ~now] = "faded"
    verdict[~was & now] = "new"
    verdict[was & now & (ratio * new_ratio < 0)] = "reversed"
    return verdict


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
