"""Event sequences: what follows what, and after how long."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import wasserstein_distance

from personatwin_sk._core.columns import factorize_column
from personatwin_sk._core.frames import Table
from personatwin_sk._core.roles import find_column, person_codes
from personatwin_sk.exceptions import InputError
from personatwin_sk.utility._counting import Coded, spread
from personatwin_sk.utility._reading import reader_of
from personatwin_sk.utility._spans import date_spans
from personatwin_sk.utility._tables import read_pair, require_aligned, suppressed_rows

__all__ = ["EventSequences", "event_sequences"]

_OWNER = "event_sequences"


@dataclass(frozen=True)
class EventSequences:
    """What :func:`event_sequences` found.

    Attributes
    ----------
    original, released : pandas.DataFrame of shape (n_types, n_types)
        Share of each pair of types among all pairs of subsequent events of one person; a row per
        earlier type. All 0 where nobody has two events.
    gap_distance : float
        Wasserstein distance, in days, of the two distributions of gaps between subsequent events;
        NaN where one of them has no gap.
    mean_gap : float
        Mean gap of the original in days; NaN where there is none.
    """

    original: pd.DataFrame = field(repr=False)
    released: pd.DataFrame = field(repr=False)
    gap_distance: float
    mean_gap: float

    @property
    def transition_distance(self) -> float:
        """Total variation distance of the pairs of types: 0 is the same, 1 nothing in common."""
        then, now = self.original.to_numpy(), self.released.to_numpy()
        if (then.sum() > 0) != (now.sum() > 0):
            return 1.0
        return float(np.abs(then - now).sum() / 2)

    @property
    def transition_score(self) -> float:
        """One minus the total variation distance of the pairs of types."""
        return 1.0 - self.transition_distance

    @property
    def gap_score(self) -> float:
        """One minus the distance of the gaps over their mean, at least 0; NaN without dates."""
        if np.isnan(self.gap_distance):
            return float("nan")
        if self.mean_gap == 0.0:
            return float(self.gap_distance == 0.0)
        return float(max(0.0, 1.0 - self.gap_distance / self.mean_gap))

    def transition_probabilities(self, which: str = "original") -> pd.DataFrame:
        """Give the probability of each next type given the earlier one; NaN where none follows.

        Parameters
        ----------
        which : {"original", "released"}, default="original"
        """
        if which not in ("original", "released"):
            raise InputError(f"which must be 'original' or 'released'; got {which!r}.")
        shares: pd.DataFrame = getattr(self, which)
        total = shares.sum(axis=1)
        return shares.div(total.where(total > 0), axis=0)

    def to_dict(self) -> dict[str, Any]:
        """Give all as plain types, ready for JSON; None for what is not known."""
        figures = {
            "transition_distance": self.transition_distance,
            "transition_score": self.transition_score,
            "gap_distance": self.gap_distance,
            "mean_gap": self.mean_gap,
            "gap_score": self.gap_score,
        }
        return {name: None if np.isnan(v) else float(v) for name, v in figures.items()}


def event_sequences(
    original: Any,
    released: Any,
    event_type: Hashable,
    *,
    person_id: Hashable,
    date: Hashable | None = None,
) -> EventSequences:
    """Compare the sequences of people's events in an original and in its release.

    Parameters
    ----------
    original, released : table or array-like of shape (n_rows, n_columns)
        The table before and after, one row per event; row i of one is row i of the other.
    event_type : column
        What happened.
    person_id : column
        Whose event it is, read from the original: whether a release keeps histories is asked of
        real people's events, whichever persona they were released under.
    date : column, optional
        When. Events are put in its order, a released period ("2023-Q2") at its middle; events of
        one day keep the order of rows. None: the order of rows, and gaps are not compared.

    Returns
    -------
    EventSequences

    Raises
    ------
    ColumnNotFoundError
        A named column is in one of the tables only, or in none.
    InputError
        The tables do not align or are empty, or some rows have no person id or no date that can be
        read.

    Notes
    -----
    Suppressed events are not in the sequences of the release, nor are those whose date is null. A
    type of several ("arrest|charge") counts for each in part.

    Examples
    --------
    >>> import pandas as pd
    >>> before = pd.DataFrame({
    ...     "person": [1, 1, 2, 2],
    ...     "what": ["arrest", "trial", "arrest", "trial"],
    ...     "date": ["2023-01-01", "2023-01-11", "2023-02-01", "2023-02-21"],
    ... })
    >>> after = before.assign(date=["2023-01-01", "2023-01-15", "2023-02-22", "2023-02-21"])
    >>> found = event_sequences(before, after, "what", person_id="person", date="date")
    >>> found.transition_distance, found.gap_distance, found.mean_gap  # gaps 10, 20 -> 14, 1
    (0.5, 7.5, 15.0)
    >>> found.released
            arrest  trial
    arrest     0.0    0.5
    trial      0.5    0.0
    """
    dates = [] if date is None else [date]
    before, after, found = read_pair(
        original, released, {"event_type": [event_type], "date": dates}, owner=_OWNER
    )
    require_aligned(before, after, owner=_OWNER)
    owner_column = find_column(before, person_id, parameter="person_id", owner=_OWNER)
    people = person_codes(before, owner_column)[0]
    kind, when = found["event_type"][0], found["date"]
    gone = suppressed_rows(before, after, [kind, *when], owner_column)
    reader = reader_of(before, kind, bins=before.n_rows)
    sides = []
    for table, left_out in ((before, np.zeros(before.n_rows, dtype=bool)), (after, gone)):
        codes, values = factorize_column(table, kind)
        earlier, later, gaps = _subsequent(table, people, left_out, when)
        shares = _pair_shares((codes, reader.members(values)), earlier, later)
        sides.append((shares, gaps))
    (then, then_gaps), (now, now_gaps) = sides
    used = np.flatnonzero((then + now).sum(axis=0) + (then + now).sum(axis=1) > 0)
    names = np.array(reader.names, dtype=object)[used]
    frames = [
        pd.DataFrame(shares[np.ix_(used, used)], index=names, columns=names)
        for shares in (then, now)
    ]
    can_compare = bool(when) and len(then_gaps) > 0 and len(now_gaps) > 0
    return EventSequences(
        frames[0],
        frames[1],
        float(wasserstein_distance(then_gaps, now_gaps)) if can_compare else float("nan"),
        float(then_gaps.mean()) if len(then_gaps) else float("nan"),
    )


def _subsequent(
    table: Table, people: np.ndarray, left_out: np.ndarray, when: list[Hashable]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pair each event with its person's next one: rows of both, and the days between them."""
    rows = np.arange(table.n_rows)
    moment = rows.astype(float)
    if when:
        codes, values = factorize_column(table, when[0])
        moment = date_spans(values, column=when[0]).mean_middles()[codes]
    kept = rows[~left_out & ~np.isnan(moment)]
    order = kept[np.lexsort((kept, moment[kept], people[kept]))]
    same = people[order[1:]] == people[order[:-1]]
    earlier, later = order[:-1][same], order[1:][same]
    gaps = moment[later] - moment[earlier] if when else np.empty(0)
    return earlier, later, gaps


def _pair_shares(kinds: Coded, earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
    codes, members = kinds
    n = members.shape[1]
    if not len(earlier):
        return np.zeros((n, n))
    _, (first, second), share = spread([(codes[earlier], members), (codes[later], members)])
    counts = np.bincount(first * n + second, weights=share, minlength=n * n)
    return (counts / counts.sum()).reshape(n, n)
