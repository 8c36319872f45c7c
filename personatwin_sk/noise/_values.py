"""ValueNoise: numbers that belong to events, moved by whole steps."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from personatwin_sk._core.frames import Table
from personatwin_sk._core.keyed import uniform_integers
from personatwin_sk._core.sklearn_private import Interval
from personatwin_sk.exceptions import DataWarning, InputError
from personatwin_sk.noise._base import KeyedNoise
from personatwin_sk.noise._discrete_laplace import (
    LARGEST_EPSILON,
    SMALLEST_EPSILON,
    draw_discrete_laplace,
)
from personatwin_sk.noise._grid import Grid
from personatwin_sk.noise._keys import RowKeys
from personatwin_sk.noise._number_columns import range_of, read_numbers, write_numbers
from personatwin_sk.noise._spending import Spending

__all__ = ["ValueNoise"]


class ValueNoise(KeyedNoise):
    r"""Move the numbers of events by whole steps: a length of sentence, of stay, a score.

    A number is put on a grid of steps, moved by a random number of steps, and kept within its
    bounds. Draws are keyed: they depend on a secret key and on whose number it is, never on where
    the row stands, so any chunk, in any order and on any machine, gets the same noise from the
    same fitted step.

    Parameters
    ----------
    columns : str, int or sequence of these, default=None
        Columns of numbers. None takes the column called ``value``; where there is none a
        :class:`~personatwin_sk.exceptions.NothingSelectedWarning` says so and the table passes
        unchanged.
    person_id : str or int, default=None
        Column of the person. None: each row is a person of its own.
    event_id : str or int, default=None
        Column of the event's id within the person. None, or no `person_id`: the whole input row
        stands in for what is missing, so that equal rows get equal noise.
    spread : float or mapping of column -> float, default=None
        Largest move, in the unit of the column: a uniform number of steps that is no more than
        this. Exactly one of `spread` and `epsilon` is given.
    step : float or mapping of column -> float, default=None
        What is released are whole steps, counted from the lower bound, or from 0: numbers are
        rounded to the nearest first, since what lies between two steps would show as it is. None,
        and columns that a mapping does not name: 1. Columns of integers need a whole one.
    bounds : pair of float or mapping of column -> pair of float, default=None
        The smallest and the largest number that is released. True numbers beyond them are clamped
        before the noise, with a :class:`~personatwin_sk.exceptions.DataWarning` that counts them,
        and moved ones after it. With `epsilon` they are needed and must be public: known without
        this table. None, and columns that a mapping does not name: no bounds but those of the
        column's type.
    epsilon : float, default=None
        Differential privacy per step and event, from 1e-6 to 500: whatever is released, it is at
        most :math:`e^\varepsilon` times as likely as if the event's number were one step more or
        less, exactly (discrete Laplace noise, clamped to `bounds`). Needs `person_id`, `event_id`
        and `bounds`, and no two rows with both ids alike. It is about the number alone, not about
        whether there is one.
    max_events : int, default=None
        Most events of one person whose numbers are released; those beyond, chosen by a keyed hash
        of their ids, become null, and a warning counts them. Needs `person_id` and `event_id`.
        None: no bound, and `epsilon` says nothing about a person as a whole.
    random_state : int, RandomState instance or None, default=None
        None takes the key from the operating system. An int is for reproducing: whoever knows it
        can take the noise off again.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns seen at fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where all are text.

    Raises
    ------
    InputError
        By ``fit`` and ``transform``: values that are no finite numbers (counted), parameters that
        contradict each other, or, with `epsilon`, rows with equal ids (counted).

    See Also
    --------
    OutcomeNoise : Exchange outcomes.
    TemporalNoise : Move and coarsen dates.

    Notes
    -----
    A column keeps its type, and null stays null. The released number is a function of a whole
    number of steps, computed in integers: its last digits tell nothing.

    Two events far apart are told apart more easily: numbers that differ by :math:`d` steps are
    protected at :math:`d \varepsilon`. A uniform move of `spread` claims no differential privacy:
    a number that was released from the edge of its range shows where it came from.

    References
    ----------
    Ghosh, Roughgarden, Sundararajan (2012). Universally utility-maximizing privacy mechanisms. SIAM
    Journal on Computing 41 (6), 1673-1693.

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk.noise import ValueNoise
    >>> stays = pd.DataFrame({"visit": [1, 2, 3, 4], "length_of_stay": [3, 0, 21, 365]})
    >>> noise = ValueNoise("length_of_stay", spread=2, bounds=(0, 365), random_state=0)
    >>> released = noise.fit_transform(stays)["length_of_stay"]
    >>> (released - stays["length_of_stay"]).abs().max() <= 2, released.between(0, 365).all()
    (np.True_, np.True_)
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "columns": [None, str, Integral, "array-like"],
        "person_id": [None, str, Integral],
        "event_id": [None, str, Integral],
        "spread": [None, Interval(Real, 0, None, closed="neither"), Mapping],
        "step": [None, Interval(Real, 0, None, closed="neither"), Mapping],
        "bounds": [None, "array-like", Mapping],
        "epsilon": [None, Interval(Real, SMALLEST_EPSILON, LARGEST_EPSILON, closed="both")],
        "max_events": [None, Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        columns: Any = None,
        *,
        person_id: Any = None,
        event_id: Any = None,
        spread: Any = None,
        step: Any = None,
        bounds: Any = None,
        epsilon: float | None = None,
        max_events: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.columns = columns
        self.person_id = person_id
        self.event_id = event_id
        self.spread = spread
        self.step = step
        self.bounds = bounds
        self.epsilon = epsilon
        self.max_events = max_events
        self.random_state = random_state

    def _fit(self, table: Table) -> None:
        automatic = [name for name in table.columns if name == "value"]
        chosen = self._fit_roles(table, automatic, "called 'value'")
        if chosen and (self.spread is None) == (self.epsilon is None):
            raise InputError(
                "ValueNoise: give exactly one of the parameters spread and epsilon: how far "
                "numbers may move, or how private they are to be."
            )
        self._grids = self._make_grids(chosen)
        self._moves: dict[Hashable, int] = {}
        spreads = _by_column(self.spread, chosen, "spread")
        for name, grid in self._grids.items():
            if self.epsilon is None:
                self._moves[name] = self._count_steps(spreads.get(name), grid, name)
            elif grid.ends is None:
                raise InputError(
                    f"ValueNoise: epsilon needs bounds, and the parameter bounds has none for "
                    f"column {name!r}: a public smallest and largest number."
                )
            else:  # bounds with more steps than noise can reach are refused
                draw_discrete_laplace(np.zeros(0, dtype=np.uint64), self.epsilon, _reach(grid))
            self._read(table[name], name)

    def _make_grids(self, columns: list[Hashable]) -> dict[Hashable, Grid]:
        steps = _by_column(self.step, columns, "step")
        bounds = _by_column(self.bounds, columns, "bounds")
        widths = {name: 1 if steps.get(name) is None else steps[name] for name in columns}
        return {name: Grid.of(width, bounds.get(name)) for name, width in widths.items()}

    def _transform(self, table: Table) -> Table:
        columns = self._read_columns(table)
        keys = self._row_keys(columns)
        withheld = self._excess(keys) if self.max_events is not None else None
        released = {
            self._here(table, name): self._release(columns[name], name, keys, withheld)
            for name in self._chosen
        }
        return table.replace(released, keep_dtype=True)

    def _release(
        self, series: pd.Series, name: Hashable, keys: RowKeys, withheld: np.ndarray | None
    ) -> pd.Series:
        numbers, known = self._read(series, name)
        self._check_range(numbers[known], len(series), name)
        grid = self._grids[name].within(*range_of(series))
        if grid.span < 0:
            raise InputError(
                f"ValueNoise: no number within the bounds of column {name!r} can be held by its "
                "type; widen the bounds, or the type."
            )
        hashes = keys.of_event("value", name)
        if self.epsilon is None:
            moves = uniform_integers(hashes, -self._moves[name], self._moves[name])
        else:
            moves = draw_discrete_laplace(hashes, self.epsilon, _reach(self._grids[name]))
        steps = np.clip(grid.steps_of(numbers) + moves, grid.first, grid.last)
        if withheld is not None:
            known = known & ~withheld
        return write_numbers(grid.numbers_of(steps).astype(numbers.dtype), known, series)

    def _read(self, series: pd.Series, name: Hashable) -> tuple[np.ndarray, np.ndarray]:
        """Give the numbers of a column, and where they are known."""
        numbers, known = read_numbers(series, column=name)
        if numbers.dtype.kind == "i" and not self._grids[name].is_whole:
            raise InputError(
                f"ValueNoise: column {name!r} holds whole numbers, and the parameters step and "
                "bounds ask for fractions; make them whole, or the column one of floats."
            )
        return numbers, known

    def _check_range(self, numbers: np.ndarray, n_rows: int, name: Hashable) -> None:
        """Count the numbers that lie beyond the bounds, or beyond what can be counted in steps."""
        n_beyond = int(self._grids[name].is_beyond(numbers).sum())
        if n_beyond and self._grids[name].ends is None:
            raise InputError(
                f"{n_beyond} of {n_rows} values of column {name!r} are too large to be counted in "
                "steps; choose a coarser step, or give bounds."
            )
        if n_beyond:
            warnings.warn(
                f"{n_beyond} of {n_rows} values of column {name!r} lie beyond its bounds; they are "
                "clamped before the noise.",
                DataWarning,
                stacklevel=5,
            )

    def _count_steps(self, spread: Any, grid: Grid, name: Hashable) -> int:
        if spread is None:
            raise InputError(f"ValueNoise: the parameter spread has nothing for column {name!r}.")
        steps = grid.count(spread)
        if steps < 1:
            raise InputError(
                f"ValueNoise: the spread of column {name!r} is less than one step, so that nothing "
                "would move; choose a wider spread or a finer step."
            )
        return steps

    def _spending(self) -> list[Spending]:
        """Tell what the step spends, column by column, for the privacy ledger."""
        if self.columns is None:
            check_is_fitted(self)
        if hasattr(self, "_grids"):
            grids = self._grids
        else:
            names: Any = (
                [self.columns] if isinstance(self.columns, str | Integral) else self.columns
            )
            grids = self._make_grids(list(names))
        return [self._spending_of(name, grid) for name, grid in grids.items()]

    def _spending_of(self, name: Hashable, grid: Grid) -> Spending:
        claims = self.epsilon is not None and grid.ends is not None
        return Spending(
            step=type(self).__name__,
            column=str(name),
            mechanism="discrete Laplace" if claims else "uniform move",
            protects=f"the number of one event, per step of {float(grid.step):g}",
            epsilon=float(self.epsilon) if claims and self.epsilon is not None else None,
            per="unit",
            span=None if grid.ends is None else grid.span,
            max_events=self.max_events,
            holds=claims,
            reason=(
                "if the bounds are public; whether there is a number shows"
                if claims
                else "no epsilon was asked for"
            ),
        )


def _reach(grid: Grid) -> int:
    """Give how many steps noise has to reach so that it covers the bounds."""
    return max(1, grid.span)


def _by_column(value: Any, columns: list[Hashable], parameter: str) -> dict[Hashable, Any]:
    """Give what a parameter says of each column: one thing for all, or a mapping."""
    if not isinstance(value, Mapping):
        return dict.fromkeys(columns, value)
    n_other = len(set(value) - set(columns))
    if n_other:
        raise InputError(
            f"ValueNoise: the parameter {parameter} names {n_other} column(s) that are not among "
            "those of the parameter columns."
        )
    return dict(value)
