"""From memory, else from the cache, else fetched; and what the environment has to say."""

from __future__ import annotations

import pickle
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from bureau_files import counties_of, some_counts
from fake_bureau import KEY, FakeBureau, Reply

from personatwin_sk.exceptions import DataWarning, InputError
from personatwin_sk.population.bureau import (
    DEFAULT_SURVEY,
    DEFAULT_VINTAGE,
    NOTICE,
    Bureau,
    CensusTables,
    CountyCharacteristics,
    DeadlineError,
    NotCachedError,
    NotPublishedError,
    OfflineError,
    RecentlyUnreachableError,
    ServerError,
)
from personatwin_sk.population.bureau._states import N_COUNTIES, STATES

FIPS = {44: counties_of(44, 5), 10: counties_of(10, 3), 11: counties_of(11, 1)}
COUNTS = {state: some_counts((len(FIPS[state]), 18, 2, 6, 2), seed=state) for state in FIPS}
ALL_STATES = np.array(STATES)


@pytest.fixture
def published(bureau: FakeBureau) -> FakeBureau:
    for state, fips in FIPS.items():
        bureau.publish_counties(2024, state, fips, COUNTS[state])
        bureau.publish_single_years(
            2024, state, fips, some_counts((len(fips), 86, 2), seed=state + 1)
        )
    return bureau


def counts_of(client: Bureau, state: int, source: str = "bulk", **options: object) -> np.ndarray:
    table = client.county_tables(state, source=source, **options)  # type: ignore[arg-type]
    assert isinstance(table, CountyCharacteristics)
    return table.counts


# Where tables come from ---------------------------------------------------------------------------


def test_a_table_is_fetched_once_for_all_processes(published: FakeBureau) -> None:
    client = Bureau()
    first = client.county_tables(44, source="bulk")
    assert client.county_tables(44, source="bulk") is first
    # A second process has no memory, but the cache.
    second = Bureau().county_tables(44, source="bulk")
    assert len(published.requests) == 1
    np.testing.assert_array_equal(counts_of(Bureau(), 44), COUNTS[44])
    assert (first.origin.how, second.origin.how) == ("live", "cache")
    assert first.origin.url == second.origin.url
    assert first.origin.retrieved == second.origin.retrieved


def test_the_cache_alone_is_never_the_network(published: FakeBureau) -> None:
    with pytest.raises(NotCachedError):
        Bureau().county_tables(44, source="cache")
    with pytest.raises(NotCachedError):
        Bureau().county_single_years(44, source="cache")
    with pytest.raises(NotCachedError):
        Bureau().state_tables(source="cache")
    assert not published.requests
    Bureau().county_tables(44, source="bulk")
    published.always = Reply(503)
    np.testing.assert_array_equal(counts_of(Bureau(), 44, "cache"), COUNTS[44])
    with pytest.raises(NotCachedError):
        Bureau().county_tables(44, source="cache", vintage=2023)
    assert len(published.requests) == 1


