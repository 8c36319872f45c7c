"""The benchmark of modelled counts: what it reads, what it asks, and that New York stays out."""

from __future__ import annotations

from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import benchmarks.census.__main__ as command
from benchmarks.census import figures, pairs
from benchmarks.census.calibrate import as_constants
from benchmarks.census.means import files
from benchmarks.census.pairs import Fit, Pairs
from benchmarks.census.queries import Ranges, ranges
from personatwin_sk.population import _uncertainty

NEW_YORK, TEXAS = 36, 48


# What is read


def test_divisions_and_regions_are_the_published_ones(shared_data: Path) -> None:
    table = pd.read_csv(shared_data / "census" / "state_division_region.csv")
    states = figures.bundled()["state_fips"]
    table = table.set_index("STATE").loc[states]
    assert figures.divisions(states).tolist() == table["DIVISION"].tolist()
    assert figures.regions(states).tolist() == table["REGION"].tolist()


def test_new_york_is_read_as_published(shared_data: Path) -> None:
    joint = figures.new_york(shared_data)
    assert joint.shape == (62, 18, 2, 6, 2)
    assert joint.sum() == 19_453_561
    # Albany County, five to nine years, from the file's own line: TOT_MALE, TOT_FEMALE, NHWA_MALE.
    table = pd.read_csv(
        shared_data / "census" / "cc-est2019-alldata-36.csv.gz", encoding="latin-1"
    ).query("COUNTY == 1 and YEAR == 12 and AGEGRP == 2")
    assert (
        joint[0, 1].sum(axis=(1, 2)).tolist()
        == table[["TOT_MALE", "TOT_FEMALE"]].values[0].tolist()
    )
    assert joint[0, 1, 0, 0, 0] == table["NHWA_MALE"].item()
    assert joint[0, 1, 1, 5, 1] == table["HTOM_FEMALE"].item()


def test_single_years_are_the_published_ones_without_texas(shared_data: Path) -> None:
    states, years = figures.single_years()
    table = np.load(shared_data / "census" / "county_age_sex_2023.npz")
    kept = table["fips"].astype(int) // 1000 != TEXAS
    assert TEXAS not in states and NEW_YORK in states
    np.testing.assert_array_equal(years, table["counts"][kept, :85])


# What is asked


def test_ranges_add_up_what_loops_add_up() -> None:
    joints = np.random.default_rng(0).integers(0, 99, size=(3, 18, 2, 6, 2)).astype(float)
    queries = ranges(40, seed=4)
    found = queries.ask(joints)
    for area in range(3):
        for query in range(40):
            total = 0.0
            for cell in np.ndindex(18, 2, 6, 2):
                if queries.ages[query, cell[0]] and queries.groups[(query, *cell[1:])]:
                    total += joints[(area, *cell)]
            assert found[area, query] == total


def test_ranges_are_of_one_to_six_bands_in_a_row() -> None:
    queries = ranges(2_000)
    assert set(queries.ages.sum(axis=1)) == {1, 2, 3, 4, 5, 6}
    starts = (np.diff(queries.ages, axis=1, prepend=0) == 1).sum(axis=1)
    assert (starts == 1).all()


def test_ranges_leave_out_what_is_published_and_nothing_else() -> None:
    groups = ranges(3_000).groups
    any_group = groups.any(axis=1).reshape(3_000, -1).all(axis=1)
    assert not any_group.any()
    kinds = {tuple(mask.ravel()) for mask in groups}
    # Men, women, both; six races or all; Hispanic, not, both; less those of everybody.
    assert len(kinds) == 3 * 7 * 3 - 3
    assert len({tuple(mask.ravel()) for mask in ranges(3_000, of_groups=False).groups}) == 63


def test_ranges_are_drawn_alike_each_time() -> None:
    first, second, other = ranges(50), ranges(50), ranges(50, seed=1)
    assert isinstance(first, Ranges)
    assert np.array_equal(first.ages, second.ages) and np.array_equal(first.groups, second.groups)
    assert not np.array_equal(first.ages, other.ages)


