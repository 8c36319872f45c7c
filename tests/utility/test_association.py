"""Associations, against SciPy, NumPy and analysis of variance by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from personatwin_sk import PersonaMerger
from personatwin_sk.exceptions import InputError
from personatwin_sk.utility import association_preserved


def table(n=400, seed=0):
    rng = np.random.default_rng(seed)
    age = rng.integers(20, 80, n).astype(float)
    return pd.DataFrame(
        {
            "age": age,
            "income": age * 100 + rng.normal(0, 2000, n),
            "work": np.where(age + rng.normal(0, 10, n) > 60, "no", rng.choice(["a", "b"], n)),
            "sex": rng.choice(["F", "M"], n),
        }
    )


def corrected_v(first, second):
    counts = pd.crosstab(first, second).to_numpy()
    n, (r, c) = counts.sum(), counts.shape
    phi = stats.chi2_contingency(counts, correction=False).statistic / n
    phi = max(0.0, phi - (r - 1) * (c - 1) / (n - 1))
    return np.sqrt(phi / (min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1))


def corrected_ratio(number, group):
    parts = [part for _, part in number.groupby(group)]
    within = sum(((part - part.mean()) ** 2).sum() for part in parts) / (len(number) - len(parts))
    return np.sqrt(max(0.0, 1 - within / number.var(ddof=1)))


def test_matrix_of_all_kinds():
    t = table()
    found = association_preserved(t, t, list(t)).original
    assert list(found.columns) == list(t) == list(found.index)
    np.testing.assert_allclose(found.to_numpy(), found.to_numpy().T)
    np.testing.assert_array_equal(np.diag(found), 1.0)
    assert found.loc["age", "income"] == pytest.approx(np.corrcoef(t["age"], t["income"])[0, 1])
    assert found.loc["work", "sex"] == pytest.approx(corrected_v(t["work"], t["sex"]))
    for number in ("age", "income"):
        for group in ("work", "sex"):
            expected = corrected_ratio(t[number], t[group])
            assert found.loc[number, group] == pytest.approx(expected, abs=1e-9)


def test_correlation_over_rows_where_both_are_known():
    t = table()[["age", "income"]]
    t.loc[::3, "age"] = None
    t.loc[::4, "income"] = None
    found = association_preserved(t, t, ["age", "income"]).original
    both = t.dropna()
    assert found.iat[0, 1] == pytest.approx(stats.pearsonr(both["age"], both["income"]).statistic)


def test_large_numbers_lose_no_digits():
    t = table()
    far = t.assign(age=t["age"] + 1e9)
    near, moved = (association_preserved(x, x, ["age", "income"]).original for x in (t, far))
    assert moved.iat[0, 1] == pytest.approx(near.iat[0, 1], rel=1e-6)


def test_perfect_and_absent_association():
    t = pd.DataFrame({"a": list("xyz") * 40, "b": list("uvw") * 40, "c": ["k"] * 120})
    found = association_preserved(t, t, ["a", "b", "c"]).original
    assert found.loc["a", "b"] == pytest.approx(1.0)
    assert found.loc["a", "c"] == 0.0 == found.loc["b", "c"]
    one = t.assign(c=7.0, d=np.arange(120.0))
    constant = association_preserved(one, one, ["a", "c", "d"]).original
    assert constant.loc["c", "d"] == 0.0 == constant.loc["a", "c"]


def test_score_and_largest_change():
    t = table()
    rng = np.random.default_rng(1)
    shuffled = t.assign(income=rng.permutation(t["income"]))
    found = association_preserved(t, shuffled, list(t))
    change = (found.released - found.original).to_numpy()[np.triu_indices(4, 1)]
    assert found.score == pytest.approx(1 - np.abs(change).mean())
    assert found.largest_change[:2] == ("age", "income")
    assert found.largest_change[2] == pytest.approx(
        found.released.loc["age", "income"] - found.original.loc["age", "income"]
    )
    plain = found.to_dict()
    assert plain["columns"] == list(t) and plain["largest_change"]["columns"] == ["age", "income"]
    np.testing.assert_allclose(plain["released"], found.released.to_numpy())


def test_untouched_is_perfect():
    t = table()
    assert association_preserved(t, t.sample(frac=1, random_state=0), list(t)).score == (
        pytest.approx(1.0)
    )


def test_a_turned_sign_counts():
    t = table()
    found = association_preserved(t, t.assign(income=-t["income"]), ["age", "income"])
    assert found.released.iat[0, 1] == pytest.approx(-found.original.iat[0, 1])
    assert found.score == max(0.0, 1 - 2 * found.original.iat[0, 1])


def test_labels_hide_association_in_part():
    t = pd.DataFrame({"a": list("xy") * 100, "b": list("uv") * 100})
    half = t.assign(b=["u|v"] * 100 + list("uv") * 50)
    none = t.assign(b="u|v")
    full, some, no = (
        association_preserved(t, x, ["a", "b"]).released.iat[0, 1] for x in (t, half, none)
    )
    assert full == pytest.approx(1.0) and 0.4 < some < 0.6 and no == 0.0


def test_merging_keeps_more_with_small_classes():
    t = table(600)
    scores = [
        association_preserved(t, PersonaMerger(k=k).fit_transform(t), list(t)).score
        for k in (3, 300)
    ]
    assert scores[0] > 0.95 > scores[1]


def test_one_column_is_not_enough():
    with pytest.raises(InputError, match="at least two columns; got 1"):
        association_preserved(table(), table(), "age")


def test_a_single_row():
    t = pd.DataFrame({"a": ["x"], "b": [1.0], "c": [2.0]})
    assert association_preserved(t, t, ["a", "b", "c"]).score == 1.0
