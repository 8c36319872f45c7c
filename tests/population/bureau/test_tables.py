"""What a table must be like, and that nobody can write to it."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from bureau_files import counties_of, some_counts

from personatwin_sk.population.bureau import (
    BANDS_14,
    BANDS_23,
    CensusTables,
    CountyCharacteristics,
    CountySingleYears,
    MalformedTableError,
    Origin,
    StateCharacteristics,
    SurveyTables,
    Tables,
)

ORIGIN = Origin("cc-est2024-alldata", "July 2024", "https://example.org", "2026-11-22", "live")
FIPS = counties_of(44, 2)
COUNTS = some_counts((2, 18, 2, 6, 2), seed=0)


def test_bands_are_those_of_the_survey() -> None:
    assert len(BANDS_23) == 23 and len(BANDS_14) == 14
    assert set(BANDS_14) <= set(BANDS_23)
    assert list(BANDS_23) == sorted(set(BANDS_23)) and BANDS_23[-1] == BANDS_14[-1] == 85


@pytest.mark.parametrize(
    ("tables", "shapes"),
    [
        (CountyCharacteristics, {"counts": (18, 2, 6, 2)}),
        (CountySingleYears, {"counts": (86, 2)}),
        (StateCharacteristics, {"counts": (86, 2, 6, 2)}),
        (CensusTables, {"counts": (23, 2, 7, 2)}),
        (
            SurveyTables,
            {"total": (23, 2), "by_race": (14, 2, 7)}
            | {"white_not_hispanic": (14, 2), "hispanic": (14, 2)}
            | {"total_error": (23, 2), "by_race_error": (14, 2, 7)}
            | {"white_not_hispanic_error": (14, 2), "hispanic_error": (14, 2)},
        ),
    ],
)
def test_shapes(tables: type[Tables], shapes: dict[str, tuple[int, ...]]) -> None:
    arrays = {name: np.ones((2, *shape)) for name, shape in shapes.items()}
    table = tables(ORIGIN, FIPS, **arrays)
    assert list(table.arrays()) == ["fips", *shapes]
    for name, array in table.arrays().items():
        assert array.dtype == (np.float64 if tables is SurveyTables and name != "fips" else int)
        assert not array.flags.writeable
    for name, shape in shapes.items():
        wrong = arrays | {name: np.ones((2, *shape[:-1], shape[-1] + 1))}
        with pytest.raises(MalformedTableError, match=f"{name} must have the shape"):
            tables(ORIGIN, FIPS, **wrong)
        with pytest.raises(MalformedTableError, match="must have the shape"):
            tables(ORIGIN, FIPS[:1], **arrays)


@pytest.mark.parametrize(
    "fips",
    [
        [44003, 44001],
        [44001, 44001],
        [44001, 45001],
        [9, 44001],
        [0, 1],
        [999, 44001],
        [1, 100_001],
    ],
)
def test_codes_ascend_and_are_of_states_or_of_one_state(fips: list[int]) -> None:
    with pytest.raises(MalformedTableError, match="codes"):
        CountyCharacteristics(ORIGIN, np.array(fips), COUNTS)


def test_there_must_be_areas() -> None:
    with pytest.raises(MalformedTableError, match="codes"):
        CountyCharacteristics(ORIGIN, np.array([], dtype=int), COUNTS[:0])


@pytest.mark.parametrize("bad", [-1.0, np.inf])
def test_figures_are_not_negative(bad: float) -> None:
    arrays = {name: np.ones((2, *shape)) for name, shape in SurveyTables.shapes.items()}
    arrays["hispanic"][1, 3, 0] = bad
    with pytest.raises(MalformedTableError, match=r"1 figure\(s\) of hispanic"):
        SurveyTables(ORIGIN, FIPS, **arrays)
    arrays["hispanic"][1, 3, 0] = np.nan
    assert np.isnan(SurveyTables(ORIGIN, FIPS, **arrays).hispanic).sum() == 1
    counts = COUNTS.copy()
    counts[0, 0, 0, 0, 0] = -1
    with pytest.raises(MalformedTableError, match=r"1 figure\(s\) of counts"):
        CountyCharacteristics(ORIGIN, FIPS, counts)


def test_what_is_given_is_left_alone() -> None:
    counts = COUNTS.copy()
    table = CountyCharacteristics(ORIGIN, FIPS, counts)
    counts[:] = 0
    assert counts.flags.writeable
    np.testing.assert_array_equal(table.counts, COUNTS)
    with pytest.raises(ValueError, match="read-only"):
        table.counts[0] = 0


def test_tables_are_pickled_read_only() -> None:
    table = pickle.loads(pickle.dumps(CountyCharacteristics(ORIGIN, FIPS, COUNTS)))
    np.testing.assert_array_equal(table.counts, COUNTS)
    assert table.origin == ORIGIN
    assert not table.counts.flags.writeable and not table.fips.flags.writeable
