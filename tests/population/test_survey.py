import census_tables as tables
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk.population import CensusPopulation
from personatwin_sk.population._adding import Queries
from personatwin_sk.population._published import figures_of
from personatwin_sk.population._uncertainty import AGE_SPLIT, JOINT, PUBLISHED

BY_YEAR = tables.joint_by_year(n_races=7)
SURVEY = tables.survey_tables(BY_YEAR)
FIGURES = figures_of(SURVEY)
FINE, BROAD = (tables.broaden(BY_YEAR, starts) for starts in (tables.STARTS_23, tables.STARTS_14))
WHITE, BLACK, ASIAN, OTHER = 0, 1, 3, 6


def aged(*spans):
    ages = np.zeros(121, dtype=bool)
    for low, high in spans:
        ages[low : high + 1] = True
    return ages


def origin(*cells):
    mask = np.zeros((7, 2), dtype=bool)
    for cell in cells:
        mask[cell] = True
    return mask


ALL = origin(np.s_[:])
NOT_HISPANIC, HISPANIC = origin(np.s_[:, 0]), origin(np.s_[:, 1])


def ask(ages, mask, sexes=(0, 1), figures=FIGURES):
    people = np.zeros((1, 2, 7, 2), dtype=bool)
    people[0, list(sexes)] = mask
    area = np.arange(len(figures.fips))
    zero = np.zeros(len(area), dtype=np.int64)
    return Queries(ages[None], people).ask(figures, area, zero, zero)


def in_bands(ages, starts):
    return np.array([ages[start] for start in starts])


@given(st.sets(st.integers(0, 22), min_size=1), st.sampled_from([(0,), (1,), (0, 1)]))
def test_ages_are_as_published_with_their_error(bands, sexes):
    ends = [*(tables.STARTS_23[1:] - 1).tolist(), 120]
    ages = aged(*((int(tables.STARTS_23[band]), ends[band]) for band in bands))
    found = ask(ages, ALL, sexes)
    for area in range(5):
        people = variance = most_of_none = 0.0
        for band in bands:
            for sex in sexes:
                cell = SURVEY.total[area, band, sex]
                square = SURVEY.total_error[area, band, sex] ** 2
                people += cell
                variance += square if cell > 0 else 0
                most_of_none = max(most_of_none, square if cell == 0 else 0)
        assert found.count[area] == people
        assert found.variance[area] == pytest.approx(variance + most_of_none)
    assert (found.how == PUBLISHED).all()


# What is published, as cells of race x Hispanic with a sign: tables A-G, H and I, and B01001.
SUMS = {
    "black": (origin(BLACK), [("by_race", BLACK, 1)]),
    "black or asian": (origin(BLACK, ASIAN), [("by_race", BLACK, 1), ("by_race", ASIAN, 1)]),
    "other": (origin(OTHER), [("by_race", OTHER, 1)]),
    "white": (origin(WHITE), [("by_race", WHITE, 1)]),
    "white, not hispanic": (origin((WHITE, 0)), [("white_not_hispanic", None, 1)]),
    "white hispanic": (
        origin((WHITE, 1)),
        [("by_race", WHITE, 1), ("white_not_hispanic", None, -1)],
    ),
    "hispanic": (HISPANIC, [("hispanic", None, 1)]),
    "hispanic or white": (
        HISPANIC | origin(WHITE),
        [("hispanic", None, 1), ("white_not_hispanic", None, 1)],
    ),
    "not hispanic": (NOT_HISPANIC, [("total", None, 1), ("hispanic", None, -1)]),
    "neither white nor hispanic": (
        NOT_HISPANIC & ~origin(WHITE),
        [("total", None, 1), ("hispanic", None, -1), ("white_not_hispanic", None, -1)],
    ),
    "black, or white and not hispanic": (
        origin(BLACK, (WHITE, 0)),
        [("by_race", BLACK, 1), ("white_not_hispanic", None, 1)],
    ),
}


