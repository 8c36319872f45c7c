"""Attackers with several known events, against looking at every candidate and every assignment."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk.population import TablePopulation
from personatwin_sk.risk import _events, assess_risk

HISTORIES = st.lists(
    st.tuples(
        st.integers(0, 4),  # person
        st.sampled_from(["arrest", "release"]),
        st.sampled_from(["2023-01", "2023-02", "2023-03"]),
    ),
    min_size=1,
    max_size=9,
)


def table_of(rows):
    return pd.DataFrame(rows, columns=["who", "type", "date"]).assign(age=30)


def assess(original, released, known, **settings):
    return assess_risk(
        original,
        released,
        "age",
        person_id="who",
        known_events=known,
        event_type="type",
        date="date",
        **settings,
    ).event_risk


def by_hand(rows, known):
    """Try every set of known events, every person, and every way to assign theirs to them."""
    events_of = defaultdict(list)
    for person, type_, month in rows:
        events_of[person].append((type_, month))
    rate = defaultdict(int)
    for _, type_, month in rows:
        rate[type_, month] += 1
    even = best = 0.0
    for target, own in events_of.items():
        sets = list(itertools.combinations(own, min(known, len(own))))
        for chosen in sets:
            likelihood = {}
            for person, theirs in events_of.items():
                total = 0.0
                for assigned in itertools.permutations(theirs, len(chosen)):
                    if list(assigned) == list(chosen):
                        total += 1 / math.prod(rate[event] for event in assigned)
                if total:
                    likelihood[person] = total / math.perm(len(theirs), len(chosen))
            top = max(likelihood.values())
            winners = [p for p, value in likelihood.items() if value > top * (1 - 1e-9)]
            share = 1 / len(sets) / len(events_of)
            even += share / len(likelihood)
            best += share * (target in winners) / len(winners)
    return even, best


@given(HISTORIES, st.integers(1, 4))
@settings(deadline=None, max_examples=30)
def test_several_known_events_are_what_trying_everything_finds(rows, known):
    table = table_of(rows)
    risk = assess(table, table, known)
    tried = [by_hand(rows, m) for m in range(1, known + 1)]
    assert risk.n_sampled == 0
    assert risk.mean == pytest.approx(tried[-1][0])
    dated = max(best for _, best in tried)
    # All of a person's events are in one class, so that leaving it out says the same.
    assert risk.without_class == pytest.approx(max(dated, 0))
    assert risk.best_guess >= max(dated, risk.mean) - 1e-12
    assert risk.upper == risk.best_guess
    if known == 1:
        assert risk.best_guess == pytest.approx(max(dated, risk.mean))


@given(HISTORIES)
@settings(deadline=None, max_examples=30)
def test_gaps_between_days_are_what_trying_everything_finds(rows):
    month = {"2023-01": 0, "2023-02": 7, "2023-03": 18}
    events_of = defaultdict(list)
    for person, type_, at in rows:
        events_of[person].append((type_, month[at]))
    even = best = 0.0
    for target, own in events_of.items():
        sets = list(itertools.combinations(own, min(2, len(own))))
        for chosen in sets:
            gap = chosen[-1][1] - chosen[0][1]
            likelihood = {}
            for person, theirs in events_of.items():
                ways = [
                    assigned
                    for assigned in itertools.permutations(theirs, len(chosen))
                    if [t for t, _ in assigned] == [t for t, _ in chosen]
                    and assigned[-1][1] - assigned[0][1] == gap
                ]
                if ways:
                    likelihood[person] = len(ways) / math.perm(len(theirs), len(chosen))
            top = max(likelihood.values())
            winners = [p for p, value in likelihood.items() if value > top * (1 - 1e-9)]
            share = 1 / len(sets) / len(events_of)
            even += share / len(likelihood)
            best += share * (target in winners) / len(winners)
    # Everybody is moved by days of their own: no date is of any use, gaps are as they were.
    true = pd.to_datetime("2020-01-01") + pd.to_timedelta([month[r[2]] for r in rows], unit="D")
    shift = pd.to_timedelta([97 * r[0] for r in rows], unit="D")
    original = table_of(rows).assign(date=true)
    risk = assess(original, original.assign(date=true + shift), 1)
    assert risk.interval_mean == pytest.approx(even)
    assert risk.interval_upper == pytest.approx(max(best, even))


NOISY = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from(["young", "old"]),
        st.sampled_from(["arrest", "release", None]),
        st.one_of(st.none(), st.integers(18_000, 18_900)),
        st.integers(-40, 40),
        st.sampled_from([True, True, True, False]),
    ),
    min_size=1,
    max_size=25,
)


def noisy(rows, precision):
    days = pd.Series([r[3] for r in rows], dtype="float")
    true = pd.to_datetime(days, unit="D")
    late = pd.to_datetime(days + [r[4] for r in rows], unit="D")
    text = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}[precision]
    original = pd.DataFrame({"who": [r[0] for r in rows], "age": 30, "date": true})
    original["type"] = pd.Series([r[2] for r in rows], dtype=object)
    released = original.assign(
        date=late.dt.strftime(text).astype(object),
        age=[r[1] for r in rows],
        who=[1 if r[5] else None for r in rows],
    )
    return original, released


@given(NOISY, st.sampled_from(["day", "month", "year"]))
@settings(deadline=None, max_examples=20)
def test_chances_are_chances_and_knowing_more_never_helps_less(rows, precision):
    original, released = noisy(rows, precision)
    risks = [assess(original, released, known) for known in (1, 2, 3)]
    for risk in risks:
        assert risk.mean <= risk.best_guess <= risk.upper <= 1
        assert risk.interval_mean <= risk.interval_upper <= 1
        assert risk.mean <= risk.max <= 1
        assert risk.population_mean == pytest.approx(risk.mean)
        if risk.n_events:
            assert min(risk.mean, risk.interval_mean, risk.without_class) > 0
    for less, more in itertools.pairwise(risks):
        assert less.upper <= more.upper
        assert less.best_guess <= more.best_guess
        assert less.mean <= more.mean + 1e-12
        assert less.interval_upper <= more.interval_upper


@given(NOISY, st.sampled_from(["day", "year"]), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=15)
def test_the_order_of_rows_has_no_say(rows, precision, random):
    original, released = noisy(rows, precision)
    order = list(range(len(rows)))
    random.shuffle(order)
    before = assess(original, released, 2)
    after = assess(original.iloc[order], released.iloc[order], 2)
    assert dataclasses.astuple(after) == pytest.approx(dataclasses.astuple(before))


def crowd(n=3_000, own=4, jitter=0, shift=0, seed=0, precision="D", n_classes=30):
    """People of a few classes whose events are anywhere in ten years."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(n), own)
    days = rng.integers(14_610, 18_262, len(who))
    late = days + rng.integers(-shift, shift + 1, n)[who]
    late = late + rng.integers(-jitter, jitter + 1, len(who))
    original = pd.DataFrame(
        {"who": who, "age": who % n_classes, "date": pd.to_datetime(days, unit="D")}
    )
    original["type"] = rng.choice(["arrest", "release"], len(who))
    text = late.astype("datetime64[D]").astype(f"datetime64[{precision}]").astype(str)
    return original, original.assign(date=text)


