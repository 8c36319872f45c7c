r"""What tight labels tell of classes whose people are expected, not counted.

`_told` counts the people who have the rarest end of a range or member of a set. Where the
population does not know all columns they cannot be counted; but `_label_shares` tells which share p
of the F people who are expected behind a row have value v. With :math:`a_v` of the f people of the
class who have it, those who stand behind the row and have v are

.. math:: N_v = a_v + X_v, \quad X_v \sim \mathrm{Poisson}((F - f)\, p_v).

An attacker with a register of all columns sees which :math:`N_v` is least, and names one of these
people: right with :math:`E[a_v / (f N_v)]`, over which v that turns out to be.

`python -m benchmarks.calibration` compares it with attackers who have such a register.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd
from scipy.special import gammaln, pdtrc, xlogy

from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.labels import Interval, ValueSet, format_label, parse_label
from personatwin_sk.risk._classes import Classes, distinct_pairs
from personatwin_sk.risk._label_shares import LabelShares, ordered_codes
from personatwin_sk.risk._recoding import global_labels

__all__ = ["ExpectedEnds"]

# Of values with equally many people the attacker may take any: the one counts that tells most.
_SAME = 1e-9
# Up to here the fewest people are counted one by one; from there on chance says little.
_MOST_COUNTED = 64
_VANISHED = 1e-9


class ExpectedEnds:
    """Slices of classes whose labels are tight: who has an end of a range, or a member of a set.

    There is none where no label tells anything: the recoding of the column is global, or some of
    its labels are wider than what their classes hold.

    Parameters
    ----------
    original, released : Table
    columns : sequence of column
        The quasi-identifiers.
    classes : Classes
    shares : LabelShares
        Of the same columns and classes.

    Examples
    --------
    A class of four with one renter in it, among 24 people; of the others in the file about every
    ninth rents. So about 3.5 renters stand behind the row, and one in four of its people is one:

    >>> import pandas as pd
    >>> from personatwin_sk.population import TablePopulation
    >>> from personatwin_sk.risk._classes import find_classes
    >>> ages = TablePopulation.from_frame(pd.DataFrame({"age": [30], "n": [500]}))
    >>> home = ["own"] * 3 + ["rent"] + ["own"] * 27 + ["rent"] * 3
    >>> before = Table.of(pd.DataFrame({"home": home}))
    >>> after = Table.of(pd.DataFrame({"home": ["own|rent"] * 4 + home[4:]}))
    >>> classes = find_classes(before, after, ["home"], None)
    >>> shares = LabelShares(before, ["home"], classes, ages)
    >>> ends = ExpectedEnds(before, after, ["home"], classes, shares)
    >>> ends.chance(np.array([300.0, 24.0, 30.0])).round(4)
    array([0.    , 0.0918, 0.    ])
    """

    def __init__(
        self,
        original: Table,
        released: Table,
        columns: Sequence[Hashable],
        classes: Classes,
        shares: LabelShares,
    ) -> None:
        self._sizes = classes.sizes
        shown = np.flatnonzero(classes.class_of_row >= 0)
        nobody = np.zeros(0)
        found = [(nobody.astype(np.int64), nobody, nobody)]
        for at, name in enumerate(columns):
            slices = _slices(original[name], released[name], classes, at, shown)
            if slices is not None:
                class_, value, among = slices
                others = [other for other in range(len(columns)) if other != at]
                found.append((class_, among, shares.among_covered(at, others, class_, value)))
        self._class, self._among, self._share = (
            np.concatenate(part) for part in zip(*found, strict=True)
        )

    def chance(self, people: np.ndarray) -> np.ndarray:
        """Give the chance with which the rarest end or member names somebody of a class.

        Parameters
        ----------
        people : ndarray of float, shape (n_classes,)
            F: people who are expected behind each class.

        Returns
        -------
        ndarray of float, shape (n_classes,)
        """
        sizes = self._sizes[self._class]
        others = np.maximum(people[self._class] - sizes, 0.0) * self._share
        return _rarest(self._class, self._among, others, self._among / sizes, len(self._sizes))


def _rarest(
    class_: np.ndarray, among: np.ndarray, others: np.ndarray, right: np.ndarray, n_classes: int
) -> np.ndarray:
    """Average over which slice turns out to have the fewest people, and how many.

    The attacker counts the people of each slice in a register; here they are Poisson numbers. The
    fewest are more than n where all slices have more; and given that they are n, a slice is the one
    that has so few in proportion to its hazard.
    """
    chance = np.zeros(n_classes)
    more = np.where(np.bincount(class_, minlength=n_classes) > 0, 1.0, 0.0)
    for n in range(1, _MOST_COUNTED + 1):
        left = more[class_] > _VANISHED
        if not left.any():
            return chance
        class_, among, others, right = (part[left] for part in (class_, among, others, right))
        beyond = n - among
        exactly = np.where(beyond >= 0, np.exp(_log_poisson(np.maximum(beyond, 0.0), others)), 0.0)
        # SciPy's function counts how often there are more than so many.
        at_least = np.where(beyond >= 1, pdtrc(np.maximum(beyond - 1, 0.0), others), 1.0)
        hazard = np.where(at_least > 0, exactly / np.maximum(at_least, 1e-300), 1.0)
        none = np.zeros(n_classes)
        np.add.at(none, class_, np.log1p(-np.minimum(hazard, 1.0 - 1e-12)))
        still = more * np.exp(none)
        total = np.bincount(class_, weights=hazard, minlength=n_classes)
        named = np.bincount(class_, weights=hazard * right, minlength=n_classes)
        named = np.divide(named, total, out=np.zeros(n_classes), where=total > 0)
        chance += (more - still) * named / n
        more = np.where(total > 0, still, more)
    # What is rarest among many is about as rare as expected.
    expected = among + others
    best = np.full(n_classes, np.inf)
    np.minimum.at(best, class_, expected)
    told = np.zeros(n_classes)
    same = expected <= best[class_] * (1 + _SAME)
    np.maximum.at(told, class_[same], (right / np.maximum(expected, _MOST_COUNTED))[same])
    return chance + more * told


def _log_poisson(n: np.ndarray, mean: np.ndarray) -> np.ndarray:
    return xlogy(n, mean) - mean - gammaln(n + 1.0)


def _slices(
    original: pd.Series, released: pd.Series, classes: Classes, at: int, shown: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Give the ends and members of each class: class, value, and people of the class with it."""
    value_of_row, values = ordered_codes(original)
    if global_labels(value_of_row[shown], values, released[shown]) is not None:
        return None
    n_values = len(values)
    membership, value = distinct_pairs(
        classes.membership_of_row[shown], value_of_row[shown], n_values
    )
    pair = np.sort(classes.class_of_member[membership] * n_values + value)
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    among = np.diff(first, append=len(pair)).astype(float)
    class_, value = np.divmod(pair[first], n_values)

    label_of_class = classes.label_codes[at].astype(np.int64)
    ends = _Ends(classes.labels[at], values)
    label = label_of_class[class_]
    is_end = ends.holds(label, value)
    n_held = np.bincount(class_[is_end], minlength=classes.n_classes)
    if (n_held < ends.n_ends[label_of_class]).any():
        return None  # some label is wider than its class
    return class_[is_end], value[is_end], among[is_end]


