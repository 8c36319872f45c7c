"""Representatives: medians and most frequent values against writing every person out; spans."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk._core.cells import Cells
from personatwin_sk.merging._kinds import kind_of
from personatwin_sk.merging._representatives import represent

# Per cell: its value, its class and its people.
CELLS = st.lists(
    st.tuples(st.integers(-4, 4) | st.none(), st.integers(0, 2), st.integers(1, 5)), min_size=1
)
SEXES = {-1: "A", 0: "B", 1: "C", None: None}


def represented(
    values: pd.Series, class_of_cell: list[int], people: list[int], representation: str
) -> list:
    """Represent one column, whose cells are told apart by another one."""
    number = pd.Series(np.arange(len(values)))
    cells, position = Cells.from_columns([number, values])
    assert position.tolist() == number.tolist()
    cells = Cells(cells.codes, cells.values, np.array(people))
    kinds = [kind_of(column) for column in cells.values]
    _, released = represent(cells, kinds, np.array(class_of_cell), representation)
    return [None if pd.isna(value) else value for value in released.tolist()]


def people_by_class(cells: list[tuple]) -> tuple[list[int], list[list]]:
    """Number the classes without gaps and write out the value of every person of each."""
    numbers = sorted({label for _, label, _ in cells})
    everyone = [
        [value for value, label, people in cells if label == number for _ in range(people)]
        for number in numbers
    ]
    return [numbers.index(label) for _, label, _ in cells], everyone


@given(CELLS)
def test_the_centre_of_numbers_is_the_lower_median_of_the_people(cells: list[tuple]) -> None:
    classes, everyone = people_by_class(cells)
    values = pd.Series([value for value, *_ in cells], dtype="Int64")
    released = represented(values, classes, [people for *_, people in cells], "center")
    for value, members in zip(released, everyone, strict=True):
        known = sorted(member for member in members if member is not None)
        mostly_null = 2 * len(known) < len(members)
        assert value == (None if mostly_null else known[(len(known) - 1) // 2])


def test_the_lower_median_is_that_of_numpy_over_repeated_values() -> None:
    values, people = [10, 20, 30, 40], [3, 1, 1, 3]
    median = np.quantile(np.repeat(values, people), 0.5, method="lower")
    assert represented(pd.Series(values), [0] * 4, people, "center") == [int(median)] == [20]


@given(CELLS)
def test_the_centre_of_categories_is_the_most_frequent_then_the_first(cells: list[tuple]) -> None:
    cells = [(None if v is None else max(-1, min(1, v)), label, n) for v, label, n in cells]
    classes, everyone = people_by_class(cells)
    values = pd.Series([SEXES[value] for value, *_ in cells], dtype=object)
    released = represented(values, classes, [people for *_, people in cells], "center")
    for value, members in zip(released, everyone, strict=True):
        count = Counter(SEXES[member] for member in members)
        # Of equally frequent ones the first in sorted order, null behind all of them.
        assert value == min(count, key=lambda text: (-count[text], text is None, text or ""))


def test_the_centre_of_intervals_goes_by_their_ends_and_not_by_their_text() -> None:
    values = pd.Series(["5-9", "10-19", "100-120"])
    assert represented(values, [0, 0, 0], [1, 1, 1], "center") == ["10-19"]


@given(CELLS)
def test_the_span_of_numbers_runs_from_the_least_to_the_greatest(cells: list[tuple]) -> None:
    cells = [(None if value is None else value + 10, label, n) for value, label, n in cells]
    classes, everyone = people_by_class(cells)
    values = pd.Series([value for value, *_ in cells], dtype="Int64")
    released = represented(values, classes, [people for *_, people in cells], "interval")
    for label, members in zip(released, everyone, strict=True):
        known = {member for member in members if member is not None}
        if not known:
            assert label is None
            continue
        text = f"{min(known)}-{max(known)}" if len(known) > 1 else f"{min(known)}"
        assert label == text + ("|" if None in members else "")


@pytest.mark.parametrize(
    ("values", "label"),
    [
        (["Y", "X"], "X|Y"),
        (["X|Y", "Z", "X"], "X|Y|Z"),
        (["Y", None, "X"], "X|Y|"),
        (["X|", "Y"], "X|Y|"),
        (["Y", None], "Y|"),
        ([None, None], None),
        (["X", "X"], "X"),
        (["20-29", "40-49", "35"], "20-49"),
        (["20-29", "40-49|"], "20-49|"),
        (["20-29", None], "20-29|"),
        ([1.5, 2.0], "1.5-2"),
        (["Hamilton County, OH", "Ohio"], "Ohio"),
        (["Ohio", "Michigan"], "East North Central"),
        (["Ohio", "Iowa"], "Midwest"),
        (["Ohio", "Texas", None], "United States|"),
        (pd.to_datetime(["2023-05-17", "2023-06-02"]), "2023-05-17/2023-06-02"),
        (pd.to_datetime(["2023-05-17", "2023-05-17"]), "2023-05-17"),
        (pd.to_datetime(["2023-05-01", "2023-05-31", None]), "2023-05|"),
    ],
)
def test_the_span_of_a_class_is_the_smallest_label_that_holds_it(
    values: object, label: str | None
) -> None:
    column = pd.Series(values)
    n = len(column)
    assert represented(column, [0] * n, [1] * n, "interval") == [label]
    # The order of the cells, and classes beside it, change nothing.
    turned = column[::-1].reset_index(drop=True)
    assert represented(
        pd.concat([turned, column], ignore_index=True), [1] * n + [0] * n, [2] * (2 * n), "interval"
    ) == [label, label]
