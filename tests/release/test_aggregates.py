"""Aggregated events: tables of literal counts, made data, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from personatwin_sk import (
    aggregate_events,
    create_safe_personas,
    information_kept,
    make_people_events,
    make_release_pipeline,
    personas_to_dataframe,
)
from personatwin_sk.exceptions import ColumnNotFoundError, InfeasibleRiskError, InputError

COLUMNS = ["persona_id", "event_type", "date", "outcome"]


@pytest.fixture(scope="module")
def pair() -> tuple[pd.DataFrame, pd.DataFrame]:
    events = make_people_events(1500, random_state=3, areas=("39061",))
    pipeline = make_release_pipeline("criminal_justice", columns=events.columns, random_state=0)
    pipeline.set_params(merge__k=60, dates__precision="year")
    return events, pipeline.fit_transform(events)


def small() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two personas of six; in the second one person has the only appeal."""
    rows = [(p, "arrest", "charged") for p in range(12)]
    rows += [(p, "trial", "guilty") for p in range(9)] + [
        (p, "trial", "dismissed") for p in (9, 10)
    ]
    rows += [(11, "appeal", "affirmed")]
    original = pd.DataFrame(rows, columns=["person_id", "event_type", "outcome"])
    original["date"] = "2023-01-05"
    released = original.assign(person_id=original["person_id"] // 6, date="2023")
    return original, released


def listed(frame: pd.DataFrame, columns: list[str]) -> dict[tuple[object, ...], tuple[int, int]]:
    cells = {}
    for row in frame.to_dict("records"):
        path = tuple(row[name] for name in columns[: row["level"]])
        assert all(pd.isna(row[name]) for name in columns[row["level"] :])
        cells[path] = (row["count"], row["suppressed"])
    return cells


def test_literal_counts_with_one_that_goes_for_the_sake_of_another() -> None:
    frame = aggregate_events(*small(), ["persona_id", "event_type"], k=3)
    # Persona 1 has one appeal; its six arrests stay, its five trials go with the appeal.
    assert listed(frame, COLUMNS[:2]) == {
        (): (24, 0),
        (0,): (12, 0),
        (1,): (12, 6),
        (0, "arrest"): (6, 0),
        (0, "trial"): (6, 0),
        (1, "arrest"): (6, 0),
    }
    assert (frame.attrs["fewest_people"], frame.attrs["largest_chance"]) == (6, 1 / 6)
    assert frame.attrs["n_suppressed_cells"] == 2


def test_the_order_of_by_decides_which_totals_there_are() -> None:
    frame = aggregate_events(*small(), ["event_type", "outcome", "persona_id"], k=3)
    found = listed(frame, ["event_type", "outcome", "persona_id"])
    # The only appeal takes the trials along, though there are eleven of them.
    assert found == {
        (): (24, 12),
        ("arrest",): (12, 0),
        ("arrest", "charged"): (12, 0),
        ("arrest", "charged", 0): (6, 0),
        ("arrest", "charged", 1): (6, 0),
    }


def test_made_data_are_counted_as_pandas_counts_them(pair) -> None:
    events, released = pair
    frame = aggregate_events(events, released, k=5)
    named = released.rename(columns={"person_id": "persona_id"}).assign(who=events["person_id"])
    assert set(frame["level"]) == {0, 1, 2, 3, 4}
    total = frame[frame["level"] == 0].iloc[0]
    assert total["count"] == len(events)
    for level in range(1, 5):
        own = frame[frame["level"] == level]
        groups = named.groupby(COLUMNS[:level], dropna=False)["who"].agg(["size", "nunique"])
        groups = groups.reset_index().merge(own, on=COLUMNS[:level], how="right")
        assert (groups["size"] == groups["count"]).all()
        assert (groups["nunique"] >= 5).all()
        assert len(own) > 10 or level == 1
    shown_below = frame.loc[frame["level"] == 1, "count"].sum()
    assert total["suppressed"] == total["count"] - shown_below
    for level in range(1, 4):
        above = frame[frame["level"] == level].set_index(COLUMNS[:level]).sort_index()
        below = frame[frame["level"] == level + 1].groupby(COLUMNS[:level])["count"].sum()
        gap = above["count"] - below.reindex(above.index).fillna(0)
        assert (gap == above["suppressed"]).all()


def test_no_event_stands_for_itself_and_no_id_is_in_it(pair) -> None:
    events, released = pair
    frame = aggregate_events(events, released, k=5)
    texts = set(frame.astype(str).to_numpy().ravel())
    assert not texts & (set(events["person_id"]) | set(events["event_id"]))
    assert frame["count"].min() >= 5


def test_suppressed_people_and_rows_without_events_do_not_count() -> None:
    original, released = small()
    person = pd.array(released["person_id"], dtype="Int64")
    person[original["person_id"].to_numpy() == 11] = pd.NA
    released = released.assign(person_id=person)
    nobody = pd.DataFrame({"person_id": [3], "event_type": None, "outcome": None, "date": None})
    original = pd.concat([original, nobody], ignore_index=True)
    released = pd.concat([released, nobody.assign(person_id=0)], ignore_index=True)
    frame = aggregate_events(original, released, ["event_type"], k=3)
    assert listed(frame, ["event_type"]) == {
        (): (22, 0),
        ("arrest",): (11, 0),
        ("trial",): (11, 0),
    }


def test_null_is_a_value_of_its_own() -> None:
    original, released = small()
    nulls = released.assign(outcome=released["outcome"].replace({"charged": None}))
    frame = aggregate_events(original, nulls, ["outcome"], k=2)
    own = frame[frame["level"] == 1]
    assert own["outcome"].isna().sum() == 1
    assert own.loc[own["outcome"].isna(), "count"].tolist() == [12]


def test_order_of_rows_and_kind_of_table_have_no_say(pair) -> None:
    events, released = pair
    frame = aggregate_events(events, released, k=5)
    order = np.random.default_rng(0).permutation(len(events))
    mixed = aggregate_events(events.iloc[order], released.iloc[order], k=5)
    pd.testing.assert_frame_equal(frame, mixed)
    columns = ["person_id", "event_type", "date", "outcome"]
    kinds = [pl.from_pandas(table[columns]) for table in pair]
    same = aggregate_events(*kinds, k=5)
    assert listed(same, COLUMNS) == listed(frame, COLUMNS)


def test_days_stay_days(pair) -> None:
    events, released = pair
    days = released.assign(date=pd.to_datetime("2021-01-01") + pd.to_timedelta(30, unit="D"))
    frame = aggregate_events(events, days, ["date"], k=5)
    assert pd.api.types.is_datetime64_any_dtype(frame["date"])


def test_nothing_is_modified(pair) -> None:
    events, released = pair
    before = events.copy(), released.copy()
    aggregate_events(events, released, k=5)
    for then, now in zip(before, pair, strict=True):
        pd.testing.assert_frame_equal(then, now)


def test_fewer_people_than_k_give_an_empty_table() -> None:
    frame = aggregate_events(*small(), k=13)
    assert len(frame) == 0 and list(frame.columns) == ["level", *COLUMNS, "count", "suppressed"]
    assert frame.attrs["fewest_people"] is None


def test_a_whole_release_leaves_more_where_personas_come_last(pair) -> None:
    events, released = pair
    first = aggregate_events(events, released, COLUMNS, k=20)
    last = aggregate_events(events, released, [*COLUMNS[1:], "persona_id"], k=20)
    assert (last["level"] == 3).sum() > 10
    assert last.loc[last["level"] == 1, "count"].sum() > 0
    assert set(first["level"]) >= {0, 1, 2}


@pytest.mark.parametrize("k", [1, 0, 2.5, True, "5"])
def test_k_is_a_whole_number_of_two_or_more(k) -> None:
    with pytest.raises(InputError, match="k must be a whole number of at least 2"):
        aggregate_events(*small(), k=k)


@pytest.mark.parametrize("by", [[], ["date", "date"], ["count"], ["level", "date"]])
def test_by_names_each_column_once(by) -> None:
    with pytest.raises(InputError, match="by must name"):
        aggregate_events(*small(), by)


def test_what_does_not_go_together_is_refused_without_a_value() -> None:
    original, released = small()
    with pytest.raises(InputError, match="24 rows, released 23"):
        aggregate_events(original, released.iloc[:-1])
    with pytest.raises(InputError, match="no column 'nothing', which the parameter by names"):
        aggregate_events(original, released, ["nothing"])
    with pytest.raises(ColumnNotFoundError):
        aggregate_events(original, released.drop(columns="date"))
    torn = released.assign(person_id=np.arange(len(released)) // 12)
    with pytest.raises(InputError, match=r"\d+ of 12 people stand in more than one persona"):
        aggregate_events(original, torn)


def test_the_table_of_a_search_can_be_aggregated() -> None:
    events = make_people_events(300, random_state=1, areas=("39061",))
    result = create_safe_personas(events, known_events=0, random_state=0, use_census_data=False)
    frame = aggregate_events(events, result.search.transform(events), ["event_type", "outcome"])
    assert frame.loc[frame["level"] == 0, "count"].tolist() == [len(events)]


def test_counts_meet_a_target_that_rows_cannot_meet() -> None:
    events = make_people_events(200, random_state=0, areas=("39061",))
    options = {
        "domain": "criminal_justice",
        "target_risk": 0.03,
        "use_census_data": False,
        "random_state": 0,
    }
    with pytest.raises(InfeasibleRiskError):
        create_safe_personas(events, known_events=2, **options)  # type: ignore[arg-type]
    result = create_safe_personas(events, known_events=2, event_form="aggregated", **options)  # type: ignore[arg-type]
    assert result.verdict <= 0.03 + 1e-12
    personas = result.personas
    assert not personas.has_events and personas.histories is None
    counts = personas.aggregated_events
    assert counts is not None and counts.attrs["largest_chance"] <= 0.03
    assert set(counts["persona_id"].dropna()) <= set(personas_to_dataframe(personas)["persona_id"])
    assert counts.loc[counts["level"] == 0, "count"].tolist() == [len(events)]
    assert counts["count"].min() >= 34 and (counts["level"] == 2).any()
    texts = set(counts.astype(str).to_numpy().ravel())
    assert not texts & (set(events["person_id"]) | set(events["event_id"]))
    assert result.settings["event_form"] == "aggregated"
    assert result.settings["known_events"] == result.counts["released_events"] == 0


def test_the_form_of_events_is_one_of_two_and_needs_events() -> None:
    events = make_people_events(60, random_state=0)
    with pytest.raises(InputError, match="event_form='counts' is not known"):
        create_safe_personas(events, event_form="counts")
    people = events[["person_id", "age", "gender"]].drop_duplicates()
    with pytest.raises(InputError, match="the data have no events"):
        create_safe_personas(people, event_form="aggregated", use_census_data=False)


def test_what_is_kept_of_counted_events_is_not_told_of_their_rows() -> None:
    """Rows that do not leave keep nothing: information is that of the key variables."""
    events = make_people_events(300, random_state=2)
    keys = ["age", "gender", "ethnicity", "geography"]
    options = {"use_census_data": False, "target_risk": 0.2, "random_state": 0}
    result = create_safe_personas(events, event_form="aggregated", **options)  # type: ignore[arg-type]
    released = result.search.transform(events)
    assert result.utility == pytest.approx(
        information_kept(events, released, keys, person_id="person_id")
    )
    nobody = events.assign(**dict.fromkeys(keys), person_id=0)
    lost = information_kept(events, nobody, keys, person_id="person_id")
    assert result.baseline_utility["all_in_one"] == pytest.approx(lost)
