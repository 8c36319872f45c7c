"""Special uniques, against trying every set of columns for every row."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk.exceptions import ColumnNotFoundError, InputError
from personatwin_sk.risk._suda import suda_scores

TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.tuples(*[st.sampled_from(["a", "b", "c", None])] * width), min_size=1, max_size=14
    )
)


def by_hand(rows, max_size):
    """Minimal sample uniques of each row, straight from the definition."""
    width = len(rows[0])

    def is_unique(row, chosen):
        return sum(all(other[j] == row[j] for j in chosen) for other in rows) == 1

    found = []
    for row in rows:
        minimal = []
        for size in range(1, min(max_size, width) + 1):
            for chosen in itertools.combinations(range(width), size):
                parts = itertools.chain.from_iterable(
                    itertools.combinations(chosen, fewer) for fewer in range(1, size)
                )
                if is_unique(row, chosen) and not any(is_unique(row, part) for part in parts):
                    minimal.append(chosen)
        found.append(minimal)
    return found


@given(TABLES, st.integers(1, 5))
@settings(deadline=None)
def test_scores_are_those_of_the_definition(rows, max_size):
    width = len(rows[0])
    names = [f"c{j}" for j in range(width)]
    frame = pd.DataFrame(rows, columns=names, dtype=object)
    found = suda_scores(frame, names, max_size=max_size, sampling_fraction=0.1)
    minimal = by_hand(rows, max_size)
    scores = [sum(math.factorial(width - len(chosen)) for chosen in some) for some in minimal]
    assert found.scores.tolist() == scores
    for row, some in enumerate(minimal):
        sizes = [len(chosen) for chosen in some]
        assert found.n_minimal[row].tolist() == [sizes.count(s + 1) for s in range(max_size)]
    for j, name in enumerate(names):
        part = sum(
            math.factorial(width - len(chosen))
            for some in minimal
            for chosen in some
            if j in chosen
        )
        assert found.contributions[name] == pytest.approx(part / sum(scores) if any(scores) else 0)
    times = [rows.count(row) for row in set(rows)]
    uniques, pairs = times.count(1), times.count(2)
    assert (found.n_uniques, found.n_pairs) == (uniques, pairs)
    expected = uniques * 0.1 / (uniques * 0.1 + 2 * pairs * 0.9) if uniques else 0
    assert found.dis == pytest.approx(expected)


def test_chances_of_rows_have_the_mean_of_the_file_and_odds_as_their_scores():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.integers(0, 4, (60, 4)), columns=list("abcd"))
    found = suda_scores(frame, list("abcd"), sampling_fraction=0.2)
    scored = found.scores > 0
    assert found.dis_scores[~scored].tolist() == [0.0] * int((~scored).sum())
    assert found.dis_scores[scored].mean() == pytest.approx(found.dis)
    odds = found.dis_scores[scored] / (1 - found.dis_scores[scored])
    ratio = odds / found.scores[scored]
    assert ratio == pytest.approx(np.full(len(ratio), ratio[0]))


def test_the_chance_of_a_right_match_is_that_of_a_simulation():
    """DIS estimates the share of right matches among matches with uniques of the sample."""
    rng = np.random.default_rng(3)
    population = pd.DataFrame(
        {name: rng.zipf(1.6, 40_000).clip(max=60) for name in ("a", "b", "c")}
    )
    in_population = population.groupby(list("abc"))["a"].transform("size")
    fraction, right, matches, estimates = 0.1, 0, 0.0, []
    for seed in range(5):
        chosen = np.random.default_rng(seed).random(len(population)) < fraction
        sample = population[chosen]
        unique = sample.groupby(list("abc"))["a"].transform("size") == 1
        right += int(unique.sum())  # of all who match a unique, one is the right one
        matches += float(in_population[chosen][unique].sum())
        found = suda_scores(sample, list("abc"), max_size=1, sampling_fraction=fraction)
        estimates.append(found.dis)
    assert np.mean(estimates) == pytest.approx(right / matches, rel=0.1)


def test_a_whole_population_is_certain_of_its_uniques():
    frame = pd.DataFrame({"a": [1, 2, 2]})
    found = suda_scores(frame, "a", sampling_fraction=1.0)
    assert found.dis == 1.0
    assert found.dis_scores.tolist() == [1.0, 0.0, 0.0]


def test_without_uniques_there_is_nothing():
    found = suda_scores(pd.DataFrame({"a": [1, 1]}), "a", sampling_fraction=0.5)
    assert (found.dis, found.scores.tolist(), found.contributions) == (0.0, [0.0, 0.0], {"a": 0.0})
    empty = suda_scores(pd.DataFrame({"a": []}), "a", sampling_fraction=0.5)
    assert len(empty.scores) == 0


def test_the_repr_has_no_figure_of_a_row():
    found = suda_scores(pd.DataFrame({"a": ["canary", "x", "x"]}), "a", sampling_fraction=0.5)
    assert repr(found) == "SudaScores(dis=0.3333, n_uniques=1, n_pairs=1)"


@pytest.mark.parametrize(
    ("columns", "options", "error", "words"),
    [
        ([], {}, InputError, "no column"),
        (["b"], {}, ColumnNotFoundError, "'b'"),
        ("a", {"max_size": 0}, InputError, "max_size"),
        ("a", {"max_size": 1.5}, InputError, "max_size"),
        ("a", {"max_size": True}, InputError, "max_size"),
        ("a", {"sampling_fraction": 0}, InputError, "sampling_fraction"),
        ("a", {"sampling_fraction": 1.1}, InputError, "sampling_fraction"),
        ("a", {"sampling_fraction": float("nan")}, InputError, "sampling_fraction"),
    ],
)
def test_what_is_refused(columns, options, error, words):
    frame = pd.DataFrame({"a": [1, 2]})
    with pytest.raises(error, match=words):
        suda_scores(frame, columns, **{"sampling_fraction": 0.1, **options})
