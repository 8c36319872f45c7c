"""Canaries: what identifies one person stands in nothing that is shown, said or released."""

from __future__ import annotations

import hashlib
import json
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from pprint import pformat
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from personatwin_sk import (
    CensusPopulation,
    DataWarning,
    GeographicGeneralizer,
    IdentifierRemover,
    InfeasibleRiskError,
    NothingSelectedWarning,
    OutcomeNoise,
    PersonaMerger,
    ReidentificationRisk,
    ReleaseResult,
    RiskAwareSearch,
    TablePopulation,
    TemporalNoise,
    assess_risk,
    cli,
    create_safe_personas,
    information_kept,
    load_people_events,
    make_people_events,
)

KEYS = ["age", "gender", "ethnicity", "geography"]
IDS = {"person_id": "person_id", "event_id": "event_id"}
N_PEOPLE = 150


@dataclass(frozen=True)
class Canary:
    """One person whom nothing else in the tests resembles."""

    name: str = "Zebulon Quirk-Vantongeren"
    ssn: str = "987-65-4329"
    street: str = "4711 Xyloglyph Crescent"
    person: str = "PQZ-88441177"
    event: str = "EVQ-55119933"
    age: float = 101.4375
    place: str = "Kalawao County, HI"  # the county of fewest people
    ethnicity: str = "Ubykh"
    outcome: str = "exiled to Elba"
    date: str = "2021-11-23"

    def identifiers(self) -> list[str]:
        ids = [self.name, self.ssn, self.street, self.person, self.event]
        hashed = [
            hashlib.new(algorithm, text.encode()).hexdigest()[:16]
            for algorithm in ("md5", "sha1", "sha256")
            for text in (self.person, self.event, self.name, self.ssn)
        ]
        words = ["Zebulon", "Vantongeren", "Xyloglyph", "88441177", "55119933"]
        return [*ids, *hashed, *words]

    def values(self) -> list[str]:
        of_one = [str(self.age), self.place, self.ethnicity, self.outcome, self.date]
        return [*self.identifiers(), *of_one, "Kalawao", "101.4"]


CANARY = Canary()


