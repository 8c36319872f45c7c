"""Counting in part, against loops."""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import numpy as np
import pytest
from scipy import sparse

from personatwin_sk.utility._counting import count_together, spread


def random_columns(rng, n_rows, n_columns):
    columns = []
    for _ in range(n_columns):
        n_values, n_categories = rng.integers(1, 5, 2)
        members = rng.random((n_values, n_categories)) * (
            rng.random((n_values, n_categories)) < 0.6
        )
        members[:, 0] += 0.1
        members /= members.sum(axis=1, keepdims=True)
        columns.append((rng.integers(0, n_values, n_rows), sparse.csr_array(members)))
    return columns


def counted_by_hand(columns):
    counts = defaultdict(float)
    for row in range(len(columns[0][0])):
        parts = [members.toarray()[codes[row]] for codes, members in columns]
        for combination in product(*(range(len(part)) for part in parts)):
            share = np.prod([part[c] for part, c in zip(parts, combination, strict=True)])
            if share:
                counts[combination] += share
    return counts


@pytest.mark.parametrize("seed", range(8))
def test_like_a_loop_over_rows_and_combinations(seed):
    rng = np.random.default_rng(seed)
    columns = random_columns(rng, int(rng.integers(1, 30)), int(rng.integers(1, 4)))
    expected = counted_by_hand(columns)
    categories, mass = count_together(columns)
    found = defaultdict(float)
    for *combination, share in zip(*(c.tolist() for c in categories), mass.tolist(), strict=True):
        found[tuple(combination)] += share
    assert found == pytest.approx(expected)
    row, categories, share = spread(columns)
    assert (np.diff(row) >= 0).all()
    np.testing.assert_allclose(np.bincount(row, weights=share), 1.0)
    assert share.sum() == pytest.approx(mass.sum())
