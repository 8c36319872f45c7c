"""Counts of a population whose places (or diagnoses) lie in a user's own hierarchy."""

import copy
import pickle
import time

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk.exceptions import ColumnNotFoundError, InputError
from personatwin_sk.population import TablePopulation

FRANCE = pd.DataFrame(
    {
        "commune": ["Lyon", "Bron", "Nice", "Menton"],
        "departement": ["Rhone", "Rhone", "Maritimes", "Maritimes"],
        "region": ["AURA", "AURA", "PACA", "PACA"],
    }
)
CODES = pd.DataFrame({"code": ["A00", "A01", "C50"], "chapter": ["A", "A", "C"]})
AGES = ["0-19", "20-59", "60+"]


@pytest.fixture
def people():
    index = pd.MultiIndex.from_product(
        [FRANCE["commune"], ["F", "M"], AGES], names=["commune", "sexe", "age"]
    )
    frame = index.to_frame(index=False)
    return frame.assign(n=np.random.default_rng(11).integers(1, 90, len(frame)))


def by_hand(people, commune=None, sexe=None, age=None):
    """Add up rows; the communes of a label are looked up in the table of places."""
    kept = people
    if commune is not None:
        inside = FRANCE["commune"][(commune == FRANCE).any(axis=1)]
        kept = kept[kept["commune"].isin(FRANCE["commune"] if commune == "*" else inside)]
    for name, value in (("sexe", sexe), ("age", age)):
        if value is not None:
            kept = kept[kept[name] == value]
    return float(kept["n"].sum())


def test_a_label_of_any_level_counts_the_leaves_below_it(people):
    population = TablePopulation.from_frame(people, hierarchies={"commune": FRANCE})
    questions = [
        {"commune": place, "sexe": sex, "age": age}
        for place in ["Lyon", "Rhone", "AURA", "PACA", "*", None]
        for sex in ["F", None]
        for age in ["20-59", None]
    ]
    answer = population.count(pd.DataFrame(questions))
    expected = [by_hand(people, **question) for question in questions]
    assert answer["count"].tolist() == expected
    assert answer["low"].tolist() == expected and answer["high"].tolist() == expected
    assert not answer["modelled"].any()
    level = {"Lyon": "commune", "Rhone": "departement", "AURA": "region", "PACA": "region"}
    assert answer["level"].tolist() == [
        "all" if q["commune"] == "*" else level.get(q["commune"], "table") for q in questions
    ]
    for question, names in zip(questions, answer["unmatched"], strict=True):
        assert names == tuple(name for name, cell in question.items() if cell is None)


@pytest.mark.parametrize("kind", [lambda f: f, pl.from_pandas, pa.Table.from_pandas])
def test_tables_of_every_kind(people, kind):
    for source in (kind(FRANCE), Hierarchy.from_frame(FRANCE)):
        population = TablePopulation.from_frame(kind(people), hierarchies={"commune": source})
        answer = population.count(kind(pd.DataFrame({"commune": ["Rhone"], "sexe": ["F"]})))
        assert answer["count"].tolist() == [by_hand(people, "Rhone", "F")]
        assert dict(population.hierarchies)["commune"].levels[-1] == "all"


def test_a_place_where_nobody_is_counted_has_nobody(people):
    elsewhere = people[people["commune"] != "Menton"]
    population = TablePopulation.from_frame(elsewhere, hierarchies={"commune": FRANCE})
    answer = population.count(pd.DataFrame({"commune": ["Menton", "Maritimes"]}))
    assert answer["count"].tolist() == [0, by_hand(elsewhere, "Nice")]
    assert answer["low"].tolist() == answer["count"].tolist()
    assert answer["high"].tolist() == [3, by_hand(elsewhere, "Nice")]


def test_a_label_finer_than_the_table_is_modelled_and_says_so():
    by_area = pd.DataFrame({"commune": ["Rhone", "Nice", "Menton"], "n": [600, 300, 30]})
    population = TablePopulation.from_frame(by_area, hierarchies={"commune": FRANCE})
    answer = population.count(pd.DataFrame({"commune": ["Lyon", "Rhone", "Lyon|Nice", "*"]}))
    assert answer["count"].tolist() == [300, 600, 600, 930]
    assert answer["low"].tolist() == [0, 600, 300, 930]
    assert answer["high"].tolist() == [600, 600, 900, 930]
    assert answer["modelled"].tolist() == [True, False, True, False]
    # The level is what was asked for; that it is a guess is what `modelled` says.
    assert answer["level"].tolist() == ["commune", "departement", "commune", "all"]


def test_two_hierarchies_side_by_side():
    register = pd.DataFrame(
        {"code": ["A00", "A01", "C50"], "commune": ["Lyon", "Bron", "Nice"], "n": [1, 2, 4]}
    )
    population = TablePopulation.from_frame(
        register, hierarchies={"commune": FRANCE, "code": CODES}
    )
    answer = population.count(
        pd.DataFrame({"commune": ["Rhone", "*", None], "code": ["A", "C50", "A00"]})
    )
    assert answer["count"].tolist() == [3, 4, 1]
    assert answer["level"].tolist() == ["chapter, departement", "code, all", "code"]


def test_without_hierarchies_nothing_is_known_of_areas(people):
    population = TablePopulation.from_frame(people)
    assert dict(population.hierarchies) == {}
    with pytest.raises(InputError, match="1 of 1 values of 'commune'"):
        population.count(pd.DataFrame({"commune": ["Rhone"]}))


