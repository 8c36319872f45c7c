"""Columns of US places: reading them, and the labels that each place may get."""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from personatwin_sk.exceptions import DataWarning, InputError
from personatwin_sk.geography._places import LabelKey, Places, distinct_texts
from personatwin_sk.geography._trees import COUNTY
from personatwin_sk.population._zip_people import is_restricted
from personatwin_sk.population.places import (
    LEVELS,
    Area,
    CodeSystem,
    climb,
    code_system,
    find_areas,
    find_distinct_areas,
    three_digit_area,
)

__all__ = ["UsPlaces", "codes_of_column"]

_ZIP = LEVELS.index("zip")


def codes_of_column(column: pd.Series) -> CodeSystem:
    """Say what the five-digit codes of a column are; see `places.code_system`.

    Examples
    --------
    >>> codes_of_column(pd.Series(["45202", "10001", None]))
    'zip'
    """
    texts = pd.Series(distinct_texts(column)[1], dtype=object)
    return code_system(texts[texts.str.match(r"\s*[0-9]{5}(?:-|\s*$)").astype(bool)])


@dataclass(frozen=True, repr=False)
class UsPlaces:
    """How one column of US places is read and released.

    Attributes
    ----------
    owner : str
        Who asks, for messages.
    level : str
        The finest level that may be released.
    codes : {"zip", "fips", "likely"}
        What five digits are.
    min_population : int or None
    large : frozenset of str
        Codes of the counties, states ... that cover enough inhabitants.
    """

    owner: str
    level: str
    codes: CodeSystem
    min_population: int | None
    large: frozenset[str]

    def read(
        self, column: pd.Series, states: np.ndarray, name: Hashable, *, warn: bool = True
    ) -> Places:
        """Read a column.

        Parameters
        ----------
        column : Series of shape (n_rows,)
        states : ndarray of object, shape (n_rows,)
            The code of each row's state; None where it is not known.
        name : column
            What it is called, for messages.
        warn : bool, default=True
            Count the rows with a county name that several states have in a `DataWarning`.

        Returns
        -------
        Places

        Raises
        ------
        InputError
            If nobody knows some of the places; the message counts the rows.
        """
        of_row, areas = self._areas(column, states)
        n_rows = np.bincount(of_row[of_row >= 0], minlength=len(areas))
        n_unknown = sum(n for n, area in zip(n_rows.tolist(), areas, strict=True) if area is None)
        if n_unknown:
            raise InputError(
                f"{self.owner}: {n_unknown} of {len(column)} values of the column {name!r} are no "
                "US place that is known. Give them as a county with its state ('Hamilton County, "
                "OH'), a state, a ZIP code or a county FIPS code; a place not known is null."
            )
        if warn:
            self._warn_of_namesakes(areas, n_rows, len(column), name)
        return self._places(of_row, [area for area in areas if area is not None])

    def _areas(self, column: pd.Series, states: np.ndarray) -> tuple[np.ndarray, list[Area | None]]:
        """Return each row's position among areas, -1 for null, and these areas."""
        of_row, texts = distinct_texts(column)
        state_of_row, codes = pd.factorize(states, use_na_sentinel=True)
        group_of_row = of_row * (len(codes) + 1) + state_of_row + 1
        group_of_row[of_row < 0] = -1
        of_row, groups = pd.factorize(np.where(group_of_row < 0, np.nan, group_of_row))
        text, state = np.divmod(groups.astype(np.int64), len(codes) + 1)
        areas: list[Area | None] = []
        position = np.empty(len(groups) + 1, dtype=np.int64)
        position[-1] = -1
        for number, code in enumerate([None, *codes]):
            here = np.flatnonzero(state == number)
            found_at, found = self._find(texts[text[here]], code)
            position[here] = len(areas) + found_at
            areas += found
        return position[of_row], areas

    def _find(self, texts: np.ndarray, state: str | None) -> tuple[np.ndarray, list[Area | None]]:
        """Read texts; their streets only where addresses may be released."""
        if self.level == "address" and self.min_population is None:
            return np.arange(len(texts)), find_areas(texts.tolist(), state=state, codes=self.codes)
        return find_distinct_areas(texts.tolist(), state=state, codes=self.codes)

    def _places(self, of_row: np.ndarray, areas: list[Area]) -> Places:
        start = LEVELS.index(self.level)
        number: dict[LabelKey, int] = {}
        labels: list[Area] = []
        chains = np.zeros((len(areas), len(LEVELS) - start), dtype=np.int64)
        for position, area in enumerate(areas):
            for column, label in enumerate(self._chain(area, start)):
                key = (label.level, label.label)
                if key not in number:
                    number[key] = len(labels)
                    labels.append(label)
                chains[position, column] = number[key]
        return Places(
            of_row=of_row,
            chains=chains,
            rank=np.array([max(LEVELS.index(a.level) - start, 0) for a in labels], dtype=np.int64),
            keys=list(number),
            allowed=np.array([self._is_large(label) for label in labels], dtype=bool),
        )

    def _chain(self, area: Area, start: int) -> list[Area]:
        """Return the labels of a place from a level on, the finest first."""
        if self.min_population is not None and start <= _ZIP and area.zip_code:
            restricted = is_restricted(area.zip_code[:3], self.min_population)
            area = three_digit_area(area.zip_code, restricted=restricted)
        return [climb(area, level) for level in LEVELS[start:]]

    def _is_large(self, label: Area) -> bool:
        """Say whether a label covers enough inhabitants, as far as that is asked for."""
        if LEVELS.index(label.level) >= COUNTY:
            # Of several namesakes the smallest decides.
            return all(code in self.large for code in label.fips)
        return self.min_population is None or label.level == "zip"

    def _warn_of_namesakes(
        self, areas: list[Area | None], n_rows: np.ndarray, n_all: int, name: Hashable
    ) -> None:
        """Count the names that counties of several states have."""
        ambiguous = np.array([a is not None and len(a.fips) > 1 for a in areas], dtype=bool)
        if not ambiguous.any():
            return
        if LEVELS.index(self.level) > COUNTY:
            fate = "they climb to the country"
        elif self.min_population is None:
            fate = "they stay as they are"
        else:
            fate = "they climb to the country unless each of these counties may be named"
        warnings.warn(
            f"{self.owner}: {n_rows[ambiguous].sum()} of {n_all} values of the column {name!r} "
            f"name a county that several states have; {fate}. Say which state is meant with "
            "`state`.",
            DataWarning,
            stacklevel=6,
        )
