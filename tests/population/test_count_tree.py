import numpy as np
import pytest
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
    errors = np.zeros(sizes)
    variances = rng.integers(0, 9, n_rows).astype(float)
    np.add.at(errors, tuple(codes), variances)

    def expect(dense, read):
        sums = []
        for number in range(n_queries):
            table = dense
            for weight, ask in zip(weights, asked, strict=True):
                table = np.tensordot(read(weight[ask[number]]), table, axes=1)
            sums.append(float(table))
        return sums

    tree = CountTree(codes, sizes.tolist(), people, variances)
    before, _count_tree._CHUNK = _count_tree._CHUNK, chunk
    try:
        found = tree.add_up([query_of(weight) for weight in weights], asked)
    finally:
        _count_tree._CHUNK = before
    whole, touched = (lambda w: (w >= 1).astype(float)), (lambda w: (w > 0).astype(float))
    np.testing.assert_allclose(found.people, expect(dense, lambda w: w), atol=1e-9)
    np.testing.assert_allclose(found.least, expect(dense, whole), atol=1e-9)
    np.testing.assert_allclose(found.most, expect(dense, touched), atol=1e-9)
    np.testing.assert_allclose(found.least_variance, expect(errors, whole), atol=1e-9)
    np.testing.assert_allclose(found.most_variance, expect(errors, touched), atol=1e-9)


def test_columns_whose_cells_multiply_beyond_any_integer():
    rng = np.random.default_rng(0)
    codes = [rng.integers(0, 1000, 50) for _ in range(12)]
    tree = CountTree(codes, [1000] * 12, np.ones(50))
    one_each = query_of(np.eye(1000))
    assert tree.add_up([one_each] * 12, codes).people.tolist() == [1.0] * 50
    codes[5] = (codes[5] + 1) % 1000
    assert tree.add_up([one_each] * 12, codes).people.tolist() == [0.0] * 50


def test_no_columns_give_the_total():
    assert CountTree([], [], np.array([2.0, 3.0])).add_up([], []).people.tolist() == [5.0]


@pytest.mark.parametrize("weight", [1.0, 0.25])
def test_without_errors_there_are_none(weight):
    tree = CountTree([np.array([0, 0])], [1], np.array([3.0, 5.0]))
    found = tree.add_up([query_of(np.array([[weight]]))], [np.zeros(2, dtype=np.int64)])
    assert found.least_variance.tolist() == found.most_variance.tolist() == [0.0, 0.0]
    assert found.people.tolist() == [8 * weight] * 2
    assert found.least.tolist() == [8.0 if weight == 1 else 0.0] * 2
    assert found.most.tolist() == [8.0, 8.0]
