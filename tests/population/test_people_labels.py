import numpy as np
import pytest

from personatwin_sk.population import RACES, SEXES
from personatwin_sk.population._people_labels import Ethnicity, read_ethnicity, read_gender

WHITE, BLACK, AIAN, ASIAN, NHPI, TWO = range(6)


@pytest.mark.parametrize(
    ("sex", "labels"),
    [
        ("Male", ["Male", "male", "MALE", "M", "m", "man", "Man", "Men", " male ", "M.", "boy"]),
        ("Female", ["Female", "female", "F", "f", "Woman", "WOMEN", "female.", "Girl"]),
    ],
)
def test_genders_that_the_census_counts(sex, labels):
    assert [read_gender(label) for label in labels] == [SEXES.index(sex)] * len(labels)


@pytest.mark.parametrize(
    "label",
    ["Other", "Unknown", "nonbinary", "X", "U", "1", "2", "", "fe male", "M/F", 1, 0, True, None],
)
def test_other_genders_are_not_guessed(label):
    assert read_gender(label) is None


@pytest.mark.parametrize(
    ("races", "labels"),
    [
        ((WHITE,), ["White", "white", "WHITE", "Caucasian", "White alone", "White/Caucasian"]),
        (
            (BLACK,),
            [
                "Black",
                "African-American",
                "African American",
                "african_american",
                "Black or African American",
                "Black/African American",
                "Black or African American alone",
                "Afro-American",
            ],
        ),
        (
            (AIAN,),
            [
                "Native American",
                "American Indian",
                "AIAN",
                "Native",
                "AI/AN",
                "Alaska Native",
                "American Indian and Alaska Native",
                "American Indian or Alaskan Native",
                "American Indian/Alaska Native",
                "Native American/Alaska Native",
                "Amer-Indian-Eskimo",
            ],
        ),
        ((ASIAN,), ["Asian", "asian", "Asian American", "Asian alone"]),
        (
            (NHPI,),
            [
                "Pacific Islander",
                "NHPI",
                "NH/PI",
                "Native Hawaiian",
                "Hawaiian",
                "Native Hawaiian or Other Pacific Islander",
                "Native Hawaiian and Other Pacific Islander",
                "Hawaiian/Pacific Islander",
            ],
        ),
        (
            (ASIAN, NHPI),
            ["Asian/Pacific Islander", "Asian or Pacific Islander", "AAPI", "Asian-Pac-Islander"],
        ),
        (
            (TWO,),
            [
                "Two or more",
                "Two or more races",
                "Two or More Races",
                "2+",
                "2 or more races",
                "Multiracial",
                "multi-racial",
                "Mixed",
                "Mixed race",
                "Biracial",
                "More than one race",
            ],
        ),
    ],
)
def test_labels_of_races(races, labels):
    assert [read_ethnicity(label) for label in labels] == [Ethnicity(races, None)] * len(labels)


@pytest.mark.parametrize("race", RACES)
def test_the_names_of_the_axis_are_understood(race):
    assert read_ethnicity(race) == Ethnicity((RACES.index(race),), None)


@pytest.mark.parametrize(
    ("expected", "labels"),
    [
        (
            Ethnicity(None, True),
            [
                "Hispanic",
                "hispanic",
                "Latino",
                "Latina",
                "Latinx",
                "Latine",
                "Hispanic or Latino",
                "Hispanic/Latino",
                "Hispanic, Latino, or Spanish origin",
                "Hispanic (of any race)",
            ],
        ),
        (
            Ethnicity(None, False),
            ["Not Hispanic", "Non-Hispanic", "NonHispanic", "Not Hispanic or Latino", "non-Latino"],
        ),
        (
            Ethnicity((WHITE,), False),
            [
                "White, non-Hispanic",
                "Non-Hispanic White",
                "White (not Hispanic or Latino)",
                "White alone, not Hispanic or Latino",
                "NH White",
                "white_nonhispanic",
                "Caucasian, not of Hispanic origin",
            ],
        ),
        (Ethnicity((BLACK,), False), ["Non-Hispanic Black or African American", "Black NH"]),
        (Ethnicity((ASIAN, NHPI), False), ["Asian/Pacific Islander, non-Hispanic"]),
        (Ethnicity((WHITE,), True), ["White Hispanic", "Hispanic White", "White, Latino"]),
        (Ethnicity((TWO,), True), ["Hispanic, two or more races"]),
    ],
)
def test_labels_that_speak_of_origin(expected, labels):
    assert [read_ethnicity(label) for label in labels] == [expected] * len(labels)


@pytest.mark.parametrize(
    "label",
    [
        "Other",
        "other race",
        "Some other race",
        "Other, Hispanic",
        "Unknown",
        "refused",
        "Declined to answer",
        "Chinese",
        "Asian Indian",
        "Middle Eastern",
        "White/Black",
        "Hispanic and not Hispanic",
        "race",
        "",
        "  ",
        "None",
        "W",
        None,
        3,
        2.5,
    ],
)
def test_what_the_census_does_not_count_is_not_guessed(label):
    assert read_ethnicity(label) is None


@pytest.mark.parametrize(
    ("ethnicity", "separate", "not_hispanic", "hispanic"),
    [
        (Ethnicity((WHITE,), None), False, [WHITE], [WHITE]),
        (Ethnicity((WHITE,), None), True, [WHITE], []),
        (Ethnicity((WHITE,), False), False, [WHITE], []),
        (Ethnicity((WHITE,), True), True, [], [WHITE]),
        (Ethnicity((ASIAN, NHPI), None), True, [ASIAN, NHPI], []),
        (Ethnicity(None, True), True, [], list(range(7))),
        (Ethnicity(None, False), False, list(range(7)), []),
        (Ethnicity((TWO,), None), False, [TWO], [TWO]),
    ],
)
def test_masks(ethnicity, separate, not_hispanic, hispanic):
    # Some other race, the seventh, is nobody's name, and belongs to all who are (not) Hispanic.
    mask = ethnicity.mask(separate)
    assert mask.shape == (7, 2)
    assert np.flatnonzero(mask[:, 0]).tolist() == not_hispanic
    assert np.flatnonzero(mask[:, 1]).tolist() == hispanic