@pytest.mark.parametrize(
    ("cells", "n_bad"), [(["Lyon", "Atlantis", "atlantis"], 2), (["Lyon|Atlantis", None], 1)]
)
def test_what_the_hierarchy_does_not_have_is_counted_not_named(people, cells, n_bad):
    population = TablePopulation.from_frame(people, hierarchies={"commune": FRANCE})
    message = f"{n_bad} of {len(cells)} values of 'commune'"
    with pytest.raises(InputError, match=message) as error:
        population.count(pd.DataFrame({"commune": cells}))
    assert "tlantis" not in str(error.value)


@pytest.mark.parametrize(
    ("communes", "hierarchies", "error", "message"),
    [
        (
            ["Lyon", "Atlantis"],
            {"commune": FRANCE},
            InputError,
            "1 of 2 values of 'commune' are no",
        ),
        (["Lyon", "Rhone"], {"commune": FRANCE}, InputError, "1 bands of 'commune' overlap"),
        (["Lyon", "Nice"], {"town": FRANCE}, ColumnNotFoundError, "names the column 'town'"),
        (["Lyon", "Nice"], {"n": FRANCE}, InputError, "names the column 'n', which is none"),
        (["Lyon", "Nice"], [FRANCE], InputError, "must be a mapping .* got list"),
        (["Lyon", "Nice"], {"commune": FRANCE.iloc[:0]}, InputError, "a hierarchy needs a row"),
    ],
)
def test_what_cannot_be_used(communes, hierarchies, error, message):
    table = pd.DataFrame({"commune": communes, "n": 1})
    with pytest.raises(error, match=message) as caught:
        TablePopulation.from_frame(table, hierarchies=hierarchies)
    assert "Atlantis" not in str(caught.value)


def test_margins_of_error_add_up_over_places():
    survey = pd.DataFrame({"commune": FRANCE["commune"], "n": [9, 8, 7, 0], "moe": [3, 4, 5, 2]})
    population = TablePopulation.from_frame(
        survey, hierarchies={"commune": FRANCE}, error="moe", provenance="INSEE"
    )
    answer = population.count(pd.DataFrame({"commune": ["Rhone", "Menton"]}))
    assert answer["count"].tolist() == [17, 0]
    assert answer["low"].tolist() == [12, 0] and answer["high"].tolist() == [22, 3]
    assert not answer["modelled"].any() and set(answer["source"]) == {"INSEE"}


def test_copies_answer_alike_and_hierarchies_cannot_be_changed(people):
    population = TablePopulation.from_frame(people, hierarchies={"commune": FRANCE})
    asked = pd.DataFrame({"commune": ["Rhone", "Nice"], "age": ["60+", 30]})
    expected = population.count(asked)
    for other in (copy.deepcopy(population), pickle.loads(pickle.dumps(population))):
        pd.testing.assert_frame_equal(other.count(asked), expected)
    with pytest.raises(TypeError):
        population.hierarchies["commune"] = None


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_counts_by_brute_force_over_leaves(data):
    n_leaves = data.draw(st.integers(1, 7))
    groups = data.draw(st.lists(st.integers(0, 2), min_size=n_leaves, max_size=n_leaves))
    places = pd.DataFrame({"l": range(n_leaves), "m": [f"m{g}" for g in groups]})
    rows = data.draw(
        st.lists(
            st.tuples(st.integers(0, n_leaves - 1), st.sampled_from("FM"), st.integers(0, 9)),
            min_size=1,
            max_size=12,
        )
    )
    table = pd.DataFrame(rows, columns=["l", "sex", "n"])
    population = TablePopulation.from_frame(table, hierarchies={"l": places})
    label = st.one_of(
        st.integers(0, n_leaves - 1), st.sampled_from([f"m{g}" for g in groups]), st.none()
    )
    asked = data.draw(st.lists(st.tuples(label, st.sampled_from(["F|M", None])), min_size=1))
    answer = population.count(
        pd.DataFrame(
            {
                "l": pd.Series([place for place, _ in asked], dtype=object),
                "sex": pd.Series([sex for _, sex in asked], dtype=object),
            }
        ).assign(**({} if set(table["sex"]) == {"F", "M"} else {"sex": None}))
    )
    expected = [
        sum(n for leaf, _, n in rows if place in (None, leaf, f"m{groups[leaf]}"))
        for place, _ in asked
    ]
    assert answer["count"].tolist() == expected


def test_a_million_rows_of_four_columns():
    rng = np.random.default_rng(0)
    communes = pd.Series(np.arange(1_000)).map("c{:04d}".format)
    places = pd.DataFrame({"commune": communes, "departement": "d" + communes.str[1:3]})
    register = pd.MultiIndex.from_product(
        [communes, ["F", "M"], AGES, ["u", "v", "w"]], names=["commune", "sexe", "age", "school"]
    ).to_frame(index=False)
    population = TablePopulation.from_frame(
        register.assign(n=rng.integers(0, 50, len(register))), hierarchies={"commune": places}
    )
    labels = [*communes, *places["departement"].unique()]
    asked = pd.DataFrame(
        {
            "commune": rng.choice(labels, 1_000_000),
            "sexe": rng.choice(["F", "M"], 1_000_000),
            "age": rng.choice(AGES, 1_000_000),
            "school": rng.choice(["u", "v", "w"], 1_000_000),
        }
    )
    start = time.process_time()
    answer = population.count(asked)
    # It takes half a second; the limit leaves room for a busy machine.
    assert time.process_time() - start < 5
    assert len(answer) == 1_000_000
