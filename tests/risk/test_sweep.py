"""Which parts are covered once, against going through all positions."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk.risk._sweep import sweep

COVERS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 12), st.integers(0, 6)), min_size=0, max_size=14
)


def columns_of(covers):
    table = np.array(covers, dtype=np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 1] + table[:, 2], np.arange(len(table)) + 5


@given(covers=COVERS, asked=COVERS)
def test_against_all_positions(covers, asked):
    row, low, high, owner = columns_of(covers)
    owners = defaultdict(list)
    for one in range(len(row)):
        for position in range(low[one], high[one] + 1):
            owners[row[one], position].append(owner[one])
    found = sweep(row, low, high, owner)
    seen = {
        (r, position): who
        for r, a, b, who in zip(found.row, found.low, found.high, found.owner, strict=True)
        for position in range(a, b + 1)
    }
    assert seen == {at: who[0] if len(who) == 1 else -1 for at, who in owners.items()}
    assert sum(found.high - found.low + 1) == len(seen)

    row, low, high, _ = columns_of(asked)
    expected = [
        sum(len(owners[r, position]) == 1 for position in range(a, b + 1))
        for r, a, b in zip(row, low, high, strict=True)
    ]
    assert found.alone(row, low, high).tolist() == expected


def test_nothing_at_all():
    nothing = np.zeros(0, dtype=np.int64)
    found = sweep(nothing, nothing, nothing, nothing)
    assert len(found.row) == 0
    assert found.alone(np.array([0]), np.array([0]), np.array([5])).tolist() == [0]
    assert repr(found) == "Segments(n_segments=0)"
