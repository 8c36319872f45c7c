import numpy as np
import pytest

from personatwin_sk.population import AGE_BANDS
from personatwin_sk.population._figures import Figures, Source, split_shares, spread_oldest

FIVE_YEARS = np.array([low for low, _ in AGE_BANDS])
YEARS = np.arange(86)


def test_the_oldest_are_spread_as_in_the_census_of_2020():
    """60.4 % of those of 85 and more are 85-89, 29.6 % 90-94, 8.7 % 95-99, 1.3 % 100 and more."""
    people = np.zeros((86, 2))
    people[85] = (1_000, 200)
    ages = spread_oldest(people)
    assert ages.shape == (121, 2)
    shares = ages / (1_000, 200)
    for first, stop, expected in ((85, 90, 0.604), (90, 95, 0.296), (95, 100, 0.087)):
        np.testing.assert_allclose(shares[first:stop].sum(axis=0), expected)
    np.testing.assert_allclose(shares[100:].sum(axis=0), 0.013)
    # Of the hundred-year-olds more than 60 % are 100 or 101, and 10 % 105 and more.
    np.testing.assert_allclose(shares[100:102].sum(axis=0) / 0.013, 0.6)
    np.testing.assert_allclose(shares[105:].sum(axis=0) / 0.013, 0.1)
    # The last one also holds the few of whom no age is taken for one.
    assert (np.diff(shares[100:120], axis=0) < 0).all()


@pytest.mark.parametrize("starts", [FIVE_YEARS, YEARS, np.array([0]), np.array([0, 18, 65])])
def test_shares_of_a_band_add_up_to_one(starts):
    rng = np.random.default_rng(0)
    years = rng.integers(0, 3, (4, 86, 2))
    years[1] = 0
    shares = split_shares(years, years[0], starts)
    assert shares.shape == (4, 121, 2) and (shares >= 0).all()
    np.testing.assert_allclose(np.add.reduceat(shares, starts, axis=1), 1.0)


def test_a_band_is_split_by_its_own_years():
    years = np.zeros((1, 86, 2), dtype=int)
    years[0, 30:35, 0] = (1, 2, 3, 4, 0)
    shares = split_shares(years, np.ones((86, 2)), FIVE_YEARS)
    np.testing.assert_allclose(shares[0, 30:35, 0], (0.1, 0.2, 0.3, 0.4, 0.0))


def test_an_empty_band_is_split_by_the_others_and_in_the_last_resort_evenly():
    others = np.zeros((86, 2))
    others[30:35, 1] = (1, 0, 0, 3, 0)
    shares = split_shares(np.zeros((1, 86, 2)), others, FIVE_YEARS)
    np.testing.assert_allclose(shares[0, 30:35, 1], (0.25, 0, 0, 0.75, 0))
    np.testing.assert_allclose(shares[0, 35:40, 1], 0.2)
    np.testing.assert_allclose(shares[0, 85:, 0], 1 / 36)


@pytest.mark.parametrize(
    ("source", "published", "modelled"),
    [
        (
            Source(("a (2024)", "b (2023)"), "bundled", "2024"),
            "US Census Bureau, bundled: a (2024)",
            "modelled from US Census Bureau, bundled: a (2024), b (2023)",
        ),
        (
            Source(("a (2024)", "b (2024)"), "live", "2024", models="years as in c", n_published=2),
            "US Census Bureau, live: a (2024), b (2024)",
            "modelled from US Census Bureau, live: a (2024), b (2024), years as in c",
        ),
    ],
)
def test_sources_are_described(source, published, modelled):
    assert source.describe(False) == published
    assert source.describe(True) == modelled


@pytest.fixture
def figures():
    return Figures(
        source=Source(("table (2024)",), "live", "2024"),
        fips=np.array([1001, 1005, 1009]),
        starts=np.array([0, 18]),
        joint=np.arange(3 * 2 * 2 * 6 * 2, dtype=float).reshape(3, 2, 2, 6, 2),
        shares=np.ones((3, 121, 2)),
        cells_published=True,
        ages_published="bands",
    )


def test_positions_of_areas(figures):
    codes = np.array([1009, 1001, 1000, 1002, 1010])
    assert figures.positions(codes).tolist() == [2, 0, -1, -1, -1]


def test_people_of_areas(figures):
    assert figures.people().tolist() == [sum(range(48 * i, 48 * i + 48)) for i in range(3)]


def test_figures_cannot_be_changed_and_show_nothing_but_their_source(figures):
    for array in (figures.fips, figures.joint, figures.shares, figures.starts):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    assert repr(figures) == "Figures('US Census Bureau, live: table (2024)', n_areas=3)"
