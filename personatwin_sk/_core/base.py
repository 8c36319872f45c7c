"""The base of all our transformers: a table goes in, a table with the same rows comes out.

Think twice before adding anything here: every estimator inherits it.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from personatwin_sk._core.frames import Table
from personatwin_sk._core.sklearn_private import (
    SecretReprMixin,
    check_feature_names_in,
    fit_context,
    output_container,
)
from personatwin_sk.exceptions import InputError

__all__ = ["TableTransformer", "read_table"]


def read_table(estimator: BaseEstimator, X: Any, *, reset: bool) -> Table:
    """Read what a user gives to an estimator, with scikit-learn's checks and its memory of columns.

    Parameters
    ----------
    estimator : estimator
        Gets ``n_features_in_`` and ``feature_names_in_`` when `reset`, is held to them when not.
    X : pandas, polars or pyarrow table, or 2-d array
    reset : bool
        True in ``fit``.
    """
    if hasattr(X, "columns") or hasattr(X, "column_names"):
        table = Table.of(X)  # its errors name duplicated columns and kinds that are not supported
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        if reset and (table.n_rows == 0 or not table.columns):
            raise InputError(
                f"Found a table with {table.n_rows} row(s) and {len(table.columns)} column(s) "
                f"while a minimum of 1 of each is required by {type(estimator).__name__}."
            )
        return table
    array = validate_data(
        estimator, X, reset=reset, dtype=None, ensure_all_finite="allow-nan", accept_sparse=False
    )
    return Table.of(array)


class TableTransformer(SecretReprMixin, TransformerMixin, BaseEstimator):
    """Base of transformers of people-events tables.

    A subclass gives ``_fit(table)`` and ``_transform(table)``; rows stay as many as they are and
    in their order. What it learns from data beyond aggregates lives in names with a leading
    underscore.
    """

    _parameter_constraints: dict[str, list[Any]] = {}

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from a table.

        Parameters
        ----------
        X : pandas, polars or pyarrow table, or array of shape (n_rows, n_columns)
        y : ignored
            Present for scikit-learn's API.

        Returns
        -------
        self
        """
        table = read_table(self, X, reset=True)
        self._fitted_on_array = table.kind == "array"
        self._fit(table)
        return self

    def transform(self, X: Any) -> Any:
        """Give the table with its columns changed: same rows, same order, same kind of table.

        Parameters
        ----------
        X : pandas, polars or pyarrow table, or array of shape (n_rows, n_columns)

        Returns
        -------
        table of the kind that came in, or as ``set_output`` says
        """
        check_is_fitted(self)
        return self._give_back(self._transform(read_table(self, X, reset=False)))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Name the columns that come out.

        Parameters
        ----------
        input_features : array-like of str or None
            Names to take where `fit` saw none.

        Returns
        -------
        numpy.ndarray of str objects
        """
        check_is_fitted(self)
        names = check_feature_names_in(self, input_features)
        positions = self._columns_out(list(range(len(names))))
        return np.asarray([names[i] for i in positions], dtype=object)

    def _give_back(self, table: Table) -> Any:
        """Give a table to the user, as ``set_output`` says or as the kind that came in."""
        container = output_container(self)
        if container == "default" and self._fitted_on_array and table.kind != "array":
            # What was learnt from an array has no names to give to the columns of a table.
            return table.to_pandas().to_numpy()
        return table.to_container(container)

    def _columns_out(self, positions: list[int]) -> list[int]:
        """Tell which columns come out, by position; all of them unless overridden."""
        return positions

    def _fit(self, table: Table) -> None:
        """Learn from a table; the subclass's own work."""

    def _transform(self, table: Table) -> Table:
        """Change a table; the subclass's own work."""
        return table

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "n_features_in_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags
