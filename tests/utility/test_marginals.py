"""The k-marginal score, against pandas by hand, literal figures and a published one."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk import PersonaMerger
from personatwin_sk.exceptions import InputError
from personatwin_sk.utility import k_marginal
from personatwin_sk.utility._marginals import marginal_scores

NIST_FEATURES = [
    "AGEP", "SEX", "MSP", "RAC1P", "HOUSING_TYPE",
    "OWN_RENT", "EDU", "PINCP_DECILE", "DVET", "DEYE",
]  # fmt: skip


def by_hand(before, after, columns, k):
    """The metric as NIST's own tool words it: densities by groupby, of tables of plain values."""
    totals = []
    for chosen in combinations(columns, k):
        then, now = (t.groupby(list(chosen), dropna=False).size() / len(t) for t in (before, after))
        totals.append(then.sub(now, fill_value=0).abs().sum())
    return (2 - np.mean(totals)) * 500


@pytest.mark.parametrize("k", [1, 2, 3])
def test_plain_values_as_pandas_counts_them(k):
    rng = np.random.default_rng(k)

    def draw(n, chance):
        return pd.DataFrame(
            {
                "a": rng.choice(["x", "y", "z"], n, p=[chance, 0.9 - chance, 0.1]),
                "b": rng.integers(0, 6, n),
                "c": rng.choice(["u", "v"], n),
                "d": rng.integers(0, 3, n),
            }
        )

    before, after = draw(300, 0.3), draw(200, 0.6)
    columns = list(before)
    found = k_marginal(before, after, columns, k)
    assert found == pytest.approx(by_hand(before, after, columns, k))


def test_the_same_table_has_all_points_and_a_strange_one_none():
    table = pd.DataFrame({"a": [1, 2, None], "b": ["x", None, "y"]})
    assert k_marginal(table, table, ["a", "b"]) == 1000.0
    assert k_marginal(table, table.assign(a=[7, 8, 9]), ["a", "b"]) == pytest.approx(0.0, abs=1e-9)


def test_order_of_rows_has_no_say_and_copies_none():
    table = pd.DataFrame({"a": list("xxyz"), "b": [1, 2, 2, 3]})
    assert k_marginal(table, pd.concat([table[::-1]] * 3), ["a", "b"]) == 1000.0


def test_null_is_a_value():
    before = pd.DataFrame({"a": ["x", None, None, "y"]})
    # Half of all rows are null; now 1/4 is: |1/4 - 1/2| + |1/2 - 1/4|.
    after = pd.DataFrame({"a": ["x", "x", None, "y"]})
    assert k_marginal(before, after, "a", k=1) == pytest.approx((2 - 0.5) * 500)


def test_labels_count_in_part():
    before = pd.DataFrame({"age": [30, 31, 32, 60], "sex": list("FMFM")})
    after = pd.DataFrame({"age": ["30-32"] * 3 + ["60"], "sex": list("FMFM")})
    assert k_marginal(before, after, ["age"], k=1) == pytest.approx(1000.0)
    # Pairs: 2/3 of a row F and 1/3 M at each of three ages, instead of F, M, F; M at 60.
    off = (1 / 3 + 1 / 3 + 2 / 3 + 2 / 3 + 1 / 3 + 1 / 3) / 4
    assert k_marginal(before, after, ["age", "sex"]) == pytest.approx((2 - off) * 500)


def test_classes_of_numbers_forgive_small_moves():
    rng = np.random.default_rng(0)
    before = pd.DataFrame({"x": rng.normal(size=2000), "y": rng.normal(size=2000)})
    near = before + 1e-6
    assert k_marginal(before, near, ["x", "y"], bins=10) > 995
    assert k_marginal(before, near, ["x", "y"], bins=2000) == pytest.approx(0.0, abs=1e-9)
    assert k_marginal(before, before + 100, ["x", "y"], bins=10) < 100


def test_values_swapped_among_people_are_not_noticed():
    # What the docstring warns of: a high score is no protection.
    table = pd.DataFrame({"a": list("xxyy") * 25, "b": range(100)})
    swapped = table.sample(frac=1, random_state=0).reset_index(drop=True)
    assert k_marginal(table, swapped, ["a", "b"], bins=200) == 1000.0


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3)), min_size=1, max_size=20),
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4)), min_size=1, max_size=20),
)
def test_between_0_and_1000_and_as_by_hand(before, after):
    then, now = (pd.DataFrame(rows, columns=["p", "q"]) for rows in (before, after))
    found = k_marginal(then, now, ["p", "q"])
    assert 0 <= found <= 1000
    known = now["p"].isin(then["p"]) & now["q"].isin(then["q"])
    if known.all():
        assert found == pytest.approx(by_hand(then, now, ["p", "q"], 2))


@pytest.mark.parametrize(("columns", "k"), [(["a"], 2), (["a", "b"], 0), ([], 1)])
def test_sets_that_cannot_be(columns, k):
    table = pd.DataFrame({"a": [1], "b": [2]})
    with pytest.raises(InputError, match="k must be from 1 to the number of columns"):
        k_marginal(table, table, columns, k)


def test_no_classes():
    table = pd.DataFrame({"a": [1], "b": [2]})
    with pytest.raises(InputError, match="bins must be at least 1"):
        k_marginal(table, table, ["a", "b"], bins=0)


def test_nist_excerpt_merged_at_6(shared_data):
    table = pd.read_csv(shared_data / "nist" / "ma2019.csv", dtype=str)[NIST_FEATURES]
    # Codes of categories are text; age and decile are numbers; "N" is "not in universe".
    table = table.assign(
        AGEP=table["AGEP"].astype(int),
        EDU=table["EDU"].replace("N", "0").astype(int),
        PINCP_DECILE=table["PINCP_DECILE"].replace("N", "-1").astype(int),
    )
    released = PersonaMerger(k=6).fit_transform(table)
    # sdcMicro, k = 6, on the same excerpt: 920, published, and without the rows it suppressed.
    assert k_marginal(table, released, NIST_FEATURES) > 965
    assert k_marginal(table, released, NIST_FEATURES, bins=200) == pytest.approx(
        by_hand(table, released, NIST_FEATURES, 2)
    )


def test_each_set_of_columns_has_a_score_of_its_own():
    before = pd.DataFrame({"a": list("xxyy"), "b": list("uuvv"), "c": list("pppp")})
    after = before.assign(b=["u", "v", "v", "u"], c=["p", "q", "q", "q"])
    # Pairs (a, b): 1/2, 1/2 against 1/4 each; c: 1 against 1/4, and so with any of the others.
    assert marginal_scores(before, after, ["a", "b", "c"]) == {
        ("a", "b"): 0.5,
        ("a", "c"): 0.25,
        ("b", "c"): 0.25,
    }
    assert marginal_scores(before, after, ["a", "b", "c"], k=1) == {
        ("a",): 1.0,
        ("b",): 1.0,
        ("c",): 0.25,
    }
    assert k_marginal(before, after, ["a", "b", "c"]) == pytest.approx(1000 / 3)
