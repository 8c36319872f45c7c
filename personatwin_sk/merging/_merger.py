"""PersonaMerger: people in, classes of at least k people out."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from personatwin_sk._core.base import TableTransformer, read_table
from personatwin_sk._core.cells import Cells, group_rows
from personatwin_sk._core.columns import factorize, is_ordered
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.hierarchy import Hierarchy, read_hierarchies
from personatwin_sk._core.roles import find_column, find_columns
from personatwin_sk._core.sklearn_private import Interval, StrOptions
from personatwin_sk.exceptions import InputError
from personatwin_sk.merging._constraints import SensitiveConstraints
from personatwin_sk.merging._encoding import Encoding
from personatwin_sk.merging._engine import find_classes
from personatwin_sk.merging._information_loss import certainty_penalty, squared_error_ratio
from personatwin_sk.merging._lookup import find_cells
from personatwin_sk.merging._nearest import nearest_group
from personatwin_sk.merging._people import one_row_per_person
from personatwin_sk.merging._places import find_nodes
from personatwin_sk.merging._representatives import represent
from personatwin_sk.merging._segments import without_gaps

__all__ = ["PersonaMerger"]


@dataclass(frozen=True)
class _Roles:
    """Where the columns of the fit stand, by position: an array that comes later has no names."""

    keys: list[int]
    person: int | None
    order: int | None

    def key_names(self, table: Table) -> list[Hashable]:
        return [table.columns[position] for position in self.keys]

    def person_name(self, table: Table) -> Hashable | None:
        return None if self.person is None else table.columns[self.person]

    def order_name(self, table: Table) -> Hashable | None:
        return None if self.order is None else table.columns[self.order]


class PersonaMerger(TableTransformer):
    """Merge people into personas: every released row of the key variables stands for k or more.

    People are counted by the person column, so a person with many rows counts once and all rows of
    a person get the same persona. The distinct rows of the key variables ("cells") are partitioned
    by a tree of best cuts and refined by exchanges between classes; each class is released as one
    representative row, and classes with equal representatives are one persona. A fitted merger
    holds cells: it is as secret as the data.

    Parameters
    ----------
    quasi_identifiers : sequence of str or int, default=None
        The key variables. None: every column but `person_id` and `sensitive`.
    k : int, default=5
        The least number of people in a persona.
    person_id : str or int, default=None
        Column that says whose row it is; None: one row is one person. It is replaced by the number
        of the persona, which says nothing about the order of the input or about ids.
    sensitive : sequence of str or int, default=None
        Columns that are no key variables although `quasi_identifiers` is None, and in which
        `l_diversity` and `t_closeness` are demanded. The chosen row of a person counts.
    l_diversity : int or tuple, default=None
        Diversity of every class in each sensitive column: l distinct values, or
        ``("entropy", l)``: entropy of at least log l, or ``("recursive", c, l)``: the most frequent
        value has fewer than c times the people of all values from the l-th most frequent on.
    t_closeness : float, default=None
        Greatest distance, from 0 to 1, of a class's distribution of each sensitive column from
        that of all people: the earth mover's distance for numbers and dates, half the sum of
        absolute differences for others.
    exact : sequence of str or int, default=None
        Key variables that are never mixed: every class has one value in each. Groups of fewer than
        k people are suppressed.
    max_class_size : int, default=None
        The most people in a persona. Whoever cannot be placed is suppressed: a cell of more people
        than that cannot be divided, because equal people get equal personas.
    representation : {"center", "interval"}, default="center"
        "center": the lower median of ordered values, the most frequent of others; dtypes stay.
        "interval": labels of what the class spans ("30-39", "Asian|White"), common ancestors for
        places.
    hierarchies : mapping of column -> Hierarchy or table, default=None
        Key variables that are places (or diagnoses ...) of a hierarchy of the user's own; a table
        has one row per finest value and one column per level, the finest first. Their values are
        labels of any level, whatever they look like. Places of the US need none.
    refine : int, default=3
        Sweeps of refinement after the tree at most; it stops where little is left to win.
    on_conflict : {"last", "first", "raise"}, default="last"
        What counts for a person whose rows disagree on the key variables; the people concerned are
        counted in one warning.
    order_by : str or int, default=None
        Column by which rows are first or last; None: by the values themselves.

    Attributes
    ----------
    n_personas_ : int
    class_sizes_ : numpy.ndarray of int64, shape (n_personas_,)
        People per persona.
    information_loss_ : float
        NCP over the key variables: 0 where nothing was lost, 1 where nothing is left.
    sse_ratio_ : float
        Sum of squares around class means over the total, of the encoded key variables.
    n_suppressed_ : int
        People who could not be placed: `exact`, `max_class_size`, or constraints on `sensitive`
        columns stood against it. Their key variables and person are null in what comes out.

    See Also
    --------
    personatwin_sk.assess_risk : Measure what was released.

    Notes
    -----
    k is claimed for the table of `fit`. In `transform`, cells seen at fit go where fit put them and
    others to the nearest persona: no new persona comes up, but a new table may hold fewer than k
    people of one.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"age": [21, 22, 23, 70, 71, 72], "sex": list("FFFMMM")})
    >>> merger = PersonaMerger(k=3).fit(people)
    >>> merger.transform(people)
       age sex
    0   22   F
    1   22   F
    2   22   F
    3   71   M
    4   71   M
    5   71   M
    >>> merger.to_personas()
       age sex  class_size
    0   22   F           3
    1   71   M           3
    """

    _parameter_constraints = {
        "quasi_identifiers": ["array-like", str, Integral, None],
        "k": [Interval(Integral, 1, None, closed="left")],
        "person_id": [str, Integral, None],
        "sensitive": ["array-like", str, Integral, None],
        "l_diversity": [Real, tuple, list, None],
        "t_closeness": [Interval(Real, 0, 1, closed="right"), None],
        "exact": ["array-like", str, Integral, None],
        "max_class_size": [Interval(Integral, 1, None, closed="left"), None],
        "hierarchies": [Mapping, None],
        "refine": [Interval(Integral, 0, None, closed="left")],
        "representation": [StrOptions({"center", "interval"})],
        "on_conflict": [StrOptions({"last", "first", "raise"})],
        "order_by": [str, Integral, None],
    }

    def __init__(
        self,
        quasi_identifiers: Any = None,
        k: int = 5,
        *,
        person_id: Any = None,
        sensitive: Any = None,
        l_diversity: Any = None,
        t_closeness: float | None = None,
        exact: Any = None,
        max_class_size: int | None = None,
        representation: str = "center",
        hierarchies: Mapping[Any, Any] | None = None,
        refine: int = 3,
        on_conflict: str = "last",
        order_by: Any = None,
    ) -> None:
        self.quasi_identifiers = quasi_identifiers
        self.k = k
        self.person_id = person_id
        self.sensitive = sensitive
        self.l_diversity = l_diversity
        self.t_closeness = t_closeness
        self.exact = exact
        self.max_class_size = max_class_size
        self.representation = representation
        self.hierarchies = hierarchies
        self.refine = refine
        self.on_conflict = on_conflict
        self.order_by = order_by

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Learn from a table and give it merged: what ``fit(X).transform(X)`` gives.

        Parameters
        ----------
        X : pandas, polars or pyarrow table, or array of shape (n_rows, n_columns)
        y : ignored
            Present for scikit-learn's API.

        Returns
        -------
        table of the kind that came in, or as ``set_output`` says
        """
        self.fit(X, y)
        # One table, one warning about people whose rows disagree: fit has given it.
        return self._give_back(self._merge(read_table(self, X, reset=False), warn=False))

    def apply(self, X: Any) -> np.ndarray:
        """Give the persona of each row.

        Parameters
        ----------
        X : pandas, polars or pyarrow table, or array of shape (n_rows, n_columns)

        Returns
        -------
        numpy.ndarray of int64, shape (n_rows,)
            The number of the persona; -1 for a suppressed person.
        """
        check_is_fitted(self)
        return self._persona_of_row(read_table(self, X, reset=False), warn=False)

    def to_personas(self) -> pd.DataFrame:
        """Give the personas as data.

        Returns
        -------
        pandas.DataFrame of shape (n_personas_, n_key_variables + 1)
            One row per persona, in the order of their numbers: the released key variables and
            ``class_size``, the people that it stands for.
        """
        check_is_fitted(self)
        columns = {name: self._released[position] for name, position in self._names_out}
        return pd.DataFrame({**columns, "class_size": self.class_sizes_})

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        if self.representation == "interval":
            tags.transformer_tags.preserves_dtype = []  # labels are text
        return tags

    def _fit(self, table: Table) -> None:
        keys = self._find_keys(table)
        person = find_column(table, self.person_id, parameter="person_id", owner="PersonaMerger")
        order = find_column(table, self.order_by, parameter="order_by", owner="PersonaMerger")
        if person in keys:
            raise InputError(f"PersonaMerger: the person column {person!r} cannot be a key.")
        # A canonical order of keys: their order in the table has no say in the partition.
        canonical = sorted(keys, key=lambda name: (type(name).__name__, str(name)))
        self._roles = _Roles(
            keys=[table.columns.index(name) for name in canonical],
            person=None if person is None else table.columns.index(person),
            order=None if order is None else table.columns.index(order),
        )
        own = read_hierarchies(self.hierarchies, table, canonical, owner="PersonaMerger")
        self._hierarchies = [own.get(name) for name in canonical]
        chosen_row, _ = self._one_row_per_person(table, warn=True)
        _refuse_infinite(table, keys)
        if len(chosen_row) < self.k:
            raise InputError(
                f"k={self.k} people are needed for a persona and the table has only "
                f"{len(chosen_row)} (n_samples={table.n_rows}); lower k or give more people."
            )
        if self.max_class_size is not None and self.max_class_size < self.k:
            raise InputError(f"max_class_size={self.max_class_size} is below k={self.k}.")
        self._cells, cell_of_person = self._count_cells(table, chosen_row)
        people = self._cells.people
        self._encoding = Encoding(self._cells.values, self._cells.codes, people, self._hierarchies)
        class_of_cell = find_classes(
            self._encoding,
            self.k,
            self.refine,
            blocks=self._find_blocks(table, canonical),
            constraints=self._find_constraints(table, chosen_row, cell_of_person),
            max_class_size=self.max_class_size,
        )
        self._release(class_of_cell, keys, canonical)

    def _release(
        self, class_of_cell: np.ndarray, keys: list[Hashable], canonical: list[Hashable]
    ) -> None:
        """Turn classes into personas: representatives, numbers, sizes and measures of loss."""
        kept = np.flatnonzero(class_of_cell >= 0)
        if not len(kept):
            raise InputError(
                f"No persona can be formed: all {int(self._cells.people.sum())} people would have "
                "to be suppressed under exact, max_class_size, l_diversity or t_closeness. "
                "Loosen one of them."
            )
        cells = self._cells.take(kept)
        released = represent(cells, self._encoding.kinds, class_of_cell[kept], self.representation)
        # Classes that are released as the same row are the same persona.
        persona_of_class, first = group_rows([factorize(column)[0] for column in released])
        persona = np.full(len(class_of_cell), -1, dtype=np.int64)
        persona[kept] = persona_of_class[class_of_cell[kept]]
        sizes = np.bincount(persona[kept], weights=cells.people).astype(np.int64)
        if sizes.min() < self.k:
            raise RuntimeError("A persona of fewer than k people was formed; please report this.")
        if self.max_class_size is not None and (sizes > self.max_class_size).any():
            # Classes that look alike have become too large together; nobody can tell them apart.
            too_large = np.flatnonzero((sizes > self.max_class_size)[persona_of_class])
            rest = np.where(np.isin(class_of_cell, too_large), -1, class_of_cell)
            self._release(without_gaps(rest), keys, canonical)
            return
        self._persona_of_cell = persona
        self._released = [column.take(first).reset_index(drop=True) for column in released]
        self._names_out = [(name, canonical.index(name)) for name in keys]
        self.class_sizes_ = sizes
        self.n_personas_ = len(sizes)
        self.n_suppressed_ = int(self._cells.people.sum() - sizes.sum())
        self.sse_ratio_ = squared_error_ratio(self._encoding.points, persona)
        penalties = [
            certainty_penalty(column, persona, self._cells.people, hierarchy=hierarchy)
            for column, hierarchy in zip(self._cells.columns(), self._hierarchies, strict=True)
        ]
        self.information_loss_ = float(np.mean(penalties))

    def _find_blocks(self, table: Table, canonical: list[Hashable]) -> np.ndarray | None:
        """Number the distinct values of the exact columns, per cell."""
        self._exact_positions: list[int] = []
        if self.exact is None:
            return None
        names = find_columns(table, self.exact, parameter="exact", owner="PersonaMerger")
        strangers = [name for name in names if name not in canonical]
        if strangers:
            raise InputError(
                f"PersonaMerger: the parameter exact names {len(strangers)} column(s) that are no "
                "quasi-identifiers."
            )
        self._exact_positions = [canonical.index(name) for name in names]
        if not names:
            return None
        return group_rows([self._cells.codes[:, j] for j in self._exact_positions])[0]

    def _find_constraints(
        self, table: Table, chosen_row: np.ndarray, cell_of_person: np.ndarray
    ) -> SensitiveConstraints | None:
        if self.l_diversity is None and self.t_closeness is None:
            return None
        constraints = SensitiveConstraints(
            [
                table[name].take(chosen_row).reset_index(drop=True)
                for name in self._find_sensitive(table)
            ],
            cell_of_person,
            len(self._cells),
            l_diversity=self.l_diversity,
            t_closeness=self.t_closeness,
        )
        if not constraints.whole_table_satisfied():
            raise InputError(
                "PersonaMerger: the table as a whole does not have the l_diversity that is asked "
                "for; lower it."
            )
        return constraints

    def _transform(self, table: Table) -> Table:
        return self._merge(table, warn=True)

    def _merge(self, table: Table, *, warn: bool) -> Table:
        persona = self._persona_of_row(table, warn=warn)
        gone = persona < 0
        merged = table.replace(
            {
                name: _take_or_null(released, persona)
                for name, released in zip(self._roles.key_names(table), self._released, strict=True)
            },
            keep_dtype=self.representation == "center",
        )
        person = self._roles.person_name(table)
        if person is None:
            return merged
        numbers = pd.Series(persona).mask(gone).astype("Int64") if gone.any() else persona
        return merged.replace({person: numbers})

    def _find_keys(self, table: Table) -> list[Hashable]:
        owner = "PersonaMerger"
        if self.quasi_identifiers is not None:
            keys = find_columns(
                table, self.quasi_identifiers, parameter="quasi_identifiers", owner=owner
            )
        else:
            person = find_column(table, self.person_id, parameter="person_id", owner=owner)
            aside = {person, *self._find_sensitive(table)}
            keys = [name for name in table.columns if name not in aside]
        if not keys:
            raise InputError("PersonaMerger: there is no key variable; name quasi_identifiers.")
        return keys

    def _find_sensitive(self, table: Table) -> list[Hashable]:
        if self.sensitive is None:
            return []
        return find_columns(table, self.sensitive, parameter="sensitive", owner="PersonaMerger")

    def _one_row_per_person(self, table: Table, *, warn: bool) -> tuple[np.ndarray, np.ndarray]:
        return one_row_per_person(
            table,
            self._roles.key_names(table),
            self._roles.person_name(table),
            on_conflict=self.on_conflict,
            order_by=self._roles.order_name(table),
            warn=warn,
        )

    def _count_cells(self, table: Table, chosen_row: np.ndarray) -> tuple[Cells, np.ndarray]:
        names = self._roles.key_names(table)
        cells, cell_of_person = Cells.from_columns(
            [table[name].take(chosen_row).reset_index(drop=True) for name in names]
        )
        for j, (name, hierarchy) in enumerate(zip(names, self._hierarchies, strict=True)):
            if hierarchy is not None:
                _refuse_unknown(cells, j, name, hierarchy)
        return cells, cell_of_person

    def _persona_of_row(self, table: Table, *, warn: bool) -> np.ndarray:
        chosen_row, person_of_row = self._one_row_per_person(table, warn=warn)
        cells, cell_of_person = self._count_cells(table, chosen_row)
        at = find_cells(cells, self._cells)
        persona_of_cell = self._persona_of_cell[at]
        unseen = np.flatnonzero(at < 0)
        if len(unseen):
            columns = [column.take(unseen).reset_index(drop=True) for column in cells.columns()]
            persona_of_cell[unseen] = nearest_group(
                self._encoding.coordinates(columns),
                self._encoding.centers(self._persona_of_cell, self.n_personas_),
                [(columns[j], self._released_exactly(j)) for j in self._exact_positions],
            )
        return persona_of_cell[cell_of_person][person_of_row]

    def _released_exactly(self, position: int) -> pd.Series:
        """Give the one value that each persona's cells have in an exact column."""
        values = self._cells.values[position]
        code = np.zeros(self.n_personas_, dtype=np.int64)
        kept = self._persona_of_cell >= 0
        code[self._persona_of_cell[kept]] = self._cells.codes[kept, position]
        return values.take(code).reset_index(drop=True)


