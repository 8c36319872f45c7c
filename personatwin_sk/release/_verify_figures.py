"""Holds the tables of a release and the figures that are claimed of them to each other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from personatwin_sk._core.dates import PRECISIONS, period_bounds
from personatwin_sk._core.labels import Interval, ValueSet, parse_label
from personatwin_sk.domains import get_privacy_level
from personatwin_sk.exceptions import InputError
from personatwin_sk.release._checks import Checklist, Facts, Malformed
from personatwin_sk.release._columns import DATE
from personatwin_sk.release._dictionary import label_people
from personatwin_sk.release._file_names import (
    EVENT_COUNTS_FILE,
    HISTORIES_FILE,
    HISTORY_COUNTS_FILE,
    PERSONAS_FILE,
)
from personatwin_sk.release._manifest import claims_of
from personatwin_sk.release._personas import CLASS_SIZE, PERSONA
from personatwin_sk.release._release_files import ReleaseFiles
from personatwin_sk.release._result import PUBLIC, RESEARCH
from personatwin_sk.release._verify_counts import event_count_problems
from personatwin_sk.release._verify_histories import history_problems
from personatwin_sk.release._verify_report import is_comparable, report_problems, text_problems
from personatwin_sk.risk._presets import risk_level

# Figures are written with all their digits: what differs by more was changed.
_CLOSE = 1e-9


def check_figures(files: ReleaseFiles, checks: Checklist) -> pd.DataFrame | None:
    """Look at personas, events, counts, risk and claims.

    Returns
    -------
    pandas.DataFrame or None
        The personas with `class_size` as numbers; None if they are not even that.
    """
    personas = _personas(files, checks)
    _guarded("events", checks, lambda: _events(files, personas), "every event has its persona")
    if personas is None:
        return None
    _guarded("counts", checks, lambda: _counts(files, personas), "people and events add up")
    report = files.report
    if report is not None:
        whole = is_comparable(files.risk)
        sizes = personas[CLASS_SIZE].to_numpy()
        _guarded(
            "report",
            checks,
            lambda: (
                report_problems(report, files.risk)
                or (text_problems(report, files.risk, sizes) if whole else [])
            ),
            "it says what risk.json says, charts apart"
            if whole
            else "its figures are those of risk.json; its text could only be compared by its own "
            "version, with the extra report",
        )
    if _is_told(files, EVENT_COUNTS_FILE):
        _guarded(
            "event counts",
            checks,
            lambda: event_count_problems(files, personas),
            "counts add up, and none that is suppressed can be worked out",
        )
    if _is_told(files, HISTORIES_FILE, HISTORY_COUNTS_FILE):
        _guarded(
            "histories",
            checks,
            lambda: history_problems(files, personas),
            "figures are those of the events, and rest on enough people",
        )
    _guarded("k", checks, lambda: _k(files, personas), _k_in_words(personas))
    _guarded("risk", checks, lambda: _risk(files.risk, personas), "figures agree with each other")
    _guarded("claims", checks, lambda: _claims(files), "claims are those of the figures")
    _guarded(
        "data dictionary", checks, lambda: _dictionary(files, personas), "it describes the tables"
    )
    return personas


def _is_told(files: ReleaseFiles, *names: str) -> bool:
    """Tell whether one of the files is there, or should be."""
    told = files.risk.document.get("least_people")
    return any(name in files.tables or (isinstance(told, dict) and name in told) for name in names)


def _guarded(name: str, checks: Checklist, look: Callable[[], list[str]], fine: str) -> None:
    try:
        problems = look()
    except (Malformed, InputError) as error:
        problems = [str(error)]
    checks.add(name, problems, fine)


def _personas(files: ReleaseFiles, checks: Checklist) -> pd.DataFrame | None:
    table, problems = files.personas, []
    try:
        keys = files.risk.texts("settings", "quasi_identifiers")
    except Malformed as error:
        checks.add("personas", [str(error)], "")
        return None
    if list(table.columns) != [PERSONA, *keys, CLASS_SIZE]:
        checks.add("personas", ["columns are not those that risk.json names"], "")
        return None
    sizes = table[CLASS_SIZE]
    if not len(table) or not sizes.fillna("").str.fullmatch(r"[1-9]\d{0,14}").all():
        checks.add("personas", ["some class_size is no number of people"], "")
        return None
    table = table.assign(**{CLASS_SIZE: sizes.astype("int64")})
    ids = table[PERSONA]
    if ids.isna().any() or ids.duplicated().any():
        problems.append(f"{int(ids.isna().sum() + ids.duplicated().sum())} ids are not their own")
    odd = int((~ids.fillna("").str.fullmatch(r"P\d{6,}")).sum())
    if odd:
        problems.append(f"{odd} ids are not of the form of a persona's")
    problems += _age_problems(table)
    checks.add("personas", problems, f"{len(table)} personas, each with an id and its people")
    return table


def _age_problems(table: pd.DataFrame) -> list[str]:
    """Count labels of ages that are no label."""
    if "age" not in table:
        return []
    strange = 0
    for label in map(parse_label, table["age"].dropna()):
        parts = label.members if isinstance(label, ValueSet) else (label,)
        strange += not all(isinstance(one, int | float | Interval | None) for one in parts)
    return [f"{strange} labels of 'age' are neither years nor ranges"] if strange else []


def _events(files: ReleaseFiles, personas: pd.DataFrame | None) -> list[str]:
    named = files.risk.texts("settings", "event_columns")
    events = files.events
    if events is None:
        return ["events.csv is missing"] if named else []
    if not named:
        return ["there are events where risk.json knows of none"]
    if list(events.columns) != [PERSONA, *named]:
        return ["columns of events.csv are not those that risk.json names"]
    problems = []
    if personas is not None:
        lost = int((~events[PERSONA].isin(personas[PERSONA])).sum())
        if lost:
            problems.append(f"{lost} of {len(events)} events belong to no persona")
    if DATE in named:
        problems += _date_problems(events[DATE], files.risk)
    return problems


def _date_problems(dates: pd.Series, risk: Facts) -> list[str]:
    precision = risk.at("settings", "dates__precision")
    if precision not in PRECISIONS:
        return ["settings.dates__precision of risk.json is no precision"]
    try:
        start, end = period_bounds(dates.astype(object))
    except InputError:
        return ["some dates of events.csv cannot be read"]
    known = ~np.isnat(start)
    longest = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
    shortest = {"day": 1, "week": 1, "month": 28, "quarter": 90, "year": 365}
    days = (end[known] - start[known]).astype("timedelta64[D]").astype(int) + 1
    wrong = int(((days > longest[precision]) | (days < shortest[precision])).sum())
    return [f"{wrong} dates are not by the {precision}, as settings say"] if wrong else []


def _counts(files: ReleaseFiles, personas: pd.DataFrame) -> list[str]:
    risk = files.risk
    n_events = 0 if files.events is None else len(files.events)
    told = {
        "personas": len(personas),
        "released_people": int(personas[CLASS_SIZE].sum()),
        "released_events": n_events,
    }
    problems = [
        f"{name.replace('_', ' ')}: {found} in the files, {risk.whole('counts', name)} claimed"
        for name, found in told.items()
        if found != risk.whole("counts", name)
    ]
    people, gone = risk.whole("counts", "people"), risk.whole("counts", "suppressed_people")
    if people - gone != risk.whole("counts", "released_people"):
        problems.append("people, suppressed people and released people do not add up")
    if n_events > risk.whole("counts", "events"):
        problems.append("more events are released than there were")
    for name, table in files.tables.items():
        listed = files.manifest.mapping("files").get(name)
        if isinstance(listed, dict) and listed.get("rows") != len(table):
            problems.append(f"{name} has {len(table)} rows, and the manifest says otherwise")
    return problems


def class_sizes(personas: pd.DataFrame) -> pd.Series:
    """Count the people of every distinct row of the keys: personas alike are one class."""
    keys = [name for name in personas.columns if name not in (PERSONA, CLASS_SIZE)]
    return personas.groupby(keys, dropna=False, sort=False)[CLASS_SIZE].sum()


def _k_in_words(personas: pd.DataFrame) -> str:
    return f"every persona stands for at least {int(personas[CLASS_SIZE].min())} people"


def _k(files: ReleaseFiles, personas: pd.DataFrame) -> list[str]:
    risk, problems = files.risk, []
    least = int(class_sizes(personas).min())
    claimed = risk.whole("risk", "release", "k_anonymity")
    if least != claimed:
        problems.append(f"the smallest class holds {least} people, {claimed} are claimed")
    level = risk.at("settings", "privacy_level")
    try:
        floor = get_privacy_level(level).k
    except InputError:
        return [*problems, "settings.privacy_level of risk.json is no level"]
    asked = max(floor, risk.whole("settings", "merge__k"))
    small = int((personas[CLASS_SIZE] < asked).sum())
    if small:
        problems.append(f"{small} personas stand for fewer than the {asked} people that were set")
    return problems


def _risk(risk: Facts, personas: pd.DataFrame) -> list[str]:
    """Recompute what follows from class sizes, and hold the other figures to their limits."""
    sizes = class_sizes(personas).to_numpy(dtype=float)
    n_people, n_classes = sizes.sum(), len(sizes)

    def of(*path: str) -> float:
        return risk.number("risk", "release", *path)

    counted = {
        ("n_people",): n_people,
        ("n_classes",): n_classes,
        ("prosecutor", "mean"): n_classes / n_people,
        ("prosecutor", "max"): 1 / sizes.min(),
        ("n_suppressed",): float(risk.whole("counts", "suppressed_people")),
    }
    problems = [
        f"{'.'.join(path)} is not what the personas give"
        for path, expected in counted.items()
        if not _same(of(*path), expected)
    ]
    attacker = risk.at("settings", "attacker")
    if attacker not in ("prosecutor", "journalist", "marketer"):
        return [*problems, "settings.attacker of risk.json is no attacker"]
    rules = {
        "its risk is not that of its attacker": _same(
            of("population_average_risk"), of(attacker, "mean")
        ),
        "the journalist's risk is above the prosecutor's": of("journalist", "mean")
        <= of("prosecutor", "mean") + _CLOSE,
        "a mean is above its largest": of("population_average_risk") <= of("max_risk") + _CLOSE,
        "an upper limit is below its mean": of("population_average_risk") <= of("upper") + _CLOSE,
        "events: the upper limit is below the mean": of("event_risk", "mean")
        <= of("event_risk", "upper") + _CLOSE,
    }
    problems += [words for words, kept in rules.items() if not kept]
    shares = [of("upper"), of("event_risk", "upper"), of("journalist", "mean")]
    if not all(0 <= share <= 1 for share in shares):
        problems.append("a risk is not between 0 and 1")
    return problems


def _claims(files: ReleaseFiles) -> list[str]:
    risk, problems = files.risk, []
    upper = risk.number("risk", "release", "upper")
    by_events = risk.number("risk", "release", "event_risk", "upper")
    verdict, target = risk.number("verdict", "risk"), risk.number("verdict", "target_risk")
    if not _same(verdict, max(upper, by_events)):
        problems.append("the verdict is not the larger of both upper limits")
    if not verdict <= target + _CLOSE:
        problems.append("the verdict is above the target")
    if risk.at("verdict", "level") != risk_level(verdict):
        problems.append("the level is not that of the verdict")
    for name, limit in (("safe_for_public", PUBLIC), ("safe_for_research", RESEARCH)):
        if risk.at("verdict", name) is not bool(verdict <= limit + _CLOSE):
            problems.append(f"{name} is not what the verdict says")
    try:
        expected = claims_of(risk.mapping())
    except (KeyError, TypeError):
        return [*problems, "risk.json lacks figures that its claims rest on"]
    for facts in (risk, files.manifest):
        claimed = facts.mapping("claims")
        differing = [name for name in expected if claimed.get(name) != expected[name]]
        differing += [name for name in claimed if name not in expected]
        if differing:
            problems.append(f"claims of {facts.file} differ from risk.json: {_listed(differing)}")
    return problems


def _dictionary(files: ReleaseFiles, personas: pd.DataFrame) -> list[str]:
    described = files.dictionary.mapping("files")
    there = {**files.tables, PERSONAS_FILE: personas}
    if set(described) != set(there):
        return ["data_dictionary.json does not describe the tables that are there"]
    problems = []
    for name, table in there.items():
        columns = files.dictionary.at("files", name, "columns")
        if not isinstance(columns, list) or not all(isinstance(one, dict) for one in columns):
            return [f"data_dictionary.json has no columns of {name}"]
        if [one.get("name") for one in columns] != list(table.columns):
            problems.append(f"data_dictionary.json has other columns of {name}")
        elif files.dictionary.whole("files", name, "rows") != len(table):
            problems.append(f"data_dictionary.json has another number of rows of {name}")
        else:
            wrong = [one["name"] for one in columns if not _label_counts_agree(one, table)]
            if wrong:
                problems.append(f"labels of {_listed(wrong)} are not those of {name}")
    return problems


def _label_counts_agree(column: dict, table: pd.DataFrame) -> bool:
    if "n_labels" in column and column["n_labels"] != table[column["name"]].nunique(dropna=False):
        return False
    if "labels" not in column:
        return True
    listed = column["labels"]
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        return False
    people = label_people(table, column["name"])
    expected = {label: int(count) for label, count in people.items()}
    return all(
        isinstance(one.get("label"), str | None)
        and expected.get(one.get("label")) == one.get("people")
        for one in listed
    )


def _same(found: float, expected: float) -> bool:
    return math.isclose(found, expected, rel_tol=_CLOSE, abs_tol=_CLOSE)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
