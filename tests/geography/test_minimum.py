"""Climbing just as far as needed, against brute force and small trees worked out by hand."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk.geography._minimum import labels_at, released_labels


def counter(people, n_labels):
    return lambda labels: np.bincount(labels, weights=people, minlength=n_labels)


def solve(people, parents_of_leaf, minimum, n_labels):
    """Labels of leaves in a tree given as the chain of ancestors of each leaf, itself included."""
    chains = np.array(parents_of_leaf)
    rank = np.zeros(n_labels, dtype=np.int64)
    for column in reversed(range(chains.shape[1])):
        rank[chains[:, column]] = column
    count = counter(np.array(people, dtype=float), n_labels)
    allowed = released_labels(chains, rank, np.ones(n_labels, dtype=bool), count, minimum)
    return labels_at(chains, allowed).tolist()


# Leaves 0-5; states 6 = {0, 1}, 7 = {2, 3}, 8 = {4, 5}; regions 9 = {6, 7}, 10 = {8}; country 11.
TREE = [[0, 6, 9, 11], [1, 6, 9, 11], [2, 7, 9, 11], [3, 7, 9, 11], [4, 8, 10, 11], [5, 8, 10, 11]]


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ([10, 10, 10, 10, 10, 10], [0, 1, 2, 3, 4, 5]),
        # What goes up alone would be all that is left of its state: its sibling goes up too.
        ([9, 50, 10, 10, 10, 10], [6, 6, 2, 3, 4, 5]),
        # Two that are enough together leave their siblings alone.
        ([6, 6, 10, 10, 10, 10], [6, 6, 2, 3, 4, 5]),
        # A state too small goes to its region, which is then short; the labels of its sibling
        # state do not suffice (nobody has them), so its counties go up.
        ([2, 3, 10, 10, 10, 10], [9, 9, 9, 9, 4, 5]),
        # Here the sibling state has a label of its own, which is enough.
        ([2, 3, 7, 3, 10, 10], [9, 9, 9, 9, 4, 5]),
        # A region too small goes to the country, whose rest is then short.
        ([10, 10, 10, 10, 1, 2], [11, 11, 11, 11, 11, 11]),
        ([0, 0, 10, 10, 10, 10], [9, 9, 9, 9, 4, 5]),
        # Nobody is known to be left to the country: that is no reason to give up the others.
        ([10, 10, 10, 10, 0, 0], [0, 1, 2, 3, 11, 11]),
        # Too few for any label but the root's.
        ([1, 1, 1, 1, 1, 1], [11, 11, 11, 11, 11, 11]),
    ],
)
def test_by_hand(people, expected):
    assert solve(people, TREE, 10, 12) == expected


def test_siblings_go_up_before_what_lies_below_them():
    """Three states: the first is too small; the rest of the second is enough to join it."""
    # Leaves 0-4; states 5 = {0}, 6 = {1, 2, 3}, 7 = {4}; country 8.
    tree = [[0, 5, 8], [1, 6, 8], [2, 6, 8], [3, 6, 8], [4, 7, 8]]
    assert solve([4, 6, 6, 50, 30], tree, 10, 9) == [8, 8, 8, 3, 4]


def brute_force(people, chains, labels, minimum, root):
    """What each label covers once finer labels are taken out, counted one by one."""
    left = defaultdict(float)
    for number, chain, label in zip(people, chains, labels, strict=True):
        assert label in chain
        left[label] += number
    return all(n >= minimum or (label == root and not n) for label, n in left.items())


@st.composite
def trees(draw):
    """People of leaves in a random tree of four levels, as chains."""
    n = draw(st.integers(1, 12))
    people = draw(st.lists(st.integers(0, 30), min_size=n, max_size=n))
    states = sorted(draw(st.lists(st.integers(0, 4), min_size=n, max_size=n)))
    region_of = draw(st.lists(st.integers(0, 1), min_size=5, max_size=5))
    chains = [[i, n + s, n + 5 + region_of[s], n + 7] for i, s in enumerate(states)]
    return people, chains, draw(st.integers(1, 60)), n + 8


@given(trees())
def test_every_label_that_is_given_covers_enough(case):
    people, chains, minimum, n_labels = case
    labels = solve(people, chains, minimum, n_labels)
    if sum(people) >= minimum:
        assert brute_force(people, chains, labels, minimum, n_labels - 1)
    else:
        assert len(set(labels)) == 1 or not sum(people)


@given(trees())
def test_no_place_climbs_where_all_could_stay(case):
    people, chains, _, n_labels = case
    smallest = min(people)
    if smallest:
        assert solve(people, chains, smallest, n_labels) == [chain[0] for chain in chains]


@given(trees(), st.randoms(use_true_random=False))
def test_the_order_of_places_has_no_say(case, random):
    people, chains, minimum, n_labels = case
    order = list(range(len(people)))
    random.shuffle(order)
    one = solve(people, chains, minimum, n_labels)
    other = solve([people[i] for i in order], [chains[i] for i in order], minimum, n_labels)
    assert other == [one[i] for i in order]


def test_labels_that_several_places_above_share():
    """A city in two counties goes up to both of them, and both have to be large enough."""
    # Parts of one city (label 0) in the counties 2 and 3; a village (1) in county 3; country 4.
    chains = np.array([[0, 2, 4], [0, 3, 4], [1, 3, 4]])
    rank = np.array([0, 0, 1, 1, 2])
    count = counter(np.array([3.0, 4.0, 20.0]), 5)
    allowed = released_labels(chains, rank, np.ones(5, dtype=bool), count, 10)
    left = count(labels_at(chains, allowed))
    assert all(number == 0 or number >= 10 for number in left.tolist())


def test_what_is_not_allowed_stays_so_and_nothing_is_changed_in_place():
    chains = np.array([[0, 2], [1, 2]])
    allowed = np.array([False, True, True])
    result = released_labels(
        chains, np.array([0, 0, 1]), allowed, counter(np.array([50.0, 60.0]), 3), 10
    )
    assert allowed.tolist() == [False, True, True]
    assert result.tolist() == [False, True, True]