def _take_or_null(values: pd.Series, rows: np.ndarray) -> pd.Series:
    """Take values by position; -1 gives null, in a dtype that has one."""
    if (rows >= 0).all():
        return values.take(rows).reset_index(drop=True)
    if pd.api.types.is_integer_dtype(values.dtype):
        values = values.astype("Int64")
    elif pd.api.types.is_bool_dtype(values.dtype):
        values = values.astype("boolean")
    return (
        values.reset_index(drop=True).reindex(np.where(rows >= 0, rows, -1)).reset_index(drop=True)
    )


def _refuse_unknown(cells: Cells, position: int, name: Hashable, hierarchy: Hierarchy) -> None:
    values = cells.values[position]
    unknown = (find_nodes(hierarchy, values) < 0) & ~is_null(values)
    if unknown.any():
        n_people = int(cells.people[unknown[cells.codes[:, position]]].sum())
        raise InputError(
            f"PersonaMerger: {n_people} of {int(cells.people.sum())} people have a value in "
            f"{name!r} that is no label of its hierarchy; write them as the hierarchy does, or add "
            "them to it."
        )


def _refuse_infinite(table: Table, keys: list[Hashable]) -> None:
    for name in keys:
        column = table[name]
        if is_ordered(column) and pd.api.types.is_float_dtype(column.dtype):
            n_infinite = int(np.isinf(column.to_numpy(dtype=float, na_value=np.nan)).sum())
            if n_infinite:
                raise InputError(
                    f"Column {name!r} holds {n_infinite} infinite value(s); a key variable must "
                    "be finite or null."
                )