def test_a_sample_depends_on_the_data_and_not_on_the_order_of_rows(monkeypatch):
    monkeypatch.setattr(_events, "_DATED", (1_000, 60_000))
    original, released = crowd(jitter=14, precision="M")
    order = np.random.default_rng(3).permutation(len(original))
    before = assess(original, released, 2)
    after = assess(original.iloc[order], released.iloc[order], 2)
    assert before.n_sampled >= 200
    assert dataclasses.astuple(after) == pytest.approx(dataclasses.astuple(before), rel=1e-12)


@pytest.mark.parametrize("known", [1, 2])
def test_a_sample_finds_what_counting_finds(monkeypatch, known):
    original, released = crowd(n=1_500, jitter=14, precision="Y")
    monkeypatch.setattr(_events, "_DATED", (10**9, 0))
    counted = assess(original, released, known)
    assert counted.n_sampled == 0
    monkeypatch.setattr(_events, "_DATED", (0, 400_000))
    sampled = assess(original, released, known)
    n = sampled.n_sampled
    assert n > 500
    for name in ("mean", "best_guess"):
        error = 4 * math.sqrt(getattr(counted, name) / n)
        assert getattr(sampled, name) == pytest.approx(getattr(counted, name), abs=error), name
    assert sampled.upper > sampled.best_guess
    assert sampled.upper > counted.best_guess


def test_the_limit_of_a_sample_is_wilson_one_sided(monkeypatch):
    monkeypatch.setattr(_events, "_DATED", (0, 200_000))
    risk = assess(*crowd(n=1_500, precision="Y"), 1)
    p, n, z = risk.best_guess, risk.n_sampled, 1.6448536269514722
    # The limit is where the share lies z standard errors of the limit below it.
    assert risk.upper - p == pytest.approx(z * math.sqrt(risk.upper * (1 - risk.upper) / n))


def test_shifts_leave_gaps_alone_and_jitter_does_not():
    shifted = assess(*crowd(shift=300), 1)
    assert shifted.upper < 0.2  # one date says little
    assert shifted.interval_mean > 0.9
    assert shifted.interval_upper > 0.9
    jittered = assess(*crowd(shift=300, jitter=300), 1)
    assert jittered.interval_mean < 0.1
    assert jittered.interval_upper < 0.2
    # Who knows two dates knows the gap between them.
    two = assess(*crowd(shift=300), 2)
    assert two.upper >= two.interval_upper > 0.9
    assert two.mean > 0.9