# What is set beside the truth


def test_a_fit_counts_the_people_in_a_wrong_cell_once() -> None:
    model, truth = np.array([6.0, 4.0, 0.0]), np.array([5.0, 4.0, 1.0])
    assert Fit("", model, truth).error() == pytest.approx(0.1)


def test_every_state_but_new_york_is_fitted_once_in_each_nesting() -> None:
    found = list(pairs.state_fits())
    bundle = figures.bundled()
    others = bundle["state_joint"][bundle["state_fips"] != NEW_YORK]
    for nesting in ("division", "region", "nation"):
        truth = np.concatenate([fit.truth for fit in found if fit.nesting == nesting])
        assert sorted(truth.sum(axis=(1, 2, 3, 4))) == sorted(others.sum(axis=(1, 2, 3, 4)))
    for fit in found:
        np.testing.assert_allclose(fit.model.sum(axis=(3, 4)), fit.truth.sum(axis=(3, 4)))
    errors = [
        np.mean([fit.error() for fit in found if fit.nesting == nesting])
        for nesting in ("division", "region", "nation")
    ]
    assert 0.01 < errors[0] < errors[1] < errors[2] < 0.03


def test_single_years_are_split_as_the_state_is() -> None:
    found = {kind.name: kind for kind in pairs.age_split_pairs(score=True)}
    assert list(found) == ["1 year", "2 years", "3 years", "4 years"]
    bundle = figures.bundled()
    of_new_york = bundle["county_single_years"][bundle["county_fips"] // 1000 == NEW_YORK]
    # Men of 36 and 37 in the third county: one band by the state's share of the two years.
    band, state = of_new_york[2, 35:40, 0].sum(), of_new_york[:, 35:40, 0].sum(axis=0)
    expected = band * state[1:3].sum() / state.sum()
    at = np.isclose(found["2 years"].model, expected, rtol=1e-12)
    assert of_new_york[2, 36:38, 0].sum() in found["2 years"].truth[at]
    n_counties = len(of_new_york)
    for width, kind in enumerate(found.values(), start=1):
        assert len(kind.model) == n_counties * 17 * (6 - width) * 3
        # Every year of a band is as often in a part as its place allows; both tables alike.
        assert kind.model.sum() == pytest.approx(kind.truth.sum(), rel=1e-9)


@pytest.mark.parametrize(
    ("measured", "array"),
    [
        (pairs.place_age_pairs, "county_age_sex"),
        (pairs.place_pairs, "county_sex_race_hispanic"),
    ],
)
def test_places_are_shares_of_their_state(measured: Any, array: str) -> None:
    (kind,) = measured(300, score=True)
    assert kind.name.endswith(", 36")
    table = figures.bundled()[array]
    real = table[figures.bundled()["county_fips"] // 1000 == NEW_YORK]
    share = real.reshape(len(real), -1).sum(axis=1) / real.sum()
    model, truth = (people.reshape(len(real), -1) for people in (kind.model, kind.truth))
    # Each query asks the same share of every county, and the true ones add up to the state's.
    np.testing.assert_allclose(model, share[:, None] * truth.sum(axis=0), rtol=1e-9, atol=1e-9)
    assert (truth == np.rint(truth)).all() and truth.shape[1] == 300


def test_texas_has_no_say_on_ages_and_nobody_is_asked_of_one_county_alone() -> None:
    of_ages = {kind.name for kind in pairs.place_age_pairs(5)}
    of_races = {kind.name for kind in pairs.place_pairs(5)}
    assert "ages, 48" not in of_ages and "races, 48" in of_races
    # The District of Columbia is one county.
    assert "ages, 11" not in of_ages and "races, 11" not in of_races
    assert len(of_ages) == 48 and len(of_races) == 49


# The tables


@pytest.mark.parametrize("name", list(command.CALIBRATIONS))
def test_tables_are_the_measured_ones(name: str) -> None:
    shipped = getattr(_uncertainty, name)
    measured = np.array(as_constants(command.CALIBRATIONS[name]()))
    # Rounding of the last figure may turn on the last bit of a fit.
    np.testing.assert_allclose(measured, shipped, rtol=0.011)
    assert np.mean(measured == shipped) > 0.9
    assert not shipped.flags.writeable


def test_new_york_has_no_part_in_any_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """With other figures of New York all tables stay as they are."""
    before = {name: measured() for name, measured in command.CALIBRATIONS.items()}
    altered = {name: array.copy() for name, array in figures.bundled().items()}
    rng = np.random.default_rng(7)
    counties = altered["county_fips"] // 1000 == NEW_YORK
    for name in ("county_age_sex", "county_single_years", "county_sex_race_hispanic"):
        altered[name][counties] = rng.integers(0, 9_999, size=altered[name][counties].shape)
    state = altered["state_fips"] == NEW_YORK
    for name in ("state_joint",):
        altered[name][state] = rng.integers(0, 9_999, size=altered[name][state].shape)
    for module in (figures, pairs):
        monkeypatch.setattr(module, "bundled", lambda: altered)
    for name, measured in command.CALIBRATIONS.items():
        np.testing.assert_array_equal(measured(), before[name])
    # The alteration is seen where New York scores.
    assert pairs.age_split_pairs(score=True)[0].truth.max() < 2 * 9_999


# The command


def test_the_command_prints_every_table_and_meets_its_bars(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # One file in ten: all 6,361 take half a minute.
    monkeypatch.setattr(command, "files", lambda fits: islice(files(fits), 0, None, 10))
    assert command.main() == 0
    printed = capsys.readouterr().out
    for title in (
        "_AGE_SPLIT",
        "_JOINT",
        "_PLACE,",
        "_PLACE_AGES",
        "New York: fitted cells",
        "mean risks, states",
    ):
        assert title in printed
    assert printed.rstrip().splitlines()[-1].startswith("Bars of fitted counts: met")
    sections = printed.split("\nNew York: ")
    assert "LOW" not in sections[1] and len(sections) == 5
    rows = [line for line in sections[1].splitlines() if line.startswith("| cells")]
    sizes = [row.split("|")[2].strip() for row in rows]
    assert sizes[:3] == ["all", "50 and more", "0 to 0.5"]
    assert all(one.split(" to ")[1] == two.split(" to ")[0] for one, two in pairwise(sizes[2:]))


def test_a_missed_bar_ends_in_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = np.full(500, 100.0)
    for truth, code in ((100.0, 0), (10.0, 1), (1_000.0, 1)):
        kinds = [Pairs("cells", model, np.full(500, truth))]
        monkeypatch.setattr(command, "new_york_pairs", lambda kinds=kinds: kinds)
        monkeypatch.setattr(command, "_fits", lambda: iter([]))
        monkeypatch.setattr(command, "_mean_limits", lambda: iter([]))
        monkeypatch.setattr(command, "CALIBRATIONS", {})
        # One cell of 100 people: the limits are 49 and 178, wider than the count.
        monkeypatch.setattr(command, "WIDEST", 1.5)
        assert command.main() == code
    good = [Pairs("cells", model, model)]
    monkeypatch.setattr(command, "new_york_pairs", lambda: good)
    assert command.main() == 0
    for beaten, code in ((60, 0), (90, 1)):
        means = pd.DataFrame({"files": [1000], "beaten": [beaten]})
        monkeypatch.setattr(command, "_mean_limits", lambda means=means: iter([("files", means)]))
        assert command.main() == code
    monkeypatch.setattr(command, "_mean_limits", lambda: iter([]))
    monkeypatch.setattr(command, "WIDEST", 1.0)
    assert command.main() == 1
    assert "MISSED" in capsys.readouterr().out
