"""Places of a user's own hierarchy, against tables written out by hand and brute force."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk.exceptions import InputError
from personatwin_sk.geography import GeographicGeneralizer
from personatwin_sk.population import TablePopulation

FRANCE = pd.DataFrame(
    [
        ("Lyon", "Rhône", "Auvergne-Rhône-Alpes"),
        ("Bron", "Rhône", "Auvergne-Rhône-Alpes"),
        ("Annecy", "Haute-Savoie", "Auvergne-Rhône-Alpes"),
        ("Nice", "Alpes-Maritimes", "Provence"),
        ("Menton", "Alpes-Maritimes", "Provence"),
        ("Gap", "Hautes-Alpes", "Provence"),
    ],
    columns=["commune", "departement", "region"],
)
PEOPLE = {"Lyon": 520, "Bron": 40, "Annecy": 130, "Nice": 340, "Menton": 30, "Gap": 41}
POPULATION = TablePopulation.from_frame(
    pd.DataFrame({"commune": list(PEOPLE), "n": list(PEOPLE.values())})
)


def release(values, **parameters):
    frame = pd.DataFrame({"commune": pd.Series(values, dtype=object), "age": range(len(values))})
    parameters = {"level": "commune", "hierarchy": FRANCE} | parameters
    released = GeographicGeneralizer("commune", **parameters).fit_transform(frame)
    assert released["age"].tolist() == list(range(len(values)))
    return [None if pd.isna(value) else value for value in released["commune"]]


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("commune", ["Lyon", "Nice", "Rhône", "Provence", "*", None]),
        ("departement", ["Rhône", "Alpes-Maritimes", "Rhône", "Provence", "*", None]),
        (
            "region",
            ["Auvergne-Rhône-Alpes", "Provence", "Auvergne-Rhône-Alpes", "Provence", "*", None],
        ),
        ("all", ["*"] * 5 + [None]),
    ],
)  # fmt: skip
def test_every_level(level, expected):
    places = ["Lyon", "Nice", "Rhône", "Provence", "*", None]
    released = release(places, level=level)
    assert released == expected
    assert release(released, level=level) == released


def test_hierarchies_of_every_kind():
    for hierarchy in (FRANCE, pl.from_pandas(FRANCE), Hierarchy.from_frame(FRANCE)):
        assert release(["Lyon", "Gap"], level="region", hierarchy=hierarchy) == [
            "Auvergne-Rhône-Alpes",
            "Provence",
        ]


def test_numbers_are_labels():
    wards = pd.DataFrame({"ward": [1, 2, 3], "hospital": ["A", "A", "B"]})
    frame = pd.DataFrame({"ward": [3, 1, 2]})
    generalizer = GeographicGeneralizer("ward", level="hospital", hierarchy=wards)
    assert generalizer.fit_transform(frame)["ward"].tolist() == ["B", "A", "A"]


def test_unknown_places_are_counted_and_not_shown():
    with pytest.raises(InputError, match="2 of 4 values of the column 'commune'") as raised:
        release(["Lyon", "Mordor", "Mordor", None])
    assert "Mordor" not in str(raised.value)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"level": "county"}, "level must be one of 'commune', 'departement', 'region', 'all'"),
        ({"state": "OH"}, "Leave one of them out"),
        ({"min_population": 50}, "min_population=50 needs a `population`"),
        ({"hierarchy": FRANCE.iloc[:0]}, "row"),
        ({"hierarchy": FRANCE.assign(region=None)}, "6 of 6 values of 'region'"),
    ],
)
def test_parameters_that_do_not_go_together(parameters, message):
    with pytest.raises(InputError, match=message):
        release(["Lyon"], **parameters)


def test_what_is_no_hierarchy():
    with pytest.raises(ValueError, match="hierarchy"):
        release(["Lyon"], hierarchy=5)


def test_levels_of_the_states_need_no_hierarchy():
    with pytest.raises(InputError, match="level must be one of 'address', 'zip'"):
        GeographicGeneralizer(level="commune").fit(pd.DataFrame({"geography": ["Ohio"]}))


@pytest.mark.parametrize(
    ("minimum", "expected"),
    [
        (30, ["Lyon", "Bron", "Annecy", "Nice", "Menton", "Gap"]),
        # Menton (30) would be all that is left of its departement.
        (31, ["Lyon", "Bron", "Annecy", "Alpes-Maritimes", "Alpes-Maritimes", "Gap"]),
        # Bron (40) takes Lyon along.
        (41, ["Rhône", "Rhône", "Annecy", "Alpes-Maritimes", "Alpes-Maritimes", "Gap"]),
        # Gap (41) goes to its region, of which nothing else is left.
        (42, ["Rhône", "Rhône", "Annecy", "Provence", "Provence", "Provence"]),
        (131, ["Auvergne-Rhône-Alpes"] * 3 + ["Provence"] * 3),
        (412, ["*"] * 6),
    ],
)
def test_min_population(minimum, expected):
    assert release(list(PEOPLE), min_population=minimum, population=POPULATION) == expected
    # Decided on the hierarchy: one row alone is released no differently.
    assert release(["Gap"], min_population=minimum, population=POPULATION) == expected[-1:]


def test_figures_of_a_coarser_level_only():
    """A table by departement says nothing of communes, which are too small for all one knows."""
    table = pd.DataFrame(
        {
            "departement": ["Rhône", "Haute-Savoie", "Alpes-Maritimes", "Hautes-Alpes"],
            "n": [560, 130, 370, 41],
        }
    ).rename(columns={"departement": "commune"})
    population = TablePopulation.from_frame(table)
    assert release(list(PEOPLE), min_population=100, population=population) == (
        ["Rhône", "Rhône", "Haute-Savoie", "Provence", "Provence", "Provence"]
    )


def test_a_population_with_the_hierarchy():
    """A label that is only split up by guess is not known to be large enough."""
    table = pd.DataFrame({"commune": list(PEOPLE), "n": list(PEOPLE.values())})
    population = TablePopulation.from_frame(table, hierarchies={"commune": FRANCE})
    assert release(list(PEOPLE), min_population=31, population=population) == release(
        list(PEOPLE), min_population=31, population=POPULATION
    )


def test_min_people_by_hand():
    places = ["Lyon"] * 3 + ["Bron"] + ["Nice"] * 3
    assert release(places, min_people=3) == ["Rhône"] * 4 + ["Nice"] * 3
    assert release([*places, "Gap"], min_people=3) == ["Rhône"] * 4 + ["Provence"] * 4


labels = st.sampled_from([*PEOPLE, "Rhône", "Provence", "*", None])


@given(st.lists(labels, min_size=1, max_size=25), st.integers(1, 5))
@settings(max_examples=50, deadline=None)
def test_no_label_has_fewer_people(places, minimum):
    n_people = sum(place is not None for place in places)
    if n_people < minimum:
        return
    released = release(places, min_people=minimum)
    assert min(pd.Series(released).value_counts()) >= minimum
    assert release(released, min_people=minimum) == released
    ancestors = {leaf: {leaf, *row, "*"} for leaf, *row in FRANCE.itertuples(index=False)} | {
        "Rhône": {"Rhône", "Auvergne-Rhône-Alpes", "*"},
        "Provence": {"Provence", "*"},
    }
    ancestors |= {"*": {"*"}, None: {None}}
    assert all(new in ancestors[old] for old, new in zip(places, released, strict=True))


def test_labels_of_the_hierarchy():
    frame = pd.DataFrame({"commune": ["Lyon"]})
    generalizer = GeographicGeneralizer(
        "commune", level="commune", hierarchy=FRANCE, min_population=41, population=POPULATION
    ).fit(frame)
    table = generalizer.labels_.set_index("label")
    assert table["inhabitants"].to_dict() == {
        "Annecy": 130, "Gap": 41, "Rhône": 560, "Alpes-Maritimes": 370,
    }  # fmt: skip
    assert table["n_places"].to_dict() == {"Annecy": 1, "Gap": 1, "Rhône": 2, "Alpes-Maritimes": 2}
    assert set(table["column"]) == {"commune"}
    unknown = GeographicGeneralizer("commune", level="region", hierarchy=FRANCE).fit(frame).labels_
    assert unknown["n_places"].tolist() == [3, 3]
    assert np.isnan(unknown["inhabitants"]).all()
