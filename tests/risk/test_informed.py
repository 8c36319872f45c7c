"""F where the population knows some columns only: against populations that are all known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.exceptions import InputError
from personatwin_sk.population import TablePopulation
from personatwin_sk.risk import ReidentificationRisk, assess_risk
from personatwin_sk.risk._informed import _in_order

KNOWN, ALL = ["age", "gender"], ["age", "gender", "work", "home"]


def make_town(n_people=6000, seed=0):
    rng = np.random.default_rng(seed)
    age = rng.integers(20, 40, n_people)
    work = np.where(rng.random(n_people) < 0.6, age // 5, rng.integers(4, 12, n_people))
    return pd.DataFrame(
        {
            "age": age,
            "gender": rng.choice(np.array(["F", "M"], dtype=object), n_people),
            "work": [f"w{one}" for one in work],
            "home": [f"h{one}" for one in rng.integers(0, 4, n_people)],
        }
    )


def population_of(town, columns):
    return TablePopulation.from_frame(town.groupby(columns).size().rename("n").reset_index())


def samples(fraction, n_samples=6):
    for seed in range(n_samples):
        town = make_town(seed=seed)
        sample = town.sample(frac=fraction, random_state=seed).reset_index(drop=True)
        behind = town.groupby(ALL).size().rename("behind").reset_index()
        truth = 1 / sample.merge(behind, on=ALL, how="left")["behind"].to_numpy()
        yield town, sample, truth


def test_the_expected_risk_is_the_true_one_on_average():
    ratios = []
    for fraction in (0.03, 0.1, 0.3):
        reported, true, upper = [], [], []
        for town, sample, truth in samples(fraction):
            report = assess_risk(sample, sample, ALL, population=population_of(town, KNOWN))
            reported.append(report.journalist.mean)
            true.append(truth.mean())
            upper.append(report.upper)
            assert report.modelled_share == 1.0
        assert (np.array(upper) >= true).all()
        assert np.mean(upper) < 1.5 * np.mean(true)
        ratios.append(np.mean(reported) / np.mean(true))
    # 1/f, which the file alone would say, is 4.2, 3.1 and 1.9 times the truth.
    assert np.mean(ratios) == pytest.approx(1, abs=0.1)
    assert min(ratios) > 0.9
    assert max(ratios) < 1.1


def test_it_is_between_the_known_part_and_the_file():
    town, sample, _ = next(samples(0.1))
    known = assess_risk(sample, sample, KNOWN, population=population_of(town, KNOWN))
    report = assess_risk(sample, sample, ALL, population=population_of(town, KNOWN))
    in_file = assess_risk(sample, sample, ALL, attacker="prosecutor")
    assert (report.individual_risks >= known.individual_risks - 1e-12).all()
    assert (report.individual_risks <= in_file.individual_risks + 1e-12).all()
    assert report.upper <= in_file.population_average_risk


def test_nobody_but_the_file_has_the_known_values():
    sample = make_town(200)
    report = assess_risk(sample, sample, ALL, population=population_of(sample, KNOWN))
    in_file = assess_risk(sample, sample, ALL, attacker="prosecutor")
    assert report.individual_risks == pytest.approx(in_file.individual_risks)
    assert report.upper == pytest.approx(report.population_average_risk)


def test_more_people_with_the_known_values_never_raise_the_risk():
    _, sample, _ = next(samples(0.1))
    counts = sample.groupby(KNOWN).size().rename("n").reset_index()
    before = np.full(len(sample), np.inf)
    for factor in (1, 3, 10, 100, 10_000):
        people = TablePopulation.from_frame(counts.assign(n=counts["n"] * factor))
        risks = assess_risk(sample, sample, ALL, population=people).individual_risks
        assert (risks <= before + 1e-12).all()
        before = risks


def test_a_value_that_the_population_does_not_know_leaves_one_over_f():
    town, sample, _ = next(samples(0.1))
    sample["age"] = sample["age"].astype(object)
    sample.loc[:4, "age"] = None
    report = assess_risk(sample, sample, ALL, population=population_of(town, KNOWN))
    in_file = assess_risk(sample, sample, ALL, attacker="prosecutor")
    assert report.individual_risks[:5] == pytest.approx(in_file.individual_risks[:5])
    assert report.n_unknown_to_population == 5
    assert report.modelled_share == pytest.approx(1 - 5 / len(sample))


def test_rows_of_a_person_and_suppressed_people():
    town, sample, _ = next(samples(0.05))
    sample["who"] = np.arange(len(sample))
    twice = pd.concat([sample, sample], ignore_index=True)
    once = assess_risk(sample, sample, ALL, person_id="who", population=population_of(town, KNOWN))
    both = assess_risk(twice, twice, ALL, person_id="who", population=population_of(town, KNOWN))
    assert both.individual_risks[: len(sample)] == pytest.approx(once.individual_risks)
    assert both.upper == pytest.approx(once.upper)
    released = sample.assign(who=sample["who"].where(sample["who"] > 9))
    some = assess_risk(
        sample, released, ALL, person_id="who", population=population_of(town, KNOWN)
    )
    assert some.n_suppressed == 10
    assert np.isnan(some.individual_risks[:10]).all()
    assert np.isfinite(some.individual_risks[10:]).all()


def test_a_sampling_fraction_alone():
    table = pd.DataFrame({"a": [1, 2, 2]})
    p = 0.1
    report = assess_risk(table, table, "a", sampling_fraction=p)
    odds = p / (1 - p)
    one, two = -odds * np.log(p), odds + odds**2 * np.log(p)
    assert report.individual_risks == pytest.approx([one, two, two])
    assert report.upper > report.population_average_risk
    whole = assess_risk(table, table, "a", sampling_fraction=1.0)
    assert whole.journalist == whole.prosecutor
    assert whole.upper == pytest.approx(whole.population_average_risk)
    # A population that knows the columns says more.
    people = TablePopulation.from_frame(pd.DataFrame({"a": [1, 2], "n": [5, 8]}))
    counted = assess_risk(table, table, "a", population=people, sampling_fraction=p)
    assert counted.individual_risks == pytest.approx([1 / 5, 1 / 8, 1 / 8])


def test_the_share_of_those_behind_a_row_who_are_in_the_file():
    table = pd.DataFrame({"a": [1, 2, 2]})
    people = TablePopulation.from_frame(pd.DataFrame({"a": [1, 2], "n": [5, 8]}))
    assert assess_risk(table, table, "a", population=people).delta_presence == (0.2, 0.25)
    assert assess_risk(table, table, "a").delta_presence == (1.0, 1.0)


def test_confidence_moves_the_limit_between_the_mean_and_one_over_f():
    town = TablePopulation.from_frame(
        pd.DataFrame({"a": [1, 2], "n": [50, 80], "margin": [20, 30]}), error="margin"
    )
    table = pd.DataFrame({"a": [1, 2, 2]})
    limits = [
        assess_risk(table, table, "a", population=town, confidence=level).upper
        for level in (0.5, 0.8, 0.95, 0.99)
    ]
    mean = (1 / 50 + 2 / 80) / 3
    assert limits[0] == pytest.approx(mean)
    assert (np.diff(limits) > 0).all()
    # Margins are of 90 %: the low ends as they are.
    assert limits[2] == pytest.approx((1 / 30 + 2 / 50) / 3)


@pytest.mark.parametrize("bad", [{"confidence": 1.0}, {"confidence": 0.4}, {"confidence": np.nan}])
def test_a_confidence_that_is_none_is_refused(bad):
    with pytest.raises(InputError, match="confidence"):
        ReidentificationRisk("a", **bad)


@pytest.mark.parametrize("bad", [0.0, -0.1, 1.1, np.nan])
def test_a_fraction_that_is_none_is_refused(bad):
    with pytest.raises(InputError, match="sampling_fraction"):
        ReidentificationRisk("a", sampling_fraction=bad)


def test_labels_are_in_the_order_of_their_numbers():
    labels = pd.Series(["10", "2", "N", None], dtype=object)
    assert _in_order(labels).tolist() == [1, 0, 2, 3]
    assert _in_order(pd.Series([3, 7, 40])).tolist() == [0, 1, 2]
    assert _in_order(pd.Series(["a", "b"], dtype=object)).tolist() == [0, 1]
