"""What released values stand for, against literal shares."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk import PersonaMerger
from personatwin_sk._core.frames import Table
from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk.utility._reading import NominalReader, OrderedReader, reader_of


def reader(values, **kwargs):
    return reader_of(Table.of(pd.DataFrame({"x": values})), "x", **kwargs)


def shares(made, values):
    """Read values as {category: share}, zeros left out."""
    rows = made.members(pd.Series(values, dtype=object)).toarray()
    np.testing.assert_allclose(rows.sum(axis=1), 1.0)
    return [
        {name: share for name, share in zip(made.names, row.tolist(), strict=True) if share}
        for row in rows
    ]


# --- unordered values ----------------------------------------------------------------------------


def test_a_set_is_each_of_its_members_in_equal_parts():
    made = reader(["Asian", "White", "Black", None])
    assert isinstance(made, NominalReader) and not made.is_ordered
    assert shares(made, ["Asian|White", "Black", None, "Asian|"]) == [
        {"Asian": 0.5, "White": 0.5},
        {"Black": 1.0},
        {"(null)": 1.0},
        {"Asian": 0.5, "(null)": 0.5},
    ]


def test_unknown_values_are_other_but_never_lost():
    made = reader(["F", "M"])
    assert shares(made, ["X", "F|X"]) == [{"(other)": 1.0}, {"F": 0.5, "(other)": 0.5}]


def test_an_original_value_with_a_bar_is_itself():
    made = reader(["a|b", "a", "c"])
    assert shares(made, ["a|b", "a|c"]) == [{"a|b": 1.0}, {"a": 0.5, "c": 0.5}]


def test_rare_categories_are_one():
    made = reader(list("aaabbcd"), max_categories=2)
    assert made.names == ("a", "b", "(null)", "(other)")
    assert shares(made, ["c", "c|d", "a|c"]) == [
        {"(other)": 1.0},
        {"(other)": 1.0},
        {"a": 0.5, "(other)": 0.5},
    ]


def test_truth_values_are_categories():
    made = reader([True, False])
    assert shares(made, [True, "False|True"]) == [{"True": 1.0}, {"False": 0.5, "True": 0.5}]


def test_a_place_is_the_original_places_within_it():
    made = reader(["Hamilton County, OH", "Franklin County, OH", "Wayne County, MI", "Texas"])
    both = {"Franklin County, OH": 0.5, "Hamilton County, OH": 0.5}
    assert shares(made, ["Ohio", "Wayne County, MI", "South"]) == [
        both,
        {"Wayne County, MI": 1.0},
        {"Texas": 1.0},
    ]
    assert shares(made, ["Alaska"]) == [{"(other)": 1.0}]


def test_labels_of_a_hierarchy_of_ones_own():
    towns = pd.DataFrame({"town": ["Lyon", "Bron", "Nice"], "area": ["Rhone", "Rhone", "Var"]})
    made = reader(["Lyon", "Bron", "Nice"], hierarchy=Hierarchy.from_frame(towns))
    assert shares(made, ["Rhone", "Var", "*", "nowhere"]) == [
        {"Bron": 0.5, "Lyon": 0.5},
        {"Nice": 1.0},
        {name: pytest.approx(1 / 3) for name in ("Bron", "Lyon", "Nice")},
        {"(other)": 1.0},
    ]


def test_a_column_of_nulls():
    made = reader([None, None])
    assert made.names == ("(null)", "(other)")
    assert shares(made, [None, "a"]) == [{"(null)": 1.0}, {"(other)": 1.0}]


def test_no_values_at_all():
    made = reader(["a"])
    assert made.members(pd.Series([], dtype=object)).shape == (0, 3)


# --- ordered values ------------------------------------------------------------------------------


def test_an_interval_is_the_original_values_within_it():
    made = reader([20, 30, 31, 50])
    assert isinstance(made, OrderedReader) and made.is_ordered
    assert shares(made, ["30-40", "20", 50, None, "25", "31+"]) == [
        {"30": 0.5, "31": 0.5},
        {"20": 1.0},
        {"50": 1.0},
        {"(null)": 1.0},
        {"(other)": 1.0},
        {"31": 0.5, "50": 0.5},
    ]


def test_null_within_an_interval_is_one_value_more():
    assert shares(reader([30, 31, 50]), ["30-31|"]) == [
        {"30": pytest.approx(1 / 3), "31": pytest.approx(1 / 3), "(null)": pytest.approx(1 / 3)}
    ]


def test_labels_of_the_original_stand_for_themselves():
    made = reader(["30-39", "33-35", "40-49"])
    assert shares(made, ["33-35"])[0] == shares(made, ["30-39"])[0] or (
        shares(made, ["30-39"]) != shares(made, ["40-49"])
    )
    assert shares(made, ["40-49"]) == [{"44.5": 1.0}]
    assert shares(made, ["30-49"]) == [
        {"34": pytest.approx(1 / 3), "34.5": pytest.approx(1 / 3), "44.5": pytest.approx(1 / 3)}
    ]


def test_many_values_are_counted_in_classes_of_as_many_rows():
    made = reader(list(range(100)), bins=4)
    assert made.names == ("0 to 24", "25 to 49", "50 to 74", "75 to 99", "(null)", "(other)")
    assert shares(made, [0, 24.5, 99, 1000, -3, "20-29"]) == [
        {"0 to 24": 1.0},
        {"0 to 24": 1.0},
        {"75 to 99": 1.0},
        {"75 to 99": 1.0},
        {"0 to 24": 1.0},
        {"0 to 24": 0.5, "25 to 49": 0.5},
    ]


def test_a_heavy_value_has_a_class_of_its_own():
    made = reader([0] * 90 + list(range(1, 11)), bins=5)
    # The middle of the zeros is at .45 of all rows (class 2 of 0..4), of the others above .9 (4).
    assert made.names[:2] == ("0", "1 to 10")
    assert shares(made, [-7, 0.5, 11]) == [{"0": 1.0}, {"0": 1.0}, {"1 to 10": 1.0}]


def test_middles():
    made = reader([20, 30, 60])
    values = pd.Series(["30-39", "40", "55+", "<=30", None, "20|60"], dtype=object)
    np.testing.assert_array_equal(made.middles(values), [34.5, 40.0, 57.5, 25.0, np.nan, 40.0])


def test_dates_and_periods():
    made = reader(["2023-01-05", "2023-01-20", "2023-02-01"])
    assert shares(made, ["2023-01", "2023-02-01", "2023-03"]) == [
        {"2023-01-05": 0.5, "2023-01-20": 0.5},
        {"2023-02-01": 1.0},
        {"(other)": 1.0},
    ]
    day = (pd.Timestamp("2023-01-16") - pd.Timestamp("1970-01-01")).days
    assert made.middles(pd.Series(["2023-01"])).tolist() == [day]


def test_datetimes_may_be_released_as_text():
    made = reader(pd.to_datetime(["2023-01-05", "2023-02-01"]))
    assert shares(made, ["2023-01"]) == [{"2023-01-05": 1.0}]


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_all_that_a_merger_releases_can_be_read(kind):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "age": rng.integers(18, 90, 200).astype(float),
            "sex": rng.choice(["F", "M", "X"], 200),
            "seen": pd.to_datetime("2023-01-01") + pd.to_timedelta(rng.integers(0, 99, 200), "D"),
        }
    )
    table.loc[::9, "age"] = None
    table.loc[::7, "sex"] = None
    native = table
    if kind == "polars":
        native = pytest.importorskip("polars").from_pandas(table)
    released = Table.of(PersonaMerger(k=7, representation="interval").fit_transform(native))
    for name in table:
        made = reader_of(Table.of(native), name, bins=500)
        read = made.members(released[name]).toarray()
        np.testing.assert_allclose(read.sum(axis=1), 1.0)
        assert read[:, -1].max() == 0.0  # nothing is unknown
        true = made.members(Table.of(native)[name]).toarray()
        # Every true value is among those that its label may stand for.
        assert (read[true > 0] > 0).all()


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=40),
    st.lists(st.tuples(st.integers(-5, 35), st.integers(0, 12)), min_size=1, max_size=10),
    st.integers(1, 10),
)
def test_classes_are_counted_like_a_loop_would(original, spans, bins):
    made = reader(original, bins=bins)
    distinct = sorted(set(original))
    classes = [made.members(pd.Series([value])).toarray()[0].argmax() for value in distinct]
    assert classes == sorted(classes)
    for low, width in spans:
        label = f"{low}-{low + width}" if width else low
        inside = [c for c, v in zip(classes, distinct, strict=True) if low <= v <= low + width]
        if not inside and len(distinct) > bins:
            below = [c for c, v in zip(classes, distinct, strict=True) if v <= low + width / 2]
            inside = [below[-1] if below else classes[0]]
        expected = np.zeros(len(made.names))
        if inside:
            np.add.at(expected, inside, 1 / len(inside))
        else:
            expected[-1] = 1.0
        found = made.members(pd.Series([label], dtype=object)).toarray()[0]
        np.testing.assert_allclose(found, expected, atol=1e-12)
