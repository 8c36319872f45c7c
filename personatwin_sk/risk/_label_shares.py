r"""How values are shared out among the people whom a released row covers, from the file.

The labels of a class say which values its people may have. Where the population does not know all
columns, the people behind a row cannot be counted value by value; the file tells how common each
value v of a column is among people with the row's other labels :math:`L_i`:

.. math:: w_v \propto N_v \prod_i \frac{n_{v, L_i} + m P(L_i)}{n_v + m}

with :math:`n_v` people of the file who have v, and :math:`n_{v, L_i}` of these whom label
:math:`L_i` covers: given v columns are taken as independent (naive Bayes), and a value that few
people have is pulled towards independence. :math:`N_v` is how many people of the population have v,
where it knows the column, else of the file. The people of the class itself are left out: its labels
are what they are because of them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import Table
from personatwin_sk.population import ReferencePopulation
from personatwin_sk.risk._cells import unmatched
from personatwin_sk.risk._classes import Classes, distinct_pairs

__all__ = ["LabelShares", "ordered_codes"]

# People that independence counts for, beside those who have a value, and what a value that nobody
# else in the file has counts for. Chosen on NIST's Massachusetts excerpt and three states' smallest
# counties with one key variable unknown: of 2 to 32 people the mean risk is nearest to the truth
# with 8 and 16, of which 8 errs on the safe side.
_PRIOR_PEOPLE = 8.0
_UNSEEN = 1.0
# Classes times values that are worked on at a time, and at most; labels times values of a table.
_CHUNK = 2**20
_MOST_SHARES = 2**27
_MOST_CROSSED = 2**24


def ordered_codes(values: pd.Series) -> tuple[np.ndarray, pd.Series]:
    """Number the distinct values of a column: of numbers in ascending order, null last.

    Parameters
    ----------
    values : Series of shape (n_rows,)

    Returns
    -------
    codes : ndarray of int64, shape (n_rows,)
    distinct : Series

    Examples
    --------
    >>> codes, distinct = ordered_codes(pd.Series([30, 7, 30]))
    >>> codes.tolist(), distinct.tolist()
    ([1, 0, 1], [7, 30])
    """
    codes, distinct = factorize(values)
    if not pd.api.types.is_numeric_dtype(distinct.dtype):
        return codes, distinct
    rank = distinct.rank(method="first", na_option="bottom").to_numpy(dtype=np.int64) - 1
    return rank[codes], distinct.iloc[np.argsort(rank)].reset_index(drop=True)


@dataclass(frozen=True, repr=False)
class _Column:
    """Who has what in a column, and which values its labels cover.

    Attributes
    ----------
    value_of_person : ndarray of int64, shape (n_people,)
    people : ndarray of float, shape (n_values,)
        People of the file with each value.
    weights : ndarray of float, shape (n_values,), or None
        People of the population, as many in all as the file has; None where it does not know.
    label_of_class : ndarray of int64, shape (n_classes,)
    covers : csr_matrix of shape (n_labels, n_values)
    held : csr_matrix of shape (n_classes, n_values)
        People of each class with each value.
    """

    value_of_person: np.ndarray
    people: np.ndarray
    weights: np.ndarray | None
    label_of_class: np.ndarray
    covers: sparse.csr_matrix
    held: sparse.csr_matrix

    def __repr__(self) -> str:
        return f"_Column(n_values={len(self.people)})"


class LabelShares:
    """Shares of values among the people behind each class.

    Parameters
    ----------
    original : Table
    columns : sequence of column
        The quasi-identifiers.
    classes : Classes
    population : ReferencePopulation

    Examples
    --------
    In each of two towns one owner and one lodger were released as "lodge|own". Of the other people
    of Lyon few own or lodge, of those of Nice most do:

    >>> from personatwin_sk.population import TablePopulation
    >>> from personatwin_sk.risk._classes import find_classes
    >>> lyon, nice = ["own"] * 3 + ["rent"] * 25, ["own"] * 25 + ["rent"] * 3
    >>> town = ["Lyon"] * 30 + ["Nice"] * 30
    >>> home = ["lodge", "own", *lyon, "lodge", "own", *nice]
    >>> before = pd.DataFrame({"town": town, "home": home})
    >>> after = before.assign(home=["lodge|own"] * 2 + lyon + ["lodge|own"] * 2 + nice)
    >>> before, after = Table.of(before), Table.of(after)
    >>> classes = find_classes(before, after, ["town", "home"], None)
    >>> counts = pd.DataFrame({"town": ["Lyon", "Nice"], "n": [500_000, 340_000]})
    >>> people = TablePopulation.from_frame(counts)
    >>> shares = LabelShares(before, ["town", "home"], classes, people)
    >>> share = shares.covered(1, [0])
    >>> merged = np.flatnonzero(shares.n_held(1) > 1)
    >>> share[merged].round(2).tolist()
    [0.22, 0.81]
    """

    def __init__(
        self,
        original: Table,
        columns: Sequence[Hashable],
        classes: Classes,
        population: ReferencePopulation,
    ) -> None:
        self._classes = classes
        self._shown = np.flatnonzero(classes.class_of_row >= 0)
        # Who has several rows with different values is counted by one of them.
        self._row_of_person = np.unique(classes.person_of_row, return_index=True)[1]
        self._columns = []
        for name, label_of_class in zip(columns, classes.label_codes, strict=True):
            codes, distinct = ordered_codes(original[name])
            weights = _weigh(name, distinct, population)
            self._columns.append(self._read(codes, distinct, weights, label_of_class))
        self._crossed: dict[tuple[int, int], np.ndarray] = {}

    def n_held(self, at: int) -> np.ndarray:
        """Count the distinct values of a column that each class holds, shape (n_classes,)."""
        return np.asarray(self._columns[at].held.getnnz(axis=1))

    def covered(self, at: int, given: Sequence[int]) -> np.ndarray:
        """Give for each class the share of people with a value that its label covers.

        Parameters
        ----------
        at : int
            Position of the column.
        given : sequence of int
            Positions of the columns whose labels these people have.

        Returns
        -------
        ndarray of float, shape (n_classes,)
        """
        result = np.empty(self._classes.n_classes)
        for some, share in self._shares(at, given):
            result[some] = self._covered_share(at, some, share)
        return result

    def among_covered(
        self, at: int, given: Sequence[int], class_: np.ndarray, value: np.ndarray
    ) -> np.ndarray:
        """Give how common values are among the people whom the label of a class covers.

        Parameters
        ----------
        at : int
        given : sequence of int
        class_, value : ndarray of int64, shape (n,)
            Ascending by class.

        Returns
        -------
        ndarray of float, shape (n,)
        """
        result = np.empty(len(class_))
        for some, share in self._shares(at, given):
            here = slice(*np.searchsorted(class_, [some.start, some.stop]))
            row = class_[here] - some.start
            total = self._covered_share(at, some, share)[row]
            result[here] = share[row if len(share) > 1 else 0, value[here]] / total
        return result

    def _covered_share(self, at: int, some: slice, share: np.ndarray) -> np.ndarray:
        column = self._columns[at]
        covers = column.covers[column.label_of_class[some]]
        return np.asarray(covers.multiply(share).sum(axis=1)).reshape(-1)

    def _shares(self, at: int, given: Sequence[int]) -> Iterator[tuple[slice, np.ndarray]]:
        """Give the share of each value, for some classes at a time."""
        column, n_classes = self._columns[at], self._classes.n_classes
        n_values, n_people = len(column.people), len(column.value_of_person)
        if n_classes * n_values > _MOST_SHARES:  # one share for all, whatever their other labels
            weight = column.people + _UNSEEN if column.weights is None else column.weights
            yield slice(0, n_classes), (weight / weight.sum())[None, :]
            return
        step = max(_CHUNK // max(n_values, 1), 1)
        for start in range(0, n_classes, step):
            some = slice(start, min(start + step, n_classes))
            own = column.held[some].toarray()
            others = np.maximum(column.people - own, 0.0)
            weight = others + _UNSEEN
            if column.weights is not None:
                weight = np.repeat(column.weights[None, :], len(own), axis=0)
            for other in given:
                table = self._with_label(other, at)
                if table is None:
                    continue
                label = self._columns[other].label_of_class[some]
                prior = _PRIOR_PEOPLE * table.sum(axis=1)[label, None] / n_people
                weight *= (np.maximum(table[label] - own, 0.0) + prior) / (others + _PRIOR_PEOPLE)
            yield some, weight / weight.sum(axis=1, keepdims=True)

    def _with_label(self, of: int, among: int) -> np.ndarray | None:
        """Count for each label of one column the people with each value of another.

        None where there are too many of both.
        """
        labelled, valued = self._columns[of], self._columns[among]
        if labelled.covers.shape[0] * len(valued.people) > _MOST_CROSSED:
            return None
        if (of, among) not in self._crossed:
            both = sparse.coo_matrix(
                (
                    np.ones(len(valued.value_of_person)),
                    (labelled.value_of_person, valued.value_of_person),
                ),
                shape=(len(labelled.people), len(valued.people)),
            ).tocsr()
            self._crossed[of, among] = (labelled.covers @ both).toarray()
        return self._crossed[of, among]

    def _read(
        self,
        codes: np.ndarray,
        distinct: pd.Series,
        weights: np.ndarray | None,
        label_of_class: np.ndarray,
    ) -> _Column:
        classes, n_values = self._classes, len(distinct)
        membership, held = distinct_pairs(
            classes.membership_of_row[self._shown], codes[self._shown], n_values
        )
        class_ = classes.class_of_member[membership]
        people_held = sparse.coo_matrix(
            (np.ones(len(held)), (class_, held)), shape=(classes.n_classes, n_values)
        ).tocsr()
        label, value = distinct_pairs(label_of_class[class_].astype(np.int64), held, n_values)
        if pd.api.types.is_numeric_dtype(distinct.dtype) and len(label):
            # Of numbers a label covers all from the least to the greatest.
            first = np.flatnonzero(np.diff(label, prepend=-1))
            low = np.minimum.reduceat(value, first)
            width = np.maximum.reduceat(value, first) - low + 1
            label = np.repeat(label[first], width)
            value = np.arange(len(label)) + np.repeat(low - (np.cumsum(width) - width), width)
        n_labels = int(label_of_class.max(initial=0)) + 1
        covers = sparse.csr_matrix((np.ones(len(label)), (label, value)), (n_labels, n_values))
        value_of_person = codes[self._row_of_person]
        people = np.bincount(value_of_person, minlength=n_values).astype(float)
        if weights is not None:
            weights = weights * people.sum()
        return _Column(value_of_person, people, weights, label_of_class, covers, people_held)


def _weigh(
    name: Hashable, distinct: pd.Series, population: ReferencePopulation
) -> np.ndarray | None:
    """Give the share of each value in the population, if it knows all of them."""
    if name not in population.columns:
        return None
    answer = population.count(pd.DataFrame({name: distinct}))
    # Who is in the file is in the population, whatever that counts.
    count = np.maximum(answer["count"].to_numpy(dtype=float), _UNSEEN)
    return None if unmatched(answer).any() else count / count.sum()