def test_a_unique_history_is_caught_and_its_clean_twin_is_not():
    """Forty people with the same year of arrest, and one of them with a type of their own."""
    original = pd.DataFrame({"who": range(400), "age": 30, "type": "arrest"})
    original["date"] = pd.date_range("2020-01-02", periods=400, freq="12h").normalize()
    clean = original.assign(date=original["date"].dt.strftime("%Y"))
    assert assess(original, clean, 1).unique_share == 0
    assert assess(original, clean, 1).max < 0.05
    planted = original.assign(type=["escape", *["arrest"] * 399])
    risk = assess(planted, clean.assign(type=planted["type"]), 1)
    assert risk.max == 1.0
    assert risk.unique_share == 1 / 400
    gone = clean.assign(type=planted["type"], who=[None, *range(1, 400)])
    assert assess(planted, gone, 1).unique_share == 0


def test_the_best_guesser_is_no_better_than_an_attack_that_knows_the_noise():
    """Plays it plainly: known jitter, known class, the Bayes rule with rates of the release."""
    original, released = crowd(n=1_200, own=3, jitter=60, precision="Y", n_classes=30)
    risk = assess(original, released, 1)
    day = original["date"].to_numpy().astype("datetime64[D]").astype(int)
    year = released["date"].astype(int).to_numpy()
    first = np.array([np.datetime64(f"{y}-01-01").astype(int) for y in year])
    last = np.array([np.datetime64(f"{y}-12-31").astype(int) for y in year])
    rate = released.groupby(["type", "date"])["who"].transform("size").to_numpy()
    hits = 0.0
    for row in range(len(original)):
        same = (original["age"] == original["age"][row]) & (
            original["type"] == original["type"][row]
        )
        low, high = np.maximum(first, day[row] - 60), np.minimum(last, day[row] + 60)
        score = pd.Series(np.maximum(high - low + 1, 0) / rate)[same]
        total = score.groupby(original["who"][same]).sum()
        winners = total[total > total.max() * (1 - 1e-9)].index
        hits += (original["who"][row] in winners) / len(winners)
    attack = hits / len(original)
    assert risk.mean < attack
    assert attack <= risk.upper + 2 * math.sqrt(attack / len(original))
    assert risk.upper == pytest.approx(attack, rel=0.1)


def test_the_population_is_scaled_in():
    """One in three of the others fits: of 61 people behind the row it is 1 in 21."""
    table = table_of(
        [(0, "arrest", "2023-01"), (1, "arrest", "2023-01"), (2, "a", "2023"), (3, "b", "2023")]
    )
    town = TablePopulation.from_frame(pd.DataFrame({"age": [30], "n": [61]}))
    risk = assess(table, table, 1, population=town)
    assert risk.mean == pytest.approx((1 / 2 + 1 / 2 + 1 + 1) / 4)
    assert risk.population_mean == pytest.approx((2 * 1 / (1 + 60 / 3) + 1 + 1) / 4)


def test_a_coarser_period_never_raises_the_figures_without_noise():
    original, by_month = crowd(n=900, precision="M")
    _, by_year = crowd(n=900, precision="Y")
    fine, coarse = (assess(original, released, 2) for released in (by_month, by_year))
    for name in ("mean", "unique_share", "upper", "without_class"):
        assert getattr(coarse, name) < getattr(fine, name)


def test_events_without_a_true_date_fit_by_type_alone():
    original = pd.DataFrame({"who": [1, 2, 3], "age": 30, "type": "arrest", "date": None})
    risk = assess(original, original, 1)
    assert risk.mean == risk.upper == pytest.approx(1 / 3)
    released = original.assign(date=["2020", "2021", None])  # made up by the release
    assert assess(original, released, 1).mean == pytest.approx(1 / 3)


def test_a_person_with_fewer_events_is_known_by_all_of_them():
    rows = [(1, "arrest", "2023-01"), (2, "arrest", "2023-01"), (2, "release", "2023-02")]
    risk = assess(table_of(rows), table_of(rows), 5)
    # The one arrest fits both; with the release it is the second.
    assert risk.mean == pytest.approx((1 / 2 + 1) / 2)
    assert risk.best_guess == pytest.approx(1.0)  # who has one event explains one event better


def test_a_period_with_few_events_is_the_better_guess():
    """The last day of 2020 may show as either year; of seven events one shows as 2021."""
    original = pd.DataFrame({"who": range(7), "age": 30, "type": "arrest"})
    original["date"] = pd.to_datetime(["2020-12-30", "2020-12-31", *["2020-06-01"] * 5])
    released = original.assign(date=["2020", "2021", *["2020"] * 5], age=[1, 1, *[2] * 5])
    risk = assess(original, released, 1)
    # Both of class 1 fit the last day, and the rarer year wins; on the day before only 2020 fits.
    assert risk.best_guess == pytest.approx((1 + 1 + 5 * 1 / 5) / 7)
    assert risk.mean == pytest.approx((1 + 1 / 2 + 5 * 1 / 5) / 7)
