"""Trends of a release: events per released period, by hand; directions by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.release._kept_trends import Trend, measure_trends


def table(rows: list[tuple[str, str | None, int]]) -> pd.DataFrame:
    """One line per (date, type), so many times."""
    days = [day for day, _, n in rows for _ in range(n)]
    kinds = [kind for _, kind, n in rows for _ in range(n)]
    return pd.DataFrame({"date": days, "event_type": pd.Series(kinds, dtype=object)})


def test_events_are_counted_in_released_periods() -> None:
    before = table([("2020-02-03", "arrest", 30), ("2021-07-01", "arrest", 70)])
    after = table([("2020", "arrest", 40), ("2021", "arrest", 60)])
    (found,) = measure_trends(before, after, np.arange(100), 5)
    assert found == Trend("arrest", 100, 100, 2, pytest.approx(0.9), "rising", "rising")
    assert found.to_dict()["words"] == (
        "Over 2 periods 90.0% of the events of type arrest are where they were; their number is "
        "rising in both."
    )


def test_a_trend_that_turned_is_named() -> None:
    before = table([("2020-02-03", "arrest", 30), ("2021-07-01", "arrest", 70)])
    after = table([("2020", "arrest", 70), ("2021", "arrest", 30)])
    (found,) = measure_trends(before, after, np.arange(100), 5)
    assert found.kept == pytest.approx(0.6)
    assert (found.original, found.released) == ("rising", "falling")
    assert found.to_dict()["words"].endswith("rising in the original, falling in the release.")


@pytest.mark.parametrize(("label", "months"), [("2020-Q1", 3), ("2020-01", 1), ("2020-01-06", 1)])
def test_periods_are_as_long_as_released_ones(label: str, months: int) -> None:
    """Days make no trend: they are counted by the month."""
    days = pd.date_range("2020-01-01", "2020-12-31", freq="D")
    before = pd.DataFrame({"date": days, "event_type": "arrest"})
    if label == "2020-01-06":
        after = before.assign(date=days + pd.Timedelta(days=3))
    elif months == 3:
        after = before.assign(date=[f"2020-Q{(day.month + 2) // 3}" for day in days])
    else:
        after = before.assign(date=[f"2020-{day.month:02d}" for day in days])
    (found,) = measure_trends(before, after, np.arange(len(days)), 5)
    assert found.periods == 12 // months
    # The last three days, to January 2021: 3 of 366, in steps of 5.
    moved = 0 if label != "2020-01-06" else 5 / 366
    assert found.kept == pytest.approx(1 - moved)
    assert found.original == "level"


def test_types_and_periods_of_few_people_are_not_told() -> None:
    before = table(
        [
            ("2019-01-01", "arrest", 4),
            ("2020-01-01", "arrest", 50),
            ("2021-01-01", "arrest", 50),
            ("2020-01-01", "appeal", 8),
        ]
    )
    after = before.assign(date=before["date"].str[:4])
    people = np.arange(112)
    assert [(t.event_type, t.periods) for t in measure_trends(before, after, people, 5)] == [
        ("arrest", 2),
        ("appeal", 1),
    ]
    assert [t.event_type for t in measure_trends(before, after, people, 9)] == ["arrest"]
    # People count, not events: all eight appeals are of two people.
    people[-8:] = [110, 111] * 4
    assert [t.event_type for t in measure_trends(before, after, people, 5)] == ["arrest"]
    assert [t.people for t in measure_trends(before, after, people, 2)] == [104, 2]
    # One person in 1960 does not show in how many periods there are.
    early = pd.concat([table([("1960-01-01", "arrest", 1)]), before], ignore_index=True)
    now = early.assign(date=early["date"].str[:4])
    assert measure_trends(early, now, np.arange(113), 5)[0].periods == 2


def test_nulls_and_what_is_not_released_count_for_nothing() -> None:
    before = table([("2020-01-01", "arrest", 20), ("2021-01-01", "arrest", 20)])
    before = pd.concat([before, table([("2020-01-01", None, 20)])], ignore_index=True)
    after = before.iloc[10:].assign(date=before["date"].str[:4])
    after.loc[after.index[:5], "date"] = None
    (found,) = measure_trends(before, after, np.arange(60), 5)
    # 5 and 20 of 25 released arrests with a date, which were 20 and 20.
    assert found.kept == pytest.approx(0.75)  # 1 - (20 / 40 - 5 / 25), in steps of 5 / 40
    assert found.events == 25  # of the release: 40 would tell how many events are not in it
    nothing = before.assign(date=None)
    assert measure_trends(before, nothing, np.arange(60), 5) == []
    assert measure_trends(nothing, after, np.arange(60), 5) == []


def test_a_type_that_is_gone_is_not_told() -> None:
    before = table([("2020-01-01", "arrest", 20), ("2021-01-01", "trial", 20)])
    after = table([("2020", "arrest", 20), ("2021", "arrest", 20)])
    assert [t.event_type for t in measure_trends(before, after, np.arange(40), 5)] == ["arrest"]


def test_level_numbers_rise_or_fall_as_often_as_they_should() -> None:
    rng = np.random.default_rng(0)
    n_turned = 0
    for _ in range(200):
        years = rng.integers(2010, 2020, 300).astype(str)
        before = pd.DataFrame({"date": years, "event_type": "arrest"})
        (found,) = measure_trends(before, before, np.arange(300), 5)
        n_turned += found.original != "level"
    assert 2 <= n_turned <= 22  # 5 % of 200 are ten


def test_the_most_frequent_types_come_first_and_only_twenty() -> None:
    sizes = {f"type{i:02d}": 100 - i for i in range(25)}
    before = table([("2020-01-01", name, n) for name, n in sizes.items()])
    after = before.assign(date="2020")
    found = measure_trends(before, after, np.arange(len(before)), 5)
    assert [t.event_type for t in found] == list(sizes)[:20]
    assert all(t.original == "level" and t.kept == 1.0 for t in found)
