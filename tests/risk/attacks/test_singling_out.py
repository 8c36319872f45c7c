"""Singling out, against predicates counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import personatwin_sk.risk.attacks._singling_out as singling_out
from personatwin_sk.exceptions import ColumnNotFoundError, InputError
from personatwin_sk.risk.attacks import singling_out_risk


def draw(seed, n=300):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "income": rng.integers(0, 100_000, n),
            "sex": rng.choice(["F", "M"], n),
        }
    )


def test_unprotected_table_is_singled_out_and_a_merged_one_is_not():
    people = draw(0)
    merged = people.assign(
        age=np.where(people["age"] < 50, "18-49", "50-89"),
        income=np.where(people["income"] < 50_000, "0-49999", "50000-99999"),
    )
    keys = ["age", "income", "sex"]
    bare = singling_out_risk(people, people, keys, random_state=0)
    safe = singling_out_risk(people, merged, keys, random_state=0)
    assert bare.rate > 0.9
    assert bare.risk_low > 0.5
    assert safe.rate == 0.0
    assert safe.risk == 0.0


def test_one_column_of_labels_by_hand():
    # Five labels that each cover one person, one that covers five: each predicate is a row's label.
    people = pd.DataFrame({"age": [1, 2, 3, 4, 5, 11, 12, 13, 14, 15]})
    released = pd.DataFrame({"age": ["0-1", "2-2", "3-3", "4-4", "5-5"] + ["11-15"] * 5})
    result = singling_out_risk(people, released, "age", random_state=0, n_targets=400)
    # Labels of one person are chosen, because they are true of the fewest released people.
    assert result.rate > 0.8


def test_matches_are_counted_as_by_hand():
    rng = np.random.default_rng(1)
    people = draw(1, 60)
    released = people.assign(income=people["income"].floordiv(30_000) * 30_000)
    columns = [
        singling_out._Column.of(released[name], [people[name]]) for name in ("age", "income", "sex")
    ]
    row = rng.integers(0, 60, 200)
    used = singling_out._draw_columns(np.random.RandomState(0), 200, 3)
    assert used.sum(axis=0).min() >= 1
    one_sided = rng.random(200) < 0.5
    guesses = [c.conditions(row, use, one_sided) for c, use in zip(columns, used, strict=True)]
    got = singling_out._matches(
        columns, guesses, [c.value_covers for c in columns], [c.values_of[0] for c in columns]
    )
    for i in range(200):
        fits = np.ones(60, dtype=bool)
        for j, name in enumerate(("age", "income", "sex")):
            label, values = released[name].iloc[row[i]], people[name]
            if not used[j, i]:
                continue
            if name == "sex" or not one_sided[i]:
                fits &= (values == label).to_numpy()
            elif label >= released[name].median():
                fits &= (values >= label).to_numpy()
            else:
                fits &= (values <= label).to_numpy()
        assert got[i] == fits.sum()


def test_small_steps_change_nothing(monkeypatch):
    people = draw(2)
    whole = singling_out_risk(people, people, ["age", "sex"], random_state=0)
    monkeypatch.setattr(singling_out, "_CHUNK", 1000)
    assert singling_out_risk(people, people, ["age", "sex"], random_state=0) == whole


def test_control_group_tells_luck_from_disclosure():
    people, others = draw(3), draw(4)
    keys = ["age", "income", "sex"]
    result = singling_out_risk(people, people, keys, control=others, random_state=0)
    assert result.has_control
    # Exact incomes of the file are nobody's among the others.
    assert result.control < 0.5 * result.rate
    assert result.risk > 0.3
    # People who are the control: predicates from them are no more right of the file's people.
    swapped = singling_out_risk(others, others, keys, control=others, random_state=0)
    assert swapped.rate == swapped.control
    assert swapped.risk == 0.0


def test_larger_control_is_cut_to_the_size_of_the_file():
    people = pd.DataFrame({"age": [30]})
    control = pd.DataFrame({"age": [30] * 50})
    result = singling_out_risk(people, people, "age", control=control, random_state=0)
    assert result.rate == 1.0
    assert result.control == 1.0


def test_people_with_several_rows_count_once():
    people = pd.DataFrame({"who": [1, 1, 2, 2], "age": [30, 30, 40, 40]})
    result = singling_out_risk(people, people, "age", person_id="who", random_state=0)
    assert result.rate == 1.0


def test_nobody_released_and_seeds():
    people = pd.DataFrame({"who": [1, 2], "age": [30, 31]})
    gone = people.assign(who=[None, None])
    assert singling_out_risk(people, gone, "age", person_id="who").n_targets == 0
    results = [singling_out_risk(people, people, "age", random_state=9) for _ in range(2)]
    assert results[0] == results[1]


def test_bad_input():
    people = pd.DataFrame({"age": [1, 2]})
    with pytest.raises(InputError, match="n_targets"):
        singling_out_risk(people, people, "age", n_targets=0)
    with pytest.raises(InputError, match="confidence"):
        singling_out_risk(people, people, "age", confidence=0)
    with pytest.raises(ColumnNotFoundError, match="control"):
        singling_out_risk(people, people, "age", control=pd.DataFrame({"shoe": [1]}))