def assert_silent(text: str, secrets: list[str]) -> None:
    said = [i for i, secret in enumerate(secrets) if secret.lower() in text.lower()]
    assert not said, f"{len(said)} canaries, numbers {said}"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Made-up people of Ohio and their events, and the canary among them."""
    table = make_people_events(N_PEOPLE, random_state=1)
    table["name"] = "Pat " + table["person_id"].astype(str)
    table["ssn"] = [f"{100 + i % 800}-{10 + i % 89}-{1000 + i}" for i in range(len(table))]
    table["street"] = [f"{i} Main Street" for i in range(len(table))]
    table["age"] = table["age"].astype(float)
    table["date"] = table["date"].astype(str)
    one = table["person_id"] == table["person_id"].iloc[0]
    table["person_id"] = table["person_id"].astype(str).mask(one, CANARY.person)
    table["event_id"] = table["event_id"].astype(object)
    table.loc[one, ["name", "ssn", "street"]] = [CANARY.name, CANARY.ssn, CANARY.street]
    table.loc[one, ["age", "geography", "ethnicity"]] = [
        CANARY.age,
        CANARY.place,
        CANARY.ethnicity,
    ]
    first = int(np.flatnonzero(one)[0])
    table.loc[first, ["event_id", "outcome", "date"]] = [
        CANARY.event,
        CANARY.outcome,
        CANARY.date,
    ]
    return table


def steps() -> list[tuple[str, BaseEstimator]]:
    return [
        ("identifiers", IdentifierRemover(["name", "ssn", "street"])),
        ("geography", GeographicGeneralizer(level="state")),
        ("dates", TemporalNoise(**IDS, jitter=9, precision="month")),
        ("outcomes", OutcomeNoise(given="event_type", **IDS)),
        ("merge", PersonaMerger(KEYS, k=5, person_id="person_id")),
    ]


ESTIMATORS = {
    **dict(steps()),
    "recognised": IdentifierRemover(),
    "intervals": PersonaMerger(KEYS, person_id="person_id", representation="interval"),
    "pipeline": Pipeline(steps()),
    "search": RiskAwareSearch(Pipeline(steps()), {"merge__k": [5, 9]}, target_risk=1),
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_estimators_do_not_show_whom_they_were_fitted_to(name: str, frame: pd.DataFrame) -> None:
    estimator = clone(ESTIMATORS[name])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted = estimator.fit(frame)
        fitted.transform(frame)
    said = " ".join(str(warning.message) for warning in caught)
    shown = [repr(fitted), str(fitted), fitted._repr_html_(), pformat(fitted.get_params()), said]
    for text in shown:
        assert_silent(text, CANARY.values())


def test_a_grid_search_over_our_steps_does_not_either(frame: pd.DataFrame) -> None:
    search = GridSearchCV(
        Pipeline(steps()[-1:]), {"merge__k": [5]}, cv=2, scoring=lambda *arguments: 0.0
    )
    search.fit(frame)
    for text in (repr(search), search._repr_html_(), repr(search.cv_results_)):
        assert_silent(text, CANARY.values())


def test_what_was_measured_does_not_say_of_whom(frame: pd.DataFrame) -> None:
    released = PersonaMerger(KEYS, k=5, person_id="person_id").fit_transform(frame)
    for population in (None, TablePopulation.from_frame(frame[KEYS].assign(n=1))):
        report = assess_risk(
            frame,
            released,
            KEYS,
            person_id="person_id",
            population=population,
            known_events=1,
            event_type="event_type",
            date="date",
        )
        for text in (repr(report), str(report), json.dumps(report.to_dict(), default=str)):
            assert_silent(text, CANARY.values())
        assert_silent(repr(population), CANARY.values())


def merger(**parameters: Any) -> PersonaMerger:
    return PersonaMerger(**{"quasi_identifiers": KEYS, "person_id": "person_id", **parameters})


def with_value(frame: pd.DataFrame, column: str, value: Any) -> pd.DataFrame:
    """The canary's first row says something else."""
    values = frame[column].astype(object).tolist()
    return frame.assign(**{column: pd.Series([value, *values[1:]], dtype=object)})


def risk(**parameters: Any) -> ReidentificationRisk:
    return ReidentificationRisk(KEYS, **{"person_id": "person_id", **parameters})


# Each of these cannot work, and has to say so without a value of anybody.
FAILURES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "too few people": lambda f: merger(k=10**6).fit(f),
    "people who disagree": lambda f: merger(on_conflict="raise").fit(with_value(f, "age", 7.0)),
    "no id": lambda f: merger().fit(with_value(f, "person_id", None)),
    "infinite age": lambda f: merger().fit(
        f.assign(age=with_value(f, "age", np.inf)["age"].astype(float))
    ),
    "no such key": lambda f: merger(quasi_identifiers=["shoe_size"]).fit(f),
    "person as key": lambda f: merger(quasi_identifiers=["person_id"]).fit(f),
    "other columns": lambda f: merger().fit(f).transform(f.drop(columns="age")),
    "no place": lambda f: GeographicGeneralizer().fit_transform(
        with_value(f, "geography", CANARY.street)
    ),
    "no state": lambda f: GeographicGeneralizer(state="name").fit_transform(f),
    "no date": lambda f: TemporalNoise().fit_transform(with_value(f, "date", CANARY.name)),
    "a date of other form": lambda f: TemporalNoise().fit_transform(
        with_value(f, "date", CANARY.ssn)
    ),
    "dates of no calendar": lambda f: TemporalNoise("name").fit_transform(f),
    "dates too far out": lambda f: TemporalNoise(shift=99).fit_transform(
        f.assign(date="9999-12-31")
    ),
    "numbers as dates": lambda f: TemporalNoise("age").fit_transform(f),
    "all columns dropped": lambda f: IdentifierRemover(["name", "ssn"]).fit(f[["name", "ssn"]]),
    "a forgotten key": lambda f: TemporalNoise().fit(f).forget_key().transform(f),
    "tables that do not align": lambda f: risk()(f, f.iloc[1:]),
    "risk without an id": lambda f: risk()(with_value(f, "person_id", None), f),
    "risk of no such column": lambda f: risk(person_id="passport")(f, f),
    "utility of no date": lambda f: information_kept(f, f, KEYS, dates=["name"]),
    "no setting is safe": lambda f: RiskAwareSearch(merger(), {"k": [2, 3]}, target_risk=1e-9).fit(
        f
    ),
    "count of no place": lambda f: CensusPopulation().count(
        pd.DataFrame({"geography": [CANARY.street], "age": [CANARY.name]})
    ),
    "a table without counts": lambda f: TablePopulation.from_frame(f, count="people"),
    "counts that are none": lambda f: TablePopulation.from_frame(f, count="name"),
    "release: age": lambda f: create_safe_personas(with_value(f, "age", 999.5)),
    "release: text as age": lambda f: create_safe_personas(with_value(f, "age", CANARY.name)),
    "release: date": lambda f: create_safe_personas(with_value(f, "date", CANARY.name)),
    "release: place": lambda f: create_safe_personas(with_value(f, "geography", CANARY.street)),
    "release: id": lambda f: create_safe_personas(with_value(f, "person_id", None)),
    "release: target": lambda f: create_safe_personas(f, target_risk=1e-9),
    "release: a name as ethnicity": lambda f: create_safe_personas(
        f.assign(ethnicity=f["name"]), known_events=0
    ),
}


