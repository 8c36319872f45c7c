"""PersonaMerger under constraints: diversity, exact columns, a largest size, suppression."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk._core.cells import Cells
from personatwin_sk.exceptions import ColumnNotFoundError, InputError
from personatwin_sk.merging import PersonaMerger
from personatwin_sk.merging._encoding import Encoding
from personatwin_sk.merging._engine import find_classes

KEYS = ["age", "sex", "area"]


def people(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "id": [f"p{i}" for i in range(n)],
            "age": rng.integers(18, 60, n).astype(float),
            "sex": rng.choice(["F", "M"], n),
            "area": rng.choice(["north", "south", "east"], n),
            "illness": rng.choice(["flu", "asthma", "gout", None], n, p=[0.6, 0.2, 0.15, 0.05]),
            "score": rng.integers(0, 10, n),
        }
    )
    frame.loc[rng.random(n) < 0.05, "age"] = np.nan
    return frame


def classes_of(merger: PersonaMerger, frame: pd.DataFrame) -> pd.Series:
    """Give the released row of each person as text: what an attacker can tell apart."""
    released = merger.fit_transform(frame)
    return released[KEYS].map(str).agg("/".join, axis=1)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(12, 150), st.integers(2, 6), st.integers(2, 3))
def test_every_class_has_l_values(seed: int, n: int, k: int, l_value: int) -> None:
    frame = people(n, seed)
    if frame["illness"].nunique(dropna=False) < l_value or n < k:
        return
    merger = PersonaMerger(KEYS, k, person_id="id", sensitive=["illness"], l_diversity=l_value)
    rows = classes_of(merger, frame)
    groups = frame.groupby(rows)
    assert groups["illness"].agg(lambda values: values.nunique(dropna=False)).min() >= l_value
    assert groups.size().min() >= k
    assert merger.n_suppressed_ == 0


def test_an_independent_judge_agrees() -> None:
    from pycanon import anonymity

    frame = people(600, 7).dropna().reset_index(drop=True)
    merger = PersonaMerger(
        KEYS, 5, person_id="id", sensitive=["illness"], l_diversity=("entropy", 1.6),
        t_closeness=0.3,
    )  # fmt: skip
    released = merger.fit_transform(frame)
    released["illness"] = frame["illness"]
    assert anonymity.k_anonymity(released, KEYS) >= 5
    assert anonymity.entropy_l_diversity(released, KEYS, ["illness"]) >= 1
    assert anonymity.l_diversity(released, KEYS, ["illness"]) >= 2
    assert anonymity.t_closeness(released, KEYS, ["illness"]) <= 0.3 + 1e-9
    # The demand binds: without it the same classes are farther from the whole.
    free = PersonaMerger(KEYS, 5, person_id="id").fit_transform(frame)
    free["illness"] = frame["illness"]
    assert anonymity.t_closeness(free, KEYS, ["illness"]) > 0.3


def test_closeness_of_numbers_goes_by_their_order() -> None:
    frame = people(300, 3)
    merger = PersonaMerger(KEYS, 4, person_id="id", sensitive=["score"], t_closeness=0.12)
    rows = classes_of(merger, frame)
    whole = np.bincount(frame["score"], minlength=10) / len(frame)
    for _, group in frame.groupby(rows):
        share = np.bincount(group["score"], minlength=10) / len(group)
        assert np.abs(np.cumsum(share - whole)).sum() / 9 <= 0.12 + 1e-9


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(10, 120), st.integers(2, 8))
def test_exact_columns_are_never_mixed(seed: int, n: int, k: int) -> None:
    frame = people(n, seed)
    merger = PersonaMerger(
        KEYS, k, person_id="id", exact=["sex", "area"], representation="interval"
    )
    groups = frame.groupby(["sex", "area"]).size()
    if groups.max() < k:
        with pytest.raises(InputError, match="No persona can be formed"):
            merger.fit(frame)
        return
    released = merger.fit_transform(frame)
    kept = released["id"].notna()
    assert (released.loc[kept, ["sex", "area"]] == frame.loc[kept, ["sex", "area"]]).all().all()
    # Suppressed are those whose own group is too small, nobody else.
    small = groups[groups < k].sum()
    assert merger.n_suppressed_ == small == (~kept).sum()
    assert released.loc[~kept, KEYS].isna().all().all()
    assert (merger.apply(frame)[~kept] == -1).all()
    sizes = frame[kept].groupby(released.loc[kept, KEYS].map(str).agg("/".join, axis=1)).size()
    assert sizes.min() >= k
    assert merger.class_sizes_.sum() + merger.n_suppressed_ == n


def test_suppressed_people_are_null_in_every_kind_of_table() -> None:
    frame = pd.DataFrame({"id": list("abcdefg"), "age": [30] * 6 + [40], "sex": list("FFFMMMX")})
    merger = PersonaMerger(["age", "sex"], 3, person_id="id", exact="sex")
    released = merger.fit_transform(frame)
    assert released.iloc[6].isna().all()
    assert released["age"].tolist()[:6] == [30] * 6
    typed = merger.fit_transform(pl.from_pandas(frame))
    assert typed.row(6) == (None, None, None)
    array = np.array([[30.0, 0], [30, 0], [30, 0], [40, 1]])
    out = PersonaMerger(k=3, exact=[1]).fit_transform(array)
    assert np.isnan(out[3]).all() and not np.isnan(out[:3]).any()
    # Suppression costs all information of the people concerned.
    assert merger.information_loss_ == pytest.approx(1 / 7)


def test_new_people_keep_their_exact_value_or_are_suppressed() -> None:
    frame = pd.DataFrame({"age": [20, 21, 22, 60, 61, 62], "sex": list("FFFMMM")})
    merger = PersonaMerger(k=3, exact=["sex"]).fit(frame)
    new = pd.DataFrame({"age": [61, 20, 40], "sex": ["F", "M", "X"]})
    assert merger.apply(new).tolist() == [0, 1, -1]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(12, 150), st.integers(2, 5), st.integers(0, 12))
def test_no_persona_is_larger_than_allowed(seed: int, n: int, k: int, more: int) -> None:
    frame = people(n, seed)
    largest = 2 * k - 1 + more
    merger = PersonaMerger(KEYS, k, person_id="id", max_class_size=largest)
    rows = classes_of(merger, frame)
    kept = merger.apply(frame) >= 0
    sizes = frame[kept].groupby(rows[kept]).size()
    assert sizes.between(k, largest).all()
    assert merger.n_suppressed_ == (~kept).sum()


def test_equal_people_who_are_too_many_are_suppressed_and_counted() -> None:
    frame = pd.DataFrame({"age": [30] * 9 + [50, 51, 52]})
    merger = PersonaMerger(k=3, max_class_size=5).fit(frame)
    assert merger.n_suppressed_ == 9
    assert merger.class_sizes_.tolist() == [3]


def test_constrained_personas_do_not_depend_on_the_order_of_rows() -> None:
    frame = people(200, 11)
    merger = PersonaMerger(
        KEYS, 4, person_id="id", sensitive=["illness"], l_diversity=2, exact=["sex"]
    )
    numbers = pd.Series(merger.fit(frame).apply(frame), index=frame.index)
    shuffled = frame.sample(frac=1, random_state=2)
    assert merger.fit(shuffled).apply(shuffled).tolist() == numbers[shuffled.index].tolist()


def test_cells_counted_in_chunks_give_the_same_classes() -> None:
    frame = people(500, 13)
    whole, _ = Cells.from_columns([frame[name] for name in KEYS])
    chunks = [frame.iloc[part] for part in np.array_split(np.arange(500), 7)]
    parts = [Cells.from_columns([chunk[name] for name in KEYS])[0] for chunk in chunks]
    merged = Cells.merge(parts[::-1])
    classes = [
        find_classes(Encoding(cells.values, cells.codes, cells.people), 5, 3)
        for cells in (whole, merged)
    ]
    assert classes[0].tolist() == classes[1].tolist()


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"l_diversity": 2}, InputError, "sensitive"),
        ({"t_closeness": 0.2}, InputError, "sensitive"),
        ({"l_diversity": 9, "sensitive": ["illness"]}, InputError, "l_diversity"),
        ({"l_diversity": ("entropy",), "sensitive": ["illness"]}, InputError, "l_diversity"),
        ({"t_closeness": 0, "sensitive": ["illness"]}, ValueError, "'t_closeness' parameter"),
        ({"t_closeness": 1.5, "sensitive": ["illness"]}, ValueError, "'t_closeness' parameter"),
        ({"exact": ["illness"]}, InputError, "no quasi-identifiers"),
        ({"exact": ["nowhere"]}, ColumnNotFoundError, "'nowhere'"),
        ({"max_class_size": 3}, InputError, "max_class_size=3 is below k=5"),
        ({"refine": -1}, ValueError, "'refine' parameter"),
    ],
)
def test_bad_demands_are_named(parameters, error, message) -> None:
    with pytest.raises(error, match=message):
        PersonaMerger(KEYS, 5, person_id="id", **parameters).fit(people(60, 1))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(["center", "interval"]))
def test_merging_again_under_the_same_demands_changes_nothing(
    seed: int, representation: str
) -> None:
    frame = people(150, seed)
    merger = PersonaMerger(
        KEYS,
        4,
        person_id="id",
        sensitive=["illness"],
        l_diversity=2,
        t_closeness=0.5,
        exact=["sex"],
        representation=representation,
    )
    once = merger.fit_transform(frame)
    assert merger.n_suppressed_ == 0
    twice = merger.fit_transform(once.assign(id=frame["id"]))
    pd.testing.assert_frame_equal(once[KEYS], twice[KEYS])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 6))
def test_people_who_are_there_k_times_stay_as_they_are(seed: int, k: int) -> None:
    one = people(20, seed)[KEYS]
    frame = pd.concat([one] * k, ignore_index=True)
    merger = PersonaMerger(KEYS, k)
    pd.testing.assert_frame_equal(merger.fit_transform(frame), frame)
    assert merger.sse_ratio_ == pytest.approx(0.0, abs=1e-12)
    assert merger.information_loss_ == 0.0
