"""Which settings are tried: grids, distributions, samples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import randint
from searching import X, along_a, search_of
from sklearn.model_selection import ParameterGrid, ParameterSampler

from personatwin_sk.model_selection._settings import list_settings


def test_without_n_iter_all_of_the_grid():
    grid = [{"a": [1, 2], "b": [3]}, {"b": [4]}]
    assert list_settings(grid, None, None) == list(ParameterGrid(grid))


def test_n_iter_draws_as_randomized_search_does():
    space = {"a": randint(0, 50), "b": ["x", "y"]}
    assert list_settings(space, 7, 3) == list(ParameterSampler(space, 7, random_state=3))


def test_n_iter_of_a_finite_grid_draws_without_repeats():
    drawn = list_settings({"a": range(20)}, 12, 0)
    assert len({setting["a"] for setting in drawn}) == 12


@pytest.mark.filterwarnings("error")
def test_n_iter_beyond_the_grid_is_all_of_it_in_its_order():
    assert list_settings({"a": [3, 1, 2]}, 10, 0) == [{"a": 3}, {"a": 1}, {"a": 2}]


def test_distribution_without_n_iter_says_so():
    search = search_of(along_a(0.01), along_a(0.5)).set_params(param_grid={"a": randint(0, 5)})
    with pytest.raises(ValueError, match="distribution for a: set n_iter"):
        search.fit(X)


def test_search_over_a_distribution_is_that_over_what_was_drawn():
    n = 40
    risks, utilities = along_a(*np.linspace(0.2, 0.001, n)), along_a(*np.linspace(1, 0, n))
    space = {"a": randint(0, n)}
    search = search_of(risks, utilities, grid=space, n_iter=15, random_state=1, strategy="pruned")
    search.fit(X)
    drawn = [setting["a"] for setting in ParameterSampler(space, 15, random_state=1)]
    assert [params["a"] for params in search.cv_results_["params"]] == drawn
    safe = [a for a in drawn if risks[a, 0] <= 0.05]
    assert search.best_params_ == {"a": min(safe)}


@pytest.mark.parametrize("changed", [{"n_iter": 0}, {"n_iter": 2.5}, {"random_state": "x"}])
def test_unusable(changed):
    search = search_of(along_a(0.01), along_a(0.5)).set_params(**changed)
    with pytest.raises(ValueError, match=f"'{next(iter(changed))}' parameter"):
        search.fit(X)
