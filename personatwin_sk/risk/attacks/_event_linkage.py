"""Linkage by known events: whose released history fits the true dates."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.columns import factorize
from personatwin_sk._core.dates import period_bounds
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk.risk._classes import Classes

__all__ = ["link_events"]

# Known events are compared with released ones this many at a time; and at most so many in all,
# beyond which the remaining targets are not looked for.
_STEP = 4_000_000
_SAME = 1e-9


def link_events(
    original: Table,
    released: Table,
    classes: Classes,
    targets: np.ndarray,
    known_events: int,
    columns: tuple[Hashable, Hashable],
    rng: np.random.RandomState,
) -> dict[str, np.ndarray]:
    r"""Name a released person of the target's class by the true dates of known events.

    Released person j of the class is weighed by

    .. math:: L_j = \prod_e \frac{1}{n_j} \sum_{e'} g(t_e \mid p_{e'}),

    over the known events e and the :math:`n_j` released events e' of the same type, where g is how
    many of the days to which noise may have moved the true date :math:`t_e` lie in the released
    period :math:`p_{e'}`. How far noise goes is read off the release: its farthest move.

    Parameters
    ----------
    original, released : Table
    classes : Classes
    targets : ndarray of int64, shape (n_targets,)
        Memberships.
    known_events : int
        Events of the target, drawn from those in the class; all of them if there are fewer.
    columns : tuple of column
        Event type and date, in both tables.
    rng : numpy.random.RandomState

    Returns
    -------
    dict of str -> ndarray of float, shape (n_targets,)
        "events": chance that the best guess is right, ties shared; "events, even": the same for a
        pick among all whose history is possible. A target without events is looked for in the
        class as if nothing more was known.
    """
    type_name, date_name = columns
    rows = np.flatnonzero(
        (classes.membership_of_row >= 0)
        & ~(is_null(original[type_name]) & is_null(original[date_name]))
    )
    member = classes.membership_of_row[rows]
    kind, original_kind = _same_codes(released, original, type_name, rows)
    start, end = (part[rows] for part in period_bounds(released[date_name], column=date_name))
    true_first, true_last = (
        part[rows] for part in period_bounds(original[date_name], column=date_name)
    )
    n_kinds = int(max(kind.max(initial=0), original_kind.max(initial=0))) + 1
    bin_ = classes.class_of_member[member] * n_kinds + kind
    order = np.argsort(bin_, kind="stable")
    days = [_days(part) for part in (start, end, true_first, true_last)]
    reach = _reach(*days)

    known, of_target = _draw_known(member, targets, known_events, rng)
    wanted = classes.class_of_member[member[known]] * n_kinds + original_kind[known]
    first = np.searchsorted(bin_[order], wanted)
    size = np.searchsorted(bin_[order], wanted, side="right") - first
    n_events = np.bincount(member, minlength=len(classes.member))

    # Without events there is nothing but the class.
    in_class = 1.0 / classes.sizes[classes.class_of_member[targets]]
    best, even = in_class.copy(), in_class.copy()
    edges = np.flatnonzero(np.diff(of_target, prepend=-1, append=len(targets)))
    at = 0
    while at < len(edges) - 1:
        # As many whole targets as fit into one step.
        work = np.cumsum(size[edges[at] :])
        upto = int(np.searchsorted(work, _STEP, side="right")) + edges[at]
        stop = max(int(np.searchsorted(edges, upto, side="right")) - 1, at + 1)
        chosen = np.arange(edges[at], edges[stop])
        at = stop
        pair = np.repeat(np.arange(len(chosen)), size[chosen])
        offset = np.arange(len(pair)) - np.repeat(
            np.cumsum(size[chosen]) - size[chosen], size[chosen]
        )
        other = order[first[chosen][pair] + offset]
        event = known[chosen][pair]
        fit = (
            _overlap(days[0][other], days[1][other], days[2][event], days[3][event], reach)
            / n_events[member[other]]
        )
        _score(of_target[chosen], pair, member[other], fit, member, targets, best, even)
    return {"events": best, "events, even": even}


def _score(
    of_target: np.ndarray,
    pair: np.ndarray,
    candidate: np.ndarray,
    fit: np.ndarray,
    member: np.ndarray,
    targets: np.ndarray,
    best: np.ndarray,
    even: np.ndarray,
) -> None:
    """Turn fits of known with released events into chances of naming the target."""
    possible = fit > 0
    pair, candidate, fit = pair[possible], candidate[possible], fit[possible]
    group, at = group_rows([pair, candidate])  # one entry per known event and candidate
    likely = np.log(np.bincount(group, weights=fit, minlength=len(at)))
    target, candidate = of_target[pair[at]], candidate[at]
    group, at = group_rows([target, candidate])
    fits_all = np.bincount(group, minlength=len(at)) == np.bincount(of_target)[target[at]]
    likely = np.bincount(group, weights=likely, minlength=len(at))[fits_all]
    target, candidate = target[at][fits_all], candidate[at][fits_all]
    most = np.full(len(targets), -np.inf)
    np.maximum.at(most, target, likely)
    is_best = likely >= most[target] - _SAME
    is_right = candidate == targets[target]
    tried = np.unique(of_target)
    n_best = np.bincount(target, weights=is_best, minlength=len(targets))
    n_fit = np.bincount(target, minlength=len(targets))
    best[tried] = even[tried] = 0.0
    best[target[is_right]] = is_best[is_right] / n_best[target[is_right]]
    even[target[is_right]] = 1.0 / n_fit[target[is_right]]


def _draw_known(
    member: np.ndarray, targets: np.ndarray, known_events: int, rng: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """Draw some events of each target: their places among the events, and whose they are."""
    target_of_member = np.full(max(int(member.max(initial=0)), int(targets.max())) + 1, -1)
    target_of_member[targets] = np.arange(len(targets))
    events = np.flatnonzero(target_of_member[member] >= 0)
    events = events[rng.permutation(len(events))]
    owner = target_of_member[member[events]]
    order = np.argsort(owner, kind="stable")
    events, owner = events[order], owner[order]
    rank = np.arange(len(owner)) - np.searchsorted(owner, owner)
    return events[rank < known_events], owner[rank < known_events]


def _same_codes(
    released: Table, original: Table, name: Hashable, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Number released and true event types alike: what noise changed fits nobody's."""
    left, right = factorize(released[name]), factorize(original[name])
    number: dict[str, int] = {}
    codes = []
    for column, values in (left, right):
        texts = [
            "" if null else f"={value}"
            for null, value in zip(is_null(values), values.tolist(), strict=True)
        ]
        codes.append(np.array([number.setdefault(text, len(number)) for text in texts])[column])
    return codes[0][rows], codes[1][rows]


def _days(dates: np.ndarray) -> np.ndarray:
    days = dates.astype("datetime64[D]").astype(np.int64).astype(float)
    return np.where(np.isnat(dates), np.nan, days)


def _reach(start: np.ndarray, end: np.ndarray, first: np.ndarray, last: np.ndarray) -> float:
    """Give how many days the farthest event was moved."""
    moved = np.maximum(start - last, first - end)
    moved = moved[np.isfinite(moved)]
    return float(max(moved.max(initial=0.0), 0.0))


def _overlap(
    start: np.ndarray, end: np.ndarray, first: np.ndarray, last: np.ndarray, reach: float
) -> np.ndarray:
    """Count the days that both the released period and the reach of the true date have."""
    days = np.minimum(end, last + reach) - np.maximum(start, first - reach) + 1.0
    # A date that is not known fits one that is not, as a value of its own.
    both_null = np.isnan(start) & np.isnan(first)
    return np.where(both_null, 1.0, np.maximum(np.nan_to_num(days, nan=0.0), 0.0))