def test_the_cache_gives_estimates_first_and_else_what_the_api_gave(
    published: FakeBureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CENSUS_API_KEY", KEY)
    counts = some_counts((5, 23, 2, 7, 2), seed=8)
    published.publish_census(FIPS[44], counts)
    Bureau().county_tables(44, source="api", vintage=2020)
    found = Bureau().county_tables(44, source="cache", vintage=2020)
    assert isinstance(found, CensusTables)
    np.testing.assert_array_equal(found.counts, counts)
    # The default is not any year, but the default of either source.
    with pytest.raises(NotCachedError):
        Bureau().county_tables(44, source="cache")


def test_several_vintages_lie_side_by_side(published: FakeBureau) -> None:
    older = COUNTS[44] + 1
    published.publish_counties(2023, 44, FIPS[44], older)
    client = Bureau()
    np.testing.assert_array_equal(counts_of(client, 44), COUNTS[44])
    np.testing.assert_array_equal(counts_of(client, 44, vintage=2023), older)
    again = Bureau()
    np.testing.assert_array_equal(counts_of(again, 44, "cache", vintage=2023), older)
    np.testing.assert_array_equal(counts_of(again, 44, "cache"), COUNTS[44])
    assert [entry.year for entry in again.cached()] == [2023, 2024]


def test_a_damaged_cache_is_fetched_anew(published: FakeBureau) -> None:
    Bureau().county_tables(44, source="bulk")
    (entry,) = Bureau().cached()
    entry.path.write_bytes(entry.path.read_bytes()[:-5])
    np.testing.assert_array_equal(counts_of(Bureau(), 44), COUNTS[44])
    assert len(published.requests) == 2
    np.testing.assert_array_equal(counts_of(Bureau(), 44, "cache"), COUNTS[44])


def test_without_a_cache_it_works_all_the_same(published: FakeBureau, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    client = Bureau(cache_dir=tmp_path / "file" / "cache")
    with pytest.warns(DataWarning, match="cannot be written to") as caught:
        for state in (44, 10, 44):
            np.testing.assert_array_equal(counts_of(client, state), COUNTS[state])
    assert len(caught) == 1
    # What it has fetched it remembers.
    assert len(published.requests) == 2
    assert client.cached() == () and client.clear() == 0


def test_a_folder_of_ones_own(published: FakeBureau, tmp_path: Path) -> None:
    Bureau(cache_dir=tmp_path / "mine").county_tables(44, source="bulk")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == [
        "county-characteristics-2024-44.census"
    ]
    assert Bureau().cached() == ()
    counts_of(Bureau(cache_dir=str(tmp_path / "mine")), 44, "cache")


# Warming, listing, clearing -----------------------------------------------------------------------


def test_warming_fetches_what_is_not_there(published: FakeBureau) -> None:
    published.publish_states(2024, ALL_STATES, some_counts((51, 86, 2, 6, 2), seed=2))
    client = Bureau(timeout=60)
    client.county_tables(10, source="bulk")
    published.requests.clear()
    # The states themselves, and two tables of each state's counties, of which one is there.
    assert client.warm([44, 10, 44]) == 4
    assert sorted(request.path.rsplit("/")[-1] for request in published.requests) == [
        "cc-est2024-alldata-44.csv",
        "cc-est2024-syasex-10.csv",
        "cc-est2024-syasex-44.csv",
        "sc-est2024-alldata6.csv",
    ]
    assert client.warm([44, 10]) == 0
    assert len(client.cached()) == 5
    assert all(entry.n_bytes > 0 for entry in client.cached())
    published.always = Reply(503)
    offline = Bureau()
    offline.state_tables(source="cache")
    offline.county_single_years(44, source="cache")
    # What this process knows is written again if somebody has cleared the folder.
    assert offline.clear() == 5
    assert client.warm([44, 10]) == 0
    assert len(client.cached()) == 5


def test_warming_takes_all_states_unless_told(published: FakeBureau) -> None:
    published.publish_states(2024, ALL_STATES, some_counts((51, 86, 2, 6, 2), seed=2))
    with pytest.raises(NotPublishedError):
        Bureau(timeout=60).warm()
    # Alabama comes first, and the imitation has nothing of it; what came before is kept.
    assert [request.path.rsplit("/")[-1] for request in published.requests] == [
        "sc-est2024-alldata6.csv",
        "cc-est2024-alldata-01.csv",
    ]
    assert len(Bureau().cached()) == 1
    assert len(STATES) == 51 and sum(N_COUNTIES.values()) == 3142


def test_warming_through_the_api(bureau: FakeBureau, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CENSUS_API_KEY", KEY)
    areas = np.concatenate([ALL_STATES, FIPS[44]])
    bureau.publish_census(areas, some_counts((len(areas), 23, 2, 7, 2), seed=1))
    assert Bureau(timeout=60).warm([44], source="api", vintage=2020) == 2
    kinds = [entry.kind for entry in Bureau().cached()]
    assert kinds == ["county-census", "state-census"]


def test_warming_asks_a_server_that_was_slow(published: FakeBureau) -> None:
    published.publish_states(2024, ALL_STATES, some_counts((51, 86, 2, 6, 2), seed=2))
    published.script.extend([Reply(503)] * 3)
    client = Bureau(timeout=60)
    with pytest.raises(ServerError):
        client.county_tables(44, source="bulk")
    with pytest.raises(RecentlyUnreachableError):
        client.county_tables(44, source="bulk")
    assert client.warm([44]) == 3


def test_clearing_forgets(published: FakeBureau) -> None:
    client = Bureau()
    client.county_tables(44, source="bulk")
    assert client.clear() == 1
    with pytest.raises(NotCachedError):
        client.county_tables(44, source="cache")


# Time ---------------------------------------------------------------------------------------------


def test_offline_users_wait_once(published: FakeBureau) -> None:
    published.always = Reply(200, {}, b"STATE,COUNTY\n" * 1000, drip=0.05)
    start = time.monotonic()
    with pytest.raises(DeadlineError):
        Bureau(timeout=0.3).county_tables(44, source="bulk")
    for state in (44, 10, 11):
        with pytest.raises(RecentlyUnreachableError):
            Bureau(timeout=0.3).county_tables(state, source="bulk")
    assert time.monotonic() - start < 1.3
    assert len(published.requests) == 1


def test_a_deadline_goes_before_the_time_out(published: FakeBureau) -> None:
    published.always = Reply(200, {}, b"STATE,COUNTY\n", delay=60)
    start = time.monotonic()
    with pytest.raises(DeadlineError):
        Bureau(timeout=60).county_tables(44, source="bulk", deadline=start + 0.3)
    assert time.monotonic() - start < 1.3


def test_a_deadline_that_has_passed_is_no_fault_of_the_server(published: FakeBureau) -> None:
    with pytest.raises(DeadlineError):
        Bureau().county_tables(44, source="bulk", deadline=time.monotonic() - 1)
    assert not published.requests
    assert counts_of(Bureau(), 44, deadline=float("inf")).shape == COUNTS[44].shape
    with pytest.raises(InputError, match="deadline"):
        Bureau().county_tables(10, source="bulk", deadline=float("nan"))


def test_threads_fetch_a_table_once_and_wait_no_longer_than_allowed(
    published: FakeBureau,
) -> None:
    client = Bureau()
    found: list[np.ndarray] = []
    threads = [
        threading.Thread(target=lambda: found.append(counts_of(client, 44))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(published.requests) == 1
    assert client._busy.acquire(timeout=1)
    try:
        with pytest.raises(DeadlineError):
            client.county_tables(10, source="bulk", deadline=time.monotonic() + 0.1)
    finally:
        client._busy.release()
    assert len(published.requests) == 1


# The environment ----------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["1", "true", "yes"])
def test_offline_means_that_nothing_is_fetched(
    published: FakeBureau, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    Bureau().county_tables(44, source="bulk")
    monkeypatch.setenv("PERSONATWIN_OFFLINE", value)
    published.requests.clear()
    client = Bureau(api_key=KEY)
    np.testing.assert_array_equal(counts_of(client, 44), COUNTS[44])
    for call in (
        lambda: client.county_tables(10, source="bulk"),
        lambda: client.county_tables(10, source="api"),
        lambda: client.state_tables(source="bulk"),
        lambda: client.county_single_years(10, source="bulk"),
        lambda: client.warm([10]),
    ):
        with pytest.raises(OfflineError, match="PERSONATWIN_OFFLINE"):
            call()
    assert not published.requests


@pytest.mark.parametrize("value", ["", "0", " "])
def test_not_offline(published: FakeBureau, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PERSONATWIN_OFFLINE", value)
    counts_of(Bureau(), 44)


# Parameters ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), 3601, "10", None, True])
def test_time_outs_that_are_none(timeout: object) -> None:
    with pytest.raises(InputError, match="timeout"):
        Bureau(timeout=timeout)  # type: ignore[arg-type]


@pytest.mark.parametrize("timeout", [1, 0.5, np.float32(2), np.int64(3)])
def test_time_outs(timeout: float) -> None:
    assert Bureau(timeout=timeout).timeout == float(timeout)


@pytest.mark.parametrize("folder", [7, b"x", "a\0b", ["x"]])
def test_folders_that_are_none(folder: object) -> None:
    with pytest.raises(InputError, match="cache_dir"):
        Bureau(cache_dir=folder)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", [0, 3, 72, 99, -1, "44", 44.0, None, True, 44001])
def test_states_that_are_none(bureau: FakeBureau, state: object) -> None:
    for call in (
        lambda: Bureau().county_tables(state, source="bulk"),  # type: ignore[arg-type]
        lambda: Bureau().county_single_years(state, source="bulk"),  # type: ignore[arg-type]
        lambda: Bureau().warm([state]),  # type: ignore[list-item]
    ):
        with pytest.raises(InputError, match="state must be"):
            call()
    assert not bureau.requests


@pytest.mark.parametrize(
    ("source", "vintage"),
    [
        *(("bulk", year) for year in (2018, 2020, 2100, 0, "2024", 2024.0, True)),
        *(("api", year) for year in (2008, 2100, "2024")),
        *(("cache", year) for year in (2008, 2100)),
    ],
)
def test_vintages_that_are_none(bureau: FakeBureau, source: str, vintage: object) -> None:
    client = Bureau(api_key=KEY)
    with pytest.raises(InputError, match="vintage"):
        client.county_tables(44, source=source, vintage=vintage)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="vintage"):
        client.state_tables(source=source, vintage=vintage)  # type: ignore[arg-type]
    assert not bureau.requests


@pytest.mark.parametrize("source", ["auto", "bundled", "", None, "BULK"])
def test_sources_that_are_none(bureau: FakeBureau, source: object) -> None:
    client = Bureau()
    for call in (
        lambda: client.county_tables(44, source=source),  # type: ignore[arg-type]
        lambda: client.county_single_years(44, source=source),  # type: ignore[arg-type]
        lambda: client.state_tables(source=source),  # type: ignore[arg-type]
        lambda: client.warm([44], source=source),  # type: ignore[arg-type]
    ):
        with pytest.raises(InputError, match="source"):
            call()
    with pytest.raises(InputError, match="source"):
        client.warm([44], source="cache")


def test_defaults_are_the_documented_ones(published: FakeBureau) -> None:
    assert (DEFAULT_VINTAGE, DEFAULT_SURVEY) == (2024, 2024)
    assert Bureau().timeout == 10.0
    assert NOTICE == (
        "This product uses the Census Bureau Data API but is not endorsed or certified by the "
        "Census Bureau."
    )
    assert NOTICE.split()[-1] in (Bureau.__doc__ or "")
    assert Bureau().county_tables(44, source="bulk").origin.vintage == "July 2024"


def test_unpickled_it_works_like_the_one_it_was(published: FakeBureau, tmp_path: Path) -> None:
    client = Bureau(cache_dir=tmp_path / "mine", api_key=KEY, timeout=7)
    client.county_tables(44, source="bulk")
    again = pickle.loads(pickle.dumps(client))
    assert (again.cache_dir, again.timeout) == (tmp_path / "mine", 7.0)
    assert not again.has_key
    np.testing.assert_array_equal(counts_of(again, 44, "cache"), COUNTS[44])
    assert repr(again) == "Bureau(timeout=7.0)"
