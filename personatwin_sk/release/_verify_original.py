"""Holds a release to the data it was made of."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.roles import person_codes
from personatwin_sk.domains import Domain, get_domain_config
from personatwin_sk.population import CensusPopulation, ReferencePopulation
from personatwin_sk.release._baselines import everybody_in_one
from personatwin_sk.release._checks import Checklist, Malformed
from personatwin_sk.release._columns import (
    DATE,
    EVENT_TYPE,
    OUTCOME,
    PERSON,
    STANDARD,
)
from personatwin_sk.release._count_limits import (
    DataEvents,
    Reach,
    check_counts_of_data,
    outcome_limit,
)
from personatwin_sk.release._coverage import Coverage
from personatwin_sk.release._event_limits import (
    least_event_risk_of,
    moved_too_far,
    released_bounds,
)
from personatwin_sk.release._personas import CLASS_SIZE, PERSONA
from personatwin_sk.release._pipeline import GEOGRAPHY
from personatwin_sk.release._prepare import prepare
from personatwin_sk.release._release_files import ReleaseFiles
from personatwin_sk.risk import ReidentificationRisk, RiskReport

_CLOSE, _ROUNDED = 1e-6, 1e-3
# What was measured for the people as they really stand, and for one of the ways in which they can
# stand, differ; by less than this factor in all releases that were tried.
_OPEN = 2.0


class OriginalCheck:
    """One release against its data.

    Parameters
    ----------
    files : ReleaseFiles
    personas : pandas.DataFrame
        With `class_size` as numbers.
    original : table
        The data, read as they were for the release.
    population : ReferencePopulation, optional
        None: the census, where it was used.
    checks : Checklist
    """

    def __init__(
        self,
        files: ReleaseFiles,
        personas: pd.DataFrame,
        original: Any,
        population: ReferencePopulation | None,
        checks: Checklist,
    ) -> None:
        self.files = files
        self.risk, self.events, self.checks = files.risk, files.events, checks
        self.settings = files.risk.mapping("settings")
        self.personas = personas
        self.keys = files.risk.texts("settings", "quasi_identifiers")
        named = files.risk.texts("settings", "event_columns")
        keep = [name for name in (*self.keys, *named) if name not in STANDARD]
        domain = self.settings.get("domain")
        known = domain if domain in [one.value for one in Domain] else "custom"
        state = self.settings.get("geography__state")
        day = self.settings.get("reference_date")
        self.original, self.columns = prepare(original, get_domain_config(known), keep, state, day)
        self.person, self.n_people = person_codes(Table.of(self.original), PERSON)
        self.population = population
        self.coverage: Coverage | None = None
        self.classes, self.class_of_persona = _classes(personas, self.keys)

    def run(self) -> None:
        """Make all checks, in the order in which they build on each other."""
        same = sorted(map(str, self.columns.keys)) == sorted(self.keys)
        wrong = [] if same else ["the data have other columns than the release"]
        if not self.checks.add("columns of the data", wrong, "the data have the release's columns"):
            return
        self.checks.add("people of the data", self._count_problems(), "as many as claimed")
        self._check_labels()
        if self.events is not None:
            self._check_events()
        self._check_figures()
        self._check_risk()

    def _count_problems(self) -> list[str]:
        n_events = len(self._event_rows()) if self.columns.events else 0
        found = {"people": self.n_people, "events": n_events}
        return [
            f"the data hold {n} {name}, {self.risk.whole('counts', name)} are claimed"
            for name, n in found.items()
            if n != self.risk.whole("counts", name)
        ]

    def _event_rows(self) -> np.ndarray:
        """Give the rows of the data that are events."""
        if self.risk.whole("counts", "events") == len(self.original):
            return np.arange(len(self.original))
        told = [name for name in (EVENT_TYPE, DATE) if name in self.original]
        missing = np.logical_and.reduce([is_null(self.original[name]) for name in told])
        return np.flatnonzero(~missing)

    @property
    def _all_released(self) -> bool:
        return self.risk.whole("counts", "suppressed_people") == 0

    def _check_labels(self) -> None:
        """See whether the people of the data can be put into the personas at all."""
        people = self._one_row_each()
        coverage = Coverage(people, self.classes[self.keys], self.sizes, places=(GEOGRAPHY,))
        if not coverage.is_small:
            self.checks.leave_open("labels", "too many rows to compare each with each persona")
            return
        problems = []
        short = int((coverage.n_possible < self.sizes).sum())
        if short:
            problems.append(
                f"{short} personas claim more people than the data have for their labels"
            )
        n_placed, self.class_of_person = coverage.placed()
        lacking = int(self.sizes.sum()) - n_placed
        if lacking:
            problems.append(
                f"{lacking} of {self.sizes.sum()} people cannot be found in the data, however they "
                "are put into the personas"
            )
        self.coverage = None if problems else coverage
        self.checks.add(
            "labels", problems, "every persona's people are in the data: its labels and k are true"
        )

    def _one_row_each(self) -> pd.DataFrame:
        """Give the keys of each person; of those whose rows differ, as the merger reads them."""
        frame = self.original[self.keys].assign(_person=self.person)
        last = frame.sort_values(["_person", *self.keys], kind="stable", key=_sortable)
        return last.drop_duplicates("_person", keep="last")[self.keys].reset_index(drop=True)

    @property
    def sizes(self) -> np.ndarray:
        """People of each class; shape (n_classes,)."""
        return np.asarray(self.classes[CLASS_SIZE].to_numpy(dtype=np.int64))

    def _check_events(self) -> None:
        events, problems = self.events, []
        assert events is not None
        rows = self.original.iloc[self._event_rows()].reset_index(drop=True)
        if not self._all_released:
            self.checks.leave_open("events of the data", "some people were suppressed")
            return
        if len(rows) != len(events):
            self.checks.add("events of the data", ["other numbers of events"], "")
            return
        types, released = _texts(rows[EVENT_TYPE]), _texts(events[EVENT_TYPE])
        differing = _difference(types, released)
        if differing:
            problems.append(f"{differing} events are of another type than in the data")
        problems += self._per_class(types, released)
        if DATE in events and not differing:
            problems += self._date_problems(rows, types, released)
        if OUTCOME in events:
            problems += self._outcome_problems(rows, types, released)
        for name in events.columns:
            if name not in (PERSONA, DATE, EVENT_TYPE, OUTCOME) and not self._is_noisy(name):
                moved = _difference(_texts(rows[name]), _texts(events[name]))
                if moved:
                    problems.append(f"{moved} values of {name!r} are not those of the data")
        self.checks.add("events of the data", problems, "types, dates and outcomes can be theirs")

    def _check_figures(self) -> None:
        """Hold counts of events and of people with several to what the data can have."""
        if self.coverage is not None and self.columns.events:
            limits = Reach(self._reach, self._precision, self._flip_probability)
            data = self._data_events(self.coverage)
            check_counts_of_data(self.files, self.personas, data, limits, self.checks)

    def _data_events(self, coverage: Coverage) -> DataEvents:
        at = self._event_rows()
        rows = self.original.iloc[at].reset_index(drop=True)
        nothing = pd.Series(None, index=rows.index, dtype=object)
        return DataEvents(
            person=self.person[at],
            n_people=self.n_people,
            kind=_texts(rows[EVENT_TYPE]) if EVENT_TYPE in rows else nothing,
            days=rows[DATE].to_numpy().astype("datetime64[D]"),
            outcome=_texts(rows[OUTCOME]) if OUTCOME in rows else nothing,
            cell_of_person=coverage.cell_of_person,
            covers=coverage.covers,
            class_of_persona=self.class_of_persona,
            is_whole=self._all_released,
        )

    @property
    def _flip_probability(self) -> float:
        return self.risk.number("settings", "outcomes__flip_probability")

    def _is_noisy(self, name: str) -> bool:
        domain = self.settings.get("domain")
        known = domain if domain in [one.value for one in Domain] else "custom"
        return name in get_domain_config(known).numeric_values

    def _per_class(self, types: pd.Series, released: pd.Series) -> list[str]:
        """Hold the events of each class to those who must, and those who can be in it."""
        if self.coverage is None:
            return []
        covers = self.coverage.covers
        codes, kinds = pd.factorize(pd.concat([types, released]), use_na_sentinel=False)
        cell = self.coverage.cell_of_person[self.person[self._event_rows()]]
        per_cell = np.zeros((len(covers), len(kinds)), dtype=np.int64)
        np.add.at(per_cell, (cell, codes[: len(types)]), 1)
        certain = (covers * (covers.sum(axis=1) == 1)[:, None]).T.astype(np.int64) @ per_cell
        possible = covers.T.astype(np.int64) @ per_cell
        found = np.zeros_like(possible)
        np.add.at(found, (self._released_class(), codes[len(types) :]), 1)
        wrong = int(((found < certain) | (found > possible)).any(axis=1).sum())
        return [f"{wrong} personas have events that their people do not have"] if wrong else []

    def _released_class(self) -> np.ndarray:
        assert self.events is not None
        at = self.events[PERSONA].map(self.class_of_persona)
        return np.asarray(at.to_numpy(dtype=np.int64))

    @property
    def _reach(self) -> int:
        return sum(
            self.risk.whole("settings", name)
            for name in ("dates__jitter", "dates__shift")
            if name in self.settings
        )

    @property
    def _precision(self) -> str:
        return str(self.settings.get("dates__precision"))

    def _date_problems(
        self, rows: pd.DataFrame, types: pd.Series, released: pd.Series
    ) -> list[str]:
        assert self.events is not None
        days = rows[DATE].to_numpy().astype("datetime64[D]")
        start, end = released_bounds(self.events[DATE], self._precision)
        if np.isnat(days).sum() != np.isnat(start).sum():
            return ["other numbers of events without a date than in the data"]
        wrong = 0
        for kind in types.drop_duplicates():
            mine = _equal(types, kind) & ~np.isnat(days)
            theirs = _equal(released, kind) & ~np.isnat(start)
            if mine.sum() != theirs.sum():
                wrong += abs(int(mine.sum()) - int(theirs.sum()))
            else:
                wrong += moved_too_far(days[mine], start[theirs], end[theirs], self._reach)
        return (
            [f"{wrong} dates are further from those of the data than noise moves"] if wrong else []
        )

    def _outcome_problems(
        self, rows: pd.DataFrame, types: pd.Series, released: pd.Series
    ) -> list[str]:
        """Hold outcomes to those the data show for each type, and to how many noise exchanges."""
        assert self.events is not None
        before = pd.DataFrame({"kind": types, "label": _texts(rows[OUTCOME])})
        after = pd.DataFrame({"kind": released, "label": _texts(self.events[OUTCOME])})
        seen = before.drop_duplicates().assign(seen=True)
        strange = int(after.merge(seen, how="left", on=["kind", "label"])["seen"].isna().sum())
        if strange:
            return [f"{strange} outcomes are none that the data have for the type of event"]
        # Type by type: what noise exchanges in all of them could hide in one of them.
        kinds = before["kind"].fillna("").to_numpy(dtype=object)
        kinds_after = after["kind"].fillna("").to_numpy(dtype=object)
        for kind in pd.unique(kinds):
            mine = kinds == kind
            changed = _difference(before["label"][mine], after["label"][kinds_after == kind])
            if changed > outcome_limit(rows[mine], self._flip_probability):
                return [
                    f"{changed} outcomes of one type of event differ in number from the data, more "
                    "than noise exchanges"
                ]
        return []

    def _check_risk(self) -> None:
        self._choose_population()
        events = bool(self.columns.events)
        measure = ReidentificationRisk(
            list(self.columns.keys),
            person_id=PERSON,
            population=self.population,
            attacker=self.risk.at("settings", "attacker"),
            known_events=self.risk.whole("settings", "known_events"),
            event_type=EVENT_TYPE if events else None,
            date=DATE if events else None,
            confidence=self._confidence,
            n_compared=self._n_compared,
            thorough=False,
        )
        problems: list[str] = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the data; the release has told them
            tables = {
                "untouched": self.original,
                "all_in_one": everybody_in_one(self.original, self.columns),
            }
            for name, table in tables.items():
                problems += self._differences(name, measure(self.original, table))
            problems += self._release_problems(measure)
        self.checks.add("risk of the data", problems, "figures are those that the data give")

    @property
    def _confidence(self) -> float:
        confidence = self.risk.number("settings", "confidence")
        if not 0.5 <= confidence < 1:
            raise Malformed("settings.confidence of risk.json is no confidence")
        return confidence

    @property
    def _n_compared(self) -> float:
        n_compared = self.risk.number("settings", "n_compared")
        if n_compared < 1:
            raise Malformed("settings.n_compared of risk.json is no number of releases")
        return n_compared

    def _choose_population(self) -> None:
        """Take the population that was used, or say why its figures are not looked at."""
        told = self.risk.at("population")
        if told is None:
            self.population = None
            return
        kind = told.get("kind") if isinstance(told, Mapping) else None
        if self.population is None and kind == CensusPopulation.__name__:
            self.population = CensusPopulation()
        if self.population is None:
            self.checks.leave_open(
                "population", "the release was measured with a population that is not at hand"
            )

    def _differences(self, name: str, report: RiskReport) -> list[str]:
        """List the figures of a baseline that are not those that the data give."""
        found, facts = report.to_dict(), self.risk.mapping("risk", name)
        same_counts = found["population_sources"] == facts.get("population_sources")
        paths: list[tuple[str, ...]] = [("k_anonymity",), ("n_people",), ("n_classes",)]
        paths += [("prosecutor", "mean"), ("prosecutor", "max")]
        paths += [("event_risk", one) for one in ("mean", "max", "upper", "unique_share")]
        if same_counts:
            paths += [("journalist", "mean"), ("journalist", "max"), ("upper",)]
        elif name == "untouched" and self.population is not None:
            self.checks.leave_open(
                "population", "other sources of population figures are at hand than then"
            )
        wrong = [
            ".".join((name, *path))
            for path in paths
            if not math.isclose(
                _value(found, path),
                self.risk.number("risk", name, *path),
                # The number of releases that a limit holds for is written rounded.
                rel_tol=_ROUNDED if path[-1] == "upper" else _CLOSE,
                abs_tol=1e-12,
            )
        ]
        return [f"{', '.join(wrong)}: not what the data give"] if wrong else []

    def _release_problems(self, measure: ReidentificationRisk) -> list[str]:
        """Hold the release's own risk to the limits that files and data leave."""
        if self.coverage is None or not self._all_released:
            return []
        problems = []
        claimed = self.risk.mapping("risk", "release")
        rebuilt = self.original.copy()
        persona = self.class_of_person[self.person]
        for name in self.keys:
            rebuilt[name] = self.classes[name].to_numpy(dtype=object)[persona]
        by_keys = ReidentificationRisk(
            measure.quasi_identifiers,
            person_id=PERSON,
            population=self.population,
            attacker=measure.attacker,
            confidence=self._confidence,
            n_compared=self._n_compared,
        )
        report = by_keys(self.original, rebuilt.drop(columns=PERSON).assign(**{PERSON: persona}))
        same = list(report.population_sources) == claimed.get("population_sources")
        if same or measure.attacker == "prosecutor":
            slack = 1.0 if self.coverage.is_unique else _OPEN
            for path in (("journalist", "mean"), ("upper",)):
                least = _value(report.to_dict(), path) / slack
                if self.risk.number("risk", "release", *path) < least * (1 - _CLOSE):
                    problems.append(f"release.{'.'.join(path)} is below what the data give")
        if measure.known_events and self.events is not None:
            least = self._least_by_events()
            if self.risk.number("risk", "release", "event_risk", "mean") < least * (1 - _CLOSE):
                problems.append("release.event_risk.mean is below what the data allow")
        return problems

    def _least_by_events(self) -> float:
        assert self.events is not None and self.coverage is not None
        at = self._event_rows()
        both = pd.concat(
            [_texts(self.original[EVENT_TYPE].iloc[at]), _texts(self.events[EVENT_TYPE])]
        )
        kind = pd.factorize(both, use_na_sentinel=False)[0]
        return least_event_risk_of(
            self.person[at],
            self.coverage.cell_of_person[self.person[at]],
            kind[: len(at)],
            self.original[DATE].to_numpy().astype("datetime64[D]")[at],
            covers=self.coverage.covers,
            sizes=self.sizes,
            released_class=self._released_class(),
            released_kind=kind[len(at) :],
            released_dates=self.events[DATE],
            reach=self._reach,
            precision=self._precision,
        )