def without_canary(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["person_id"] != CANARY.person]


# Each of these is decided by a rule, and says how often.
REMARKS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "people who disagree": lambda f: merger().fit(with_value(f, "age", 7.0)),
    "a county of several states": lambda f: GeographicGeneralizer(level="state").fit_transform(
        with_value(f, "geography", "Hamilton County")
    ),
    "a new outcome": lambda f: OutcomeNoise(given="event_type").fit(without_canary(f)).transform(f),
    "a new event type": lambda f: (
        OutcomeNoise(given="event_type").fit(f).transform(with_value(f, "event_type", CANARY.name))
    ),
    "nothing to remove": lambda f: IdentifierRemover().fit(f[["age", "gender"]]),
    "no places": lambda f: GeographicGeneralizer().fit(f[["age", "gender"]]),
    "no dates": lambda f: TemporalNoise().fit(f[["age", "gender"]]),
    "no outcomes": lambda f: OutcomeNoise().fit(f[["age", "gender"]]),
}


@pytest.mark.parametrize("remark", REMARKS)
def test_warnings_do_not_say_whose_value_it_was(remark: str, frame: pd.DataFrame) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        REMARKS[remark](frame)
    assert caught
    for warning in caught:
        assert issubclass(warning.category, DataWarning | NothingSelectedWarning)
        assert_silent(str(warning.message), [*CANARY.values(), "Hamilton"])


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_errors_do_not_say_whose_value_it_was(failure: str, kind: str, frame: pd.DataFrame) -> None:
    def fails() -> Any:
        return FAILURES[failure](frame)

    if kind == "polars":
        estimators = (PersonaMerger, GeographicGeneralizer, TemporalNoise, OutcomeNoise)

        def fails() -> Any:
            with pytest.MonkeyPatch.context() as patch:
                for estimator in estimators:
                    for method in ("fit", "transform", "fit_transform"):
                        patch.setattr(estimator, method, in_polars(getattr(estimator, method)))
                return FAILURES[failure](frame)

    with pytest.raises((ValueError, TypeError)) as caught:
        fails()
    # What a notebook or a log shows: the message, and those of the errors behind it.
    told: BaseException | None = caught.value
    while told is not None:
        assert_silent(str(told), CANARY.values())
        assert_silent(repr(told), CANARY.values())
        told = told.__cause__ or (None if told.__suppress_context__ else told.__context__)
    if isinstance(caught.value, InfeasibleRiskError):
        assert_silent(repr(caught.value.nearest_params), CANARY.values())
    assert traceback.format_exception_only(caught.value)


