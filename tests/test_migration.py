"""Code written for PersonaTwin runs here with nothing changed but the name of the import.

The blocks below are calls as its users have them: loading, protecting, checking and exporting. Each
runs in a folder of its own, on files that are made here, and is judged by what it leaves behind:
its names, and the files it wrote, read back with pandas. What a class holds is counted on data
whose making is known, not by the package.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.datasets import make_people_events
from personatwin_sk.domains import get_domain_config
from personatwin_sk.exceptions import DataWarning, InfeasibleRiskError

EASY_TO_USE = """
import personatwin_sk as pt

# Load your sensitive data
people = pt.load_criminal_justice_data("court_records.csv")

# Generate safe personas
result = pt.create_safe_personas(
    data=people,
    privacy_level="high",
    domain="criminal_justice",
    target_risk=0.01  # 1% re-identification risk
)

# Check safety
print(f"Risk level: {result.risk_metrics.get_risk_level()}")
print(f"Safe for public: {result.is_safe_for_public()}")

# Export
pt.export_personas(result.personas, "safe_personas.csv")
pt.export_privacy_report(result, "privacy_report.html")
"""

CRIMINAL_JUSTICE = """
import personatwin_sk as pt
import pandas as pd

# Load your court records
df = pd.read_csv("court_records.csv")

# Generate personas with high privacy
result = pt.create_safe_personas(
    data=df,
    privacy_level="high",
    domain="criminal_justice",
    target_risk=0.01
)

# Analyze results
print(f"Generated {len(result.personas)} personas")
print(f"Population risk: {result.risk_metrics.population_average_risk:.3%}")
print(f"K-anonymity: {result.risk_metrics.k_anonymity}")

# Export for sharing
personas_df = pt.personas_to_dataframe(result.personas)
personas_df.to_csv("safe_court_data.csv", index=False)
"""

HEALTHCARE = """
import personatwin_sk as pt

# Load patient records
patients = pt.load_healthcare_data("patient_visits.csv")

# Generate personas for research
result = pt.create_safe_personas(
    data=patients,
    privacy_level="medium",
    domain="healthcare",
    target_risk=0.05  # 5% risk for research use
)

# Event-level export
events_df = pt.personas_to_event_dataframe(result.personas)
events_df.to_csv("safe_patient_events.csv", index=False)
"""

CUSTOM_DOMAIN = """
import personatwin_sk as pt

# Define your own domain
custom_config = pt.create_custom_config(
    event_types=["application", "interview", "hire", "promotion", "exit"],
    outcomes=["successful", "unsuccessful", "pending"],
    sensitive_fields={"employee_id", "ssn", "salary"},
    preserve_fields={"job_level", "department", "performance_rating"},
    temporal_precision="month",
    geographic_precision="state"
)

# Generate personas
result = pt.create_safe_personas(
    data=your_data,
    privacy_level="high",
    domain="custom",
    domain_config=custom_config
)
"""

PRIVACY_LEVELS = """
privacy_level = "low"      # Minimal protection, higher utility
privacy_level = "medium"   # Balanced (default)
privacy_level = "high"     # Strong protection
privacy_level = "maximum"  # Maximum privacy, minimal utility
"""

RISK_THRESHOLDS = """
target_risk = 0.01  # 1% - Safe for public release
target_risk = 0.05  # 5% - Safe for research
target_risk = 0.15  # 15% - Internal use only
"""

DOMAINS = """
from personatwin_sk import Domain

domain = Domain.CRIMINAL_JUSTICE
domain = Domain.HEALTHCARE
domain = Domain.EDUCATION
domain = Domain.SOCIAL_SERVICES
domain = Domain.EMPLOYMENT
domain = Domain.CUSTOM  # Define your own
"""

CENSUS = """
import personatwin_sk as pt

# Census enhancement enabled by default
result = pt.create_safe_personas(
    data=your_data,
    privacy_level="high",
    use_census_data=True  # Enabled by default
)

# Check for census insights in the report
if "CENSUS:" in result.risk_metrics.recommendation:
    print("Census-enhanced privacy assessment detected rare demographics")