@pytest.mark.parametrize("sexes", [(0,), (0, 1)])
@pytest.mark.parametrize("name", SUMS)
def test_sums_of_published_cells_are_taken_with_their_error(name, sexes):
    mask, terms = SUMS[name]
    # 35-44 is one band of the 14 and two of the 23; 20-24 is three.
    ages, bands = aged((20, 24), (35, 44)), (5, 8)
    found = ask(ages, mask, sexes)
    fine = {5: (5, 6, 7), 8: (10, 11)}
    for area in range(5):
        people = variance = most_of_none = 0.0
        for table, race, sign in terms:
            for band in bands:
                for sex in sexes:
                    rows = fine[band] if table == "total" else (band,)
                    for row in rows:
                        at = (area, row, sex) if race is None else (area, row, sex, race)
                        cell = getattr(SURVEY, table)[at]
                        square = getattr(SURVEY, f"{table}_error")[at] ** 2
                        people += sign * cell
                        variance += square if cell > 0 else 0
                        most_of_none = max(most_of_none, square if cell == 0 else 0)
        assert found.count[area] == pytest.approx(max(people, 0.0))
        assert found.variance[area] == pytest.approx(variance + most_of_none)
    assert (found.how == PUBLISHED).all()
    # The truth of which these tables are is the sum over the cells asked for.
    chosen = BROAD[:, list(bands)][:, :, list(sexes)][..., mask].sum(axis=(1, 2, 3))
    np.testing.assert_allclose(found.count, chosen)


def test_of_zeros_in_a_broader_band_the_largest_error_counts_once():
    """20, 21 and 22-24 are cells of the total, and one cell of everything else."""
    total = SURVEY.total.copy()
    total[:, 5:8] = 0
    figures = figures_of(tables.survey_tables(BY_YEAR, total=total))
    found = ask(aged((20, 24)), NOT_HISPANIC, (1,), figures)
    largest = (SURVEY.total_error[:, 5:8, 1] ** 2).max(axis=1)
    hispanic, squares = SURVEY.hispanic[:, 5, 1], SURVEY.hispanic_error[:, 5, 1] ** 2
    expected = np.where(hispanic > 0, largest + squares, np.maximum(largest, squares))
    np.testing.assert_allclose(found.variance, expected)
    assert (found.count == 0).all()


@pytest.mark.parametrize(
    ("ages", "mask", "how"),
    [
        (aged((35, 44)), origin((BLACK, 0)), JOINT),
        (aged((35, 44)), origin((BLACK, 1), (ASIAN, 1)), JOINT),
        (aged((35, 39)), origin(BLACK), JOINT),
        (aged((36, 36)), ALL, AGE_SPLIT),
        (aged((35, 39)), ALL, PUBLISHED),
    ],
)
def test_what_is_no_sum_of_published_cells_is_modelled(ages, mask, how):
    found = ask(ages, mask)
    assert (found.how == how).all() and (found.variance > 0).all()


def test_the_variance_of_what_is_modelled_is_that_of_the_area_per_person():
    found = ask(aged((35, 44)), origin((BLACK, 0)))
    for area in range(5):
        there = SURVEY.by_race[area] > 0
        squares = (SURVEY.by_race_error[area][there] ** 2).sum()
        of_race = squares / SURVEY.by_race[area][there].sum()
        there = SURVEY.total[area] > 0
        squares = (SURVEY.total_error[area][there] ** 2).sum()
        of_total = squares / SURVEY.total[area][there].sum()
        expected = max(of_race, of_total) * max(found.count[area], 1)
        assert found.variance[area] == pytest.approx(expected)


