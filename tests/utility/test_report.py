"""The report: each part is that of its own function, words are literal, nobody is named."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from personatwin_sk import PersonaMerger, make_people_events
from personatwin_sk.exceptions import ColumnNotFoundError, InputError
from personatwin_sk.utility import (
    association_preserved,
    event_sequences,
    information_kept,
    k_marginal,
    outcome_disparities,
    propensity_mse,
    train_on_released,
    utility_report,
)

KEYS = ["age", "gender", "ethnicity"]
TREE = DecisionTreeClassifier(max_depth=3, random_state=0)


@pytest.fixture(scope="module")
def tables():
    before = make_people_events(400, random_state=0)
    merger = PersonaMerger(KEYS, k=5, person_id="person_id", representation="interval")
    after = merger.fit_transform(before)
    return before, after.assign(outcome=np.random.default_rng(0).permutation(after["outcome"]))


@pytest.fixture(scope="module")
def report(tables):
    return utility_report(
        *tables,
        KEYS,
        person_id="person_id",
        dates="date",
        outcomes="outcome",
        event_type="event_type",
        group="ethnicity",
        target="gender",
        estimator=TREE,
        cv=3,
    )


def test_every_part_is_that_of_its_own_function(tables, report):
    before, after = tables
    columns = [*KEYS, "date", "outcome", "event_type"]
    roles = {"person_id": "person_id", "dates": "date", "outcomes": "outcome"}
    assert report.information_kept == information_kept(before, after, KEYS, **roles)
    assert list(report.losses) == [*KEYS, "date", "outcome"]
    assert np.mean(list(report.losses.values())) == pytest.approx(1 - report.information_kept)
    assert report.k_marginal == k_marginal(before, after, columns)
    assert report.propensity == propensity_mse(before, after, columns)
    assert report.association.score == association_preserved(before, after, columns).score
    found = outcome_disparities(
        before, after, "outcome", "ethnicity", by="event_type", person_id="person_id"
    )
    pd.testing.assert_frame_equal(report.disparities["outcome"].table, found.table)
    order = event_sequences(before, after, "event_type", person_id="person_id", date="date")
    assert report.sequences.to_dict() == order.to_dict()
    model = train_on_released(
        before,
        after,
        "gender",
        estimator=TREE,
        features=[name for name in columns if name != "gender"],
        person_id="person_id",
        cv=3,
    )
    assert report.model.to_dict() == model.to_dict()


def test_only_what_the_columns_allow(tables):
    before, after = tables
    report = utility_report(before, after, "age")
    assert report.association is None and report.sequences is None and report.model is None
    assert report.disparities == {} and len(report.describe()) == 3
    assert report.k_marginal == k_marginal(before, after, "age", k=1)
    plain = report.to_dict()
    assert plain["association"] is None and plain["model"] is None


def test_words(report):
    lines = report.describe()
    worst = max(report.losses, key=report.losses.get)
    assert lines[0] == (
        f"{report.information_kept:.1%} of the information is kept; {worst} lost the most, "
        f"{report.losses[worst]:.1%}."
    )
    assert lines[1] == f"Joint distributions: k-marginal {report.k_marginal:.0f} of 1000."
    assert lines[2].startswith("Telling released rows from original ones: propensity MSE 0.")
    assert "outcome disparities between groups keep their sign and significance." in lines[4]
    assert lines[-2].startswith("Sequences: 100.0% of the transitions")
    assert lines[-2].endswith(f"where their mean is {report.sequences.mean_gap:.1f}.")
    assert lines[-1].startswith(f"A model trained on the release scores {report.model.score:.4f}")


def test_all_of_it_is_json_and_repr_is_short(report):
    text = json.dumps(report.to_dict(), allow_nan=False)
    assert json.loads(text)["words"] == report.describe()
    assert len(repr(report)) < 400


@pytest.mark.parametrize("column", ["outcome", "ethnicity", "event_type"])
def test_nobody_is_named(tables, column):
    before, after = tables
    canary = before.copy()
    canary.loc[0, column] = "Zanzibar Canary"
    report = utility_report(
        canary,
        after,
        KEYS,
        person_id="person_id",
        outcomes="outcome",
        event_type="event_type",
        group="ethnicity",
    )
    for text in (json.dumps(report.to_dict()), " ".join(report.describe()), repr(report)):
        assert "Canary" not in text
        assert not any(f'"{person}"' in text for person in canary["person_id"].astype(str)[:50])


def test_a_better_release_is_better_in_everything(tables):
    before, _ = tables
    merged = [
        PersonaMerger(KEYS, k=k, person_id="person_id").fit_transform(before) for k in (3, 150)
    ]
    fine, coarse = (utility_report(before, after, KEYS, person_id="person_id") for after in merged)
    assert fine.information_kept > coarse.information_kept
    assert fine.k_marginal > coarse.k_marginal
    assert fine.propensity.value < coarse.propensity.value
    assert fine.association.score > coarse.association.score


def test_hierarchies_reach_the_parts():
    towns = pd.DataFrame({"town": ["Lyon", "Bron", "Nice"], "area": ["Rhone", "Rhone", "Var"]})
    before = pd.DataFrame({"town": ["Lyon", "Bron", "Nice"] * 10, "sex": ["F", "M"] * 15})
    after = before.assign(town=before["town"].replace({"Lyon": "Rhone", "Bron": "Rhone"}))
    report = utility_report(before, after, ["town", "sex"], hierarchies={"town": towns})
    assert report.losses["town"] == pytest.approx(2 / 3 * 2 / 3)
    assert report.k_marginal == pytest.approx(1000.0)
    assert report.propensity.value == pytest.approx(0.0, abs=1e-12)


def test_nothing_to_measure(tables):
    with pytest.raises(InputError, match="no column to measure"):
        utility_report(*tables, [])
    with pytest.raises(ColumnNotFoundError, match="group"):
        utility_report(*tables, "age", group="nothing")
