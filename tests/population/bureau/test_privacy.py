"""What goes out: whole tables of whole states, and nothing else."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest
from bureau_files import counties_of, some_counts
from fake_bureau import KEY, FakeBureau, Recorded, Reply

from personatwin_sk import __version__
from personatwin_sk.population.bureau import Bureau, BureauError

FIPS = counties_of(44, 5)


def outgoing(bureau: FakeBureau) -> list[tuple[str, dict[str, str], dict[str, str]]]:
    return [(request.path, request.query, request.headers) for request in bureau.requests]


def allowed(request: Recorded, state: int, key: str | None) -> None:
    """Check that nothing but dataset, vintage, state and key is in a request."""
    headers = dict(request.headers)
    headers.pop("Host")
    assert headers == {
        "User-Agent": f"personatwin_sk/{__version__}",
        "Accept": "*/*",
        "Accept-Encoding": "gzip",
    }
    query = dict(request.query)
    if request.path.startswith("/data/"):
        assert request.path in ("/data/2024/acs/acs5", "/data/2020/dec/dhc")
        assert query.pop("key") == key
        assert query.pop("for") == "county:*"
        assert query.pop("in") == f"state:{state:02d}"
        assert all(name.startswith(("B01001", "P12")) for name in query.pop("get").split(","))
    else:
        assert request.path in (
            f"/programs-surveys/popest/datasets/2020-2024/counties/asrh/{name}-{state:02d}.csv"
            for name in ("cc-est2024-alldata", "cc-est2024-syasex")
        )
    assert query == {}


def test_requests_hold_the_table_the_vintage_the_state_and_the_key(bureau: FakeBureau) -> None:
    bureau.publish_counties(2024, 44, FIPS, some_counts((5, 18, 2, 6, 2), seed=0))
    bureau.publish_single_years(2024, 44, FIPS, some_counts((5, 86, 2), seed=0))
    bureau.publish_census(FIPS, some_counts((5, 23, 2, 7, 2), seed=0))
    client = Bureau(api_key=KEY)
    client.county_tables(44, source="bulk")
    client.county_single_years(44, source="bulk")
    client.county_tables(44, source="api", vintage=2020)
    assert len(bureau.requests) == 2 + 15
    for request in bureau.requests:
        allowed(request, 44, KEY)


def test_the_key_goes_to_the_api_only(bureau: FakeBureau) -> None:
    bureau.publish_counties(2024, 44, FIPS, some_counts((5, 18, 2, 6, 2), seed=0))
    Bureau(api_key=KEY).county_tables(44, source="bulk")
    assert KEY not in repr(bureau.requests)


@pytest.mark.parametrize("source", ["bulk", "api"])
def test_no_redirect_is_followed(bureau: FakeBureau, source: str) -> None:
    with FakeBureau() as elsewhere:
        for status in (301, 302, 303, 307, 308):
            bureau.always = Reply(status, {"Location": f"{elsewhere.url}/collect"})
            with pytest.raises(BureauError):
                Bureau(api_key=KEY).county_tables(44, source=source)
        assert not elsewhere.requests
    assert len(bureau.requests) == 5


def test_equal_requests_whoever_asks(
    bureau: FakeBureau, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bureau.publish_counties(2024, 44, FIPS, some_counts((5, 18, 2, 6, 2), seed=0))
    Bureau(cache_dir=tmp_path / "one").county_tables(44, source="bulk")
    first = outgoing(bureau)
    bureau.requests.clear()
    monkeypatch.setenv("USER", "canary")
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    Bureau(cache_dir=tmp_path / "two", timeout=3).county_tables(44, source="bulk")
    assert outgoing(bureau) == first


def test_nothing_about_people_can_be_asked() -> None:
    # No method takes anything but states, years and where and when to look.
    taken = set()
    for name in ("county_tables", "county_single_years", "state_tables", "warm"):
        taken |= set(inspect.signature(getattr(Bureau, name)).parameters)
    assert taken == {"self", "state", "states", "source", "vintage", "deadline"}


def test_no_key_is_in_the_cache_or_in_where_figures_come_from(
    bureau: FakeBureau, tmp_path: Path
) -> None:
    bureau.publish_census(FIPS, some_counts((5, 23, 2, 7, 2), seed=0))
    client = Bureau(api_key=KEY, cache_dir=tmp_path)
    table = client.county_tables(44, source="api", vintage=2020)
    (entry,) = client.cached()
    for text in (repr(table.origin), repr(entry), repr(client), repr(vars(client))):
        assert KEY not in text
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        assert KEY.encode() not in content and b"key" not in content.split(b"\n")[0]
    assert np.isfinite(table.arrays()["fips"]).all()
