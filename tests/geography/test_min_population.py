"""min_population on the whole country and on ZIP codes, against the published figures."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from personatwin_sk.exceptions import DataWarning, InputError
from personatwin_sk.geography import GeographicGeneralizer
from personatwin_sk.population import TablePopulation

MINIMA = [1_000, 20_000, 100_000, 1_000_000, 3_252_629, 50_000_000, 330_000_000]
PUERTO_RICO = 3_252_628


@pytest.fixture(scope="module")
def counties(shared_data):
    """Every county of the country with its published label, state and people."""
    names = pd.read_csv(shared_data / "census" / "county_names_2023.csv", dtype=str)
    with np.load(shared_data / "census" / "county_age_sex_2023.npz") as table:
        people = pd.Series(table["counts"].sum(axis=(1, 2)), index=table["fips"].tolist())
    names["people"] = names["fips"].map(people)
    names["state"] = names["state"].str.replace(" Commonwealth", "")
    names["geography"] = names["county"] + ", " + names["state"]
    return names


def release(values, column="geography", **parameters):
    frame = pd.DataFrame({column: pd.Series(values, dtype=object)})
    released = GeographicGeneralizer([column], **parameters).fit_transform(frame)[column]
    return [None if pd.isna(value) else value for value in released]


@pytest.mark.parametrize("level", ["county", "state", "region"])
@pytest.mark.parametrize("minimum", MINIMA)
def test_no_label_covers_fewer_than_asked_for(counties, level, minimum):
    """What is left of each label after finer labels are taken out, added up county by county."""
    released = release(counties["geography"], level=level, min_population=minimum)
    left = counties["people"].fillna(0).groupby(released).sum()
    # Of Puerto Rico only the whole is known; its counties go wherever it goes.
    (rico,) = set(np.array(released)[(counties["state"] == "Puerto Rico").to_numpy()])
    left[rico] += PUERTO_RICO
    assert left.min() >= minimum
    assert left.sum() == 334_914_895 + PUERTO_RICO


def test_hawaiis_one_small_county_takes_its_state_along(counties):
    released = pd.Series(release(counties["geography"], min_population=20_000))
    hawaii = (counties["state"] == "Hawaii").to_numpy()
    assert hawaii.sum() == 5
    assert released[hawaii].tolist() == ["Hawaii"] * 5
    # Nobody else is drawn into it, and where all counties are large they stay.
    assert (released == "Hawaii").sum() == 5
    assert released[(counties["fips"] == "39061").to_numpy()].tolist() == ["Hamilton County, OH"]
    assert released[(counties["fips"] == "39163").to_numpy()].tolist() == ["Ohio"]
    arizona = counties["state"].eq("Arizona").to_numpy() & (counties["people"] >= 20_000).to_numpy()
    greenlee = (counties["fips"] == "04011").to_numpy()
    assert set(released[greenlee]) | set(released[arizona]) >= {"Arizona"}


def test_a_county_climbs_only_as_far_as_needed(counties):
    """A county that is large enough and whose state's rest is large enough stays."""
    minimum = 100_000
    released = pd.Series(release(counties["geography"], min_population=minimum))
    small = counties["people"] < minimum
    rest = counties["people"].where(small, 0).groupby(counties["state"]).sum()
    fine = counties["state"].map((rest == 0) | (rest >= minimum)) & counties["people"].notna()
    expected = counties["county"].where(~small, counties["state"])
    found = released.str.rsplit(",", n=1).str[0]
    assert fine.sum() > 3_000
    assert found[fine].tolist() == expected[fine].tolist()


def test_puerto_rico_is_known_as_a_whole_and_drags_nobody_down():
    ponce = ["Ponce Municipio, PR", "Ohio"]
    assert release(ponce, min_population=20_000) == ["Puerto Rico", "Ohio"]
    assert release(ponce, min_population=1) == ["Puerto Rico", "Ohio"]
    assert release(ponce, min_population=PUERTO_RICO) == ["Puerto Rico", "Ohio"]
    # One more than live there: it would be all that is left of the country.
    assert release(["Ponce Municipio, PR"], min_population=PUERTO_RICO + 1) == ["United States"]


