"""Associations between columns, and whether a release keeps them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from personatwin_sk._core.columns import factorize_column
from personatwin_sk._core.frames import Table
from personatwin_sk._core.hierarchy import read_hierarchies
from personatwin_sk.exceptions import InputError
from personatwin_sk.utility._reading import OrderedReader, reader_of
from personatwin_sk.utility._tables import Columns, read_pair

__all__ = ["AssociationPreserved", "association_preserved"]

_OWNER = "association_preserved"
_MAX_CATEGORIES = 50


@dataclass(frozen=True)
class AssociationPreserved:
    """What :func:`association_preserved` found.

    Attributes
    ----------
    original, released : pandas.DataFrame of shape (n_columns, n_columns)
        How strongly each two columns are associated; 1 on the diagonal.
    """

    original: pd.DataFrame = field(repr=False)
    released: pd.DataFrame = field(repr=False)

    @property
    def differences(self) -> np.ndarray:
        """Absolute differences of all pairs of columns, shape (n_pairs,)."""
        above = np.triu_indices(len(self.original), 1)
        return np.abs(self.original.to_numpy() - self.released.to_numpy())[above]

    @property
    def score(self) -> float:
        """One minus the mean absolute difference over all pairs of columns, at least 0."""
        return float(max(0.0, 1.0 - self.differences.mean()))

    @property
    def largest_change(self) -> tuple[Hashable, Hashable, float]:
        """Two columns and how much their association changed, the most of all."""
        place = int(np.argmax(self.differences))
        first, second = (axis[place] for axis in np.triu_indices(len(self.original), 1))
        names = self.original.columns
        change = self.released.iat[first, second] - self.original.iat[first, second]
        return names[first], names[second], float(change)

    def to_dict(self) -> dict[str, Any]:
        """Give all as plain types, ready for JSON."""
        first, second, change = self.largest_change
        return {
            "score": self.score,
            "columns": [str(name) for name in self.original.columns],
            "original": self.original.to_numpy().tolist(),
            "released": self.released.to_numpy().tolist(),
            "largest_change": {"columns": [str(first), str(second)], "change": change},
        }


def association_preserved(
    original: Any,
    released: Any,
    columns: Columns,
    *,
    hierarchies: Mapping[Any, Any] | None = None,
) -> AssociationPreserved:
    """Compare how strongly columns are associated in an original and in its release.

    Two ordered columns: Pearson's correlation, with its sign, over rows where neither is null. Two
    others: Cramer's V. One of each: the correlation ratio. The latter two are corrected for the
    bias that comes with many categories in few rows. A column of one value is associated with
    nothing.

    Parameters
    ----------
    original, released : table or array-like of shape (n_rows, n_columns)
        The table before and after. They need not have the same number of rows.
    columns : sequence of columns
        At least two.
    hierarchies : mapping of column -> Hierarchy or table, optional
        Columns whose original values are labels of a hierarchy of the user's own.

    Returns
    -------
    AssociationPreserved

    Raises
    ------
    ColumnNotFoundError
        A named column is in one of the tables only, or in none.
    InputError
        A table has no rows, or fewer than two columns are named.

    Notes
    -----
    Ordered labels count at their middles, sets and places in equal parts; null is a category of its
    own in columns that are not ordered. Of more than 50 categories the less frequent count as one.

    References
    ----------
    .. [1] Bergsma (2013). A bias-correction for Cramer's V and Tschuprow's T. Journal of the Korean
       Statistical Society 42.
    .. [2] Kelley (1935). An unbiased correlation ratio measure. PNAS 21.

    Examples
    --------
    >>> import pandas as pd
    >>> before = pd.DataFrame({"age": [20, 30, 40, 50], "income": [1, 2, 3, 4]})
    >>> found = association_preserved(before, before.assign(income=[4, 3, 2, 1]), ["age", "income"])
    >>> round(float(found.released.iat[0, 1]), 6), found.score, found.largest_change[:2]
    (-1.0, 0.0, ('age', 'income'))
    """
    before, after, found = read_pair(original, released, {"columns": columns}, owner=_OWNER)
    names = found["columns"]
    if len(names) < 2:
        raise InputError(f"{_OWNER}: columns must name at least two columns; got {len(names)}.")
    own = read_hierarchies(hierarchies, before, names, owner=_OWNER)
    readers = [
        reader_of(before, name, max_categories=_MAX_CATEGORIES, hierarchy=own.get(name))
        for name in names
    ]
    return AssociationPreserved(
        *(_associations(table, names, readers) for table in (before, after))
    )


def _associations(table: Table, names: Sequence[Hashable], readers: Sequence[Any]) -> pd.DataFrame:
    ordered, nominal = [], []
    numbers: list[np.ndarray] = []
    shares: list[sparse.csr_array] = []
    for place, (name, reader) in enumerate(zip(names, readers, strict=True)):
        codes, values = factorize_column(table, name)
        if isinstance(reader, OrderedReader):
            ordered.append(place)
            numbers.append(reader.middles(values)[codes])
        else:
            nominal.append(place)
            shares.append(reader.members(values)[codes])
    matrix = np.eye(len(names))
    if ordered:
        matrix[np.ix_(ordered, ordered)] = _correlations(np.stack(numbers, axis=1))
    if nominal:
        together = sparse.csr_array(sparse.hstack(shares))
        ends = np.cumsum([0, *(part.shape[1] for part in shares)])
        matrix[np.ix_(nominal, nominal)] = _cramers_v((together.T @ together).toarray(), ends)
        for place, number in zip(ordered, numbers, strict=True):
            ratios = _correlation_ratios(number, together, ends)
            matrix[place, nominal] = matrix[nominal, place] = ratios
    return pd.DataFrame(matrix, index=list(names), columns=list(names))


def _correlations(numbers: np.ndarray) -> np.ndarray:
    """Give Pearson's correlation of each two columns over the rows where both are known."""
    known = (~np.isnan(numbers)).astype(float)
    # Around the mean of a column sums of squares lose no digits.
    means = np.divide(np.nansum(numbers, axis=0), np.maximum(known.sum(axis=0), 1.0))
    filled = np.where(known > 0, numbers - means, 0.0)
    n = known.T @ known
    products = filled.T @ filled
    sums = filled.T @ known  # of the row's column where the other is known
    squares = (filled**2).T @ known
    with np.errstate(invalid="ignore", divide="ignore"):
        covariance = products / n - (sums / n) * (sums.T / n)
        variance = squares / n - (sums / n) ** 2
        smallest = 1e-12 * np.abs(squares / n)
        varies = (variance > smallest) & (variance.T > smallest.T)
        result = np.where(varies, covariance / np.sqrt(variance * variance.T), 0.0)
    np.fill_diagonal(result, 1.0)
    return np.clip(result, -1.0, 1.0)


