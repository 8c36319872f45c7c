"""Values that the population does not tell apart, and values that overlap."""

from __future__ import annotations

import pandas as pd
import pytest

from personatwin_sk.exceptions import InputError
from personatwin_sk.population import CensusPopulation, TablePopulation
from personatwin_sk.risk import assess_risk


@pytest.fixture(scope="module")
def census() -> CensusPopulation:
    return CensusPopulation()


def risks_of(values, released, name, population):
    """Risk of each person, with one key variable."""
    original = pd.DataFrame({name: pd.Series(values, dtype=object)})
    out = pd.DataFrame({name: pd.Series(released, dtype=object)})
    return assess_risk(original, out, name, population=population).individual_risks


def people_in(census, **where):
    return census.count(pd.DataFrame({name: [value] for name, value in where.items()}))["count"][0]


def test_two_spellings_are_one_value(toy):
    population = toy([{"gender": "M"}] * 8 + [{"gender": "F"}] * 6)
    assert risks_of(["M", "Male", "Man"], ["a"] * 3, "gender", population) == pytest.approx(1 / 8)
    # Two of the three persons of one value: two thirds of its people, whatever the spelling.
    assert risks_of(["M", "Male", "Man"], ["a", "a", "b"], "gender", population) == pytest.approx(
        [3 / 16, 3 / 16, 3 / 8]
    )


def test_equal_figures_do_not_make_equal_values(toy):
    population = toy([{"gender": "M"}] * 6 + [{"gender": "F"}] * 6)
    risks = risks_of(["M", "Male", "F", "Woman"], ["a"] * 4, "gender", population)
    assert risks == pytest.approx(1 / 12)


def test_of_values_that_overlap_the_finer_keeps_its_people(toy):
    population = toy([{"age": age} for age in (31,) * 10 + (34,) * 20 + (50,) * 5])
    # "30-39" beside 34: the 20 people of 34 are not counted twice.
    assert risks_of([34, "30-39"], ["a", "a"], "age", population) == pytest.approx(1 / 30)
    assert risks_of([34, "30-39"], ["a", "b"], "age", population) == pytest.approx([1 / 20, 1 / 10])
    # The same, with more values around, so that the halves are cut more than once.
    risks = risks_of([34, "30-39", 50, 31], list("abcd"), "age", population)
    assert risks == pytest.approx([1 / 20, 1.0, 1 / 5, 1 / 10])


def test_a_share_of_an_overlap_is_modelled(toy):
    population = toy([{"age": age} for age in (31,) * 10 + (34,) * 20])
    original = pd.DataFrame({"age": pd.Series([34, "30-39"], dtype=object)})
    released = pd.DataFrame({"age": ["a", "b"]})
    assert assess_risk(original, released, "age", population=population).modelled_share == 0.5


def test_a_label_with_an_unknown_value_leaves_the_known_ones_counted(toy):
    population = toy([{"gender": "M"}] * 8 + [{"gender": "F"}] * 6)
    risks = risks_of(["M", "X", "F"], ["M|X", "M|X", "F"], "gender", population)
    assert risks == pytest.approx([1 / 9, 1 / 2, 1 / 6])


def test_addresses_of_one_county_are_one_value(census):
    places = [
        "12 Main St, Cincinnati, Hamilton County, OH",
        "7 Vine St, Cincinnati, Hamilton County, OH",
        "Hamilton County OH",
        "45202",
    ]
    county = people_in(census, geography="Hamilton County, OH")
    assert county == 827_058
    released = ["Hamilton County, OH"] * 4
    assert risks_of(places, released, "geography", census) == pytest.approx(1 / county)


def test_zip_codes_of_one_county_are_not_one_value(census):
    codes = ["45202", "45203"]
    people = [people_in(census, geography=code) for code in codes]
    assert people[0] > 2 * people[1]
    risks = risks_of(codes * 3, codes * 3, "geography", census)
    assert risks == pytest.approx([1 / people[0], 1 / people[1]] * 3)


def test_addresses_are_their_counties_for_any_population_once_counties_are_released():
    counties = pd.DataFrame({"geography": ["Hamilton County, OH", "Butler County, OH"]})
    people = TablePopulation.from_frame(counties.assign(n=[40, 10]))
    places = ["1 Vine St, Cincinnati, Hamilton County, OH", "Hamilton County OH", "45202"]
    released = ["Hamilton County, OH"] * 3
    assert risks_of(places, released, "geography", people) == pytest.approx(1 / 40)


@pytest.mark.parametrize("label", ["12 Main St, Cincinnati, Hamilton County, OH", "Cincinnati, OH"])
def test_a_released_address_or_city_is_not_counted_as_its_county(census, label):
    # How many people live there is not known: the file's own people are all that is sure.
    places = [f"{n} Main St, Cincinnati, Hamilton County, OH" for n in (1, 2, 3, 4)]
    assert risks_of(places, [label] * 4, "geography", census) == pytest.approx(1 / 4)