def check_original(
    files: ReleaseFiles,
    personas: pd.DataFrame,
    original: Any,
    population: ReferencePopulation | None,
    checks: Checklist,
) -> None:
    """Hold a release to its data; see `OriginalCheck`."""
    try:
        OriginalCheck(files, personas, original, population, checks).run()
    except Malformed as error:
        checks.add("figures to compare", [str(error)], "")


def _classes(personas: pd.DataFrame, keys: list[str]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Put personas with equal labels together: to an attacker they are one class."""
    number = personas.groupby(keys, dropna=False, sort=False).ngroup()
    table = personas.assign(_n=number).drop_duplicates("_n")
    table = table.sort_values("_n")[keys].reset_index(drop=True)
    table[CLASS_SIZE] = personas.groupby(number.to_numpy())[CLASS_SIZE].sum().to_numpy()
    return table, dict(zip(personas[PERSONA], number, strict=True))


def _texts(values: pd.Series) -> pd.Series:
    """Write values as the files do."""
    codes, distinct = pd.factorize(values.astype(object))
    texts = np.array([*map(str, distinct), None], dtype=object)
    return pd.Series(texts[codes], dtype=object)  # of null the code is -1: the last one


def _equal(texts: pd.Series, one: Any) -> np.ndarray:
    same = texts.isna() if one is None or one != one else texts == one
    return np.asarray(same.to_numpy(dtype=bool))


def _difference(before: pd.Series, after: pd.Series) -> int:
    """Count how many values of one would have to change to become the other, in any order."""
    left, right = before.value_counts(dropna=False), after.value_counts(dropna=False)
    counts = pd.concat([left.rename("a"), right.rename("b")], axis=1).fillna(0)
    return int(np.maximum(counts["a"] - counts["b"], 0).sum())


def _sortable(values: pd.Series) -> pd.Series:
    return values if pd.api.types.is_numeric_dtype(values) else values.astype(str)


def _value(facts: Mapping[str, Any], path: tuple[str, ...]) -> float:
    found: Any = facts
    for key in path:
        found = found[key]
    return float(found)