@pytest.mark.parametrize("minimum", [20_000, 1_000_000])
@pytest.mark.parametrize("level", ["zip", "state"])
def test_it_is_decided_on_the_country_and_not_on_the_table(counties, level, minimum):
    frame = counties[["geography"]]
    generalizer = GeographicGeneralizer(level=level, min_population=minimum)
    whole = generalizer.fit(frame).transform(frame)
    for start in range(0, len(frame), 1_100):
        chunk = frame.iloc[start : start + 1_100]
        pd.testing.assert_frame_equal(
            clone(generalizer).fit_transform(chunk), whole.iloc[start : start + 1_100]
        )
    shuffled = frame.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(generalizer.transform(shuffled), whole.loc[shuffled.index])
    pd.testing.assert_frame_equal(generalizer.fit_transform(whole), whole)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("45202", "452**"),
        ("45202-1234", "452**"),
        ("12 Main St, Cincinnati, OH 45202", "452**"),
        ("03601", "000**"),  # 13,374 people
        ("82101", None),  # no ZIP code
        ("00501", "000**"),  # a single building, in no table of people
        ("20204", "000**"),  # offices: nobody lives there
        ("00601", "006**"),  # Puerto Rico has ZIP codes with people
        ("452**", "452**"),
        ("036**", "000**"),
        ("000**", "000**"),
        ("000", "000**"),
        ("Cincinnati, OH", "Ohio"),
        ("Omaha, Douglas County, NE", "Douglas County, NE"),
        ("12 Main St, Cincinnati, Hamilton County, OH", "Hamilton County, OH"),
        ("Vinton County, OH", "Ohio"),
        ("Honolulu County, HI", "Hawaii"),
        ("Connecticut", "Connecticut"),
        ("Midwest", "Midwest"),
        ("Ohio", "Ohio"),
    ],
)
@pytest.mark.parametrize("level", ["zip", "address"])
def test_zip_codes_follow_the_rule_of_three_digits(place, expected, level):
    generalizer = GeographicGeneralizer(level=level, min_population=20_000)
    frame = pd.DataFrame({"geography": [place, None]})
    if expected is None:
        with pytest.raises(InputError, match="1 of 2"):
            generalizer.fit_transform(frame)
        return
    assert generalizer.fit_transform(frame)["geography"].tolist()[0] == expected


def test_every_zip_code_of_the_country(shared_data):
    """Three digits stay where more than 20,000 people share them in the published table."""
    codes = pd.read_csv(shared_data / "census" / "zip_to_zcta.csv.gz", dtype=str)["zip_code"]
    people = pd.read_csv(
        shared_data / "census" / "zcta_population_acs2016_2020.csv.gz", dtype={"zcta": str}
    )
    by_prefix = people.groupby(people["zcta"].str[:3])["pop_acs2016_2020"].sum()
    large = codes.str[:3].map(by_prefix).fillna(0) > 20_000
    expected = (codes.str[:3] + "**").where(large, "000**")
    released = release(codes, "zip", level="zip", min_population=20_000)
    assert released == expected.tolist()
    hidden = sorted(by_prefix.index[by_prefix <= 20_000])
    assert " ".join(hidden) == (
        "036 059 102 202 203 204 205 369 556 692 753 821 823 878 879 884 893"
    )
    again = release(released, "zip", level="zip", min_population=20_000)
    assert again == released


def test_zip_codes_at_coarser_levels_go_by_their_county():
    places = ["45202", "45695", "03601", "036**", "452**"]  # 45695 is Wilkesville, Vinton County
    assert release(places, min_population=20_000) == [
        "Hamilton County, OH", "Ohio", "Sullivan County, NH", "New Hampshire", "Ohio",
    ]  # fmt: skip


