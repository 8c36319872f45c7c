"""Histories of personas: statistics against pandas, plausible histories, and what is refused."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pytest

from personatwin_sk import (
    create_safe_personas,
    make_people_events,
    make_release_pipeline,
    personas_to_dataframe,
    personas_to_event_dataframe,
)
from personatwin_sk.domains import get_domain_config
from personatwin_sk.exceptions import ColumnNotFoundError, InputError
from personatwin_sk.release import PersonaHistories, persona_histories

K = 5
TABLES = ("event_types", "outcomes", "periods", "weekdays", "repeats")


@pytest.fixture(scope="module")
def pair() -> tuple[pd.DataFrame, pd.DataFrame]:
    events = make_people_events(1200, random_state=3, areas=("39061",))
    pipeline = make_release_pipeline("criminal_justice", columns=events.columns, random_state=0)
    return events, pipeline.set_params(merge__k=40).fit_transform(events)


@pytest.fixture(scope="module")
def found(pair) -> PersonaHistories:
    return persona_histories(*pair, domain="criminal_justice", k=K)


def small(n_again: int = 6) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One persona of twelve: all arrested once, some of them again a year and a half later."""
    rows = [(p, "2020-01-15", "arrest", "charged") for p in range(12)]
    rows += [(p, "2021-07-20", "arrest", "released") for p in range(n_again)]
    original = pd.DataFrame(rows, columns=["person_id", "date", "event_type", "outcome"])
    return original, original.assign(person_id=7, date=original["date"].str[:7])


def test_pooled_events_are_those_that_are_released(pair, found: PersonaHistories) -> None:
    _, released = pair
    columns = ["person_id", "date", "event_type", "outcome"]
    expected = released[columns].rename(columns={"person_id": "persona_id"})
    expected = expected.sort_values(list(expected.columns), ignore_index=True).astype(object)
    own = found.events.sort_values(list(expected.columns), ignore_index=True).astype(object)
    assert own.to_numpy().tolist() == expected.to_numpy().tolist()
    # Sorted by what is released: the rows of a person do not stand together.
    assert own.to_numpy().tolist() == found.events.astype(object).to_numpy().tolist()


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("event_types", ["event_type"]),
        ("outcomes", ["event_type", "outcome"]),
        ("periods", ["date"]),
    ],
)
def test_counts_and_shares_are_those_of_pandas(
    pair, found: PersonaHistories, table: str, columns: list[str]
) -> None:
    events, released = pair
    rows = released.rename(columns={"person_id": "persona_id"}).assign(who=events["person_id"])
    by = ["persona_id", *columns]
    groups = rows.groupby(by)["who"].agg(["size", "nunique"])
    above = rows.groupby(by[:-1]).size()
    own = getattr(found, table).set_index(by)
    assert len(own) > 20
    groups = groups.loc[own.index]
    assert (own["count"] == groups["size"]).all()
    assert (groups["nunique"] >= K).all()
    parents = own.index.droplevel(-1)
    assert np.allclose(own["share"], own["count"] / above.loc[parents].to_numpy())
    assert found.n_suppressed[table] > 0


def test_what_is_left_of_each_persona_rests_on_k_people(pair, found: PersonaHistories) -> None:
    events, released = pair
    rows = released.rename(columns={"person_id": "persona_id"}).assign(who=events["person_id"])
    for table, column in (("event_types", "event_type"), ("periods", "date")):
        listed = getattr(found, table)[["persona_id", column]].assign(shown=True)
        hidden = rows.merge(listed, how="left", on=["persona_id", column])
        hidden = hidden[hidden["shown"].isna()].groupby("persona_id")
        assert (hidden["who"].nunique() >= K).all()
        assert (hidden[column].nunique() >= 2).all()


def test_the_summary_is_a_row_per_persona(pair, found: PersonaHistories) -> None:
    events, released = pair
    rows = released.rename(columns={"person_id": "persona_id"}).assign(who=events["person_id"])
    per_person = rows.groupby(["persona_id", "who"]).size()
    by_persona = per_person.groupby("persona_id")
    summary = found.summary.set_index("persona_id")
    assert summary.index.is_unique and len(summary) == released["person_id"].nunique()
    assert (summary["class_size"] == by_persona.size()).all()
    assert (summary["events"] == rows.groupby("persona_id").size()).all()
    assert np.allclose(summary["events_per_person"], by_persona.mean())
    share = (per_person > 1).groupby("persona_id").mean()
    told = summary["repeat_share"].notna()
    assert told.mean() > 0.5
    assert np.allclose(summary.loc[told, "repeat_share"], share[told])


