"""Generated tables: shape, order of events, determinism, ids that say nothing, and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from personatwin_sk.datasets import make_people_events
from personatwin_sk.domains import Domain, get_domain_config
from personatwin_sk.exceptions import InputError

COLUMNS = ["person_id", "age", "gender", "ethnicity", "geography"]
COLUMNS += ["event_id", "date", "event_type", "outcome"]
DOMAINS = ["criminal_justice", "healthcare", "education", "social_services", "employment"]

# Written down by hand: what must stand directly before each event of a court history. Nothing
# stands before an arrest, or anything does (a new run of events).
BEFORE = {
    "pretrial_detention": {("arrest", "charged")},
    "release": {("pretrial_detention", "detained")},
    "charge": {
        ("arrest", "charged"),
        ("pretrial_detention", "detained"),
        ("release", "released"),
    },
    "trial": {("charge", "filed"), ("appeal", "remanded")},
    "sentencing": {
        ("charge", "plea_bargain"),
        ("trial", "guilty"),
        ("probation", "violated"),
    },
    "probation": {("sentencing", "probation")},
    "incarceration": {("sentencing", "incarceration"), ("parole", "violated")},
    "parole": {("incarceration", "served")},
    "appeal": {("sentencing", outcome) for outcome in ("probation", "incarceration", "fine")},
}


@pytest.fixture(scope="module")
def tables():
    return {domain: make_people_events(1500, domain, random_state=7) for domain in DOMAINS}


@pytest.mark.parametrize("domain", DOMAINS)
def test_shape_and_types(tables, domain):
    table = tables[domain]
    assert list(table.columns) == COLUMNS
    assert isinstance(table.index, pd.RangeIndex)
    assert table["person_id"].nunique() == 1500
    assert table["event_id"].is_unique
    assert not table.isna().any(axis=None)
    assert table["age"].dtype == np.int64
    assert table["date"].dtype == np.dtype("datetime64[s]")
    assert table["date"].between("2018-01-01", "2023-12-31").all()
    assert (table["date"].dt.floor("D") == table["date"]).all()


@pytest.mark.parametrize("domain", DOMAINS)
def test_traits_belong_to_the_person(tables, domain):
    traits = tables[domain].groupby("person_id")[COLUMNS[1:5]].nunique()
    assert (traits == 1).all(axis=None)


@pytest.mark.parametrize("domain", DOMAINS)
def test_events_obey_the_domain(tables, domain):
    table, config = tables[domain], get_domain_config(domain)
    pairs = table[["event_type", "outcome"]].drop_duplicates()
    for event, outcome in pairs.itertuples(index=False):
        assert outcome in config.outcomes[event]
    before = table.groupby("person_id", sort=False)["event_type"].shift()
    steps = pd.DataFrame({"before": before, "event": table["event_type"]}).drop_duplicates()
    for earlier, event in steps.itertuples(index=False):
        begins = event in config.first_events
        assert begins or event in config.next_events[earlier]


def test_court_histories_obey_the_order_written_down_here():
    table = make_people_events(5000, "criminal_justice", random_state=3)
    person = table.groupby("person_id", sort=False)
    steps = pd.DataFrame(
        {
            "type_before": person["event_type"].shift(),
            "outcome_before": person["outcome"].shift(),
            "event": table["event_type"],
        }
    )
    steps = steps[steps["event"] != "arrest"].drop_duplicates()
    assert set(steps["event"]) == set(BEFORE)
    for type_before, outcome_before, event in steps.itertuples(index=False):
        assert (type_before, outcome_before) in BEFORE[event]
    assert (person["event_type"].first() == "arrest").all()


@pytest.mark.parametrize("domain", DOMAINS)
def test_rows_of_a_person_are_together_and_in_order_of_time(tables, domain):
    table = tables[domain]
    block = (table["person_id"] != table["person_id"].shift()).cumsum()
    assert block.nunique() == 1500
    same = table["person_id"] == table["person_id"].shift()
    assert (table["date"].diff()[same] >= pd.Timedelta(0)).all()


@pytest.mark.parametrize("domain", DOMAINS)
def test_number_of_events_is_skewed_and_every_type_occurs(tables, domain):
    table = tables[domain]
    counts = table.groupby("person_id").size()
    assert 2 < counts.mean() < 20
    assert counts.median() < counts.mean()
    assert counts.max() > 4 * counts.mean()
    assert (table["event_type"].value_counts(normalize=True) > 0.0005).all()


def test_the_young_are_arrested_more_often():
    table = make_people_events(8000, "criminal_justice", random_state=1)
    arrests = table[table["event_type"] == "arrest"].groupby("person_id").size()
    age = table.groupby("person_id")["age"].first()
    assert arrests[age < 30].mean() > 1.15 * arrests[age >= 60].mean()


def test_same_seed_same_table():
    first = make_people_events(200, "healthcare", random_state=5)
    np.random.seed(99)  # The global state must not matter.
    pd.testing.assert_frame_equal(first, make_people_events(200, "healthcare", random_state=5))
    pd.testing.assert_frame_equal(
        first, make_people_events(200, Domain.HEALTHCARE, random_state=np.int64(5))
    )
    pd.testing.assert_frame_equal(
        first,
        make_people_events(200, "healthcare", random_state=np.random.RandomState(5)),
    )
    assert not first.equals(make_people_events(200, "healthcare", random_state=6))


def test_without_a_seed_tables_differ():
    assert set(make_people_events(50)["person_id"]).isdisjoint(make_people_events(50)["person_id"])


def test_ids_say_nothing_of_order_or_person():
    table = make_people_events(3000, random_state=11)
    assert table["person_id"].str.fullmatch("P[0-9a-f]{12}").all()
    assert table["event_id"].str.fullmatch("E[0-9a-f]{12}").all()
    people = table["person_id"].drop_duplicates()
    assert abs(stats.spearmanr(people.rank(), np.arange(len(people))).statistic) < 0.06
    event_rank = table["event_id"].rank()
    assert abs(stats.spearmanr(event_rank, np.arange(len(table))).statistic) < 0.04
    assert abs(stats.spearmanr(event_rank, table["date"].astype("int64")).statistic) < 0.04


def test_one_person_is_enough():
    assert make_people_events(1, random_state=0)["person_id"].nunique() == 1


@pytest.mark.parametrize("wrong", [0, -3, 2.5, "ten", None, True])
def test_impossible_number_of_people_is_refused(wrong):
    with pytest.raises(InputError, match="n_people must be an integer of at least 1"):
        make_people_events(wrong)


@pytest.mark.parametrize(
    ("domain", "message"),
    [
        ("custom", "domain='custom' has no events; choose one of criminal_justice, healthcare"),
        (Domain.CUSTOM, "domain='custom' has no events"),
        ("sports", "domain='sports' is not known"),
    ],
)
def test_domain_without_events_is_refused(domain, message):
    with pytest.raises(InputError, match=message):
        make_people_events(10, domain)
