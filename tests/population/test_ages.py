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


@given(AGE_SETS)
def test_bands_against_loops(ages):
    touched = ages_module.touched_bands(ages)
    whole = ages_module.are_whole_bands(ages)
    for row in range(3):
        inside = [ages[row, low : high + 1] for low, high in AGE_BANDS]
        assert touched[row].tolist() == [bool(band.any()) for band in inside]
        assert whole[row] == all(band.all() or not band.any() for band in inside)


@given(AGE_SETS)
def test_weights_of_ages_and_of_all_others_make_one(ages):
    some, others = ages_module.band_weights(ages, 39), ages_module.band_weights(~ages, 39)
    assert ((some >= 0) & (some <= 1 + 1e-12)).all()
    np.testing.assert_allclose(some + others, 1.0)


@given(st.lists(st.sampled_from(range(18)), unique=True))
def test_whole_bands_weigh_exactly_one(bands):
    ages = np.zeros((1, 121), dtype=bool)
    for band in bands:
        low, high = AGE_BANDS[band]
        ages[0, low : high + 1] = True
    expected = np.isin(np.arange(18), bands)
    assert (ages_module.band_weights(ages, 1) == expected[None, :, None]).all()
    assert ages_module.are_whole_bands(ages)[0]
