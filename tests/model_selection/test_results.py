"""The frontier and the ranks, against quadratic definitions."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk.model_selection._candidates import Candidate
from personatwin_sk.model_selection._results import pareto_optimal, tabulate

figures = st.one_of(st.sampled_from([0.0, 0.1, 0.2, 1.0]), st.just(float("nan")))


def dominates(one, other):
    return one[0] <= other[0] and one[1] >= other[1] and one != other


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(figures, figures), min_size=1, max_size=8))
def test_frontier_is_what_nothing_dominates(points):
    risk, utility = (np.array(side, dtype=float) for side in zip(*points, strict=True))
    measured = [p for p in points if not np.isnan(p).any()]
    expected = [
        not np.isnan(p).any() and not any(dominates(other, p) for other in measured) for p in points
    ]
    assert pareto_optimal(risk, utility).tolist() == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(figures, min_size=1, max_size=8))
def test_rank_counts_the_more_useful(utilities):
    ranks = tabulate([Candidate({"k": i}, utility=u) for i, u in enumerate(utilities)])[
        "rank_utility"
    ]
    for utility, rank in zip(utilities, ranks, strict=True):
        if np.isnan(utility):
            assert np.isnan(rank)
        else:
            assert rank == 1 + sum(other > utility for other in utilities)