"""

PEOPLE_FORMAT = """\
person_id,age,gender,ethnicity,geography
001,35,Male,White,Hamilton County OH
002,28,Female,Black,Hamilton County OH
"""

EVENTS_FORMAT = """\
person_id,age,gender,ethnicity,geography,event_id,date,event_type,outcome
001,35,Male,White,Hamilton County,E1,2023-01-15,arrest,charged
001,35,Male,White,Hamilton County,E2,2023-03-20,trial,guilty
"""

KEYS = ["age", "gender", "ethnicity", "geography"]
OPTIONS = re.compile(r"^(\w+) = ([^#\n]*?)\s*(?:#.*)?$", re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(block: str, **names: Any) -> dict[str, Any]:
    exec(compile(block, "a block of a user's", "exec"), names)
    return names


def one_event_each(n_people: int, domain: str, **events: list[str]) -> pd.DataFrame:
    """People of one county, each with one event in one year: how many fit an event is plain."""
    rng = np.random.default_rng(n_people)
    made = make_people_events(n_people, domain, areas=("39061",), random_state=n_people)
    days = pd.to_timedelta(rng.integers(0, 365, n_people), "D")
    return made.drop_duplicates("person_id").assign(
        person_id=[f"Q{number:05d}" for number in range(n_people)],
        event_id=[f"W{number:05d}" for number in range(n_people)],
        date=(pd.Timestamp("2023-01-01") + days).strftime("%Y-%m-%d"),
        **{name: rng.choice(values, n_people) for name, values in events.items()},
    )


def held(personas: pd.DataFrame, original: pd.DataFrame, k: int) -> None:
    """Check a table of personas against who is behind it."""
    assert personas["class_size"].min() >= k
    assert personas["class_size"].sum() == original["person_id"].nunique()
    assert not {"person_id", "event_id", "name"} & set(personas)
    # Whoever shares a row is one class: no two personas look the same.
    assert not personas[KEYS].astype(str).duplicated().any()


def no_id_in(text: str, original: pd.DataFrame, *columns: str) -> None:
    """An id is looked for as a word of its own."""
    words = set(re.findall(r"\w+", text))
    for column in columns:
        assert not words & set(original[column].astype(str))


def test_easy_to_use(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    court = one_event_each(
        1200, "criminal_justice", event_type=["arrest"], outcome=["charged", "released"]
    )
    court.to_csv("court_records.csv", index=False)
    pytest.importorskip("matplotlib")
    result = run(EASY_TO_USE)["result"]

    assert result.verdict <= 0.01
    printed = capsys.readouterr().out
    assert "Risk level: SAFE_FOR_PUBLIC_RELEASE\nSafe for public: True" in printed
    personas = pd.read_csv("safe_personas.csv")
    held(personas, court, 11)
    # Everybody was arrested: whoever knows of the arrest is left with the class at the least.
    classes_alone = len(personas) / len(court)
    assert classes_alone <= result.risk_metrics.event_risk.upper <= 0.01
    report = Path("privacy_report.html").read_text("utf-8")
    assert report.startswith("<!DOCTYPE html>") and report.rstrip().endswith("</html>")
    no_id_in(report + Path("safe_personas.csv").read_text("utf-8"), court, "person_id", "event_id")


def test_easy_to_use_refuses_what_is_out_of_reach(folder: Path) -> None:
    # 90 people: whoever knows that somebody is in the file finds them with a chance of 1/90.
    court = one_event_each(90, "criminal_justice", event_type=["arrest"], outcome=["charged"])
    court.to_csv("court_records.csv", index=False)
    with pytest.raises(InfeasibleRiskError, match=r"target_risk=0\.01") as caught:
        run(EASY_TO_USE)
    assert caught.value.nearest_risk >= 1 / 90
    assert sorted(path.name for path in folder.iterdir()) == ["court_records.csv"]


def test_criminal_justice(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(3)
    people = pd.DataFrame(
        {
            "person_id": [f"{number:03d}" for number in range(400)],
            "age": rng.integers(18, 70, 400),
            "gender": rng.choice(["Male", "Female"], 400),
            "ethnicity": rng.choice(["White", "Black"], 400),
            "geography": "Hamilton County OH",
        }
    )
    people.to_csv("court_records.csv", index=False)
    names = run(CRIMINAL_JUSTICE)
    result = names["result"]
    assert result.risk_metrics.k_anonymity >= 11
    assert result.risk_metrics.population_average_risk <= result.verdict <= 0.01
    personas = pd.read_csv("safe_court_data.csv")
    held(personas, people, 11)
    assert personas["class_size"].min() == result.risk_metrics.k_anonymity
    pd.testing.assert_frame_equal(personas, names["personas_df"], check_dtype=False)
    printed = capsys.readouterr().out
    assert f"Generated {len(personas)} personas\n" in printed
    assert f"K-anonymity: {personas['class_size'].min()}\n" in printed
    # The classes cover the people: every age that there is lies in a released range.
    ranges = personas["age"].astype(str).str.extract(r"^(\d+)(?:-(\d+))?$").astype(float)
    first, last = ranges[0], ranges[1].fillna(ranges[0])
    assert all(((first <= age) & (age <= last)).any() for age in people["age"].unique())


def test_healthcare(folder: Path) -> None:
    patients = one_event_each(
        400, "healthcare", event_type=["visit", "test"], outcome=["completed"]
    )
    # What a visit and a test can come to is told apart by the domain.
    patients.loc[patients["event_type"] == "test", "outcome"] = "negative"
    patients = patients.assign(name=[f"Q{number} Zyxw" for number in range(400)])
    patients.to_csv("patient_visits.csv", index=False)
    result = run(HEALTHCARE)["result"]
    assert result.verdict <= 0.05 and result.is_safe_for_research()
    assert result.risk_metrics.k_anonymity >= 5

    written = Path("safe_patient_events.csv").read_text("utf-8")
    events = pd.read_csv(io.StringIO(written))
    assert list(events.columns) == ["persona_id", "date", "event_type", "outcome"]
    assert events["event_type"].value_counts().equals(patients["event_type"].value_counts())
    assert (events.groupby("persona_id").size() >= 5).all()
    assert set(zip(events["event_type"], events["outcome"], strict=True)) == {
        ("visit", "completed"),
        ("test", "negative"),
    }
    assert "Zyxw" not in written
    no_id_in(written, patients, "person_id", "event_id")


def test_custom_domain(folder: Path) -> None:
    rng = np.random.default_rng(5)
    staff = one_event_each(
        600,
        "employment",
        event_type=["application", "interview", "hire"],
        outcome=["successful", "pending"],
    ).assign(
        employee_id=[f"X{number:06d}" for number in range(600)],
        ssn=[f"999-{number // 100:02d}-{number % 100:04d}" for number in range(600)],
        salary=rng.integers(30, 90, 600) * 1000,
        job_level=rng.choice(["junior", "senior"], 600),
        department=rng.choice(["sales", "labs"], 600),
        performance_rating=rng.choice(["meets", "exceeds"], 600),
    )
    names = run(CUSTOM_DOMAIN, your_data=staff)
    result, config = names["result"], names["custom_config"]
    assert config.outcomes["exit"] == ("successful", "unsuccessful", "pending")
    assert result.verdict <= 0.05
    frame = names["pt"].personas_to_dataframe(result.personas)
    held(frame, staff, 11)
    # What is kept and the same in all rows of a person makes the person recognisable: it is merged.
    assert {"job_level", "department", "performance_rating"} <= set(frame)
    assert not {"employee_id", "ssn", "salary"} & set(frame)
    assert {"employee_id", "ssn", "salary"} <= set(result.settings["dropped_columns"])
    assert set(frame["geography"]) == {"Ohio"}
    no_id_in(frame.to_csv(), staff, "employee_id", "ssn")


def test_privacy_levels(folder: Path) -> None:
    levels = [value.strip('"') for name, value in OPTIONS.findall(PRIVACY_LEVELS)]
    assert levels == ["low", "medium", "high", "maximum"]
    rng = np.random.default_rng(0)
    people = pd.DataFrame(
        {"person_id": range(300), "age": rng.integers(20, 60, 300), "gender": ["F", "M"] * 150}
    )
    import personatwin_sk as pt

    sizes = {}
    for level in levels:
        made = pt.create_safe_personas(people, level, target_risk=0.34, use_census_data=False)
        sizes[level] = pt.personas_to_dataframe(made.personas)["class_size"].min()
    assert all(sizes[level] >= k for level, k in zip(levels, (3, 5, 11, 20), strict=True))
    assert list(sizes.values()) == sorted(sizes.values())


def test_risk_thresholds_are_the_levels_of_risk(folder: Path) -> None:
    import personatwin_sk as pt

    targets = [float(value) for _, value in OPTIONS.findall(RISK_THRESHOLDS)]
    assert targets == [0.01, 0.05, 0.15]
    told = ["SAFE_FOR_PUBLIC_RELEASE", "SAFE_FOR_RESEARCH", "INTERNAL_USE_ONLY"]
    for target, level in zip(targets, told, strict=True):
        # Classes of exactly 1/target people, and the attacker knows who is in the file.
        size = round(1 / target)
        people = pd.DataFrame({"person_id": range(4 * size), "gender": ["F", "M"] * (2 * size)})
        halves = people.assign(gender=np.repeat(["a", "b", "c", "d"], size))
        report = pt.assess_risk(halves, halves, ["gender"], person_id="person_id")
        assert report.get_risk_level() == level
        made = pt.create_safe_personas(
            halves, "low", target_risk=target + 1e-9, use_census_data=False, random_state=0
        )
        assert made.risk_metrics.get_risk_level() == level
        assert made.is_safe_for_public() == (target <= 0.01)
        assert made.is_safe_for_research() == (target <= 0.05)


def test_domains() -> None:
    names = run(DOMAINS)
    known = [value for _, value in OPTIONS.findall(DOMAINS)]
    assert len(known) == len(names["Domain"]) == 6
    assert names["domain"] is names["Domain"].CUSTOM


@pytest.mark.parametrize(
    ("domain", "events", "outcomes"),
    [
        (
            "criminal_justice",
            "arrest charge trial sentencing probation appeal",
            "guilty not_guilty dismissed plea_bargain",
        ),
        (
            "healthcare",
            "admission discharge diagnosis treatment surgery",
            "recovered improved stable declined",
        ),
        (
            "education",
            "enrollment assessment grade graduation suspension",
            "passed failed graduated promoted",
        ),
        (
            "social_services",
            "application benefit_received case_opened service_provided",
            "approved denied completed compliant",
        ),
        (
            "employment",
            "hire promotion performance_review training termination",
            "successful promoted completed terminated",
        ),
    ],
)
def test_events_and_outcomes_of_the_domains(domain: str, events: str, outcomes: str) -> None:
    config = get_domain_config(domain)
    assert set(events.split()) <= set(config.event_types)
    possible = {outcome for of_type in config.outcomes.values() for outcome in of_type}
    assert set(outcomes.split()) <= possible


def people_of_a_county(n_people: int) -> pd.DataFrame:
    rng = np.random.default_rng(n_people)
    return pd.DataFrame(
        {
            "person_id": [f"{number:04d}" for number in range(n_people)],
            "age": rng.integers(20, 60, n_people),
            "gender": rng.choice(["Male", "Female"], n_people),
            "ethnicity": "White",
            "geography": "Hamilton County, OH",
        }
    )


def test_census_where_it_decides(capsys: pytest.CaptureFixture[str]) -> None:
    people = people_of_a_county(120)
    result = run(CENSUS, your_data=people)["result"]
    assert result.risk_metrics.recommendation.startswith("CENSUS:")
    assert "detected rare demographics" in capsys.readouterr().out
    # 120 people of a county of 800,000: in the file few share a row, in the county many do.
    assert result.verdict < 1 / result.risk_metrics.k_anonymity / 10
    assert result.population["kind"] == "CensusPopulation"


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ("use_census_data=False", {}),
        # Nothing that a census counts: no remark, whatever was asked for.
        ("use_census_data=True", {"only": ["person_id", "house"]}),
    ],
)
def test_census_where_it_does_not(
    change: str, names: dict[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    people = people_of_a_county(400).assign(house=["north", "south"] * 200)
    block = CENSUS.replace("use_census_data=True", change)
    assert block != CENSUS or names
    if names:
        people = people[names["only"]]
        block = block.replace('privacy_level="high",', 'privacy_level="high", keep=["house"],')
    result = run(block, your_data=people)["result"]
    assert "CENSUS:" not in result.risk_metrics.recommendation
    assert capsys.readouterr().out == ""
    assert result.population is None
    assert result.verdict == pytest.approx(len(result.personas) / 400)


def test_formats(folder: Path) -> None:
    import personatwin_sk as pt

    Path("people.csv").write_text(PEOPLE_FORMAT, "utf-8")
    Path("events.csv").write_text(EVENTS_FORMAT, "utf-8")
    people = pt.load_people_events("people.csv")
    assert people.to_dict("records")[0] == {
        "person_id": "001",
        "age": 35,
        "gender": "Male",
        "ethnicity": "White",
        "geography": "Hamilton County OH",
    }
    events = pt.load_criminal_justice_data("events.csv")
    assert events["person_id"].tolist() == ["001", "001"]
    assert events["date"].tolist() == list(pd.to_datetime(["2023-01-15", "2023-03-20"]))
    assert events["outcome"].tolist() == ["charged", "guilty"]


def test_a_county_without_its_state_is_read_as_the_file_has_it(folder: Path) -> None:
    import personatwin_sk as pt

    people = people_of_a_county(120).assign(geography="Hamilton County")
    with pytest.warns(DataWarning, match="120 of 120.*geography"):
        result = pt.create_safe_personas(people, target_risk=0.2)
    assert result.verdict <= 0.2
    assert set(pt.personas_to_dataframe(result.personas)["geography"]) == {"Hamilton County"}
