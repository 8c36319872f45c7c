"""Verifying a release by its data: forgeries that agree with themselves are found."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from forging import failing

from personatwin_sk.datasets import make_people_events
from personatwin_sk.exceptions import InputError
from personatwin_sk.population import CensusPopulation
from personatwin_sk.release import (
    Personas,
    _coverage,
    create_safe_personas,
    data_dictionary,
    export_release,
    verify_release,
)
from personatwin_sk.release._coverage import Coverage, label_covers
from personatwin_sk.release._event_limits import least_event_risk_of, moved_too_far
from personatwin_sk.release._manifest import claims_of
from personatwin_sk.risk._presets import risk_level

CENSUS = CensusPopulation(source="bundled")


@pytest.fixture(scope="module")
def original() -> pd.DataFrame:
    return make_people_events(300, random_state=5)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, original: pd.DataFrame) -> Path:
    folder = tmp_path_factory.mktemp("release") / "safe"
    result = create_safe_personas(
        original,
        domain="criminal_justice",
        target_risk=0.25,
        population=CENSUS,
        random_state=0,
    )
    assert len(result.personas) > 2
    export_release(result, folder, report=False)
    return folder


@pytest.fixture
def release(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "safe"))


def read(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    personas = pd.read_csv(folder / "personas.csv", dtype=str).astype({"class_size": int})
    events = pd.read_csv(folder / "events.csv", dtype=str)
    return personas, events, json.loads((folder / "risk.json").read_text())


def forge(
    folder: Path, personas: pd.DataFrame, events: pd.DataFrame | None, risk: dict[str, Any]
) -> None:
    """Write altered tables and make everything else agree with them, as a careful forger does."""
    sizes = personas.groupby(risk["settings"]["quasi_identifiers"], dropna=False)[
        "class_size"
    ].sum()
    n = int(personas["class_size"].sum())
    risk["counts"] |= {"people": n, "released_people": n, "personas": len(personas)}
    n_events = 0 if events is None else len(events)
    risk["counts"] |= {"events": n_events, "released_events": n_events}
    told = risk["risk"]["release"]
    told |= {"k_anonymity": int(sizes.min()), "n_people": n, "n_classes": len(sizes)}
    told["prosecutor"] = {"mean": len(sizes) / n, "max": 1 / int(sizes.min())}
    risk["verdict"]["risk"] = max(told["upper"], told["event_risk"]["upper"])
    level = risk_level(risk["verdict"]["risk"])
    risk["verdict"] |= {
        "level": level,
        "safe_for_public": level == "SAFE_FOR_PUBLIC_RELEASE",
        "safe_for_research": level in ("SAFE_FOR_PUBLIC_RELEASE", "SAFE_FOR_RESEARCH"),
    }
    risk["settings"]["merge__k"] = min(risk["settings"]["merge__k"], int(sizes.min()))
    dictionary = data_dictionary(Personas(personas, events), risk["settings"])
    personas.to_csv(folder / "personas.csv", index=False, lineterminator="\n")
    if events is not None:
        events.to_csv(folder / "events.csv", index=False, lineterminator="\n")
    (folder / "data_dictionary.json").write_text(json.dumps(dictionary))
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in risk["least_people"]:  # they would contradict the other tables
        (folder / name).unlink()
        del risk["files"][name], manifest["files"][name]
    risk["least_people"] = {}
    risk["claims"] = manifest["claims"] = claims_of(risk)
    for name in set(risk["files"]):
        facts = digest_of(folder / name)
        if name.endswith("csv"):
            facts["rows"] = len(personas) if name == "personas.csv" else n_events
        risk["files"][name] = manifest["files"][name] = facts
    (folder / "risk.json").write_text(json.dumps(risk))
    manifest["files"]["risk.json"] = digest_of(folder / "risk.json")
    (folder / "manifest.json").write_text(json.dumps(manifest))


def digest_of(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def test_what_was_written_holds(release: Path, original: pd.DataFrame) -> None:
    before = original.copy()
    found = verify_release(release, original, population=CENSUS)
    assert failing(found) == set(), str(found)
    assert all(check.holds for check in found.checks)
    pd.testing.assert_frame_equal(original, before)
    assert "limits that the data leave open" in str(found)
    shuffled = original.sample(frac=1, random_state=1)
    assert verify_release(release, shuffled, population=CENSUS).holds


def test_a_forger_who_changes_nothing_is_not_found(release: Path, original: pd.DataFrame) -> None:
    forge(release, *read(release))
    assert failing(verify_release(release, original, population=CENSUS)) == set()


Change = Callable[[pd.DataFrame, pd.DataFrame, dict[str, Any]], Any]


def drop_a_persona(p: pd.DataFrame, e: pd.DataFrame, r: dict) -> Any:
    gone = p["persona_id"].iloc[0]
    return p.iloc[1:], e[e["persona_id"] != gone], r


def move_people(p: pd.DataFrame, e: pd.DataFrame, r: dict) -> Any:
    """Shift half of the people of one persona to another: totals stay."""
    half = p["class_size"].max() // 2
    sizes = p["class_size"].copy()
    sizes[p["class_size"].idxmax()] -= half
    sizes[p["class_size"].idxmin()] += half
    return p.assign(class_size=sizes), e, r


def more_people(p: pd.DataFrame, e: pd.DataFrame, r: dict) -> Any:
    return p.assign(class_size=p["class_size"] * 10), e, r


def younger(p: pd.DataFrame, e: pd.DataFrame, r: dict) -> Any:
    return p.assign(age="18-19"), e, r


def elsewhere(p: pd.DataFrame, e: pd.DataFrame, r: dict) -> Any:
    return p.assign(geography="Texas"), e, r


def fewer_events(p: pd.DataFrame, e: pd.DataFrame, r: dict) -> Any:
    return p, e.iloc[5:], r


def more_events(p: pd.DataFrame, e: pd.DataFrame, r: dict) -> Any:
    return p, pd.concat([e, e.iloc[:3]]), r


def other_types(p: pd.DataFrame, e: pd.DataFrame, r: dict) -> Any:
    types = e["event_type"].copy()
    types.iloc[:7] = "appeal"
    return p, e.assign(event_type=types), r


def other_dates(p: pd.DataFrame, e: pd.DataFrame, r: dict) -> Any:
    dates = e["date"].copy()
    dates[:] = dates.max()
    return p, e.assign(date=dates), r


def other_outcomes(p: pd.DataFrame, e: pd.DataFrame, r: dict) -> Any:
    for _, rows in e.groupby("event_type"):
        e.loc[rows.index, "outcome"] = rows["outcome"].mode().iloc[0]
    return p, e, r


def outcomes_of_one_type(p: pd.DataFrame, e: pd.DataFrame, r: dict) -> Any:
    """More than noise exchanges in that type, fewer than in all types together."""
    rows = e[e["event_type"] == e["event_type"].mode().iloc[0]]
    often, other = rows["outcome"].value_counts().index[:2]
    changed = rows.index[rows["outcome"] == often][: round(len(e) * 0.05) + 10]
    assert len(changed) > 0.15 * len(rows)
    e.loc[changed, "outcome"] = other
    return p, e, r


def new_outcomes(p: pd.DataFrame, e: pd.DataFrame, r: dict) -> Any:
    outcomes = e["outcome"].copy()
    outcomes.iloc[0] = "canary"
    return p, e.assign(outcome=outcomes), r


def other_persona(p: pd.DataFrame, e: pd.DataFrame, r: dict) -> Any:
    return p, e.assign(persona_id=p["persona_id"].iloc[0]), r


def lower_risk(p: pd.DataFrame, e: pd.DataFrame, r: dict) -> Any:
    told = r["risk"]["release"]["event_risk"]
    told["mean"] = told["upper"] = 1e-6
    return p, e, r


def lower_class_risk(p: pd.DataFrame, e: pd.DataFrame, r: dict) -> Any:
    told = r["risk"]["release"]
    for one in ("journalist", "marketer"):
        told[one] = {"mean": 1e-12, "max": 1e-12}
    told |= {"population_average_risk": 1e-12, "max_risk": 1e-12, "upper": 1e-12}
    return p, e, r


def prettier_baseline(p: pd.DataFrame, e: pd.DataFrame, r: dict) -> Any:
    r["risk"]["untouched"]["prosecutor"]["mean"] = 0.5
    return p, e, r


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (drop_a_persona, "people of the data"),
        (move_people, "labels"),
        (more_people, "labels"),
        (younger, "labels"),
        (elsewhere, "labels"),
        (fewer_events, "people of the data"),
        (more_events, "people of the data"),
        (other_types, "events of the data"),
        (other_dates, "events of the data"),
        (other_outcomes, "events of the data"),
        (outcomes_of_one_type, "events of the data"),
        (new_outcomes, "events of the data"),
        (other_persona, "events of the data"),
        (lower_risk, "risk of the data"),
        (lower_class_risk, "risk of the data"),
        (prettier_baseline, "risk of the data"),
    ],
)
def test_a_forgery_that_agrees_with_itself_is_found_by_the_data(
    release: Path, original: pd.DataFrame, change: Change, check: str
) -> None:
    forge(release, *change(*read(release)))
    assert failing(verify_release(release)) == set()
    found = verify_release(release, original, population=CENSUS)
    assert check in failing(found), str(found)
    assert "canary" not in str(found)


def test_other_data_are_found(release: Path, original: pd.DataFrame) -> None:
    other = make_people_events(300, random_state=6)
    assert "risk of the data" in failing(verify_release(release, other, population=CENSUS))
    older = original.assign(age=np.minimum(original["age"] + 40, 110))
    assert "labels" in failing(verify_release(release, older, population=CENSUS))
    some = original[original["person_id"] != original["person_id"].iloc[0]]
    assert "people of the data" in failing(verify_release(release, some, population=CENSUS))


def test_data_that_lack_a_column_are_refused(release: Path, original: pd.DataFrame) -> None:
    found = verify_release(release, original.drop(columns="gender"), population=CENSUS)
    assert failing(found) == {"columns of the data"}
    with pytest.raises(InputError, match="person_id"):
        verify_release(release, original.drop(columns="person_id"), population=CENSUS)


def test_people_without_events_and_a_prosecutor(tmp_path: Path) -> None:
    people = pd.DataFrame(
        {
            "person_id": range(60),
            "age": [None, *range(20, 79)],
            "gender": ["F", "M", None] * 20,
            "unit": np.arange(60) % 4,
        }
    )
    result = create_safe_personas(
        people, use_census_data=False, target_risk=0.2, known_events=0, keep=["unit"]
    )
    export_release(result, tmp_path, report=False)
    found = verify_release(tmp_path, people)
    assert failing(found) == set(), str(found)
    assert "labels" in failing(verify_release(tmp_path, people.assign(unit=9)))


@pytest.mark.parametrize(
    ("values", "labels", "expected"),
    [
        ([34, 41, None], ["30-39", "40+", None, "30-39|"], ["1001", "0100", "0011"]),
        (["a", "b"], ["a|b", "b", "c"], ["100", "110"]),
        (["30-39", "85+"], ["30-49", "80+", "85+"], ["100", "011"]),
        ([1.0, 2.5], ["1", "1-3"], ["11", "01"]),
    ],
)
def test_which_labels_cover_which_values(values: list, labels: list, expected: list[str]) -> None:
    found = label_covers(
        pd.Series(values, dtype=object), pd.Series(labels, dtype=object), places=False
    )
    assert ["".join("01"[int(one)] for one in row) for row in found] == expected


def test_two_personas_cannot_claim_the_same_people(tmp_path: Path) -> None:
    people = pd.DataFrame({"person_id": range(20), "age": [22] * 10 + [50] * 10})
    result = create_safe_personas(people, use_census_data=False, target_risk=0.2, known_events=0)
    export_release(result, tmp_path, report=False)
    personas = pd.read_csv(tmp_path / "personas.csv", dtype=str).astype({"class_size": int})
    assert personas["class_size"].tolist() == [10, 10]
    # Each of them alone could be the ten young people.
    forged = personas.assign(age=["20-29", "20-30"])
    risk = json.loads((tmp_path / "risk.json").read_text())
    forge(tmp_path, forged, None, risk)
    assert failing(verify_release(tmp_path)) == set()
    found = verify_release(tmp_path, people)
    assert "10 of 20 people cannot be found" in str(found)


def test_what_is_too_large_to_compare_is_left_open(
    release: Path, original: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_coverage, "MOST_PAIRS", 10)
    found = verify_release(release, original, population=CENSUS)
    assert found.holds and "1 of 16 checks could not be made" in str(found)


def test_places_are_covered_by_what_holds_them() -> None:
    values = pd.Series(["Cincinnati, Hamilton County, OH", "Hamilton County, IN", None])
    labels = pd.Series(["Hamilton County, OH", "Ohio", "East North Central", None, "Ohio|"])
    found = label_covers(values, labels, places=True)
    assert found.tolist() == [
        [True, True, True, False, True],
        [False, False, True, False, False],
        [False, False, False, True, True],
    ]


def test_placing_people_is_what_brute_force_finds() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        ages = rng.integers(0, 6, 6)
        lows = rng.integers(0, 5, 3)
        labels = [f"{low}-{low + rng.integers(1, 4)}" for low in lows]
        if len(set(labels)) < 3:
            continue
        sizes = rng.multinomial(6, [1 / 3] * 3)
        classes = pd.DataFrame({"age": labels})
        coverage = Coverage(pd.DataFrame({"age": ages}), classes, sizes)
        n_placed, place = coverage.placed()
        most = max(
            sum(
                covered(age, labels[at]) and seats[:i].count(at) < sizes[at]
                for i, (age, at) in enumerate(zip(ages, seats, strict=True))
            )
            for seats in itertools.product(range(3), repeat=6)
        )
        assert n_placed == most == (place >= 0).sum()
        assert (np.bincount(place[place >= 0], minlength=3) <= sizes).all()
        assert all(covered(a, labels[p]) for a, p in zip(ages, place, strict=True) if p >= 0)


def covered(age: int, label: str) -> bool:
    low, high = label.split("-")
    return int(low) <= age <= int(high)


def test_dates_are_matched_as_brute_force_matches_them() -> None:
    rng = np.random.default_rng(1)
    start_of = np.datetime64("2020-01-01")
    for _ in range(200):
        days = start_of + rng.integers(0, 60, 4)
        start = start_of + rng.integers(0, 9, 4) * 7
        end, reach = start + 6, int(rng.integers(0, 20))
        fits = any(
            all(s - reach <= d <= e + reach for d, s, e in zip(order, start, end, strict=True))
            for order in itertools.permutations(days)
        )
        assert (moved_too_far(days, start, end, reach) == 0) == fits


def test_the_least_event_risk_is_that_of_a_small_case() -> None:
    # Five people in one class; three arrests within reach of each other, one far off, one trial.
    days = np.array(["2020-01-05"] * 3 + ["2022-06-01", "2020-01-05"], dtype="datetime64[D]")
    risk = least_event_risk_of(
        np.arange(5),
        np.zeros(5, dtype=int),
        np.array([0, 0, 0, 0, 1]),
        days,
        covers=np.array([[True]]),
        sizes=np.array([5]),
        released_class=np.zeros(5, dtype=int),
        released_kind=np.array([0, 0, 0, 0, 1]),
        released_dates=pd.Series(["2020-01", "2020-01", "2020-01", "2022-06", "2020-01"]),
        reach=14,
    )
    assert risk == pytest.approx((3 * (1 / 3) + 1 + 1) / 5)


@pytest.mark.parametrize("kind", ["Int64", "int64", "float64", "object"])
def test_whole_numbers_of_any_kind_lie_in_their_ranges(kind: str) -> None:
    ages = pd.Series([34, 41], dtype=kind)
    found = label_covers(ages, pd.Series(["30-39", "41", "30-50|"], dtype=object), places=False)
    assert found.tolist() == [[True, False, True], [False, True, True]]


def test_a_file_with_missing_ages_is_verified_by_itself(tmp_path: Path) -> None:
    """Ages with nulls are whole numbers of another kind than ages without."""
    people = make_people_events(200, random_state=6)
    nobody_knows = people["person_id"].isin(people["person_id"].drop_duplicates().iloc[::20])
    people["age"] = people["age"].mask(nobody_knows).astype("Int64")
    result = create_safe_personas(people, population=CENSUS, known_events=0, random_state=0)
    export_release(result, tmp_path / "safe", report=False)
    found = verify_release(tmp_path / "safe", original=people)
    assert found.holds, found
