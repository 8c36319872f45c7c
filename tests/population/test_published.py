import dataclasses

import census_tables as tables
import numpy as np
import pytest

from personatwin_sk.population._adding import Queries
from personatwin_sk.population._bundled import bundled_shares
from personatwin_sk.population._published import figures_of
from personatwin_sk.population._uncertainty import AGE_SPLIT, PUBLISHED
from personatwin_sk.population.bureau import CountySingleYears

BY_YEAR = tables.joint_by_year()
COUNTIES = tables.county_characteristics(BY_YEAR)
YEARS = tables.county_single_years(BY_YEAR)


def ask(figures, low, high, mask=None):
    ages = np.zeros((1, 121), dtype=bool)
    ages[0, low : high + 1] = True
    people = np.ones((1, 2, 7, 2), dtype=bool)
    if mask is not None:
        people[:] = False
        people[(0, *mask)] = True
    area = np.arange(len(figures.fips))
    zero = np.zeros(len(area), dtype=np.int64)
    return Queries(ages, people).ask(figures, area, zero, zero)


def test_counties_with_their_single_years():
    figures = figures_of(COUNTIES, YEARS)
    assert figures.cells_published and figures.ages_published == "years"
    assert np.array_equal(figures.joint, COUNTIES.counts)
    found = ask(figures, 30, 39, (1, 2, 1))
    np.testing.assert_array_equal(found.count, BY_YEAR[:, 30:40, 1, 2, 1].sum(axis=1))
    assert (found.how == PUBLISHED).all()
    found = ask(figures, 33, 36)
    np.testing.assert_allclose(found.count, BY_YEAR[:, 33:37].sum(axis=(1, 2, 3, 4)))
    assert (found.how == PUBLISHED).all()
    # Races are published by band: a year of one is split off as of all races together.
    found = ask(figures, 33, 33, (1, 2, 1))
    band = BY_YEAR[:, 30:35, 1].astype(float)
    share = band[:, 3].sum(axis=(1, 2)) / band.sum(axis=(1, 2, 3))
    np.testing.assert_allclose(found.count, band[:, :, 2, 1].sum(axis=1) * share)
    assert (found.how == AGE_SPLIT).all()
    # Around it are published those of that race in the band, and those of any race of that age.
    around = np.minimum(band[:, :, 2, 1].sum(axis=1), band[:, 3].sum(axis=(1, 2)))
    np.testing.assert_allclose(found.most, around, atol=1e-9)


@pytest.mark.parametrize("years", [None, "other counties"])
def test_counties_without_single_years_are_split_as_the_bundled_ones(years):
    if years is not None:
        years = CountySingleYears(YEARS.origin, YEARS.fips[:3], YEARS.counts[:3])
    figures = figures_of(COUNTIES, years)
    assert figures.ages_published == "bands"
    np.testing.assert_allclose(figures.shares, bundled_shares(tables.COUNTIES, tables.STARTS_18))
    assert (ask(figures, 30, 34).how == PUBLISHED).all()
    assert (ask(figures, 33, 33).how == AGE_SPLIT).all()
    assert figures.source.models == "years as in cc-est2023-syasex (July 2023)"
    assert figures.source.tables == ("cc-est2024-alldata (July 2024)",)


def test_single_years_that_do_not_agree_only_split_the_bands():
    other = CountySingleYears(YEARS.origin, YEARS.fips, YEARS.counts + 1)
    figures = figures_of(COUNTIES, other)
    assert figures.ages_published == "bands"
    found = ask(figures, 33, 33, (1,))
    band = other.counts[:, 30:35, 1]
    expected = COUNTIES.counts[:, 6, 1].sum(axis=(1, 2)) * band[:, 3] / band.sum(axis=1)
    np.testing.assert_allclose(found.count, expected)
    assert (found.how == AGE_SPLIT).all()


def test_states_are_published_by_single_year():
    by_year = tables.joint_by_year(3, n_areas=3)
    figures = figures_of(tables.state_characteristics(by_year, np.array([9, 44, 48])))
    assert figures.fips.tolist() == [9, 44, 48]
    found = ask(figures, 33, 47, (0, 4, 0))
    np.testing.assert_array_equal(found.count, by_year[:, 33:48, 0, 4, 0].sum(axis=1))
    assert (found.how == PUBLISHED).all()
    oldest = ask(figures, 85, 89)
    np.testing.assert_allclose(oldest.count, 0.604 * by_year[:, 85].sum(axis=(1, 2, 3)))
    assert (oldest.how == AGE_SPLIT).all()


def test_the_census_is_published_in_its_own_bands_and_has_a_seventh_race():
    by_year = tables.joint_by_year(4, n_races=7)
    figures = figures_of(tables.census_tables(by_year))
    for low, high, how in ((60, 61, PUBLISHED), (60, 64, PUBLISHED), (61, 61, AGE_SPLIT)):
        assert (ask(figures, low, high).how == how).all()
    everybody = ask(figures, 60, 64)
    np.testing.assert_array_equal(everybody.count, by_year[:, 60:65].sum(axis=(1, 2, 3, 4)))
    six = ask(figures, 60, 64, (slice(None), slice(0, 6)))
    seventh = by_year[:, 60:65, :, 6].sum(axis=(1, 2, 3))
    assert np.array_equal(everybody.count - six.count, seventh) and seventh.any()


@pytest.mark.parametrize(
    ("first", "second", "how", "retrieved"),
    [
        (("live", "2026-11-22"), ("live", "2026-11-22"), "live", "2026-11-22"),
        (("cache", "2026-10-01"), ("live", "2026-11-22"), "cache", "2026-10-01"),
        (("live", "2026-11-22"), ("cache", "2026-10-01"), "cache", "2026-10-01"),
    ],
)
def test_sources_of_two_tables(first, second, how, retrieved):
    counties, years = (
        dataclasses.replace(table, origin=dataclasses.replace(table.origin, how=h, retrieved=r))
        for table, (h, r) in ((COUNTIES, first), (YEARS, second))
    )
    source = figures_of(counties, years).source
    assert (source.how, source.retrieved, source.vintage) == (how, retrieved, "July 2024")
    assert source.describe(False) == (
        f"US Census Bureau, {how}: cc-est2024-alldata (July 2024), cc-est2024-syasex (July 2024)"
    )
