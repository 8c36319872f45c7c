import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk.population._uncertainty import AGE_SPLIT, JOINT, PUBLISHED, interval

COUNTS = st.lists(st.floats(0, 1e8), min_size=1, max_size=50)


@given(COUNTS)
def test_published_counts_are_certain(counts):
    counts = np.array(counts)
    low, high = interval(counts, np.full(len(counts), PUBLISHED))
    assert np.array_equal(low, counts) and np.array_equal(high, counts)


@given(COUNTS, st.sampled_from([AGE_SPLIT, JOINT]))
def test_more_people_never_have_lower_limits(counts, how):
    counts = np.sort(counts)
    low, high = interval(counts, np.full(len(counts), how))
    assert (low <= counts).all() and (counts <= high).all()
    assert (np.diff(low) >= 0).all() and (np.diff(high) >= -1e-9 * high[1:]).all()


@pytest.mark.parametrize(
    ("how", "count", "low", "high"),
    [
        (JOINT, 0.1, 0.0, 0.44),
        (JOINT, 7.1, 2.414, 11.786),
        (JOINT, 5_500, 4_840, 6_215),
        (JOINT, 1e6, 880_000, 1_130_000),
        (AGE_SPLIT, 45, 38.25, 51.75),
    ],
)
def test_limits_at_the_measured_sizes(how, count, low, high):
    limits = interval(np.array([count]), np.array([how]))
    assert (limits[0][0], limits[1][0]) == (pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize("kind", ["cells", "ranges of ages"])
def test_limits_hold_about_nine_times_in_ten_on_either_side(kind, shared_data):
    """The counties of New York in 2019, whose real joint is published."""
    from personatwin_sk.population._fit import fit_counties

    path = shared_data / "census" / "cc-est2019-alldata-36.csv.gz"
    table = pd.read_csv(path, encoding="latin-1")
    table = table[(table.YEAR == 12) & (table.AGEGRP > 0)].sort_values(["COUNTY", "AGEGRP"])
    names = [
        f"{origin}{race}_{sex}"
        for sex in ("MALE", "FEMALE")
        for race in ("WA", "BA", "IA", "AA", "NA", "TOM")
        for origin in ("NH", "H")
    ]
    real = table[names].to_numpy(dtype=float).reshape(-1, 18, 2, 6, 2)
    model = fit_counties(real.sum(axis=(3, 4)), real.sum(axis=1), real.sum(axis=0))
    if kind == "ranges of ages":
        real, model = (
            np.concatenate([joint[:, a : a + 4].sum(axis=1) for a in range(0, 16, 3)])
            for joint in (real, model)
        )
    real, model = real.ravel(), model.ravel()
    low, high = interval(model, np.full(len(model), JOINT))
    for smallest, stop in ((1, 5), (5, 20), (20, 100), (100, 1000), (1000, np.inf)):
        here = (model >= smallest) & (model < stop)
        assert here.sum() > 300
        assert (real[here] < low[here]).mean() < 0.15
        assert (real[here] > high[here]).mean() < 0.15


def test_limits_of_single_years_hold_in_the_counties(shared_data):
    table = np.load(shared_data / "census" / "county_age_sex_2023.npz")
    state = np.array([int(code) // 1000 for code in table["fips"].tolist()])
    years = table["counts"][:, :85].astype(float)
    model = np.zeros_like(years)
    for code in set(state.tolist()) - {48}:
        of_state = years[state == code]
        total = of_state.sum(axis=0).reshape(17, 5, 2)
        share = total / total.sum(axis=1, keepdims=True)
        bands = of_state.reshape(-1, 17, 5, 2).sum(axis=2, keepdims=True)
        model[state == code] = (bands * share).reshape(of_state.shape)
    real, model = years[state != 48].ravel(), model[state != 48].ravel()
    low, high = interval(model, np.full(len(model), AGE_SPLIT))
    assert 0.05 < (real < low).mean() < 0.12
    assert 0.05 < (real > high).mean() < 0.12