def _cramers_v(counts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Give Cramer's V of each two columns from the counts of all their categories together."""
    n_columns = len(ends) - 1
    result = np.eye(n_columns)
    for i in range(n_columns):
        for j in range(i):
            table = counts[ends[i] : ends[i + 1], ends[j] : ends[j + 1]]
            table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
            result[i, j] = result[j, i] = _bergsma(table)
    return result


def _bergsma(table: np.ndarray) -> float:
    n, (r, c) = float(table.sum()), table.shape
    if min(r, c) < 2 or n <= 1.0:
        return 0.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / n
    phi = float(((table - expected) ** 2 / expected).sum()) / n
    phi = max(0.0, phi - (r - 1) * (c - 1) / (n - 1))
    most = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
    return float(min(1.0, np.sqrt(phi / most))) if most > 0 else 0.0


def _correlation_ratios(
    number: np.ndarray, shares: sparse.csr_array, ends: np.ndarray
) -> np.ndarray:
    """Give the correlation ratio of a number with each column of categories."""
    known = ~np.isnan(number)
    n = float(known.sum())
    centred = np.where(known, number, 0.0)
    centred = np.where(known, number - centred.sum() / max(n, 1.0), 0.0)
    total = float(centred @ centred)
    held, sums = shares.T @ known.astype(float), shares.T @ centred
    between = np.divide(sums**2, held, out=np.zeros(len(held)), where=held > 0)
    result = np.zeros(len(ends) - 1)
    for j in range(len(result)):
        part = slice(ends[j], ends[j + 1])
        n_groups = int((held[part] > 0).sum())
        if total > 0 and 1 < n_groups < n:
            unexplained = (1.0 - between[part].sum() / total) * (n - 1) / (n - n_groups)
            result[j] = np.sqrt(np.clip(1.0 - unexplained, 0.0, 1.0))
    return result
