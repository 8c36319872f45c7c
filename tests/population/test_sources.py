"""Where figures come from: the cache, an imitation of the Bureau, or the package itself."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
import warnings

import census_tables as tables
import numpy as np
import pandas as pd
import pytest
from fake_bureau import KEY, Reply
from published_figures import (
    ASKED,
    BY_YEAR,
    OF_STATES,
    PLACES,
    STATE_CODES,
    expected_counts,
    publish_bulk,
    publish_states,
)

from personatwin_sk.exceptions import DataWarning, InputError
from personatwin_sk.population import CensusPopulation
from personatwin_sk.population.bureau import BureauError

# The files


@pytest.mark.parametrize("source", ["auto", "bulk"])
def test_counties_from_the_bureaus_files(bureau, source):
    publish_bulk(bureau)
    population = CensusPopulation(source=source)
    answer = population.count(ASKED)
    assert answer["count"].tolist() == pytest.approx(expected_counts())
    assert answer["modelled"].tolist() == [False, False, False, True]
    assert (answer["low"] == answer["high"]).tolist() == [True, True, True, False]
    published = (
        "US Census Bureau, live: cc-est2024-alldata (July 2024), cc-est2024-syasex (July 2024)"
    )
    assert answer["source"].tolist() == [published] * 3 + [f"modelled from {published}"]
    assert population.remarks == ()
    used = population.provenance
    assert used.tables == ("cc-est2024-alldata (July 2024)", "cc-est2024-syasex (July 2024)")
    assert used.vintage == "July 2024" and len(used.retrieved) == len("2026-11-22")
    n_requests = len(bureau.requests)
    assert n_requests == 2
    again = population.count(ASKED[::-1])
    assert again["count"].tolist() == answer["count"].tolist()[::-1]
    assert len(bureau.requests) == n_requests


def test_states_and_what_is_made_of_them_from_one_file(bureau):
    publish_states(bureau)
    population = CensusPopulation()
    answer = population.count(
        pd.DataFrame({"age": [33, 33, 33, None], "geography": ["Ohio", "New England", None, "USA"]})
    )
    at = STATE_CODES.tolist().index
    year = OF_STATES[:, 33].sum(axis=(1, 2, 3))
    new_england = sum(year[at(code)] for code in (9, 23, 25, 33, 44, 50))
    assert answer["count"].tolist() == [year[at(39)], new_england, year.sum(), OF_STATES.sum()]
    assert not answer["modelled"].any()
    assert len(bureau.requests) == 1


@pytest.mark.parametrize("source", ["auto", "bulk", "cache"])
def test_a_warm_cache_needs_no_server(bureau, source):
    publish_bulk(bureau)
    publish_states(bureau)
    assert CensusPopulation(source="bulk").warm(["Rhode Island"]) == 3
    assert CensusPopulation(source="bulk").warm(["RI", 44]) == 0
    bureau.always = Reply(hang_up=True)
    n_requests = len(bureau.requests)
    population = CensusPopulation(source=source)
    answer = population.count(ASKED)
    assert answer["count"].tolist() == pytest.approx(expected_counts())
    assert answer["source"].str.contains("US Census Bureau, cache: ").all()
    assert population.remarks == () and len(bureau.requests) == n_requests


def test_the_cache_is_listed_and_cleared(bureau):
    publish_bulk(bureau)
    publish_states(bureau)
    population = CensusPopulation()
    assert population.cached().shape == (0, 7)
    population.warm([44])
    listed = population.cached()
    assert sorted(listed["kind"]) == [
        "county-characteristics",
        "county-single-years",
        "state-characteristics",
    ]
    assert listed.set_index("kind")["state"].fillna(0).to_dict() == {
        "county-characteristics": 44,
        "county-single-years": 44,
        "state-characteristics": 0,
    }
    assert (listed["year"] == 2024).all() and (listed["n_bytes"] > 0).all()
    assert population.clear_cache() == 3
    assert population.cached().shape == (0, 7)


@pytest.mark.parametrize("states", ["Ohio", ["Ohio", "Narnia", None], [3.5]])
def test_states_to_warm_that_are_none(bureau, states):
    with pytest.raises(InputError, match=r"states") as error:
        CensusPopulation().warm(states)
    assert "Narnia" not in str(error.value) and not bureau.requests


def test_other_vintages(bureau):
    publish_bulk(bureau, vintage=2019)
    answer = CensusPopulation(vintage=2019).count(ASKED)
    assert answer["count"][0] == expected_counts()[0]
    assert answer["source"].str.contains("cc-est2019-alldata").all()
    assert all("2010-2019" in request.path for request in bureau.requests)


def test_new_york_as_published(bureau, shared_data):
    """Its file of 2019 as it is; 19,453,561 people in all, of whom 62 counties make a part each."""
    import gzip

    content = gzip.decompress(
        (shared_data / "census" / "cc-est2019-alldata-36.csv.gz").read_bytes()
    )
    bureau.publish_file(2019, "counties/asrh/cc-est2019-alldata-36.csv", content)
    names = pd.read_csv(shared_data / "census" / "county_names_2023.csv", dtype=str)
    counties = names.loc[names["fips"].str.startswith("36"), "fips"].tolist()
    population = CensusPopulation(source="bulk", vintage=2019, timeout=60)
    answer = population.count(pd.DataFrame({"geography": counties}))
    assert len(counties) == 62 and answer["count"].sum() == 19_453_561
    assert not answer["modelled"].any()


def test_counties_that_a_vintage_does_not_have(bureau):
    """Connecticut had eight counties before it had nine planning regions."""
    old = np.arange(9001, 9017, 2)
    people = tables.joint_by_year(2, n_areas=8)
    bureau.publish_counties(2019, 9, old, tables.broaden(people, tables.STARTS_18))
    asked = pd.DataFrame({"geography": ["Capitol Planning Region, CT"]})
    with pytest.raises(InputError, match="no figures of 1 of the 1 states and counties"):
        CensusPopulation(source="bulk", vintage=2019).count(asked)
    answer = CensusPopulation(vintage=2019).count(asked)
    assert answer["source"].str.contains("bundled").all()


# When something is missing


def failing(fake, form):
    if form == "not found":
        return
    fake.always = {
        "server error": Reply(500, {}, b"There was an error"),
        "hang up": Reply(hang_up=True),
        "web page": Reply(200, {"Content-Type": "text/html"}, b"<html><body>Hello</body></html>"),
        "half a file": Reply(200, {"Content-Type": "text/csv"}, b"SUMLEV,STATE\n050,44\n"),
    }[form]


@pytest.mark.parametrize(
    "form", ["not found", "server error", "hang up", "web page", "half a file"]
)
def test_what_cannot_be_had_is_replaced_with_one_warning(bureau, form):
    failing(bureau, form)
    population = CensusPopulation(timeout=5)
    with pytest.warns(DataWarning, match=r"^1 of 1 tables of the Census Bureau could not") as said:
        answer = population.count(ASKED)
    assert len(said) == 1 and said[0].filename == __file__
    bundled = CensusPopulation(source="bundled")
    pd.testing.assert_frame_equal(answer, bundled.count(ASKED))
    assert answer["source"].str.contains("bundled").all()
    assert len(population.remarks) == 1
    assert "figures inside the package are used instead" in population.remarks[0]
    for text in (*population.remarks, str(said[0].message)):
        assert "Rhode" not in text and "44" not in text and "127.0.0.1" not in text
    # Other states fail too, are remarked, and nobody is warned again.
    population.count(pd.DataFrame({"geography": ["Kent County, DE"]}))
    assert population.count(ASKED)["count"].tolist() == answer["count"].tolist()


@pytest.mark.parametrize("source", ["bulk", "api", "cache"])
def test_the_one_source_that_may_be_used_has_not_all(bureau, source):
    population = CensusPopulation(source=source, api_key=KEY)
    asked = pd.DataFrame({"geography": [*PLACES, "Kent County, DE", "Ohio"]})
    with pytest.raises(InputError, match=rf"source='{source}': 3 of 3 tables") as error:
        population.count(asked)
    for word in ("warm", "could not be had"):
        assert word in str(error.value)
    for word in ("Ohio", "Kent", "44", KEY):
        assert word not in str(error.value)


def test_a_failure_of_the_one_source_is_not_remembered(bureau):
    population = CensusPopulation(source="bulk")
    with pytest.raises(InputError):
        population.count(ASKED)
    publish_bulk(bureau)
    assert population.count(ASKED)["count"].tolist() == pytest.approx(expected_counts())


def test_rows_of_one_answer_may_come_from_different_sources(bureau):
    publish_bulk(bureau)
    population = CensusPopulation()
    asked = pd.DataFrame({"geography": ["Kent County, RI", "Kent County, DE"]})
    with pytest.warns(DataWarning, match="1 of 2 tables"):
        answer = population.count(asked)
    assert answer["count"][0] == BY_YEAR[1].sum()
    assert answer["count"][1] == CensusPopulation(source="bundled").count(asked)["count"][1]
    assert answer["source"].str.extract("(live|bundled)")[0].tolist() == ["live", "bundled"]
    # A county of either state: whatever it is counted by is named.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        both = population.count(pd.DataFrame({"geography": ["Kent County, RI|Kent County, DE"]}))
    assert both["count"][0] == answer["count"].sum()
    assert "live" in both["source"][0] and "bundled" in both["source"][0]


def test_counties_without_their_single_years(bureau):
    bureau.publish_counties(2024, 44, tables.COUNTIES, tables.broaden(BY_YEAR, tables.STARTS_18))
    population = CensusPopulation(source="bulk")
    answer = population.count(ASKED)
    assert answer["count"][0] == expected_counts()[0]
    assert answer["modelled"].tolist() == [False, True, False, True]
    assert "single years of age of counties could not be had" in population.remarks[0]


def test_the_cache_as_the_only_source_fetches_nothing_at_all(bureau):
    bureau.publish_counties(2024, 44, tables.COUNTIES, tables.broaden(BY_YEAR, tables.STARTS_18))
    CensusPopulation(source="bulk").count(ASKED)
    publish_bulk(bureau)
    n_requests = len(bureau.requests)
    population = CensusPopulation(source="cache")
    assert population.count(ASKED)["count"][0] == expected_counts()[0]
    assert len(bureau.requests) == n_requests and "single years" in population.remarks[0]


def test_offline_it_works_from_what_it_has_and_warns_of_nothing(bureau, monkeypatch):
    monkeypatch.setenv("PERSONATWIN_OFFLINE", "1")
    publish_bulk(bureau)
    population = CensusPopulation()
    answer = population.count(ASKED)
    assert answer["source"].str.contains("bundled").all()
    assert not bureau.requests and "PERSONATWIN_OFFLINE" in population.remarks[0]


def test_a_year_that_was_asked_for_is_not_replaced_without_a_word(bureau, monkeypatch):
    monkeypatch.setenv("PERSONATWIN_OFFLINE", "1")
    with pytest.warns(DataWarning, match="inside the package"):
        answer = CensusPopulation(vintage=2022).count(ASKED)
    assert answer["source"].str.contains("bundled").all()


@pytest.mark.parametrize("slow", ["first byte", "drip"])
def test_a_slow_server_is_given_up_in_time(bureau, slow):
    bureau.always = Reply(delay=30) if slow == "first byte" else Reply(body=b"x" * 99, drip=0.2)
    population = CensusPopulation(timeout=0.5)
    start = time.monotonic()
    with pytest.warns(DataWarning, match="time allowed|unreachable|did not"):
        answer = population.count(
            pd.DataFrame({"geography": ["Kent County, RI", "Kent County, DE", "Ohio"]})
        )
    assert time.monotonic() - start < 4
    assert answer["source"].str.contains("bundled").all()


def test_all_states_of_a_count_share_one_time_limit(bureau):
    bureau.always = Reply(404, delay=0.4)
    states = ["AL", "AR", "CO", "FL", "GA", "ID", "IL", "IN"]
    asked = pd.DataFrame({"geography": [f"Washington County, {state}" for state in states]})
    with pytest.warns(DataWarning, match="8 of 8 tables"):
        CensusPopulation(timeout=1.0).count(asked)
    assert len(bureau.requests) <= 3


def test_a_cache_that_cannot_be_written(bureau, tmp_path):
    (tmp_path / "file").write_text("no folder")
    publish_bulk(bureau)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        population = CensusPopulation(cache_dir=tmp_path / "file" / "cache")
        answer = population.count(ASKED)
    assert answer["count"].tolist() == pytest.approx(expected_counts())
    assert answer["source"].str.contains("live").all()
    assert len(said) <= 1 and all(issubclass(one.category, DataWarning) for one in said)


# What goes out


def test_requests_tell_nothing_but_the_states(bureau):
    """Two tables with nothing in common but their states make for the same requests."""
    publish_bulk(bureau)
    publish_states(bureau)
    rng = np.random.default_rng(0)
    first = pd.DataFrame({"geography": ["Kent County, RI", "Ohio", "Kent County, DE"]})
    second = pd.DataFrame(
        {
            "age": rng.integers(0, 100, 400),
            "gender": rng.choice(["M", "F", "X"], 400),
            "ethnicity": rng.choice(["White", "Latino", "Zebulon"], 400),
            "geography": rng.choice(
                [
                    "77 Quark St, Warwick, Kent County, RI",
                    "Providence County, RI",
                    "02903",
                    "Sussex County, DE|New Castle County, DE",
                    "United States",
                ],
                400,
            ),
            "secret": "Zebulon Quark",
        }
    )
    seen = []
    for frame in (first, second):
        bureau.requests.clear()
        with pytest.warns(DataWarning):
            population = CensusPopulation()
            population.clear_cache()
            population.count(frame)
        seen.append([(request.path, request.query) for request in bureau.requests])
        headers = str([request.headers for request in bureau.requests])
        for word in ("Quark", "Zebulon", "Warwick", "02903", "Kent"):
            assert word not in headers and word not in str(seen[-1])
    assert seen[0] == seen[1]
    assert {path.rsplit("/", 1)[1] for path, _ in seen[0]} == {
        "sc-est2024-alldata6.csv",
        "cc-est2024-alldata-10.csv",
        "cc-est2024-alldata-44.csv",
        "cc-est2024-syasex-44.csv",
    }


# Copies


def test_a_pickled_population_counts_as_it_did(bureau):
    publish_bulk(bureau)
    population = CensusPopulation()
    answer = population.count(ASKED)
    packed = pickle.dumps(population)
    population.clear_cache()
    bureau.always = Reply(hang_up=True)
    n_requests = len(bureau.requests)
    other = pickle.loads(packed)
    pd.testing.assert_frame_equal(other.count(ASKED), answer)
    assert len(bureau.requests) == n_requests
    assert other.provenance == population.provenance


def test_a_pickle_holds_no_figures_that_every_installation_has():
    population = CensusPopulation(source="bundled")
    small = len(pickle.dumps(population))
    population.count(pd.DataFrame({"geography": ["Kent County, DE", "Harris County, TX", "Ohio"]}))
    assert len(pickle.dumps(population)) < small + 1_000


def test_where_a_state_is_counted_from_stays_so(bureau):
    population = CensusPopulation()
    with pytest.warns(DataWarning):
        before = population.count(ASKED)
    publish_bulk(bureau)
    pd.testing.assert_frame_equal(population.count(ASKED), before)


def test_two_processes_share_a_cache(bureau, tmp_path):
    publish_bulk(bureau)
    publish_states(bureau)
    script = (
        "import pandas as pd\n"
        "from personatwin_sk.population import CensusPopulation\n"
        f"asked = pd.DataFrame({{'geography': {PLACES!r}}})\n"
        "print(CensusPopulation(source='bulk', timeout=60).count(asked)['count'].tolist())\n"
    )
    environment = {**os.environ, "PERSONATWIN_HOME": str(tmp_path / "shared")}
    runs = [
        subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    expected = str(BY_YEAR[:4].sum(axis=(1, 2, 3, 4)).astype(float).tolist())
    for run in runs:
        out, _ = run.communicate(timeout=120)
        assert run.returncode == 0 and out.decode().strip() == expected


def test_a_bureau_error_is_no_input_error_when_warming(bureau):
    with pytest.raises(BureauError):
        CensusPopulation().warm(["Ohio"])
