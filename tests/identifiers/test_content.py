"""Single values that look like direct identifiers, and those that only resemble them."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk._core.frames import Table
from personatwin_sk.identifiers._content import ContentReader
from personatwin_sk.identifiers._names import identifier_in_name

ACCEPTED = {
    "e-mail address": [
        "a@b.co",
        "First.Last+tag@mail.example.org",
        "USER@EXAMPLE.COM",
        "Al Hale <a@b.co>",
        "mailto:a@b.co",
        "  a@b.co  ",
    ],
    "Social Security number": ["123-45-6789", "123 45 6789", "000-12 3456", " 123-45-6789"],
    "telephone number": [
        "513-555-0100",
        "513.555.0100",
        "513 555 0100",
        "(513) 555-0100",
        "(513)555-0100",
        "1-513-555-0100",
        "+1 513 555 0100",
        "513-555-0100x12",
        "513-555-0100 ext. 12",
        "513-555-0100 EXT 12",
        "+442079460000",
        "+44 (0)20 7946 0000",
    ],
    "web address": ["http://x.org", "https://x.org/a?b=c#d", "HTTPS://X.ORG", "www.x.org/me"],
    "address of a machine": ["10.0.0.1", "192.168.100.254", "8.8.8.8"],
    "account number": ["4000-1234-5678-9012", "4000 1234 5678 9012"],
}
REFUSED = [
    "a@b",
    "@b.co",
    "a b.co",
    "a@@b.co",
    "a@b.c",
    "12-345-6789",
    "123-456-789",
    "123-45-67890",
    "555-0100",
    "513/555/0100",
    "513-555-01000",
    "+12",
    "x.org",
    "http:// x",
    "10.0.0",
    "1.2.3.4.5",
    "1000.0.0.1",
    "4000-1234-5678",
    "2023-01-05",
    "01/05/2023",
    "2023-01-05 10:30",
    "30-39",
    "85+",
    "45202",
    "45202-1234",
    "39061",
    "3.14",
    "-7",
    "Asian|White",
    "M",
    "",
    "n/a",
]


def kind_in(values, **columns):
    table = Table.of(pd.DataFrame({"thing": pd.Series(values, dtype=object), **columns}))
    return ContentReader(table).identifier_in("thing")


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, texts in ACCEPTED.items() for text in texts]
)
def test_one_value_is_enough_where_its_shape_tells(kind, text):
    assert kind_in([text]) == kind
    assert kind_in([text, None, float("nan"), text]) == kind


@pytest.mark.parametrize("text", REFUSED)
def test_shapes_that_only_resemble(text):
    assert kind_in([text]) is None


@given(st.integers(0, 999), st.integers(0, 99), st.integers(0, 9999), st.sampled_from("- "))
def test_every_social_security_number(area, group, serial, gap):
    text = f"{area:03d}{gap}{group:02d}{gap}{serial:04d}"
    assert kind_in([text]) == "Social Security number"
    assert kind_in([text + "0"]) is None
    assert kind_in([text[1:]]) is None


@given(st.integers(0, 36_524))
def test_no_day_is_an_identifier(days):
    day = pd.Timestamp("1950-01-01") + pd.Timedelta(days=days)
    for spelling in ("%Y-%m-%d", "%m/%d/%Y", "%d.%m.%Y", "%Y%m%d", "%d %B %Y"):
        assert kind_in([day.strftime(spelling)]) is None


@pytest.mark.parametrize(
    ("n_mails", "n_others", "found"), [(1, 0, True), (1, 1, True), (2, 3, False), (3, 3, True)]
)
def test_half_of_the_distinct_values_decide_whatever_their_rows(n_mails, n_others, found):
    mails = [f"u{i}@example.org" for i in range(n_mails)]
    others = [f"word{i}" for i in range(n_others)]
    assert (kind_in(mails + others * 9) == "e-mail address") is found


@pytest.mark.parametrize(
    ("first", "found"),
    [
        (100_000_000, True),
        (9_999_999_900, True),
        (99_999_000, False),
        (10_000_000_000, False),
        (-513_555_0000, False),
    ],
)
def test_numbers_of_nine_or_ten_digits(first, found):
    numbers = [first + i for i in range(30)]
    expected = "Social Security or telephone number" if found else None
    for dtype in ("int64", "float64", "Int64"):
        table = Table.of(pd.DataFrame({"thing": pd.Series(numbers, dtype=dtype)}))
        assert ContentReader(table).identifier_in("thing") == expected
    assert kind_in([str(number) for number in numbers]) == expected


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Ada Lovelace", True),
        ("Ada B. Lovelace", True),
        ("Lovelace, Ada", True),
        ("Lovelace, Ada B.", True),
        ("O'Neil, Siân", True),
        ("Jean-Luc Picard", True),
        ("Ada", False),
        ("one two three four five six", False),
        ("seen: two men", False),
    ],
)
def test_how_names_of_persons_are_written(name, found):
    """Each is told apart from the next by a letter in its first word."""
    values = [f"{name[0]}{chr(97 + i)}{name[1:]}" for i in range(25)]
    assert kind_in(values) == ("name of a person" if found else "near-unique text")


def test_a_person_who_repeats_a_text_counts_once():
    notes = [f"note {i} of many" for i in range(20)]
    assert kind_in(notes * 3, person_id=list(range(20)) * 3) == "near-unique text"
    # Passed from person to person, the same texts say nothing of anybody.
    assert kind_in(notes * 3, person_id=list(range(60))) is None


@pytest.mark.parametrize("name", ["person_id", "event_id", "geography", "date"])
def test_columns_with_a_role_are_not_read(name):
    table = Table.of(pd.DataFrame({name: ["a@b.co"], "other": ["a@b.co"]}))
    reader = ContentReader(table)
    assert reader.identifier_in(name) is None
    assert reader.identifier_in("other") == "e-mail address"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("E-Mail", "e-mail address"),
        ("client e mail", "e-mail address"),
        ("emailAddress", "e-mail address"),
        ("SSNumber", "Social Security number"),
        ("ss_no", "Social Security number"),
        ("ss", None),
        ("class_number", None),
        ("PatientSSN", "Social Security number"),
        ("cell.phone.number", "telephone number"),
        ("phone2", "telephone number"),
        ("phone_verified", None),
        ("cellulose", None),
        ("Date of Birth", "date of birth"),
        ("DATE-OF-BIRTH", "date of birth"),
        ("date_of_arrest", None),
        ("birth_weight", None),
        ("  last name ", "name of a person"),
        ("LastName", "name of a person"),
        ("defendant_name_last", "name of a person"),
        ("file_name", None),
        ("names", "name of a person"),
        ("rename", None),
        ("passportNo", "passport number"),
        ("vin", "licence or vehicle number"),
        ("vine", None),
        ("ipv6", "address of a machine"),
        ("ip_count", None),
        ("url", "web address"),
        ("curl", None),
        ("", None),
        ("   ", None),
        ("_", None),
    ],
)
def test_spellings_of_column_names(name, kind):
    assert identifier_in_name(name) == kind