def in_polars(method: Callable[..., Any]) -> Callable[..., Any]:
    def call(self: Any, X: Any, *arguments: Any, **options: Any) -> Any:
        if isinstance(X, pd.DataFrame):
            typed = {
                name: X[name].map(str, na_action="ignore")
                for name in X.columns
                if X[name].dtype == object
            }
            X = pl.from_pandas(X.assign(**typed))
        return method(self, X, *arguments, **options)

    return call


def test_messages_of_errors_are_looked_at_at_all(frame: pd.DataFrame) -> None:
    """The check itself catches a message that names somebody."""
    with pytest.raises(AssertionError, match="canaries"):
        assert_silent(f"bad value in {frame.iloc[0].to_dict()}", CANARY.values())


@pytest.fixture(scope="module")
def released(frame: pd.DataFrame) -> ReleaseResult:
    with pytest.warns(DataWarning, match="1 of 721 rows have an outcome") as caught:
        result = create_safe_personas(frame, domain="criminal_justice", known_events=0)
    for warning in caught:
        assert_silent(str(warning.message), CANARY.values())
    return result


def test_a_result_shows_nobody(released: ReleaseResult) -> None:
    shown = [
        repr(released),
        str(released),
        repr(released.personas),
        json.dumps(released.to_dict(), default=str),
        pformat(released.notes),
    ]
    for text in shown:
        assert_silent(text, CANARY.identifiers())


def in_years(frame: pd.DataFrame) -> pd.DataFrame:
    """Files hold ages in whole years."""
    return frame.assign(age=frame["age"].astype(int))


def run(arguments: list[str]) -> int:
    try:
        return cli.main(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)


@pytest.mark.parametrize("known_events", ["0", "1"])
def test_no_file_and_no_stream_names_anybody(
    known_events: str,
    frame: pd.DataFrame,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out"
    in_years(frame).to_csv(source, index=False)
    options = ["--target-risk", "0.3", "--known-events", known_events]
    domain = ["--domain", "criminal_justice"]
    assert run(["protect", str(source), "--out", str(target), *domain, *options]) == 0
    streams = capfd.readouterr()
    texts = {path.name: path.read_text(encoding="utf-8") for path in target.iterdir()}
    described = {"risk.json", "data_dictionary.json", "manifest.json", "report.html"}
    tables = {"personas.csv", "events.csv", "histories.csv", "history_counts.csv"}
    assert set(texts) == tables | described
    secrets = [
        *CANARY.identifiers(),
        *frame["person_id"].unique(),
        *frame["name"].unique(),
        *frame["ssn"].unique(),
        *frame["street"].unique(),
    ]
    for text in (*texts.values(), *texts, streams.out, streams.err):
        assert_silent(text, secrets)
    events = pd.read_csv(target / "events.csv", dtype=str)
    cells = {cell for name in events for cell in events[name].dropna()}
    assert not cells & set(frame["event_id"].astype(str))


@pytest.mark.parametrize(
    ("column", "value"),
    [("date", CANARY.name), ("age", CANARY.name), ("geography", CANARY.street), ("age", -3)],
)
def test_a_refused_file_is_refused_without_its_values(
    column: str,
    value: Any,
    frame: pd.DataFrame,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    source = tmp_path / "in.csv"
    with_value(in_years(frame), column, value).to_csv(source, index=False)
    assert run(["protect", str(source), "--out", str(tmp_path / "out")]) == 2
    streams = capfd.readouterr()
    assert_silent(streams.out + streams.err, CANARY.values())
    assert streams.err.count("\n") == 1
    assert column in streams.err
    assert not (tmp_path / "out").exists()


def test_a_loaded_file_is_quiet(frame: pd.DataFrame, tmp_path: Path, caplog: Any) -> None:
    in_years(frame).to_csv(tmp_path / "in.csv", index=False)
    with caplog.at_level(0):
        load_people_events(tmp_path / "in.csv")
        merger().fit(frame)
    assert_silent(caplog.text, CANARY.values())
