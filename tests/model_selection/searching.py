"""Fakes whose risk and usefulness are known, for the tests of the search."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from personatwin_sk.exceptions import DataWarning
from personatwin_sk.model_selection import RiskAwareSearch

# Fakes write their setting into the released table, and fake measures read it there: a search that
# measured anything but the candidate's own release would be found out.
X = pd.DataFrame({"a": [0, 0, 0], "b": [0, 0, 0], "c": [1.5, 2.5, 3.5]})


class WriteSetting(TransformerMixin, BaseEstimator):
    """Release a table in which columns a and b hold the setting."""

    def __init__(self, a=0, b=0, fail=False, remark=None):
        self.a = a
        self.b = b
        self.fail = fail
        self.remark = remark

    def fit(self, X, y=None):
        if self.fail:
            raise ValueError("this setting cannot be fitted")
        if self.remark:
            warnings.warn(self.remark, DataWarning, stacklevel=2)
        self.n_features_in_ = X.shape[1]
        self.seen_y_ = y
        return self

    def transform(self, X):
        return X.assign(a=self.a, b=self.b)

    def get_feature_names_out(self, input_features=None):
        return np.array(["a", "b", "c"], dtype=object)


def report(upper, *, mean=None, events=0.0, events_mean=None, k=10):
    return SimpleNamespace(
        upper=upper,
        population_average_risk=upper if mean is None else mean,
        k_anonymity=k,
        event_risk=SimpleNamespace(
            mean=events if events_mean is None else events_mean, upper=events
        ),
    )


@dataclass
class Looked:
    """A measure that looks the setting up, as it stands in the released table."""

    table: dict

    def __call__(self, original, released):
        assert (original["a"] == 0).all()
        return self.table[int(released["a"].iloc[0]), int(released["b"].iloc[0])]


def search_of(risks, utilities, *, target=0.05, grid=None, **parameters):
    if grid is None:
        grid = {"a": sorted({a for a, _ in risks}), "b": sorted({b for _, b in risks})}
    reports = {at: r if isinstance(r, SimpleNamespace) else report(r) for at, r in risks.items()}
    return RiskAwareSearch(
        WriteSetting(),
        grid,
        target_risk=target,
        risk=Looked(reports),
        utility=Looked(utilities),
        **parameters,
    )


def along_a(*values):
    return {(a, 0): value for a, value in enumerate(values)}
