"""Reading the Bureau's files: made ones cell by cell, a real one against its published total."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from bureau_files import (
    counties_of,
    county_characteristics_csv,
    county_single_years_csv,
    some_counts,
    state_characteristics_csv,
)

from personatwin_sk.population.bureau._errors import MalformedTableError
from personatwin_sk.population.bureau._layouts import (
    read_county_characteristics,
    read_county_single_years,
    read_state_characteristics,
    year_code,
)

FIPS = counties_of(44, 5)
COUNTS = some_counts((5, 18, 2, 6, 2), seed=1)
FILE = county_characteristics_csv(2024, FIPS, COUNTS)
SINGLE = some_counts((5, 86, 2), seed=2)
SINGLE_FILE = county_single_years_csv(2024, FIPS, SINGLE)
STATES = np.array([9, 10, 11])
STATE_COUNTS = some_counts((3, 86, 2, 6, 2), seed=3)
STATE_FILE = state_characteristics_csv(2023, STATES, STATE_COUNTS)


def lines_of(file: bytes) -> list[bytes]:
    return file.splitlines()


def changed(file: bytes, row: int, column: str, value: str) -> bytes:
    """Return the file with one cell changed; row -1 is one of the wanted year."""
    lines = lines_of(file)
    cells = lines[row].split(b",")
    cells[lines[0].split(b",").index(column.encode())] = value.encode()
    lines[row] = b",".join(cells)
    return b"\n".join(lines) + b"\n"


@pytest.mark.parametrize(
    ("vintage", "code"), [(2019, 12), (2021, 3), (2022, 4), (2023, 5), (2024, 6), (2025, 7)]
)
def test_year_codes(vintage: int, code: int) -> None:
    assert year_code(vintage) == code


@pytest.mark.parametrize("vintage", [2019, 2021, 2024])
def test_county_characteristics_come_back_cell_by_cell(vintage: int) -> None:
    file = county_characteristics_csv(vintage, FIPS, COUNTS)
    fips, counts = read_county_characteristics(file, vintage, "t")
    assert fips.tolist() == [44001, 44003, 44005, 44007, 44009]
    np.testing.assert_array_equal(counts, COUNTS)


def test_single_years_come_back_cell_by_cell() -> None:
    fips, counts = read_county_single_years(SINGLE_FILE, 2024, "t")
    np.testing.assert_array_equal(fips, FIPS)
    np.testing.assert_array_equal(counts, SINGLE)


def test_state_characteristics_come_back_cell_by_cell() -> None:
    fips, counts = read_state_characteristics(STATE_FILE, 2023, "t")
    np.testing.assert_array_equal(fips, STATES)
    np.testing.assert_array_equal(counts, STATE_COUNTS)


def test_the_order_of_rows_and_a_byte_order_mark_do_not_matter() -> None:
    lines = lines_of(FILE)
    shuffled = [lines[0], *np.random.default_rng(0).permutation(np.array(lines[1:], object))]
    fips, counts = read_county_characteristics(
        b"\xef\xbb\xbf" + b"\r\n".join(shuffled) + b"\r\n", 2024, "t"
    )
    np.testing.assert_array_equal(fips, FIPS)
    np.testing.assert_array_equal(counts, COUNTS)


def test_what_is_not_published_of_another_year_does_no_harm() -> None:
    file = changed(FILE, 1, "NHWA_MALE", "X")
    assert lines_of(file)[1] != lines_of(FILE)[1]
    np.testing.assert_array_equal(read_county_characteristics(file, 2024, "t")[1], COUNTS)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("NHWA_MALE", "X", "1 cell"),
        ("NHWA_MALE", "", "1 cell"),
        ("NHWA_MALE", "-1", "1 cell"),
        ("NHWA_MALE", "1.5", "1 cell"),
        ("NHWA_MALE", "99999", "total"),
        ("HTOM_FEMALE", "99999", "total"),
        ("TOT_POP", "99999", "1 total"),
        ("TOT_FEMALE", "99999", "total"),
        ("AGEGRP", "17", "not 19 ages"),
        ("AGEGRP", "19", "not 19 ages"),
        ("YEAR", "5", "not 19 ages"),
        ("COUNTY", "11", "not 19 ages"),
        ("COUNTY", "1001", "not all rows are of counties"),
        ("SUMLEV", "040", "not all rows are of counties"),
        ("STATE", "9", "not 19 ages"),
    ],
)
def test_each_cell_of_a_county_file_is_checked(column: str, value: str, message: str) -> None:
    with pytest.raises(MalformedTableError, match=message):
        read_county_characteristics(changed(FILE, -1, column, value), 2024, "t")


def test_bands_must_add_up_to_the_county() -> None:
    # Rows that are consistent in themselves, but not with the row of all ages.
    file = FILE
    total = lines_of(file)[-1].split(b",")
    header = lines_of(file)[0].split(b",")
    for name in ("TOT_POP", "TOT_MALE", "NHWA_MALE"):
        more = int(total[header.index(name.encode())]) + 1
        file = changed(file, -1, name, str(more))
    with pytest.raises(MalformedTableError, match="1 total"):
        read_county_characteristics(file, 2024, "t")


def test_each_sex_must_be_the_sum_of_its_races() -> None:
    # One male more, one female less: all other sums are as they were.
    header, last = (line.split(b",") for line in (lines_of(FILE)[0], lines_of(FILE)[-1]))
    file = FILE
    for name, more in (("TOT_MALE", 1), ("TOT_FEMALE", -1)):
        value = int(last[header.index(name.encode())]) + more
        file = changed(file, -1, name, str(value))
    with pytest.raises(MalformedTableError, match="2 total"):
        read_county_characteristics(file, 2024, "t")


@pytest.mark.parametrize(
    ("column", "value"),
    [("AGE", "86"), ("AGE", "84"), ("TOT_MALE", "99999"), ("TOT_POP", "99999"), ("YEAR", "5")],
)
def test_each_cell_of_single_years_is_checked(column: str, value: str) -> None:
    with pytest.raises(MalformedTableError, match=r"total|not 86 ages"):
        read_county_single_years(changed(SINGLE_FILE, -1, column, value), 2024, "t")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("AGE", "86"),
        ("AGE", "84"),
        ("SEX", "3"),
        ("SEX", "1"),
        ("RACE", "0"),
        ("RACE", "7"),
        ("ORIGIN", "3"),
        ("STATE", "12"),
        ("SUMLEV", "010"),
        ("POPESTIMATE2023", "99999"),
        ("POPESTIMATE2023", "X"),
    ],
)
def test_each_cell_of_a_state_file_is_checked(column: str, value: str) -> None:
    with pytest.raises(MalformedTableError):
        read_state_characteristics(changed(STATE_FILE, -1, column, value), 2023, "t")


def test_a_row_that_is_there_twice_is_refused() -> None:
    with pytest.raises(MalformedTableError, match="twice"):
        read_state_characteristics(changed(STATE_FILE, -1, "AGE", "84"), 2023, "t")


@pytest.mark.parametrize("total", ["SEX", "ORIGIN"])
def test_totals_of_a_state_file_are_the_sums_of_their_parts(total: str) -> None:
    # One more in a cell and in its total over the other of the two: only one sum is wrong.
    lines = lines_of(STATE_FILE)
    header = lines[0].decode().split(",")
    file = STATE_FILE
    for row, line in enumerate(lines):
        cells = dict(zip(header, line.decode().split(","), strict=True))
        if [cells[name] for name in ("STATE", "RACE", "AGE")] != ["10", "2", "30"]:
            continue
        other = "ORIGIN" if total == "SEX" else "SEX"
        if cells[total] == "1" and cells[other] in ("0", "1"):
            file = changed(file, row, "POPESTIMATE2023", str(int(cells["POPESTIMATE2023"]) + 1))
    with pytest.raises(MalformedTableError, match="2 total"):
        read_state_characteristics(file, 2023, "t")


def test_other_years_of_a_state_file_are_not_read() -> None:
    file = changed(STATE_FILE, -1, "POPESTIMATE2022", "99999")
    np.testing.assert_array_equal(read_state_characteristics(file, 2023, "t")[1], STATE_COUNTS)


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"\n",
        b"a,b\n1,2\n",
        lines_of(FILE)[0] + b"\n",
        b"\x00\xff\x00" * 100,
        FILE[:-3000],
    ],
    ids=["nothing", "blank", "other columns", "header only", "garbage", "cut off"],
)
def test_a_file_that_is_none_is_refused(file: bytes) -> None:
    with pytest.raises(MalformedTableError):
        read_county_characteristics(file, 2024, "t")


def test_a_year_that_the_file_does_not_hold_is_refused() -> None:
    with pytest.raises(MalformedTableError, match="no rows of the year"):
        read_county_characteristics(FILE, 2021, "t")


def test_messages_hold_no_cell() -> None:
    file = changed(FILE, -1, "NHWA_MALE", "canary")
    with pytest.raises(MalformedTableError) as caught:
        read_county_characteristics(file, 2024, "t")
    assert "canary" not in str(caught.value)


def test_new_york_is_read_as_published(shared_data: Path) -> None:
    file = gzip.decompress((shared_data / "census" / "cc-est2019-alldata-36.csv.gz").read_bytes())
    # The made files have the columns of the real ones.
    made = county_characteristics_csv(2019, FIPS, COUNTS)
    assert lines_of(made)[0] == lines_of(file)[0]
    fips, counts = read_county_characteristics(file, 2019, "t")
    assert len(fips) == 62
    assert counts.sum() == 19_453_561
    # Albany County's first line of July 2019, read with the eye.
    line = next(row for row in lines_of(file) if row.startswith(b"050,36,001,New York,Albany"))
    assert line.split(b",")[5:8] == [b"1", b"0", b"304204"]
    albany = [row.split(b",") for row in lines_of(file) if row.startswith(b"050,36,001,")]
    header = lines_of(file)[0].split(b",")
    youngest = next(row for row in albany if row[5:7] == [b"12", b"1"])
    assert counts[0, 0, 1, 3, 0] == int(youngest[header.index(b"NHAA_FEMALE")])
    assert counts[0, 0, 0, 5, 1] == int(youngest[header.index(b"HTOM_MALE")])
