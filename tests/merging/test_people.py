"""The one row that speaks for each person, against a plain loop over people."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk._core.frames import Table
from personatwin_sk.exceptions import DataWarning, InputError
from personatwin_sk.merging._people import one_row_per_person

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["p", "q", "r"]),
        st.sampled_from([20, 30, None]),
        st.sampled_from(["F", "M", None]),
        st.sampled_from([1, 2, None]),
    ),
    min_size=1,
    max_size=12,
)


def choose(
    rows: list[tuple], *, on_conflict: str, order_by: str | None = "when", warn: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    frame = pd.DataFrame(rows, columns=["id", "age", "sex", "when"])
    frame = frame.astype({"age": "Int64", "sex": object, "when": "Int64"})
    return one_row_per_person(
        Table.of(frame),
        ["age", "sex"],
        "id",
        on_conflict=on_conflict,
        order_by=order_by,
        warn=warn,
    )


def null_last(value: object) -> tuple:
    return (1,) if value is None else (0, value)


def spokesman(rows: list[tuple], person: str, on_conflict: str, by_time: bool) -> tuple:
    """Find the key variables that count for one person, a row at a time."""
    best: tuple | None = None
    for name, age, sex, when in rows:
        if name != person:
            continue
        keys = (null_last(age), null_last(sex))
        if best is None:
            best = (when, keys, (age, sex))
            continue
        if by_time and when != best[0]:
            if when is None:
                continue
            wins = best[0] is None or (when > best[0] if on_conflict == "last" else when < best[0])
        else:
            wins = keys > best[1] if on_conflict == "last" else keys < best[1]
        if wins:
            best = (when, keys, (age, sex))
    assert best is not None
    return best[2]


@pytest.mark.parametrize("on_conflict", ["last", "first"])
@pytest.mark.parametrize("order_by", ["when", None])
@given(rows=ROWS)
def test_the_row_that_counts_is_the_last_or_first_in_time_then_by_its_values(
    rows: list[tuple], on_conflict: str, order_by: str | None
) -> None:
    chosen, person = choose(rows, on_conflict=on_conflict, order_by=order_by)
    names = sorted({row[0] for row in rows})
    assert person.tolist() == [names.index(row[0]) for row in rows]
    assert len(chosen) == len(names)
    for name, row in zip(names, chosen.tolist(), strict=True):
        assert rows[row][0] == name
        assert rows[row][1:3] == spokesman(rows, name, on_conflict, order_by is not None)


@given(rows=ROWS)
def test_conflicts_are_counted_and_refused_or_told(rows: list[tuple]) -> None:
    names = {row[0] for row in rows}
    n = sum(len({row[1:3] for row in rows if row[0] == name}) > 1 for name in names)
    if n == 0:
        choose(rows, on_conflict="raise")
        choose(rows, on_conflict="last", warn=True)  # a warning would be an error here
        return
    with pytest.raises(InputError, match=f"^{n} of {len(names)} people"):
        choose(rows, on_conflict="raise")
    with pytest.warns(DataWarning, match=f"^{n} of {len(names)} people.*the first row"):
        choose(rows, on_conflict="first", warn=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        choose(rows, on_conflict="first", warn=False)


def test_a_row_without_time_counts_only_where_there_is_no_other() -> None:
    rows = [("p", 20, "F", None), ("p", 30, "F", 1), ("q", 20, "M", None), ("q", 30, "M", None)]
    for on_conflict, of_q in (("last", 3), ("first", 2)):
        chosen, _ = choose(rows, on_conflict=on_conflict)
        assert chosen.tolist() == [1, of_q]


def test_without_ids_each_row_is_a_person() -> None:
    table = Table.of(pd.DataFrame({"age": [30, 30, 40]}))
    chosen, person = one_row_per_person(
        table, ["age"], None, on_conflict="raise", order_by=None, warn=True
    )
    assert chosen.tolist() == person.tolist() == [0, 1, 2]
