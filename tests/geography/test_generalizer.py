"""GeographicGeneralizer: columns, levels, ambiguity, refusals, and tables of every kind."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from personatwin_sk.exceptions import (
    ColumnNotFoundError,
    DataWarning,
    InputError,
    NothingSelectedWarning,
)
from personatwin_sk.geography import GeographicGeneralizer

PLACES = [
    "12 Main St, Cincinnati, Hamilton County, OH",
    "45202-1234",
    "Omaha, Douglas County, NE",
    "Cuyahoga County OH",
    "Michigan",
    "East North Central",
    None,
]
EXPECTED = {
    "address": PLACES,
    "zip": [
        "Cincinnati, OH",
        "45202",
        "Omaha, NE",
        "Cuyahoga County, OH",
        "Michigan",
        "East North Central",
        None,
    ],
    "city": [
        "Cincinnati, OH",
        "Hamilton County, OH",
        "Omaha, NE",
        "Cuyahoga County, OH",
        "Michigan",
        "East North Central",
        None,
    ],
    "county": [
        "Hamilton County, OH",
        "Hamilton County, OH",
        "Douglas County, NE",
        "Cuyahoga County, OH",
        "Michigan",
        "East North Central",
        None,
    ],
    "state": ["Ohio", "Ohio", "Nebraska", "Ohio", "Michigan", "East North Central", None],
    "division": ["East North Central"] * 2
    + ["West North Central"]
    + ["East North Central"] * 3
    + [None],
    "region": ["Midwest"] * 6 + [None],
    "country": ["United States"] * 6 + [None],
}


@pytest.fixture
def people():
    return pd.DataFrame(
        {
            "person_id": [f"p{number}" for number in range(len(PLACES))],
            "geography": PLACES,
            "age": range(len(PLACES)),
        },
        index=[5, 3, 9, 1, 0, 2, 7],
    )


def places_of(frame, column="geography"):
    """Values as a list, null as None."""
    return [None if pd.isna(value) else value for value in frame[column]]


@pytest.mark.parametrize("level", EXPECTED)
def test_every_level(people, level):
    before = people.copy(deep=True)
    released = GeographicGeneralizer(level=level).fit_transform(people)
    assert places_of(released) == EXPECTED[level]
    pd.testing.assert_frame_equal(people, before)
    pd.testing.assert_frame_equal(
        released.drop(columns="geography"), people.drop(columns="geography")
    )


@pytest.mark.parametrize("level", EXPECTED)
def test_generalising_again_changes_nothing(people, level):
    generalizer = GeographicGeneralizer(level=level)
    once = generalizer.fit_transform(people)
    pd.testing.assert_frame_equal(generalizer.fit_transform(once), once)
    pd.testing.assert_frame_equal(generalizer.fit(people).transform(people), once)


def test_levels_follow_each_other(people):
    """Climbing in steps through counties ends where climbing at once does."""
    counties = GeographicGeneralizer(level="county").fit_transform(people)
    for level in ("state", "division", "region", "country"):
        at_once = GeographicGeneralizer(level=level).fit_transform(people)
        in_steps = GeographicGeneralizer(level=level).fit_transform(counties)
        pd.testing.assert_frame_equal(at_once, in_steps)


def test_no_column_called_geography(people):
    frame = people.rename(columns={"geography": "residence"})
    with pytest.warns(NothingSelectedWarning, match="no column 'geography'"):
        released = GeographicGeneralizer().fit_transform(frame)
    pd.testing.assert_frame_equal(released, frame)


def test_named_columns(people):
    frame = people.assign(birthplace="45202").rename(columns={"geography": "residence"})
    released = GeographicGeneralizer(["residence", "birthplace"], level="state").fit_transform(
        frame
    )
    assert places_of(released, "residence") == EXPECTED["state"]
    assert places_of(released, "birthplace") == ["Ohio"] * len(frame)
    one = GeographicGeneralizer("birthplace", level="state").fit_transform(frame)
    assert places_of(one, "residence") == PLACES
    assert places_of(one, "birthplace") == ["Ohio"] * len(frame)


@pytest.mark.parametrize("parameters", [{"columns": "town"}, {"columns": ["geography", "town"]}])
def test_a_named_column_that_is_missing(people, parameters):
    with pytest.raises(ColumnNotFoundError, match="town"):
        GeographicGeneralizer(**parameters).fit(people)


@pytest.mark.parametrize("parameters", [{"level": "galaxy"}, {"level": None}, {"columns": 1.5}])
def test_parameters_out_of_bounds(people, parameters):
    with pytest.raises(ValueError, match="must be"):
        GeographicGeneralizer(**parameters).fit(people)


def test_a_place_nobody_knows_is_counted_and_not_shown():
    frame = pd.DataFrame({"geography": ["Ohio", "Mordor", "Mordor", "Lothlorien", None]})
    with pytest.raises(InputError, match=r"3 of 5 values of the column 'geography'") as raised:
        GeographicGeneralizer().fit_transform(frame)
    assert "Mordor" not in str(raised.value)
    assert "Lothlorien" not in str(raised.value)
    # At level "address" nothing is read, so nothing is refused.
    released = GeographicGeneralizer(level="address").fit_transform(frame)
    pd.testing.assert_frame_equal(released, frame)


AMBIGUOUS = ["Hamilton County", "hamilton county", "Ohio", "Cuyahoga County", None]


@pytest.mark.parametrize(
    ("level", "expected", "fate"),
    [
        (
            "county",
            ["Hamilton County", "Hamilton County", "Ohio", "Cuyahoga County, OH", None],
            "stay as they are",
        ),
        ("state", ["United States", "United States", "Ohio", "Ohio", None], "climb to the country"),
        ("region", ["United States", "United States", "Midwest", "Midwest", None], "country"),
    ],
)
def test_a_county_of_several_states_without_its_state(level, expected, fate):
    frame = pd.DataFrame({"geography": AMBIGUOUS})
    generalizer = GeographicGeneralizer(level=level).fit(frame)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        released = generalizer.transform(frame)
    assert places_of(released) == expected
    (warning,) = caught
    assert warning.category is DataWarning
    assert "2 of 5 values of the column 'geography'" in str(warning.message)
    assert fate in str(warning.message)
    assert "Hamilton" not in str(warning.message)


@pytest.mark.parametrize("state", ["Ohio", "OH", "ohio", "39"])
def test_one_state_for_all(state):
    frame = pd.DataFrame({"geography": [*AMBIGUOUS, "Hamilton County, IN", "Dayton"]})
    released = GeographicGeneralizer(state=state).fit_transform(frame)
    assert places_of(released) == [
        "Hamilton County, OH",
        "Hamilton County, OH",
        "Ohio",
        "Cuyahoga County, OH",
        None,
        "Hamilton County, IN",
        "Ohio",
    ]


def test_a_column_of_states():
    frame = pd.DataFrame(
        {
            "st": ["OH", "Indiana", "47", None, "OH"],
            "geography": ["Hamilton County"] * 4 + [None],
        }
    )
    with pytest.warns(DataWarning, match="1 of 5"):
        released = GeographicGeneralizer(state="st").fit_transform(frame)
    assert places_of(released) == [
        "Hamilton County, OH",
        "Hamilton County, IN",
        "Hamilton County, TN",
        "Hamilton County",
        None,
    ]
    assert places_of(released, "st") == places_of(frame, "st")


def test_states_by_number():
    frame = pd.DataFrame({"st": [39, 1], "geography": ["Hamilton County", "Clay County"]})
    released = GeographicGeneralizer(state="st").fit_transform(frame)
    assert places_of(released) == ["Hamilton County, OH", "Clay County, AL"]


def test_states_that_are_none():
    frame = pd.DataFrame({"st": ["OH", "Gondor", "Gondor"], "geography": ["Clay County"] * 3})
    with pytest.raises(InputError, match=r"2 of 3 values of the column 'st'") as raised:
        GeographicGeneralizer(state="st").fit_transform(frame)
    assert "Gondor" not in str(raised.value)
    with pytest.raises(InputError, match="neither a column of the table nor a US state"):
        GeographicGeneralizer(state="Gondor").fit(frame)
    with pytest.raises(ColumnNotFoundError, match="state"):
        GeographicGeneralizer(state=7).fit(frame)


@pytest.mark.parametrize(
    "values", [[2139, 45202], np.array([2139, 45202], dtype=np.int32), [2139.0, 45202.0]]
)
def test_numbers_are_codes_without_their_zeros(values):
    frame = pd.DataFrame({"zip": values})
    assert places_of(GeographicGeneralizer("zip", level="zip").fit_transform(frame), "zip") == [
        "02139",
        "45202",
    ]
    assert places_of(GeographicGeneralizer("zip").fit_transform(frame), "zip") == [
        "Middlesex County, MA",
        "Hamilton County, OH",
    ]


def test_numbers_with_nulls_and_fractions():
    frame = pd.DataFrame({"zip": [2139.0, np.nan]})
    assert places_of(GeographicGeneralizer("zip", level="state").fit_transform(frame), "zip") == [
        "Massachusetts",
        None,
    ]
    with pytest.raises(InputError, match="1 of 2"):
        GeographicGeneralizer("zip").fit_transform(pd.DataFrame({"zip": [2139.5, 45202]}))
    with pytest.raises(InputError, match="2 of 2"):
        GeographicGeneralizer("zip").fit_transform(pd.DataFrame({"zip": [True, False]}))


def test_float_arrays_with_positions():
    X = np.array([[2139.0, 1.0], [45202.0, 2.0], [np.nan, 3.0]])
    released = GeographicGeneralizer([0], level="state").fit_transform(X)
    assert released[:, 0].tolist() == ["Massachusetts", "Ohio", None]
    assert released[:, 1].tolist() == [1.0, 2.0, 3.0]
    by_number = GeographicGeneralizer(0, level="state").fit_transform(X)
    assert by_number[:2, 0].tolist() == ["Massachusetts", "Ohio"]


def test_object_arrays_with_a_column_of_states():
    X = np.array([["Hamilton County", "OH"], ["Hamilton County", "NY"]], dtype=object)
    released = GeographicGeneralizer([0], state=1).fit_transform(X)
    assert released.tolist() == [["Hamilton County, OH", "OH"], ["Hamilton County, NY", "NY"]]


def test_the_kind_of_codes_is_settled_by_fit():
    """10001 is a ZIP code of New York and a county of Delaware; 10002 is only a ZIP code."""
    fips = pd.DataFrame({"geography": ["10001", "39035", "39061"]})
    generalizer = GeographicGeneralizer().fit(fips)
    assert places_of(generalizer.transform(fips)) == [
        "Kent County, DE",
        "Cuyahoga County, OH",
        "Hamilton County, OH",
    ]
    for row in range(3):
        chunk = fips.iloc[[row]]
        assert places_of(generalizer.transform(chunk)) == places_of(
            generalizer.transform(fips).iloc[[row]]
        )
    zips = pd.DataFrame({"geography": ["10001", "10002"]})
    generalizer = GeographicGeneralizer().fit(zips)
    assert places_of(generalizer.transform(zips)) == ["New York County, NY"] * 2
    # Without proof at fit, a chunk that holds one does not change how the rest is read.
    undecided = GeographicGeneralizer().fit(pd.DataFrame({"geography": ["10001"]}))
    assert places_of(undecided.transform(fips))[0] == "New York County, NY"


@pytest.mark.parametrize("level", ["zip", "county", "region"])
def test_tables_of_every_kind_agree(people, level):
    expected = EXPECTED[level]
    generalizer = GeographicGeneralizer(level=level)
    as_polars = generalizer.fit_transform(pl.from_pandas(people))
    assert isinstance(as_polars, pl.DataFrame)
    assert as_polars["geography"].to_list() == expected
    assert as_polars["age"].to_list() == people["age"].tolist()
    as_arrow = generalizer.fit_transform(pa.Table.from_pandas(people, preserve_index=False))
    assert isinstance(as_arrow, pa.Table)
    assert as_arrow["geography"].to_pylist() == expected
    as_array = GeographicGeneralizer([1], level=level).fit_transform(people.to_numpy(dtype=object))
    assert [None if pd.isna(value) else value for value in as_array[:, 1]] == expected


@pytest.mark.parametrize("dtype", ["string", "category"])
def test_text_of_every_dtype(people, dtype):
    frame = people.astype({"geography": dtype})
    released = GeographicGeneralizer(level="state").fit_transform(frame)
    assert places_of(released) == EXPECTED["state"]
    assert isinstance(released["geography"].dtype, type(frame["geography"].dtype))


def test_polars_categories(people):
    frame = pl.from_pandas(people).with_columns(pl.col("geography").cast(pl.Categorical))
    released = GeographicGeneralizer(level="state").fit_transform(frame)
    assert released["geography"].cast(pl.String).to_list() == EXPECTED["state"]


def test_all_null_column_stays():
    frame = pd.DataFrame({"geography": [None, None]})
    released = GeographicGeneralizer().fit_transform(frame)
    assert places_of(released) == [None, None]


def test_nothing_of_the_data_is_in_the_fitted_estimator(people):
    generalizer = GeographicGeneralizer().fit(people)
    shown = repr(generalizer) + generalizer._repr_html_() + repr(vars(generalizer))
    assert "Main St" not in shown
    assert "Cuyahoga" not in shown


def test_names_of_the_columns_out(people):
    generalizer = GeographicGeneralizer().fit(people)
    assert generalizer.get_feature_names_out().tolist() == list(people.columns)
    defaults = dict.fromkeys(clone(generalizer).get_params()) | {"level": "county"}
    assert clone(generalizer).get_params() == defaults


@given(
    st.lists(st.sampled_from(PLACES), min_size=1, max_size=20),
    st.sampled_from(sorted(EXPECTED)),
    st.randoms(use_true_random=False),
)
@settings(max_examples=40, deadline=None)
def test_rows_are_read_one_by_one(places, level, random):
    """Order and company of a row do not matter; the oracle is the table of expectations."""
    frame = pd.DataFrame({"geography": pd.Series(places, dtype=object)})
    oracle = dict(zip(PLACES, EXPECTED[level], strict=True))
    generalizer = GeographicGeneralizer(level=level).fit(frame)
    assert places_of(generalizer.transform(frame)) == [oracle[place] for place in places]
    order = list(range(len(places)))
    random.shuffle(order)
    shuffled = generalizer.transform(frame.iloc[order])
    assert places_of(shuffled) == [oracle[places[row]] for row in order]
    assert shuffled.index.tolist() == order


def test_real_addresses(shared_data):
    """Synthetic patients: the county stands in the address, between commas."""
    events = pd.read_csv(shared_data / "synthea" / "patient_events.csv.gz", dtype=str)
    expected = events["geography"].str.extract(r", ([^,]* County), (\w\w)$").agg(", ".join, axis=1)
    released = GeographicGeneralizer().fit_transform(events)
    assert released["geography"].tolist() == expected.tolist()
    n_unknown = int((events["zip"] == "00000").sum())
    with pytest.raises(
        InputError, match=f"{n_unknown} of {len(events)} values of the column 'zip'"
    ):
        GeographicGeneralizer("zip").fit_transform(events)


@pytest.mark.filterwarnings("ignore::personatwin_sk.exceptions.NothingSelectedWarning")
@parametrize_with_checks(
    [
        GeographicGeneralizer(),
        GeographicGeneralizer(level="state"),
        GeographicGeneralizer(level="zip", min_population=20_000),
        GeographicGeneralizer(min_people=1),
    ]
)
def test_contract(estimator, check):
    check(estimator)