def test_recidivism_is_that_of_made_histories(pair, found: PersonaHistories) -> None:
    events, released = pair
    # By true days: an event that begins a run and does not continue the one before.
    config = get_domain_config("criminal_justice")
    again: dict[str, bool] = {}
    for person, own in events.groupby("person_id", sort=False):
        kinds = own["event_type"].tolist()
        again[str(person)] = any(
            then in config.first_events and then not in config.next_events[now]
            for now, then in pairwise(kinds)
        )
    people = pd.DataFrame(
        {"persona_id": released["person_id"], "again": events["person_id"].map(again)}
    )[~events["person_id"].duplicated()]
    truth = people.groupby("persona_id")["again"].mean()
    own = found.summary.set_index("persona_id")["recidivism_share"].dropna()
    assert len(own) > 10
    # Noise of dates and the order within a month move a few people.
    assert abs(own.mean() - truth.loc[own.index].mean()) < 0.03
    assert np.corrcoef(own, truth.loc[own.index])[0, 1] > 0.9


def test_literal_repeats_and_how_soon() -> None:
    result = persona_histories(*small(), domain="criminal_justice", k=5)
    repeats = dict(zip(result.repeats["people_with"], result.repeats["people"], strict=True))
    assert repeats == {
        "one event": 6,
        "several events": 6,
        "again": 6,
        "again within 2 years": 6,
    }
    row = result.summary.iloc[0]
    assert (row["class_size"], row["events"], row["events_per_person"]) == (12, 18, 1.5)
    assert (row["repeat_share"], row["recidivism_share"]) == (0.5, 0.5)
    assert set(result.outcomes["share"]) == {12 / 18, 6 / 18}


@pytest.mark.parametrize(
    ("n_again", "told"), [(0, 0.0), (3, None), (4, None), (5, 5 / 12), (9, None), (12, 1.0)]
)
def test_a_share_of_few_people_or_of_all_but_few_is_null(n_again: int, told: float | None) -> None:
    result = persona_histories(*small(n_again), domain="criminal_justice", k=5)
    row = result.summary.iloc[0]
    for name in ("repeat_share", "recidivism_share"):
        assert pd.isna(row[name]) if told is None else row[name] == told
    assert result.n_suppressed["summary"] == (2 if told is None else 0)


def test_people_without_events_are_counted_as_people() -> None:
    original, released = small()
    nobody = pd.DataFrame(
        {"person_id": range(20, 26), "date": None, "event_type": None, "outcome": None}
    )
    original = pd.concat([original, nobody], ignore_index=True)
    released = pd.concat([released, nobody.assign(person_id=7)], ignore_index=True)
    result = persona_histories(original, released, k=5)
    row = result.summary.iloc[0]
    assert (row["class_size"], row["events"]) == (18, 18)
    assert "no event" in set(result.repeats["people_with"])
    assert len(result.events) == 18


def test_suppressed_people_are_nowhere() -> None:
    original, released = small(12)
    gone = original["person_id"].to_numpy() < 3
    persona = pd.array(np.where(gone, -1, 7), dtype="Int64")
    persona[gone] = pd.NA
    result = persona_histories(original, released.assign(person_id=persona), k=5)
    assert result.summary["class_size"].tolist() == [9]
    assert len(result.events) == 18


def test_days_of_the_week_where_days_are_released() -> None:
    days = pd.to_datetime(["2023-05-01", "2023-05-03"])  # a Monday and a Wednesday
    original = pd.DataFrame(
        {
            "person_id": np.arange(20),
            "date": days[np.arange(20) % 2],
            "event_type": "visit",
            "outcome": "completed",
        }
    )
    result = persona_histories(original, original.assign(person_id=0), domain="healthcare", k=5)
    assert result.weekdays["weekday"].tolist() == ["Monday", "Wednesday"]
    assert result.weekdays["share"].tolist() == [0.5, 0.5]
    assert result.periods["count"].tolist() == [10, 10]
    weeks = original.assign(person_id=0, date=days[0])
    result = persona_histories(original, weeks, domain="healthcare", k=5)
    assert len(result.weekdays) == 0 and result.periods["count"].tolist() == [20]