class _Ends:
    """The ends of the ranges, and the members of the sets, among some labels."""

    def __init__(self, labels: pd.Series, values: pd.Series) -> None:
        texts = [
            "" if null else format_label(value)
            for value, null in zip(values.tolist(), is_null(values), strict=True)
        ]
        number = {text: at for at, text in enumerate(texts)}
        owner: list[int] = []
        ends: list[int] = []
        self.n_ends = np.zeros(len(labels), dtype=np.int64)
        for at, text in enumerate(labels.tolist()):
            label = parse_label(text)
            if isinstance(label, Interval):
                told = {format_label(label.low), format_label(label.high)}
            elif isinstance(label, ValueSet):
                told = {format_label(member) for member in label.members}
            else:
                continue
            # An end that no value of the file is written like is held by nobody.
            self.n_ends[at] = len(told)
            owner += [at for one in told if one in number]
            ends += [number[one] for one in told if one in number]
        self._n_values = len(texts)
        self._pairs = np.sort(
            np.array(owner, dtype=np.int64) * self._n_values + np.array(ends, dtype=np.int64)
        )

    def holds(self, label: np.ndarray, value: np.ndarray) -> np.ndarray:
        """Tell whether values are ends or members of labels."""
        wanted = label * self._n_values + value
        return np.isin(wanted, self._pairs)
