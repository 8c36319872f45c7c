"""Spellings of places that are read, and what is refused: one table per kind of place."""

from __future__ import annotations

import unicodedata

import pytest

from personatwin_sk.population.places import climb, find_areas

# spelling: (level, code, label)
ZIP_CODES = {
    "45202": ("zip", "39061", "45202"),
    "45202-1234": ("zip", "39061", "45202"),
    "00501": ("zip", "36103", "00501"),
    "00901": ("zip", "72127", "00901"),
    "03601": ("zip", "33019", "03601"),
    "06510": ("zip", "09", "06510"),
    "20001": ("zip", "11001", "20001"),
    "OH 45202": ("zip", "39061", "45202"),
    "Cincinnati OH 45202-1234": ("zip", "39061", "45202"),
    "Cincinnati, OH, 45202": ("zip", "39061", "45202"),
    "Cincinnati, Ohio 45202, USA": ("zip", "39061", "45202"),
    "45202, OH": ("zip", "39061", "45202"),
    # what is left of a ZIP code under HIPAA's rule
    "452**": ("zip", "39", "452**"),
    " 452** ": ("zip", "39", "452**"),
    "452xx": ("zip", "39", "452**"),
    "452XX": ("zip", "39", "452**"),
    "606**": ("zip", "17031", "606**"),
    "061**": ("zip", "09", "061**"),
    "834**": ("zip", "16", "834**"),
    "000**": ("zip", "US", "000**"),
    "000": ("zip", "US", "000**"),
}
COUNTY_CODES = {
    "39061": ("county", "39061", "Hamilton County, OH"),
    "39001": ("county", "39001", "Adams County, OH"),
    "11001": ("county", "11001", "District of Columbia, DC"),
    "09120": ("county", "09120", "Greater Bridgeport Planning Region, CT"),
    "09001": ("state", "09", "Connecticut"),  # Fairfield County is no more
    "02261": ("state", "02", "Alaska"),
    "46113": ("zip", "18097", "46113"),
}
COUNTIES = {
    "Kings County, NY": ("county", "36047", "Kings County, NY"),
    "Kings Co NY": ("county", "36047", "Kings County, NY"),
    "Orange County (CA)": ("county", "06059", "Orange County, CA"),
    "Hamilton County; OH": ("county", "39061", "Hamilton County, OH"),
    "DeKalb County, GA": ("county", "13089", "DeKalb County, GA"),
    "O'Brien County, IA": ("county", "19141", "O'Brien County, IA"),
    "O\u2019Brien County, IA": ("county", "19141", "O'Brien County, IA"),
    "Obrien County, IA": ("county", "19141", "O'Brien County, IA"),
    "Lac qui Parle County, MN": ("county", "27073", "Lac qui Parle County, MN"),
    "King and Queen County, VA": ("county", "51097", "King and Queen County, VA"),
    "Saint Clair County, AL": ("county", "01115", "St. Clair County, AL"),
    "St. John the Baptist Parish, LA": ("county", "22095", "St. John the Baptist Parish, LA"),
    "Saint John the Baptist Parish": ("county", "22095", "St. John the Baptist Parish, LA"),
    "St. Mary Parish": ("county", "22101", "St. Mary Parish, LA"),
    "Lafourche Par., LA": ("county", "22057", "Lafourche Parish, LA"),
    "LaSalle Parish, LA": ("county", "22059", "LaSalle Parish, LA"),
    "North Slope Borough": ("county", "02185", "North Slope Borough, AK"),
    "Copper River Census Area, AK": ("county", "02066", "Copper River Census Area, AK"),
    "Valdez-Cordova Census Area, AK": ("state", "02", "Alaska"),
    # independent cities
    "Alexandria city, VA": ("county", "51510", "Alexandria city, VA"),
    "Richmond city, VA": ("county", "51760", "Richmond city, VA"),
    "Richmond County, VA": ("county", "51159", "Richmond County, VA"),
    "St. Louis city": ("county", "29510", "St. Louis city, MO"),
    # Connecticut, the District, Puerto Rico
    "Fairfield County, CT": ("state", "09", "Connecticut"),
    "Western Connecticut Planning Region": (
        "county", "09190", "Western Connecticut Planning Region, CT",
    ),
    "District of Columbia County, DC": ("county", "11001", "District of Columbia, DC"),
    "San Juan Municipio, PR": ("county", "72127", "San Juan Municipio, PR"),
    "Mayagüez Municipio": ("county", "72097", "Mayagüez Municipio, PR"),
    "MAYAGÜEZ MUNICIPIO, PR": ("county", "72097", "Mayagüez Municipio, PR"),
    "Mayaguez Municipio, Puerto Rico": ("county", "72097", "Mayagüez Municipio, PR"),
}  # fmt: skip
STATES_AND_ABOVE = {
    "Ohio.": ("state", "39", "Ohio"),
    "OHIO ": ("state", "39", "Ohio"),
    "State of Ohio": ("state", "39", "Ohio"),
    "Washington State": ("state", "53", "Washington"),
    "State of Washington": ("state", "53", "Washington"),
    "Commonwealth of Virginia": ("state", "51", "Virginia"),
    "Commonwealth of Puerto Rico": ("state", "72", "Puerto Rico"),
    "N.Y.": ("state", "36", "New York"),
    "ohio, united states": ("state", "39", "Ohio"),
    "New Mexico": ("state", "35", "New Mexico"),
    "Georgia": ("state", "13", "Georgia"),
    "DC": ("state", "11", "District of Columbia"),
    "Northeast region": ("region", "R1", "Northeast"),
    "South": ("region", "R3", "South"),
    "Pacific": ("division", "D9", "Pacific"),
    "South Atlantic Division": ("division", "D5", "South Atlantic"),
    "US": ("country", "US", "United States"),
    "United States of America": ("country", "US", "United States"),
}
CITIES_AND_ADDRESSES = {
    "Washington, D.C.": ("city", "11001", "Washington, DC"),
    "Washington DC": ("city", "11001", "Washington, DC"),
    "San Juan, Puerto Rico": ("city", "72", "San Juan, PR"),
    "New Haven, CT": ("city", "09", "New Haven, CT"),
    "St. Louis, MO": ("city", "29", "St. Louis, MO"),
    "Alexandria, VA": ("city", "51", "Alexandria, VA"),
    "New York, NY": ("city", "36", "New York, NY"),
    "Hamilton, OH": ("city", "39", "Hamilton, OH"),
    "12 Main St, Apt 4, Cincinnati, Hamilton County, OH": ("city", "39061", "Cincinnati, OH"),
    "Apt 4, 12 Main St, Cincinnati, OH 45202": ("city", "39061", "Cincinnati, OH"),
    "12 Main Street - Cincinnati, OH": ("city", "39", "Cincinnati, OH"),
    "1 County Line Rd, Dayton, Montgomery County, OH": ("city", "39113", "Dayton, OH"),
    "100 Ohio Ave, Columbus, OH": ("city", "39", "Columbus, OH"),
    "Main St, Cincinnati, OH": ("city", "39", "Cincinnati, OH"),
}
ALL = ZIP_CODES | COUNTY_CODES | COUNTIES | STATES_AND_ABOVE
# county without its state: how many states have one, and its label
NAMESAKES = {
    "Kings County": (2, "Kings County"),
    "St Louis County": (2, "St. Louis County"),
    "Saint Louis Co.": (2, "St. Louis County"),
    "Orange County": (8, "Orange County"),
    "Hamilton County": (10, "Hamilton County"),
    "Lincoln Parish": (1, "Lincoln Parish, LA"),
    "Cuyahoga County": (1, "Cuyahoga County, OH"),
}
REFUSED = {
    "military ZIP codes": ["09012", "09701", "34012", "96201", "96601", "APO AE 09012"],
    "digits that are no code": [
        "3601", "1001", "39", "6", "06", "0", "452", "452*", "45**", "4520*", "452021234",
        "45202 1234", "45202-12345", "45202-", "60601-", "-45202", "45202.0", "39061.0", "39-061",
        "1e5", "001**", "969**", "999999", "00000", "00000-0000",
    ],
    "ZIP codes of no county": ["96910", "00801"],
    "digits of other scripts": ["\uff14\uff15\uff12\uff10\uff12", "٤٥٢٠٢", "४५२०२"],
    "names without a state": ["Hamilton", "New York City", "Springfield", "12345 Main"],
    "counties that nobody knows": ["Unknown County, OH", "Hamilton County/OH", "Boone Parish, OH"],
    "other countries": ["東京", "Île-de-France", "Ontario", "Mexico", "Guam", "Virgin Islands"],
    "nothing": ["", "   ", "-", "--", "N/A", "n/a", "null", "None", "nan", "?", "😀", ",", "\n"],
    "other columns": ["M", "White", "2013-05", "30-39", "Asian|White", "+1 513 555 0100", "a@b.c"],
}  # fmt: skip