@pytest.mark.parametrize("kind", ["representative", "sampled"])
@pytest.mark.parametrize("domain", ["criminal_justice", "healthcare", "education"])
def test_plausible_histories_obey_the_domain(kind: str, domain: str) -> None:
    events = make_people_events(800, domain, random_state=1, areas=("39061",))
    pipeline = make_release_pipeline(domain, columns=events.columns, random_state=0)
    released = pipeline.set_params(merge__k=40).fit_transform(events)
    result = persona_histories(events, released, kind, domain=domain, n_histories=3, random_state=0)
    config = get_domain_config(domain)
    by = ["persona_id"] if kind == "representative" else ["persona_id", "history"]
    n_steps = []
    for _, own in result.events.groupby(by):
        kinds = own["event_type"].tolist()
        assert own["step"].tolist() == list(range(1, len(own) + 1))
        assert kinds[0] in config.first_events
        for now, then in pairwise(kinds):
            assert then in config.next_events[now] or then in config.first_events
        dates = own["date"].dropna().tolist()
        assert dates == sorted(dates)
        for what, outcome in zip(kinds, own["outcome"], strict=True):
            assert pd.isna(outcome) or outcome in config.outcomes[what]
        n_steps.append(len(own))
    assert result.events["persona_id"].nunique() + result.n_suppressed["events"] == len(
        result.summary
    )
    assert result.n_suppressed["events"] == 0
    mean = len(events) / events["person_id"].nunique()
    assert 0.3 * mean < np.mean(n_steps) < 1.6 * mean
    assert set(result.events["date"].dropna()) <= set(
        pd.period_range("2017-01", "2025-01", freq="M").astype(str)
    )


def test_after_an_acquittal_no_sentence_is_sampled(pair) -> None:
    result = persona_histories(
        *pair, "sampled", domain="criminal_justice", n_histories=20, random_state=0
    )
    own = result.events
    then = own["event_type"].shift(-1).where(own["step"].shift(-1) > 1)
    sentenced = own[(own["event_type"] == "trial") & (then == "sentencing")]["outcome"]
    # Noise on outcomes leaves a few.
    assert len(sentenced) > 100
    assert (sentenced == "guilty").mean() > 0.9


def test_representative_steps_are_shared_by_k_people(pair) -> None:
    events, released = pair
    result = persona_histories(events, released, "representative", domain="criminal_justice")
    for persona, own in result.events.groupby("persona_id"):
        members = events[(released["person_id"] == persona).to_numpy()]
        held = members.groupby("event_type")["person_id"].nunique()
        assert (held[own["event_type"].unique()] >= K).all()


def test_a_number_repeats_the_sample_and_no_number_does_not(pair) -> None:
    frames = [
        persona_histories(*pair, "sampled", random_state=seed, n_histories=5).events
        for seed in (1, 1, 2, None, None)
    ]
    assert frames[0].equals(frames[1])
    assert not frames[0].equals(frames[2])
    assert not frames[3].equals(frames[4])


@pytest.mark.parametrize("kind", ["pooled", "representative", "sampled"])
def test_order_of_rows_and_kind_of_table_have_no_say(pair, kind: str) -> None:
    def found(original, released) -> PersonaHistories:
        return persona_histories(
            original, released, kind, domain="criminal_justice", random_state=0
        )

    result = found(*pair)
    order = np.random.default_rng(0).permutation(len(pair[0]))
    mixed = found(*(table.iloc[order] for table in pair))
    columns = ["person_id", "date", "event_type", "outcome"]
    other = found(*(pl.from_pandas(table[columns]) for table in pair))
    for name in ("events", "summary", *TABLES):
        pd.testing.assert_frame_equal(getattr(result, name), getattr(mixed, name))
        assert len(getattr(result, name)) == len(getattr(other, name))


@pytest.mark.parametrize("kind", ["pooled", "representative", "sampled"])
def test_no_id_is_anywhere_and_nothing_is_modified(pair, kind: str) -> None:
    before = [table.copy() for table in pair]
    result = persona_histories(*pair, kind)
    for then, now in zip(before, pair, strict=True):
        pd.testing.assert_frame_equal(then, now)
    secret = set(pair[0]["person_id"]) | set(pair[0]["event_id"])
    for name in ("events", "summary", *TABLES):
        frame = getattr(result, name)
        assert not secret & set(frame.astype(str).to_numpy().ravel())
        assert not frame.attrs
    assert repr(result) == f"PersonaHistories(kind={kind!r}, k=5)"


