"""PersonaMerger: people merged, counted and represented as the API says."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from personatwin_sk.exceptions import ColumnNotFoundError, DataWarning, InputError
from personatwin_sk.merging import PersonaMerger

KEYS = ["age", "sex", "place"]


@pytest.fixture
def events() -> pd.DataFrame:
    """120 people with one to four rows each, scattered over the table."""
    rng = np.random.default_rng(3)
    people = pd.DataFrame(
        {
            "person": [f"id-{i:03d}" for i in range(120)],
            "age": rng.integers(18, 80, 120),
            "sex": rng.choice(["F", "M"], 120),
            "place": rng.choice(["Hamilton County, OH", "Butler County, OH", "Ohio"], 120),
        }
    )
    rows = people.loc[people.index.repeat(rng.integers(1, 5, 120))].reset_index(drop=True)
    rows["event"] = [f"E{i}" for i in range(len(rows))]
    return rows.sample(frac=1, random_state=1)


def people_per_row(original: pd.DataFrame, released: pd.DataFrame, keys: list[str]) -> pd.Series:
    """Count people by joining the originals to the released rows: plain pandas, nothing of ours."""
    joined = released[keys].astype(str).agg("/".join, axis=1)
    return original.groupby(joined)["person"].nunique()


@pytest.mark.parametrize("representation", ["center", "interval"])
@pytest.mark.parametrize("k", [2, 5, 17, 60, 61, 120])
def test_every_released_row_stands_for_k_people(events, representation, k) -> None:
    merger = PersonaMerger(KEYS, k, person_id="person", representation=representation)
    released = merger.fit_transform(events)
    counts = people_per_row(events, released, KEYS)
    assert counts.min() >= k
    assert counts.sum() == 120
    assert len(counts) == merger.n_personas_
    assert sorted(counts) == sorted(merger.class_sizes_.tolist())
    assert merger.n_suppressed_ == 0


def test_the_table_keeps_its_shape_and_other_columns(events) -> None:
    released = PersonaMerger(KEYS, 5, person_id="person").fit_transform(events)
    assert released.index.equals(events.index)
    assert list(released.columns) == list(events.columns)
    pd.testing.assert_series_equal(released["event"], events["event"])
    assert released["age"].dtype == events["age"].dtype


def test_the_person_column_holds_the_persona(events) -> None:
    merger = PersonaMerger(KEYS, 5, person_id="person")
    released = merger.fit_transform(events)
    assert released["person"].tolist() == merger.apply(events).tolist()
    assert set(released["person"]) == set(range(merger.n_personas_))
    # One person, one persona.
    assert released["person"].groupby(events["person"]).nunique().max() == 1
    # The personas read off the merger are the released rows.
    personas = merger.to_personas()
    rebuilt = personas.loc[released["person"], KEYS].set_axis(released.index)
    pd.testing.assert_frame_equal(rebuilt, released[KEYS], check_dtype=False)
    assert personas["class_size"].tolist() == merger.class_sizes_.tolist()


def test_persona_numbers_do_not_depend_on_ids_or_rows(events) -> None:
    numbers = PersonaMerger(KEYS, 5, person_id="person").fit(events).apply(events)
    renamed = events.assign(person=events["person"].map(lambda text: text[::-1]))
    shuffled = renamed.sample(frac=1, random_state=9)
    again = PersonaMerger(KEYS, 5, person_id="person").fit(shuffled).apply(shuffled)
    expected = pd.Series(numbers, index=events.index)[shuffled.index]
    assert again.tolist() == expected.tolist()


def test_the_order_of_columns_has_no_say(events) -> None:
    turned = events[events.columns[::-1]]
    one = PersonaMerger(KEYS, 7, person_id="person").fit_transform(events)
    other = PersonaMerger(KEYS[::-1], 7, person_id="person").fit_transform(turned)
    pd.testing.assert_frame_equal(one[KEYS], other[KEYS])


def test_center_is_an_observed_lower_median_and_a_most_frequent_value() -> None:
    frame = pd.DataFrame({"age": [1, 2, 3, 10], "sex": ["F", "M", "M", "F"]})
    released = PersonaMerger(k=4).fit_transform(frame)
    assert released["age"].unique().tolist() == [2]  # of 1 2 3 10 the lower median
    assert released["sex"].unique().tolist() == ["F"]  # a tie: the first in sorted order


def test_center_is_null_where_most_are_null() -> None:
    frame = pd.DataFrame({"age": [np.nan, np.nan, 3.0], "sex": ["F", None, None]})
    released = PersonaMerger(k=3).fit_transform(frame)
    assert released.isna().all().all()
    frame = pd.DataFrame({"age": [np.nan, 2.0, 3.0], "sex": ["F", "F", None]})
    released = PersonaMerger(k=3).fit_transform(frame)
    assert released["age"].tolist() == [2.0] * 3
    assert released["sex"].tolist() == ["F"] * 3


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ([34, 34, 34], "34"),
        ([30, 39, 31], "30-39"),
        ([-5, -1, -5], "-5--1"),
        ([1.5, 2.0, 2.25], "1.5-2.25"),
        ([30.0, np.nan, 39.0], "30-39|"),
        ([30.0, np.nan, np.nan], "30|"),
        (["White", "Asian", "White"], "Asian|White"),
        (["White", None, "Asian"], "Asian|White|"),
        (["Asian|Other", "White", "Asian"], "Asian|Other|White"),
        ([r"a\|b", "c", "c"], r"a\|b|c"),
        (["30-39", "40-49", "45"], "30-49"),
        (["30-39|", "40-49", "45"], "30-49|"),
        (["Hamilton County, OH", "Butler County, OH", "Ohio"], "Ohio"),
        (["Hamilton County, OH", "Kings County, NY", "Ohio"], "United States"),
        ([True, False, True], "False|True"),
        (pd.to_datetime(["2020-01-05", "2020-03-01", "2020-02-01"]), "2020-01-05/2020-03-01"),
        ([None, None, None], None),
    ],
)
def test_interval_labels_say_what_the_class_spans(values, label) -> None:
    frame = pd.DataFrame({"key": values})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        released = PersonaMerger(k=3, representation="interval").fit_transform(frame)
    got = released["key"].tolist()
    assert got == [label] * 3 or (label is None and pd.isna(got).all())


@pytest.mark.parametrize("representation", ["center", "interval"])
def test_merging_what_was_merged_changes_nothing(events, representation) -> None:
    merger = PersonaMerger(KEYS, 6, person_id="person", representation=representation)
    once = merger.fit_transform(events)
    twice = merger.fit_transform(once.assign(person=events["person"]))
    pd.testing.assert_frame_equal(once[KEYS], twice[KEYS])


def test_new_people_go_to_the_nearest_persona() -> None:
    frame = pd.DataFrame({"age": [20, 21, 22, 60, 61, 62], "sex": ["F"] * 3 + ["M"] * 3})
    merger = PersonaMerger(k=3).fit(frame)
    new = pd.DataFrame({"age": [25, 58, 40, 21], "sex": ["F", "M", "X", "F"]})
    assert merger.apply(new.iloc[[0, 1, 3]]).tolist() == [0, 1, 0]
    assert set(merger.apply(new).tolist()) <= {0, 1}  # never a new persona
    assert merger.apply(pd.DataFrame({"age": [np.nan], "sex": [None]})).tolist()[0] in (0, 1)


def test_new_labels_go_to_the_nearest_persona() -> None:
    frame = pd.DataFrame({"age": ["20-29"] * 3 + ["60-69"] * 3})
    merger = PersonaMerger(k=3).fit(frame)
    assert merger.apply(pd.DataFrame({"age": ["25-27", "70", "65"]})).tolist() == [0, 1, 1]


@pytest.mark.parametrize("to_table", [pl.from_pandas, pa.Table.from_pandas])
@pytest.mark.parametrize("representation", ["center", "interval"])
def test_other_tables_get_what_pandas_gets(events, to_table, representation) -> None:
    plain = events.reset_index(drop=True)
    merger = PersonaMerger(KEYS, 5, person_id="person", representation=representation)
    expected = merger.fit_transform(plain)
    table = to_table(plain)
    released = merger.fit_transform(table)
    assert type(released) is type(table)
    got = released.to_pandas()
    assert got.astype(str).to_numpy().tolist() == expected.astype(str).to_numpy().tolist()


def test_arrays_are_merged_by_position() -> None:
    array = np.array([[1.0, 7], [2, 7], [3, 7], [50, 8], [51, 8], [52, 8]])
    released = PersonaMerger([0], k=3).fit_transform(array)
    assert released.tolist() == [[2, 7], [2, 7], [2, 7], [51, 8], [51, 8], [51, 8]]
    released = PersonaMerger([0], k=3, person_id=1).fit_transform(
        np.array([[1.0, i] for i in range(6)])
    )
    assert released[:, 1].tolist() == [0.0] * 6


def test_a_person_with_two_genders_is_counted_once_and_warned_about() -> None:
    frame = pd.DataFrame(
        {
            "person": ["a", "a", "b", "c", "d", "d"],
            "sex": ["F", "M", "F", "F", "M", "F"],
            "when": [2, 1, 1, 1, None, 1],
        }
    )
    with pytest.warns(DataWarning, match="2 of 4 people") as caught:
        released = PersonaMerger(["sex"], 1, person_id="person").fit_transform(frame)
    assert len(caught) == 1
    assert released["sex"].tolist() == ["M", "M", "F", "F", "M", "M"]  # by value: the last
    with pytest.warns(DataWarning):
        merger = PersonaMerger(["sex"], 1, person_id="person", on_conflict="first")
        assert merger.fit_transform(frame)["sex"].tolist() == ["F"] * 6
    with pytest.warns(DataWarning):
        merger = PersonaMerger(["sex"], 1, person_id="person", order_by="when")
        assert merger.fit_transform(frame)["sex"].tolist() == ["F"] * 6
    with pytest.warns(DataWarning):
        merger.set_params(on_conflict="first").fit(frame)
        assert merger.transform(frame)["sex"].tolist() == ["M", "M", "F", "F", "F", "F"]
    merger = PersonaMerger(["sex"], 1, person_id="person", on_conflict="raise")
    with pytest.raises(InputError, match="2 of 4 people"):
        merger.fit(frame)


def test_people_not_rows_are_counted_against_k() -> None:
    frame = pd.DataFrame({"person": ["a"] * 10 + ["b"], "age": [30] * 10 + [40]})
    with pytest.raises(ValueError, match=r"k=3 .* only 2"):
        PersonaMerger(["age"], 3, person_id="person").fit(frame)
    merger = PersonaMerger(["age"], 2, person_id="person").fit(frame)
    assert merger.class_sizes_.tolist() == [2]
    assert merger.to_personas()["age"].tolist() == [30]  # the lower median of two people


def test_sensitive_columns_are_no_keys(events) -> None:
    merger = PersonaMerger(k=5, person_id="person", sensitive=["event"]).fit(events)
    assert list(merger.to_personas().columns) == [*KEYS, "class_size"]


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"quasi_identifiers": ["agee"]}, ColumnNotFoundError, "'agee'"),
        ({"person_id": "nobody"}, ColumnNotFoundError, "person_id names the column 'nobody'"),
        ({"sensitive": ["nothing"]}, ColumnNotFoundError, "'nothing'"),
        ({"order_by": "when"}, ColumnNotFoundError, "'when'"),
        ({"quasi_identifiers": ["age", "age"]}, InputError, "more than once"),
        ({"quasi_identifiers": []}, InputError, "no key variable"),
        ({"quasi_identifiers": ["person"], "person_id": "person"}, InputError, "cannot be a key"),
        (
            {"quasi_identifiers": KEYS, "k": 121, "person_id": "person"},
            InputError,
            r"k=121 .* only 120",
        ),
        ({"k": 0}, ValueError, "'k' parameter"),
        ({"representation": "mean"}, ValueError, "'representation' parameter"),
    ],
)
def test_bad_parameters_are_named(events, parameters, error, message) -> None:
    with pytest.raises(error, match=message):
        PersonaMerger(**parameters).fit(events)


def test_null_person_ids_and_infinite_keys_are_counted() -> None:
    frame = pd.DataFrame({"person": ["a", None, None], "age": [1.0, np.inf, 3.0]})
    with pytest.raises(InputError, match="2 of 3 rows have no person id"):
        PersonaMerger(["age"], 1, person_id="person").fit(frame)
    with pytest.raises(InputError, match="'age' holds 1 infinite"):
        PersonaMerger(["age"], 1).fit(frame)


def test_many_columns_and_categories_are_still_cells_of_their_own() -> None:
    # More categories than there are indicators: the rare ones share one, and are still told apart.
    frame = pd.DataFrame({"code": [f"c{i:03d}" for i in range(200)] * 3})
    merger = PersonaMerger(k=3).fit(frame)
    assert merger.n_personas_ == 200
    assert merger.information_loss_ == 0.0


def test_real_courts(shared_data) -> None:
    courts = pd.read_csv(shared_data / "compas" / "court_events.csv.gz", dtype={"person_id": str})
    keys = ["age", "gender", "ethnicity", "geography"]
    merger = PersonaMerger(keys, 5, person_id="person_id")
    released = merger.fit_transform(courts)
    sizes = courts.groupby(merger.apply(courts))["person_id"].nunique()
    assert sizes.min() >= 5
    assert sizes.sum() == 11_757
    assert merger.n_personas_ >= 250
    assert released["ethnicity"].nunique() == 6