@pytest.mark.parametrize("text", ALL)
def test_what_is_read(text):
    (area,) = find_areas([text])
    assert (area.level, area.fips[0], area.label) == ALL[text]
    assert len(area.fips) == 1


@pytest.mark.parametrize("text", CITIES_AND_ADDRESSES)
def test_cities_and_addresses(text):
    (area,) = find_areas([text])
    city = climb(area, "city")
    assert (city.level, city.fips[0], city.label) == CITIES_AND_ADDRESSES[text]


@pytest.mark.parametrize("text", NAMESAKES)
def test_counties_without_their_state(text):
    (area,) = find_areas([text])
    assert area.level == "county" and (len(area.fips), area.label) == NAMESAKES[text]


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_accents_in_every_form_of_unicode(form):
    for text in ("Doña Ana County, NM", "Mayagüez Municipio, PR", "Añasco Municipio, PR"):
        (plain,), (other,) = find_areas([text]), find_areas([unicodedata.normalize(form, text)])
        assert plain is not None and plain == other


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused(kind):
    assert find_areas(REFUSED[kind]) == [None] * len(REFUSED[kind])


@pytest.mark.parametrize(
    ("number", "label"),
    [
        (45202, "45202"),
        (2139, "02139"),
        (501, "00501"),
        (39061, "Hamilton County, OH"),
        (6037, "Los Angeles County, CA"),
        (452, None),
        (0, None),
        (-45202, None),
        (452021234, None),
        (45202.0, None),
        (True, None),
        (None, None),
    ],
)
def test_numbers_are_codes_without_their_zeros(number, label):
    (area,) = find_areas([number])
    assert (None if area is None else area.label) == label


@pytest.mark.parametrize(
    ("text", "state", "label"),
    [
        ("Kings County", "NY", "Kings County, NY"),
        ("Kings County", "California", "Kings County, CA"),
        ("Kings County", "OH", None),
        ("Hamilton", "OH", "Hamilton, OH"),  # a city of another county
        ("Springfield", "OH", "Springfield, OH"),
        ("Saint Louis", "MO", "Saint Louis, MO"),  # a county and a city are called so
        ("Kings County, NY", "CA", "Kings County, NY"),
        ("39061", "OH", "Hamilton County, OH"),
        ("39061", "MS", "39061"),
        ("000**", "OH", "000**"),
    ],
)
def test_a_state_that_is_known_otherwise(text, state, label):
    (area,) = find_areas([text], state=state)
    assert (None if area is None else area.label) == label
