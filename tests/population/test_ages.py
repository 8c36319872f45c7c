import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from personatwin_sk._core.labels import Interval, ValueSet
from personatwin_sk.population import AGE_BANDS
from personatwin_sk.population import _ages as ages_module

RANGE = list(range(121))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (34, [34]),
        (34.0, [34]),
        (34.7, [34]),
        (np.int64(0), [0]),
        (120, [120]),
        ("34", [34]),
        (" 34 ", [34]),
        ("30-32", [30, 31, 32]),
        ("118+", [118, 119, 120]),
        ("<=2", [0, 1, 2]),
        ((30, 32), [30, 31, 32]),
        ((30.5, 32.5), [30, 31, 32]),
        ((118, float("inf")), [118, 119, 120]),
        ("30|85-86", [30, 85, 86]),
        ({30, 40}, [30, 40]),
        ([30, "40-41"], [30, 40, 41]),
        (np.array([30, 31]), [30, 31]),
        (Interval(7, 8), [7, 8]),
        (ValueSet((Interval(7, 8), 10)), [7, 8, 10]),
        ("0+", RANGE),
    ],
)
def test_ages_that_a_cell_covers(cell, expected):
    assert np.flatnonzero(ages_module.ages_of(cell)).tolist() == expected


@pytest.mark.parametrize(
    "cell",
    [None, float("nan"), "", "unknown", "Unknown", "N/A", "30-39|", [], {30, None}, (30, np.nan)],
)
def test_cells_that_do_not_say_how_old(cell):
    assert ages_module.ages_of(cell) is None


@pytest.mark.parametrize(
    "cell",
    [-1, 121, 999, "-3", "-5--1", "130-140", "30-121", "121+", (40, 30), "old", True, "30-39|x"],
)
def test_cells_that_are_no_ages(cell):
    with pytest.raises(ValueError):
        ages_module.ages_of(cell)


AGE_SETS = hnp.arrays(bool, (3, 121))
STARTS = st.sets(st.integers(1, 120), max_size=30).map(lambda found: np.array(sorted({0, *found})))


@given(AGE_SETS, STARTS)
def test_bands_that_are_touched_against_loops(ages, starts):
    found = ages_module.touched(ages, starts)
    ends = [*starts[1:].tolist(), 121]
    for row in range(3):
        for first, stop in zip(starts.tolist(), ends, strict=True):
            assert (found[row, first:stop] == ages[row, first:stop].any()).all()


@given(st.lists(st.sampled_from(range(18)), unique=True))
def test_whole_bands_touch_nothing_else(bands):
    ages = np.zeros((1, 121), dtype=bool)
    for band in bands:
        low, high = AGE_BANDS[band]
        ages[0, low : high + 1] = True
    starts = np.array([low for low, _ in AGE_BANDS])
    assert (ages_module.touched(ages, starts) == ages).all()


@given(AGE_SETS)
def test_runs_put_together_are_the_ages(ages):
    back = np.zeros((3, 123), dtype=bool)
    for row, first, stop in ages_module.runs(ages):
        assert len(set(row.tolist())) == len(row)
        for at, begin, end in zip(row, first, stop, strict=True):
            # Neither meets another run nor misses a year of its own.
            assert not back[at, begin - 1 if begin else 122 : end + 1].any() or begin == 0
            back[at, begin:end] = True
    assert (back[:, :121] == ages).all()


def test_runs_by_rank():
    ages = np.stack([np.isin(RANGE, [0, 1, 5, 120]), np.isin(RANGE, [7]), np.zeros(121, bool)])
    found = [[part.tolist() for part in run] for run in ages_module.runs(ages)]
    assert found == [[[0, 1], [0, 7], [2, 8]], [[0], [5], [6]], [[0], [120], [121]]]
    assert ages_module.runs(np.zeros((2, 121), bool)) == []
