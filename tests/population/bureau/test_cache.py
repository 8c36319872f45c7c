"""The folder of tables: whole, atomic, and ours alone."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
from bureau_files import counties_of, some_counts
from fake_bureau import KEY

from personatwin_sk.exceptions import DataWarning
from personatwin_sk.population.bureau import (
    CensusTables,
    CountyCharacteristics,
    CountySingleYears,
    Origin,
    StateCharacteristics,
    SurveyTables,
    Tables,
)
from personatwin_sk.population.bureau import _cache as cache_module
from personatwin_sk.population.bureau._cache import Cache
from personatwin_sk.population.bureau._datasets import TABLES_OF_KIND, TableId

ORIGIN = Origin("cc-est2024-alldata", "July 2024", "https://example.org/x", "2026-11-22", "live")
FIPS = counties_of(44, 5)
WANTED = TableId("county-characteristics", 2024, 44)
TABLE = CountyCharacteristics(ORIGIN, FIPS, some_counts((5, 18, 2, 6, 2), seed=0))


def table_of(kind: str) -> Tables:
    """Return a table of a kind, with large figures and, where that may be, NaN and fractions."""
    tables = TABLES_OF_KIND[kind]
    arrays = {}
    for name, shape in tables.shapes.items():
        figures = some_counts((5, *shape), seed=1, most=3_000_000).astype(float)
        if tables is SurveyTables:
            figures = np.where(figures % 7 == 0, np.nan, figures / 1.645)
        arrays[name] = figures
    return tables(ORIGIN, FIPS, **arrays)


@pytest.mark.parametrize("kind", TABLES_OF_KIND)
def test_tables_come_back_as_they_were(tmp_path: Path, kind: str) -> None:
    wanted = TableId(kind, 2024, 44)
    table = table_of(kind)
    cache = Cache(tmp_path / "a" / "b")
    assert cache.load(wanted) is None
    cache.store(wanted, table)
    found = cache.load(wanted)
    assert type(found) is type(table)
    for name, array in table.arrays().items():
        np.testing.assert_array_equal(found.arrays()[name], array)
        assert found.arrays()[name].dtype == array.dtype
    assert found.origin == dataclasses.replace(ORIGIN, how="cache")
    # Whoever asks for something else does not get it.
    for other in (TableId(kind, 2023, 44), TableId(kind, 2024, 10)):
        assert cache.load(other) is None


def test_kinds_are_all_there() -> None:
    kinds = set(TABLES_OF_KIND.values())
    assert kinds == {
        CountyCharacteristics,
        CountySingleYears,
        StateCharacteristics,
        CensusTables,
        SurveyTables,
    }


def test_files_are_compact_and_say_what_they_hold(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.store(WANTED, TABLE)
    (path,) = tmp_path.iterdir()
    assert path.name == "county-characteristics-2024-44.census"
    assert path.stat().st_size < TABLE.counts.nbytes / 4
    header = json.loads(path.read_bytes().split(b"\n")[0])
    assert header["origin"]["url"] == "https://example.org/x"
    assert header["origin"]["retrieved"] == "2026-11-22"
    assert len(header["sha256"]) == 64


# Damage -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0, 5, 60, 200, -1, -100, "middle"])
def test_a_changed_byte_is_noticed_and_the_file_removed(tmp_path: Path, place: int | str) -> None:
    cache = Cache(tmp_path)
    cache.store(WANTED, TABLE)
    path = tmp_path / WANTED.file_name
    content = bytearray(path.read_bytes())
    position = len(content) // 2 if isinstance(place, str) else place
    content[position] ^= 1
    path.write_bytes(content)
    assert cache.load(WANTED) is None
    assert not path.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"not json\nbody",
        b"\xff\xfe\n",
        b"[]\n",
        b"7\n",
        b"null\n",
        b"{}\n",
        b'{"sha256": "0"}\n',
        b"x" * 1000,
    ],
)
def test_what_is_no_table_is_as_good_as_absent(tmp_path: Path, content: bytes) -> None:
    (tmp_path / WANTED.file_name).write_bytes(content)
    cache = Cache(tmp_path)
    assert cache.load(WANTED) is None
    assert not (tmp_path / WANTED.file_name).exists()
    cache.store(WANTED, TABLE)
    assert cache.load(WANTED) is not None


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.99])
def test_a_file_that_breaks_off_is_as_good_as_absent(tmp_path: Path, share: float) -> None:
    cache = Cache(tmp_path)
    cache.store(WANTED, TABLE)
    path = tmp_path / WANTED.file_name
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert cache.load(WANTED) is None


@pytest.mark.parametrize(
    "change",
    [
        {"personatwin_census": 2},
        {"kind": "county-census"},
        {"year": 2023},
        {"state": 10},
        {"arrays": {}},
        {"arrays": "no"},
        {"arrays": 7},
        {"arrays": {"fips": ["<u2", [5]], "counts": ["<u2", [5, 18, 2, 6, 2_000_000]]}},
        {"arrays": {"fips": ["|O", [5]], "counts": ["|O", [5, 18, 2, 6, 2]]}},
        {"arrays": {"fips": ["<u2", [-1]], "counts": ["<u2", [5, 18, 2, 6, 2]]}},
        {"arrays": {"fips": "no", "counts": 7}},
        {"origin": {"dataset": "x"}},
        {"origin": {}},
    ],
)
def test_a_header_that_tells_something_else_is_not_believed(
    tmp_path: Path, change: dict[str, object]
) -> None:
    # With a check sum that fits: by another version, or by somebody who means harm.
    cache = Cache(tmp_path)
    cache.store(WANTED, TABLE)
    path = tmp_path / WANTED.file_name
    line, _, body = path.read_bytes().partition(b"\n")
    header = json.loads(line) | change
    header["sha256"] = cache_module._digest(header, body)
    path.write_bytes(json.dumps(header).encode() + b"\n" + body)
    assert cache.load(WANTED) is None
    assert not path.exists()


def test_where_figures_come_from_is_under_the_check_sum(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.store(WANTED, TABLE)
    path = tmp_path / WANTED.file_name
    path.write_bytes(path.read_bytes().replace(b"2026-11-22", b"2027-11-22"))
    assert cache.load(WANTED) is None


# Writing ------------------------------------------------------------------------------------------


def test_a_file_is_there_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Cache(tmp_path)
    cache.store(WANTED, TABLE)
    before = (tmp_path / WANTED.file_name).read_bytes()

    def full(number: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.warns(DataWarning, match="cache_dir cannot be written to"):
        cache.store(WANTED, table_of("county-characteristics"))
    assert [path.name for path in tmp_path.iterdir()] == [WANTED.file_name]
    assert (tmp_path / WANTED.file_name).read_bytes() == before


@pytest.mark.parametrize("where", ["below a file", "/proc/personatwin", "/dev/null/x"])
def test_a_folder_that_cannot_be_written_to_is_said_once(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("mine")
    folder = tmp_path / "file" / "cache" if where == "below a file" else Path(where)
    cache = Cache(folder)
    assert cache.load(WANTED) is None
    with pytest.warns(DataWarning, match="cache_dir cannot be written to") as caught:
        for _ in range(3):
            cache.store(WANTED, TABLE)
    assert len(caught) == 1
    assert cache.entries() == ()
    assert cache.clear() == 0
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / WANTED.file_name).mkdir()
    cache = Cache(tmp_path)
    assert cache.load(WANTED) is None
    with pytest.warns(DataWarning, match="cannot be written"):
        cache.store(WANTED, TABLE)
    assert cache.entries() == ()
    assert cache.clear() == 0


def test_what_was_left_half_written_is_swept_after_an_hour(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    old, new = (tmp_path / f"{WANTED.file_name}.{end}.part" for end in ("aaa_1", "bbb_2"))
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 4000, time.time() - 4000))
    assert cache.load(WANTED) is None
    cache.store(WANTED, TABLE)
    # The other one may belong to a process that is still writing.
    assert not old.exists() and new.exists()
    assert len(cache.entries()) == 1


# Listing and clearing -----------------------------------------------------------------------------


def test_entries_tell_what_is_there(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert cache.entries() == ()
    cache.store(WANTED, TABLE)
    states = StateCharacteristics(
        dataclasses.replace(ORIGIN, dataset="sc-est2023-alldata6"),
        np.array([9, 44]),
        some_counts((2, 86, 2, 6, 2), seed=4),
    )
    cache.store(TableId("state-characteristics", 2023), states)
    (tmp_path / TableId("county-survey", 2024, 1).file_name).write_bytes(b"damaged")
    (tmp_path / "notes.txt").write_text("mine")
    first, second = cache.entries()
    assert (first.kind, first.year, first.state) == ("county-characteristics", 2024, 44)
    assert (second.kind, second.year, second.state) == ("state-characteristics", 2023, None)
    assert first.dataset == "cc-est2024-alldata" and first.vintage == "July 2024"
    assert first.retrieved == "2026-11-22" and first.url == "https://example.org/x"
    assert first.n_bytes == first.path.stat().st_size
    assert first.path == tmp_path / WANTED.file_name


def test_clearing_removes_only_what_is_ours(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.store(WANTED, TABLE)
    cache.store(TableId("county-characteristics", 2019, 44), TABLE)
    ours = [f"{WANTED.file_name}.abc_12x.part", TableId("county-survey", 2024, 1).file_name]
    theirs = [
        *("notes.txt", "county-characteristics-2024-44.csv", "my-2024-44.census"),
        *("county-characteristics-2024-44.census.bak", "county-characteristics-44.census"),
        *("x.part", "county-characteristics-2024-44.census.part", "2024-44.census"),
    ]
    for name in (*ours, *theirs):
        (tmp_path / name).write_text("x")
    (tmp_path / "folder").mkdir()
    assert cache.clear() == 3
    assert {path.name for path in tmp_path.iterdir()} == {*theirs, "folder"}
    assert cache.clear() == 0


# Where it is --------------------------------------------------------------------------------------


def test_the_folder_is_given_or_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PERSONATWIN_HOME", raising=False)
    assert Cache().folder == tmp_path / "home" / ".personatwin" / "census_cache"
    assert Cache("~/mine").folder == tmp_path / "home" / "mine"
    monkeypatch.setenv("PERSONATWIN_HOME", str(tmp_path / "elsewhere"))
    assert Cache().folder == tmp_path / "elsewhere" / "census_cache"
    assert Cache(tmp_path / "mine").folder == tmp_path / "mine"
    # Nothing is made before something is stored.
    assert not list(tmp_path.iterdir())


def test_a_user_without_a_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("PERSONATWIN_HOME", raising=False)
    monkeypatch.setattr(Path, "expanduser", homeless)
    cache = Cache()
    with pytest.warns(DataWarning, match="PERSONATWIN_HOME"):
        cache.store(WANTED, TABLE)


def test_no_key_is_written(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.store(WANTED, TABLE)
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.iterdir())
