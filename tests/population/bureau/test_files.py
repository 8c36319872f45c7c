"""Fetching and unpacking the Bureau's files."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import numpy as np
import pytest
from bureau_files import counties_of, county_characteristics_csv, some_counts
from fake_bureau import HTML, FakeBureau, Reply

from personatwin_sk.population.bureau import (
    Bureau,
    CountyCharacteristics,
    HtmlAnswerError,
    MalformedTableError,
    NotPublishedError,
    Origin,
    RedirectError,
    StateCharacteristics,
    TooLargeError,
    TruncatedError,
)
from personatwin_sk.population.bureau import _files as files
from personatwin_sk.population.bureau._datasets import TableId
from personatwin_sk.population.bureau._files import path_of, read_file

FIPS = counties_of(44, 5)
COUNTS = some_counts((5, 18, 2, 6, 2), seed=1)
FILE = county_characteristics_csv(2024, FIPS, COUNTS)
WANTED = TableId("county-characteristics", 2024, 44)
ORIGIN = Origin("cc-est2024-alldata", "July 2024", "", "", "live")
ALL_STATES = np.setdiff1d(np.arange(1, 57), [3, 7, 14, 43, 52])


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        (("county-characteristics", 2024, 39), "2020-2024/counties/asrh/cc-est2024-alldata-39.csv"),
        (("county-characteristics", 2025, 6), "2020-2025/counties/asrh/cc-est2025-alldata-06.csv"),
        (("county-characteristics", 2019, 36), "2010-2019/counties/asrh/cc-est2019-alldata-36.csv"),
        (("county-single-years", 2023, 1), "2020-2023/counties/asrh/cc-est2023-syasex-01.csv"),
        (("state-characteristics", 2024, 0), "2020-2024/state/asrh/sc-est2024-alldata6.csv"),
        (("state-characteristics", 2019, 0), "2010-2019/state/asrh/sc-est2019-alldata6.csv"),
    ],
)
def test_paths_are_the_bureaus(wanted: tuple[str, int, int], path: str) -> None:
    assert path_of(TableId(*wanted)) == f"/programs-surveys/popest/datasets/{path}"


def test_the_servers_are_the_bureaus_unless_a_mirror_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PERSONATWIN_CENSUS_FILES_URL", raising=False)
    assert files.server() == "https://www2.census.gov"
    monkeypatch.setenv("PERSONATWIN_CENSUS_FILES_URL", "https://mirror.example/census/")
    assert files.server() == "https://mirror.example/census"


@pytest.mark.parametrize("vintage", [2019, 2024])
def test_county_characteristics_are_fetched(bureau: FakeBureau, vintage: int) -> None:
    bureau.publish_counties(vintage, 44, FIPS, COUNTS)
    before = time.strftime("%Y-%m-%d", time.gmtime())
    table = Bureau().county_tables(44, source="bulk", vintage=vintage)
    after = time.strftime("%Y-%m-%d", time.gmtime())
    assert isinstance(table, CountyCharacteristics)
    np.testing.assert_array_equal(table.counts, COUNTS)
    assert table.origin.dataset == f"cc-est{vintage}-alldata"
    assert table.origin.vintage == f"July {vintage}"
    assert table.origin.url.startswith(f"{bureau.url}/programs-surveys/popest/datasets/20")
    assert table.origin.url.endswith(f"cc-est{vintage}-alldata-44.csv")
    assert before <= table.origin.retrieved <= after
    assert table.origin.how == "live"


def test_single_years_are_fetched(bureau: FakeBureau) -> None:
    single = some_counts((5, 86, 2), seed=2)
    bureau.publish_single_years(2024, 44, FIPS, single)
    table = Bureau().county_single_years(44, source="bulk")
    np.testing.assert_array_equal(table.counts, single)
    assert table.origin.dataset == "cc-est2024-syasex"


def test_states_are_fetched(bureau: FakeBureau) -> None:
    counts = some_counts((51, 86, 2, 6, 2), seed=3)
    bureau.publish_states(2024, ALL_STATES, counts)
    table = Bureau().state_tables(source="bulk")
    assert isinstance(table, StateCharacteristics)
    assert len(table.fips) == 51
    np.testing.assert_array_equal(table.counts, counts)
    assert table.origin.dataset == "sc-est2024-alldata6"


def test_all_states_must_be_there(bureau: FakeBureau) -> None:
    bureau.publish_states(2024, ALL_STATES[:-1], some_counts((50, 86, 2, 6, 2), seed=3))
    with pytest.raises(MalformedTableError, match=r"1 state\(s\) are missing"):
        Bureau().state_tables(source="bulk")


def test_there_are_no_single_years_of_the_2010s(bureau: FakeBureau) -> None:
    with pytest.raises(NotPublishedError, match="2021"):
        Bureau().county_single_years(44, source="bulk", vintage=2019)
    assert not bureau.requests


def test_gzipped_files_are_read(bureau: FakeBureau) -> None:
    bureau.publish_file(2024, "counties/asrh/cc-est2024-alldata-44.csv", gzip.compress(FILE))
    table = Bureau().county_tables(44, source="bulk")
    assert isinstance(table, CountyCharacteristics)
    np.testing.assert_array_equal(table.counts, COUNTS)


def test_a_body_compressed_in_transit_is_read(bureau: FakeBureau) -> None:
    bureau.always = Reply(200, {"Content-Encoding": "gzip"}, gzip.compress(FILE))
    table = Bureau().county_tables(44, source="bulk")
    assert isinstance(table, CountyCharacteristics)
    np.testing.assert_array_equal(table.counts, COUNTS)


def test_new_york_is_read_gzipped_as_it_lies_there(bureau: FakeBureau, shared_data: Path) -> None:
    content = (shared_data / "census" / "cc-est2019-alldata-36.csv.gz").read_bytes()
    bureau.publish_file(2019, "counties/asrh/cc-est2019-alldata-36.csv", content)
    table = Bureau().county_tables(36, source="bulk", vintage=2019)
    assert isinstance(table, CountyCharacteristics)
    assert table.counts.sum() == 19_453_561
    assert len(table.fips) == 62


def test_a_gzipped_file_that_breaks_off_or_is_damaged_is_refused() -> None:
    packed = gzip.compress(FILE)
    with pytest.raises(TruncatedError, match="breaks off"):
        read_file(packed[: len(packed) // 2], WANTED, ORIGIN)
    with pytest.raises(TruncatedError, match="damaged"):
        read_file(packed[:40] + bytes(40) + packed[80:], WANTED, ORIGIN)


def test_a_file_that_inflates_beyond_measure_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 1 << 20)
    with pytest.raises(TooLargeError):
        read_file(gzip.compress(bytes(3 << 20)), WANTED, ORIGIN)


@pytest.mark.parametrize("cut", np.random.default_rng(5).integers(1, len(FILE), 25).tolist())
def test_a_file_that_breaks_off_anywhere_is_refused(cut: int) -> None:
    # Also where a line ends, or the last county's year before.
    with pytest.raises(MalformedTableError):
        read_file(FILE[:cut], WANTED, ORIGIN)


@pytest.mark.parametrize("lines", [1, 19, 20, 38])
def test_a_file_that_lacks_whole_lines_is_refused(lines: int) -> None:
    with pytest.raises(MalformedTableError):
        read_file(b"".join(FILE.splitlines(keepends=True)[:-lines]), WANTED, ORIGIN)


def test_counties_must_be_of_the_state_and_all_of_them() -> None:
    with pytest.raises(MalformedTableError, match="5 of 5 counties are of another state"):
        read_file(FILE, TableId("county-characteristics", 2024, 10), ORIGIN)
    fewer = county_characteristics_csv(2024, FIPS[:4], COUNTS[:4])
    with pytest.raises(MalformedTableError, match="1 county"):
        read_file(fewer, WANTED, ORIGIN)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(404, HTML, b"<html><title>404</title></html>"), NotPublishedError),
        (Reply(301, {"Location": "https://elsewhere.example/"}), RedirectError),
        (Reply(302, {"Location": "/down-for-maintenance.html"}), RedirectError),
        (Reply(200, HTML, b"<html><body>Request Rejected</body></html>"), HtmlAnswerError),
        (Reply(200, {"Content-Type": "text/csv"}, b"\n <!DOCTYPE html><p>Sorry"), HtmlAnswerError),
        (Reply(200, {}, FILE, content_length=len(FILE) - 1000), MalformedTableError),
        (Reply(200, {}, FILE[:-1000]), MalformedTableError),
        (Reply(200, {}, b""), MalformedTableError),
    ],
    ids=["404", "301", "302", "html", "html as csv", "length too short", "cut", "nothing"],
)
def test_what_is_no_file_is_refused_at_once_and_not_kept(
    bureau: FakeBureau, reply: Reply, error: type[Exception]
) -> None:
    bureau.always = reply
    client = Bureau()
    with pytest.raises(error, match="cc-est2024-alldata"):
        client.county_tables(44, source="bulk")
    assert len(bureau.requests) == 1
    assert not client.cached()
    # It is not left alone either: the next table may be there.
    bureau.always = None
    bureau.publish_counties(2024, 44, FIPS, COUNTS)
    client.county_tables(44, source="bulk")
