import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk.population import _count_tree
from personatwin_sk.population._count_tree import CountTree
from personatwin_sk.population._dimension import Query


def query_of(weights):
    """Make a query of a dense (n_queries, n_cells) matrix."""
    rows, columns = np.nonzero(weights)
    nothing = np.zeros(len(weights), dtype=bool)
    starts = np.concatenate([[0], np.cumsum((weights > 0).sum(axis=1))])
    return Query(starts, columns, weights[rows, columns], nothing, nothing, nothing)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.sampled_from([3, 2_000_000]))
def test_sums_against_a_dense_table(seed, n_columns, chunk):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 5, size=n_columns)
    n_rows, n_queries = int(rng.integers(1, 30)), int(rng.integers(1, 20))
    codes = [rng.integers(0, size, n_rows) for size in sizes]
    people = rng.integers(0, 9, n_rows).astype(float)
    dense = np.zeros(sizes)
    np.add.at(dense, tuple(codes), people)
    weights = [rng.choice([0, 0, 0.5, 1], size=(3, size)) for size in sizes]
    asked = [rng.integers(0, 3, n_queries) for _ in sizes]
    expected = []
    for number in range(n_queries):
        table = dense
        for weight, ask in zip(weights, asked, strict=True):
            table = np.tensordot(weight[ask[number]], table, axes=1)
        expected.append(float(table))
    tree = CountTree(codes, sizes.tolist(), people)
    before, _count_tree._CHUNK = _count_tree._CHUNK, chunk
    try:
        found = tree.add_up([query_of(weight) for weight in weights], asked)
    finally:
        _count_tree._CHUNK = before
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_columns_whose_cells_multiply_beyond_any_integer():
    rng = np.random.default_rng(0)
    codes = [rng.integers(0, 1000, 50) for _ in range(12)]
    tree = CountTree(codes, [1000] * 12, np.ones(50))
    one_each = query_of(np.eye(1000))
    assert tree.add_up([one_each] * 12, codes).tolist() == [1.0] * 50
    codes[5] = (codes[5] + 1) % 1000
    assert tree.add_up([one_each] * 12, codes).tolist() == [0.0] * 50


def test_no_columns_give_the_total():
    assert CountTree([], [], np.array([2.0, 3.0])).add_up([], []).tolist() == [5.0]