@pytest.mark.parametrize("kind", ["pooled", "representative", "sampled"])
def test_without_dates_and_outcomes(kind: str) -> None:
    original, released = small()
    columns = ["person_id", "event_type"]
    result = persona_histories(
        original[columns], released[columns], kind, date=None, outcome=None, k=5
    )
    assert "event_type" in result.events and "date" not in result.events
    assert len(result.periods) == len(result.outcomes) == len(result.weekdays) == 0
    assert result.summary["repeat_share"].tolist() == [0.5]
    assert result.events["event_type"].eq("arrest").all() and len(result.events)


@pytest.mark.parametrize("kind", ["pooled", "representative", "sampled"])
def test_fewer_people_than_k_tell_nothing_but_released_rows(kind: str) -> None:
    result = persona_histories(*small(), kind, k=13)
    assert all(len(getattr(result, name)) == 0 for name in TABLES)
    assert result.summary.drop(columns="persona_id").isna().all(axis=None)
    assert len(result.events) == (18 if kind == "pooled" else 0)
    assert result.n_suppressed["events"] == (0 if kind == "pooled" else 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "average"}, "kind='average' is not known"),
        ({"k": 1}, "k must be a whole number of at least 2"),
        ({"n_histories": 0}, "n_histories must be a whole number of at least 1"),
        ({"domain": "cooking"}, "domain='cooking' is not known"),
    ],
)
def test_parameters_that_cannot_be_used(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        persona_histories(*small(), **options)  # type: ignore[arg-type]


def test_missing_columns_and_tables_that_do_not_go_together() -> None:
    original, released = small()
    with pytest.raises(ColumnNotFoundError):
        persona_histories(original, released, event_type="what")
    with pytest.raises(ColumnNotFoundError):
        persona_histories(original, released, outcome="what")
    with pytest.raises(InputError, match="18 rows, released 17"):
        persona_histories(original, released.iloc[1:])


def test_a_release_comes_with_histories_by_its_own_ids() -> None:
    events = make_people_events(300, random_state=0, areas=("39061",))
    result = create_safe_personas(
        events, domain="criminal_justice", known_events=0, random_state=0, use_census_data=False
    )
    own = result.personas.histories
    assert own is not None and own.k == 5  # that of the privacy level
    personas = personas_to_dataframe(result.personas).set_index("persona_id")["class_size"]
    sizes = own.summary.set_index("persona_id")["class_size"]
    assert sizes.sort_index().equals(personas.sort_index().astype("Int64"))
    released = personas_to_event_dataframe(result.personas)
    columns = list(released.columns)
    assert list(own.events.columns) == columns
    pairs = (frame.sort_values(columns, ignore_index=True) for frame in (own.events, released))
    pd.testing.assert_frame_equal(*pairs, check_dtype=False)
    assert own.summary["events"].sum() == result.personas.n_events
    alone = events.drop_duplicates("person_id").drop(
        columns=["event_id", "date", "event_type", "outcome"]
    )
    result = create_safe_personas(alone, random_state=0, use_census_data=False)
    assert result.personas.histories is None


def lives(none: int, once: int, several: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One persona of people with no event, with an arrest, and with an arrest and its charge."""
    rows = [(p, None, None) for p in range(none)]
    rows += [(p, "2020-01-15", "arrest") for p in range(none, none + once + several)]
    rows += [(p, "2020-02-15", "charge") for p in range(none + once, none + once + several)]
    original = pd.DataFrame(rows, columns=["person_id", "date", "event_type"])
    return original, original.assign(person_id=0)


@pytest.mark.parametrize(
    ("people", "repeat", "recidivism"),
    [
        ((0, 12, 0), 0.0, 0.0),
        ((6, 12, 0), 0.0, 0.0),
        # Two without events take the others along, so that nobody's number can be told.
        ((2, 12, 0), None, None),
        # Three with several events do so with six without; none of them again is not told either.
        ((6, 20, 3), None, None),
        ((0, 20, 8), 8 / 28, 0.0),
    ],
)
def test_nobody_is_told_only_where_all_others_are(
    people: tuple[int, int, int], repeat: float | None, recidivism: float | None
) -> None:
    result = persona_histories(*lives(*people), domain="criminal_justice", outcome=None, k=5)
    row = result.summary.iloc[0]
    for name, told in (("repeat_share", repeat), ("recidivism_share", recidivism)):
        assert pd.isna(row[name]) if told is None else row[name] == pytest.approx(told)