def test_the_smallest_namesake_decides():
    """There are Orange Counties of 8,000 and more; Washington Counties of 5,000."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        assert release(["Orange County"], min_population=1_000) == ["Orange County"]
        assert release(["Orange County"], min_population=20_000) == ["United States"]
        assert release(["Orange County"], min_population=20_000, state="CA") == [
            "Orange County, CA"
        ]
        # Kansas' Hamilton County has 2,437 people.
        assert release(["Hamilton County"], min_population=2_437) == ["Hamilton County"]
        assert release(["Hamilton County"], min_population=2_438) == ["United States"]
    with pytest.warns(DataWarning, match="1 of 1 .* unless each of these counties may be named"):
        release(["Orange County"], min_population=20_000)


@pytest.mark.parametrize("minimum", [0, -1, 2.5, "20000"])
def test_a_minimum_that_is_none(minimum):
    for name in ("min_population", "min_people"):
        with pytest.raises(ValueError, match=name):
            GeographicGeneralizer(**{name: minimum}).fit(pd.DataFrame({"geography": ["Ohio"]}))


def test_more_than_the_country_has():
    with pytest.raises(InputError, match=r"min_population=400000000 .*338167523"):
        release(["Ohio"], min_population=400_000_000)


OWN = pd.DataFrame(
    {
        "geography": ["Hamilton County, OH", "Butler County, OH", "Vinton County, OH"],
        "n": [500, 30, 40],
    }
)


def test_a_population_of_ones_own():
    """Patients of a hospital: what it does not know is too small."""
    places = ["Hamilton County, OH", "Butler County, OH", "Vinton County, OH", "Cook County, IL"]
    population = TablePopulation.from_frame(OWN)
    released = release(places, min_population=50, population=population)
    assert released[0] == "Hamilton County, OH"
    # 70 people of two small counties, and counties without a figure, share one label.
    assert released[1] == released[2] and released[3] == "Midwest"
    assert release(places[:1], min_population=501, population=population) != places[:1]
    with pytest.raises(InputError, match="min_population=571"):
        release(places, min_population=571, population=population)


def test_a_population_by_the_name_of_the_column():
    population = TablePopulation.from_frame(OWN.rename(columns={"geography": "home"}))
    assert release(["Hamilton County, OH"], "home", min_population=50, population=population) == [
        "Hamilton County, OH"
    ]
    with pytest.raises(InputError, match="no column 'geography' and none called"):
        release(["Hamilton County, OH"], min_population=50, population=population)


def test_a_population_of_other_places():
    population = TablePopulation.from_frame(pd.DataFrame({"geography": ["Lyon"], "n": [9]}))
    with pytest.raises(InputError, match="knows none of the 3288 places"):
        release(["Ohio"], min_population=1, population=population)


def test_what_is_no_population():
    with pytest.raises(ValueError, match="population"):
        release(["Ohio"], population={"Ohio": 5})


def test_an_interval_counts_by_its_lower_end():
    frame = OWN.assign(n=[500, 300, 300], moe=[100, 10, 10])
    population = TablePopulation.from_frame(frame, error="moe")
    assert release(OWN["geography"][:1], min_population=400, population=population) == [
        "Hamilton County, OH"
    ]
    assert release(OWN["geography"][:1], min_population=401, population=population) != [
        "Hamilton County, OH"
    ]


class Register:
    """A population as the protocol wants it, and no more: it refuses what it does not know."""

    columns = ("geography",)

    def __init__(self, table):
        self.people = dict(zip(table["geography"], table["n"], strict=True))

    def count(self, frame):
        if not frame["geography"].isin(self.people).all():
            raise ValueError("unknown")
        n = frame["geography"].map(self.people)
        return pd.DataFrame({"count": n, "low": n, "high": n, "unmatched": [()] * len(n)})


def test_a_population_that_refuses_what_it_does_not_know():
    places = OWN["geography"].tolist()
    own, other = TablePopulation.from_frame(OWN), Register(OWN)
    assert release(places, min_population=50, population=other) == release(
        places, min_population=50, population=own
    )


def test_the_lower_end_of_any_populations_interval_counts():
    class Vague(Register):
        def count(self, frame):
            return super().count(frame).assign(low=lambda answer: answer["low"] - 25)

    table = OWN.assign(n=[500, 300, 300])
    assert release(OWN["geography"][:1], min_population=475, population=Vague(table)) == [
        "Hamilton County, OH"
    ]
    assert release(OWN["geography"][:1], min_population=476, population=Vague(table)) != [
        "Hamilton County, OH"
    ]


def test_what_a_population_leaves_out_of_account_is_no_figure():
    class Coarse(Register):
        """Knows every place, but counts the whole country for it and says so."""

        def count(self, frame):
            n = np.full(len(frame), 5e8)
            unmatched = pd.Series([("geography",)] * len(n), dtype=object)
            known = frame["geography"].isin(self.people).to_numpy()
            unmatched[known] = pd.Series([()] * known.sum(), index=unmatched.index[known])
            n[known] = frame["geography"][known].map(self.people)
            return pd.DataFrame({"count": n, "low": n, "high": n, "unmatched": unmatched})

    places = OWN["geography"].tolist()
    assert release(places, min_population=50, population=Coarse(OWN)) == release(
        places, min_population=50, population=TablePopulation.from_frame(OWN)
    )