def test_a_state_counts_where_all_of_a_county_went_to_it(census):
    places = ["Hamilton County, OH", "Franklin County, OH", "Cook County, IL"]
    ohio, cook = people_in(census, geography="Ohio"), people_in(census, geography=places[2])
    assert ohio == 11_883_304
    risks = risks_of(places, ["Ohio", "Ohio", places[2]], "geography", census)
    assert risks == pytest.approx([1 / ohio, 1 / ohio, 1 / cook])


def test_a_county_that_went_here_and_there_is_shared(census):
    # The rest of Ohio can only be behind the state; half of the county is behind each.
    places = ["Hamilton County, OH"] * 2
    county, ohio = people_in(census, geography=places[0]), people_in(census, geography="Ohio")
    risks = risks_of(places, ["Ohio", "Hamilton County, OH"], "geography", census)
    assert risks == pytest.approx([1 / (ohio - county / 2), 2 / county])


def test_addresses_do_not_make_a_local_recoding_global(census):
    # Each address has one label, but people of the county went to two.
    places = [f"{n} Main St, Cincinnati, Hamilton County, OH" for n in (1, 2, 3, 4)]
    released = ["Ohio", "Hamilton County, OH", "Hamilton County, OH", "Hamilton County, OH"]
    county = people_in(census, geography="Hamilton County, OH")
    ohio = people_in(census, geography="Ohio")
    risks = risks_of(places, released, "geography", census)
    assert risks == pytest.approx([1 / (ohio - county * 3 / 4), *[4 / 3 / county] * 3])


def test_a_released_state_beside_its_county_covers_what_is_left_of_it(census):
    places = ["Hamilton County, OH", "Franklin County, OH"]
    ohio, hamilton = people_in(census, geography="Ohio"), people_in(census, geography=places[0])
    risks = risks_of(places, [places[0], "Ohio"], "geography", census)
    assert risks == pytest.approx([1 / hamilton, 1 / (ohio - hamilton)], rel=1e-6)


def test_a_county_without_its_state_is_its_smallest_namesake(census):
    states = ("FL", "IL", "IN", "IA", "KS", "NE", "NY", "OH", "TN", "TX")
    names = [f"Hamilton County, {state}" for state in states]
    smallest = min(people_in(census, geography=name) for name in names)
    assert risks_of(["Hamilton County"], ["a"], "geography", census) == pytest.approx(1 / smallest)


def test_race_means_what_the_whole_column_means(census):
    # With Hispanic in the file, the others are not Hispanic: also in the class without any.
    race, origin = ["White", "Black", "Hispanic"], {"geography": "Ohio"}
    frame = pd.DataFrame({"ethnicity": race, **origin})
    counts = census.count(frame)["count"]
    original = frame.copy()
    report = assess_risk(original, original, ["ethnicity", "geography"], population=census)
    assert report.individual_risks == pytest.approx(1 / counts.to_numpy())
    assert counts[0] < census.count(frame.iloc[:1])["count"].iloc[0]


def test_races_that_overlap_mean_what_the_whole_column_means(census):
    # What is left of the second beside the first are Pacific Islanders who are not Hispanic.
    races = ["Asian", "Asian/Pacific Islander", "White", "Hispanic"]
    frame = pd.DataFrame({"ethnicity": [*races, "Pacific Islander"]})
    counts = census.count(frame)["count"].to_numpy()
    risks = risks_of(races, list("abcd"), "ethnicity", census)
    assert risks == pytest.approx(1 / counts[[0, 4, 2, 3]], rel=1e-6)


def test_parts_of_a_year_are_one_age(census):
    assert risks_of([34.2, 34.7], ["a", "a"], "age", census) == pytest.approx(
        1 / people_in(census, age=34)
    )


def test_unknown_places_are_an_error_without_the_place(census):
    with pytest.raises(InputError, match="geography") as error:
        risks_of(["Ohio", "Atlantis"], ["a", "a"], "geography", census)
    assert "Atlantis" not in str(error.value)


def test_a_table_of_counties_need_not_know_a_state():
    table = TablePopulation.from_frame(
        pd.DataFrame({"geography": ["Hamilton County, OH", "Cook County, IL"], "n": [800, 500]})
    )
    risks = risks_of(["Hamilton County, OH", "Cook County, IL"], ["Ohio", "x"], "geography", table)
    assert risks == pytest.approx([1 / 800, 1 / 500])


def test_a_table_population_of_ages_and_sexes():
    ages = pd.DataFrame(
        [
            (f"{low}-{low + 9}", sex, 100 * low + 7 * (sex == "F"))
            for low in (20, 30)
            for sex in "FM"
        ],
        columns=["age", "gender", "n"],
    )
    table = TablePopulation.from_frame(ages)
    original = pd.DataFrame({"age": [21, 28, 35], "gender": ["F", "F", "M"]})
    released = pd.DataFrame({"age": ["20-29", "20-29", "30-39"], "gender": ["F", "F", "M"]})
    report = assess_risk(original, released, ["age", "gender"], population=table)
    assert report.individual_risks == pytest.approx([1 / 2007, 1 / 2007, 1 / 3000])
    assert report.modelled_share == 0.0
    untouched = assess_risk(original, original, ["age", "gender"], population=table)
    assert untouched.individual_risks == pytest.approx([10 / 2007, 10 / 2007, 10 / 3000])
    assert untouched.modelled_share == 1.0
