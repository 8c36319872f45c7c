"""PersonaMerger with key variables of a user's own hierarchy."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from personatwin_sk import PersonaMerger
from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk.exceptions import ColumnNotFoundError, InputError

N_AREAS, N_TOWNS = 4, 3
PLACES = pd.DataFrame(
    {
        "town": [f"t{a}{t}" for a in range(N_AREAS) for t in range(N_TOWNS)],
        "area": [f"a{a}" for a in range(N_AREAS) for _ in range(N_TOWNS)],
        "half": [f"h{a // 2}" for a in range(N_AREAS) for _ in range(N_TOWNS)],
    }
)
TREE = Hierarchy.from_frame(PLACES)


@pytest.fixture
def people() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "who": [f"p{n}" for n in range(90)],
            "age": rng.integers(20, 60, 90),
            "town": rng.choice(PLACES["town"], 90),
        }
    )


def merger(**parameters: Any) -> PersonaMerger:
    settings = {"k": 4, "person_id": "who", "hierarchies": {"town": PLACES}}
    return PersonaMerger(**(settings | parameters))


def leaves(label: str) -> set[str]:
    """Give the towns below a label of any level."""
    return set(PLACES["town"][(label == "*") | (label == PLACES).any(axis=1)])


def penalty_by_hand(original: pd.Series, persona: np.ndarray) -> float:
    paid = []
    for one in persona:
        held = set().union(*(leaves(town) for town in set(original[persona == one])))
        n_distinct = original[persona == one].nunique()
        every = [label for column in PLACES for label in PLACES[column]] + ["*"]
        fitting = [len(leaves(label)) for label in every if leaves(label) >= held]
        paid.append(0.0 if n_distinct == 1 else min(fitting) / len(PLACES))
    return float(np.mean(paid))


def test_the_penalty_is_leaves_over_all_leaves(people: pd.DataFrame) -> None:
    fitted = merger(quasi_identifiers=["town"], k=10).fit(people)
    persona = fitted.apply(people)
    assert fitted.information_loss_ == pytest.approx(penalty_by_hand(people["town"], persona))
    assert 0 < fitted.information_loss_ < 1


def test_centers_are_observed_and_intervals_are_common_ancestors(people: pd.DataFrame) -> None:
    center = merger().fit(people)
    assert set(center.transform(people)["town"]) <= set(people["town"])
    interval = merger(representation="interval").fit(people)
    released, persona = interval.transform(people), interval.apply(people)
    for one in range(interval.n_personas_):
        towns = set(people["town"][persona == one])
        label = set(released["town"][persona == one])
        assert len(label) == 1
        (label,) = label
        # It holds all towns of the class, and no finer label does.
        assert leaves(label) >= towns
        finer = [other for other in PLACES.melt()["value"] if leaves(other) < leaves(label)]
        assert not any(leaves(other) >= towns for other in finer)


def test_neighbouring_towns_are_merged_before_distant_ones() -> None:
    towns = ["t00", "t01", "t30", "t31"] * 3
    people = pd.DataFrame({"town": towns})
    fitted = PersonaMerger(k=6, representation="interval", hierarchies={"town": TREE}).fit(people)
    assert sorted(fitted.to_personas()["town"]) == ["a0", "a3"]
    # As plain categories, any two towns would do.
    assert fitted.information_loss_ == pytest.approx(N_TOWNS / len(PLACES))


@pytest.mark.parametrize("representation", ["center", "interval"])
def test_merging_again_changes_nothing(people: pd.DataFrame, representation: str) -> None:
    people.loc[:20, "town"] = None
    estimator = merger(representation=representation)
    once = estimator.fit_transform(people).assign(who=people["who"])
    twice = clone(estimator).fit_transform(once).assign(who=people["who"])
    assert_frame_equal(once, twice)
    assert_frame_equal(estimator.transform(people), estimator.fit_transform(people))


def test_labels_of_any_level_and_of_null_are_read() -> None:
    labels = ["t00", "a0", "h1", "*", "a1|", None] * 4
    people = pd.DataFrame({"town": labels})
    fitted = PersonaMerger(k=4, representation="interval", hierarchies={"town": TREE}).fit(people)
    assert fitted.transform(people)["town"].tolist() == labels
    assert fitted.information_loss_ == 0


def test_labels_with_bars_and_blanks_read_back() -> None:
    places = pd.DataFrame({"town": ["here|there", "nowhere"], "area": ["all|over", "all|over"]})
    people = pd.DataFrame({"town": ["here|there", " here|there", None] * 2 + ["nowhere"] * 3})
    estimator = PersonaMerger(k=3, representation="interval", hierarchies={"town": places})
    assert (
        estimator.fit_transform(people.dropna())["town"].tolist()
        == [r"here\|there"] * 4 + ["nowhere"] * 3
    )
    estimator.set_params(k=6)
    with_null = estimator.fit_transform(pd.DataFrame({"town": ["here|there"] * 3 + [None] * 3}))
    assert with_null["town"].tolist() == [r"here\|there|"] * 6
    assert_frame_equal(estimator.fit_transform(with_null), with_null)
    estimator.set_params(k=7)
    assert estimator.fit_transform(people.dropna())["town"].tolist() == [r"all\|over"] * 7


def test_numbers_are_codes_and_stay_numbers() -> None:
    codes = pd.DataFrame({"code": [75056, 69123, 69029], "area": ["75", "69", "69"]})
    people = pd.DataFrame({"code": [75056, 69123, 75056, 69029] * 3})
    estimator = PersonaMerger(k=3, hierarchies={"code": codes})
    assert estimator.fit_transform(people)["code"].dtype == people["code"].dtype
    spans = clone(estimator).set_params(representation="interval", k=6)
    assert spans.fit_transform(people)["code"].tolist() == ["75056", "69"] * 6


def test_exact_places_are_never_mixed(people: pd.DataFrame) -> None:
    fitted = merger(exact=["town"]).fit(people)
    persona = fitted.apply(people)
    kept = persona >= 0
    assert (people["town"][kept].groupby(persona[kept]).nunique() == 1).all()


def test_new_people_go_to_the_nearest_persona(people: pd.DataFrame) -> None:
    known = people[people["town"] != "t00"]
    fitted = merger(quasi_identifiers=["town"], k=3).fit(known)
    new = pd.DataFrame({"who": ["new"], "age": [30], "town": ["t00"]})
    persona = fitted.apply(new)
    beside = fitted.apply(known[known["town"].isin(["t01", "t02"])])
    assert persona[0] in beside


def test_arrays_name_columns_by_position(people: pd.DataFrame) -> None:
    by_name = merger().fit(people)
    by_position = PersonaMerger(k=4, person_id=0, hierarchies={2: PLACES})
    array = by_position.fit_transform(people.to_numpy(dtype=object))
    assert array[:, 2].tolist() == by_name.transform(people)["town"].tolist()


def test_polars_in_and_out(people: pd.DataFrame) -> None:
    estimator = merger(hierarchies={"town": pl.from_pandas(PLACES)}, representation="interval")
    released = estimator.fit_transform(pl.from_pandas(people))
    expected = merger(representation="interval").fit_transform(people)
    assert released["town"].to_list() == expected["town"].tolist()


def test_the_order_of_rows_of_people_and_of_the_table_has_no_say(people: pd.DataFrame) -> None:
    order = np.random.default_rng(1).permutation(len(people))
    one = merger(representation="interval").fit_transform(people)
    shuffled = merger(hierarchies={"town": PLACES[::-1]}, representation="interval")
    other = shuffled.fit_transform(people.iloc[order])
    assert_frame_equal(one.iloc[order], other)


def test_it_is_an_estimator_like_any_other(people: pd.DataFrame) -> None:
    before = PLACES.copy(deep=True)
    estimator = merger()
    pipeline = make_pipeline(FunctionTransformer(), clone(estimator)).fit(people)
    copy = pickle.loads(pickle.dumps(pipeline))
    assert_frame_equal(copy.transform(people), estimator.fit_transform(people))
    assert_frame_equal(PLACES, before)
    assert "hierarchies" in repr(estimator)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"hierarchies": {"city": PLACES}}, ColumnNotFoundError, "'city'"),
        ({"hierarchies": {"who": PLACES}}, InputError, "'who', which is none of those"),
        ({"hierarchies": {"town": PLACES.iloc[:0]}}, InputError, "a hierarchy needs a row"),
        ({"hierarchies": PLACES}, ValueError, "'hierarchies' parameter of PersonaMerger must be"),
        ({"hierarchies": {"town": PLACES.iloc[3:]}}, InputError, "people have a value in 'town'"),
    ],
)
def test_what_cannot_be_used(
    people: pd.DataFrame, parameters: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        merger(**parameters).fit(people)


def test_unknown_places_are_counted_not_named(people: pd.DataFrame) -> None:
    fitted = merger().fit(people)
    lost = people.assign(town=["Zebulon"] * 2 + people["town"].tolist()[2:])
    for call in (fitted.transform, fitted.apply, merger().fit):
        with pytest.raises(InputError, match="2 of 90 people have a value in 'town'") as error:
            call(lost)
        assert "Zebulon" not in str(error.value)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([*PLACES["town"], "a0", "h1"]), st.sampled_from("FM")),
        min_size=4,
        max_size=24,
    ),
    st.integers(1, 4),
)
def test_classes_hold_k_and_the_penalty_is_right(rows: list[tuple[str, str]], k: int) -> None:
    people = pd.DataFrame(rows, columns=["town", "sex"])
    fitted = PersonaMerger(k=k, representation="interval", hierarchies={"town": TREE}).fit(people)
    persona = fitted.apply(people)
    assert np.bincount(persona).min() >= k
    sexes = people["sex"].groupby(persona).transform("nunique").to_numpy()
    of_sex = float(np.mean((sexes - 1) / max(people["sex"].nunique() - 1, 1)))
    expected = (penalty_by_hand(people["town"], persona) + of_sex) / 2
    assert fitted.information_loss_ == pytest.approx(expected)
    for town, label in zip(people["town"], fitted.transform(people)["town"], strict=True):
        assert leaves(town) <= leaves(label)