def test_the_joint_meets_all_tables():
    joint = FIGURES.joint
    assert joint.shape == (5, 23, 2, 7, 2) and (joint >= 0).all()
    np.testing.assert_allclose(joint.sum(axis=(3, 4)), SURVEY.total, rtol=1e-9)
    # Broad bands of the joint: first rows 0, 1, 2, 3, 4, 5-7, 8, 9, 10-11 ...
    first = [0, 1, 2, 3, 4, 5, 8, 9, 10, 12, 14, 17, 20, 22]
    broad = np.add.reduceat(joint, first, axis=1)
    people = SURVEY.total.sum()
    for fitted, table in (
        (broad.sum(axis=4), SURVEY.by_race),
        (broad[:, :, :, 0, 0], SURVEY.white_not_hispanic),
        (broad[..., 1].sum(axis=3), SURVEY.hispanic),
    ):
        assert np.abs(fitted - table).sum() / people < 0.01
        assert np.abs(fitted - table).max() < 5


def test_the_fit_starts_from_what_the_state_is_like():
    """Of the Asian a state has few Hispanic ones, which the survey's tables do not say."""
    state = CensusPopulation.joint("44").sum(axis=(0, 1))
    asian = FIGURES.joint[:, :, :, ASIAN].sum(axis=(0, 1, 2))
    assert state[ASIAN, 1] / state[ASIAN].sum() < 0.1
    assert asian[1] / asian.sum() < BROAD[:, :, :, ASIAN, 1].sum() / BROAD[:, :, :, ASIAN].sum()


def test_areas_without_estimates_are_left_out():
    total = SURVEY.total.copy()
    total[1, 3, 0] = np.nan
    figures = figures_of(tables.survey_tables(BY_YEAR, total=total))
    assert figures.fips.tolist() == [44001, 44005, 44007, 44009]
    found = ask(aged((35, 44)), origin(BLACK), figures=figures)
    np.testing.assert_array_equal(
        found.count, SURVEY.by_race[[0, 2, 3, 4], 8][:, :, BLACK].sum(axis=1)
    )


def test_a_table_that_an_area_lacks_is_fitted_there():
    by_race = SURVEY.by_race.copy()
    by_race[2] = np.nan
    figures = figures_of(tables.survey_tables(BY_YEAR, by_race=by_race))
    found = ask(aged((35, 44)), origin(BLACK), figures=figures)
    assert found.how.tolist() == [PUBLISHED, PUBLISHED, JOINT, PUBLISHED, PUBLISHED]
    assert np.isfinite(found.count).all() and np.isfinite(found.variance).all()
    everybody = ask(aged((35, 44)), ALL, figures=figures)
    assert (found.count <= everybody.count + 1e-6).all()


def test_an_estimate_without_a_margin_of_error_has_that_of_the_area():
    errors = SURVEY.by_race_error.copy()
    errors[0] = np.nan
    figures = figures_of(tables.survey_tables(BY_YEAR, by_race_error=errors))
    found = ask(aged((35, 44)), origin(BLACK), figures=figures)
    assert (found.how == PUBLISHED).all()
    assert np.isfinite(found.variance).all() and (found.variance > 0).all()


def test_a_controlled_estimate_has_no_error():
    """The Bureau publishes a margin of 0 where the survey is made to meet the estimates."""
    figures = figures_of(
        tables.survey_tables(BY_YEAR, total_error=np.zeros_like(SURVEY.total_error))
    )
    found = ask(aged((0, 120)), ALL, figures=figures)
    assert (found.variance == 0).all() and (found.how == PUBLISHED).all()


def test_many_rows_in_several_goes(monkeypatch):
    from personatwin_sk.population import _survey

    ages, area = aged((35, 44))[None], np.tile(np.arange(5), 20)
    people = np.zeros((1, 2, 7, 2), dtype=bool)
    people[0, :, BLACK] = True
    zero = np.zeros(100, dtype=np.int64)
    at_once = Queries(ages, people).ask(FIGURES, area, zero, zero)
    monkeypatch.setattr(_survey, "_ROWS_AT_A_TIME", 7)
    in_parts = Queries(ages, people).ask(FIGURES, area, zero, zero)
    assert np.array_equal(at_once.count, in_parts.count)
    assert np.array_equal(at_once.variance, in_parts.variance)
