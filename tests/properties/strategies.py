"""Frames of people and events for Hypothesis, the estimators that the laws are held against, and
the means to show that a law catches a planted mutant."""

from __future__ import annotations

import datetime
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st

from personatwin_sk import (
    GeographicGeneralizer,
    IdentifierRemover,
    OutcomeNoise,
    PersonaMerger,
    TemporalNoise,
)
from personatwin_sk.exceptions import DataWarning, NothingSelectedWarning

KEYS = ["age", "gender", "ethnicity", "geography"]
EVENT = ["date", "event_type", "outcome"]
UNNAMED = ["row", "note", "weight"]  # columns that no role ever names

PLACES = [
    "Hamilton County, OH",
    "12 Main St, Cincinnati, Hamilton County, OH",
    "45202",
    "Franklin County, OH",
    "Cook County, IL",
    "Ohio",
    "TX",
    "Midwest",
    None,
]
ETHNICITIES = {
    "text": ["White", "Black", "Asian", None],
    "unicode": ["白人", "Пётр|Ёж", "a\\b", "", None],
    "mixed": ["White", 7, 7.0, True, 2.5, None, float("nan")],
    "constant": ["White"],
    "null": [None],
    "category": ["White", "Black", None],
}
AGES = {
    "int": [17, 30, 31, 64, 90],
    "float": [17.0, 30.5, 64.0, None],
    "Int64": [17, 30, 90, None],
    "constant": [40],
}
PERSON_IDS: dict[str, Callable[[int], Any]] = {
    "text": lambda i: f"person-{i * 7919 % 1000:03d}",
    "int": lambda i: i * 7919 % 1000 + 1000,
    "mixed": lambda i: i + 500 if i % 2 else f"{i + 500}",
}
NULLS = [None, float("nan"), pd.NA, pd.NaT]


@dataclass(frozen=True)
class Case:
    """A frame and a k that its people can reach."""

    frame: pd.DataFrame
    k: int

    @property
    def people(self) -> pd.Series:
        return self.frame["person_id"]

    def __repr__(self) -> str:  # enough to build the frame again
        values = self.frame.to_dict("list")
        dtypes = self.frame.dtypes.astype(str).to_dict()
        return f"Case(k={self.k}, index={list(self.frame.index)}, {values}, dtypes={dtypes})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # what Hypothesis asks for
        printer.text(repr(self))


@st.composite
def cases(draw: st.DrawFn, *, typed: bool = False, max_people: int = 10) -> Case:
    """Draw people from a few profiles, so that many share a cell, and 1 to 3 events for each.

    Parameters
    ----------
    typed : bool
        No column of mixed types, so that polars can hold the frame.
    max_people : int
    """
    age_kind = draw(st.sampled_from(sorted(AGES)))
    ethnicity_kind = draw(
        st.sampled_from(sorted(set(ETHNICITIES) - ({"mixed"} if typed else set())))
    )
    id_kind = draw(st.sampled_from(sorted(set(PERSON_IDS) - ({"mixed"} if typed else set()))))
    profile = st.tuples(
        st.sampled_from(AGES[age_kind]),
        st.sampled_from(["F", "M", None]),
        st.sampled_from(ETHNICITIES[ethnicity_kind]),
        st.sampled_from(PLACES),
    )
    profiles = draw(st.lists(profile, min_size=1, max_size=5))
    people = draw(
        st.lists(
            st.tuples(st.integers(0, len(profiles) - 1), st.integers(1, 3), st.booleans()),
            min_size=1,
            max_size=max_people,
        )
    )
    rows = [
        # Now and then the last row of a person disagrees with the others.
        (person, profiles[(number + (odd and event == n_events - 1)) % len(profiles)], event)
        for person, (number, n_events, odd) in enumerate(people)
        for event in range(n_events)
    ]
    order = draw(st.permutations(range(len(rows))))
    rows = [rows[i] for i in order]
    n_rows = len(rows)
    events = draw(
        st.lists(
            st.tuples(
                st.one_of(
                    st.none(),
                    st.dates(datetime.date(2021, 12, 1), datetime.date(2022, 3, 1)),
                ),
                st.sampled_from(["charge", "charge", "bail", None]),
                st.sampled_from(["felony", "misdemeanor", "dropped", None]),
            ),
            min_size=n_rows,
            max_size=n_rows,
        )
    )
    new_id = PERSON_IDS[id_kind]
    frame = pd.DataFrame(
        {
            "person_id": pd.Series([new_id(person) for person, _, _ in rows]),
            "event_id": [person * 10 + event for person, _, event in rows],
            "name": [f"Zora Quill {person}" for person, _, _ in rows],
            "age": _typed([p[0] for _, p, _ in rows], {"Int64": "Int64"}.get(age_kind)),
            "gender": pd.Series([p[1] for _, p, _ in rows], dtype=object),
            "ethnicity": _typed(
                [p[2] for _, p, _ in rows],
                "category" if ethnicity_kind == "category" else object,
            ),
            "geography": pd.Series([p[3] for _, p, _ in rows], dtype=object),
            "date": _dates([event[0] for event in events], draw(st.sampled_from(["text", "time"]))),
            "event_type": pd.Series([event[1] for event in events], dtype=object),
            "outcome": pd.Series([event[2] for event in events], dtype=object),
            "row": range(n_rows),
            "note": pd.Series([["", None, "é"][i % 3] for i in range(n_rows)], dtype=object),
            "weight": np.array([[0.1, np.nan, -0.0][i % 3] for i in range(n_rows)], "float32"),
        }
    )
    index = draw(st.sampled_from(["range", "shuffled", "repeated", "text"]))
    if index != "range":
        frame.index = {
            "shuffled": pd.Index(np.argsort(np.arange(n_rows) * 7919 % 101)),
            "repeated": pd.Index([3] * n_rows),
            "text": pd.Index([f"r{i}" for i in range(n_rows)], name="label"),
        }[index]
    n_people = frame["person_id"].nunique()
    return Case(frame, draw(st.integers(1, min(4, n_people))))


def _typed(values: list[Any], dtype: Any) -> pd.Series:
    return pd.Series(values) if dtype is None else pd.Series(values, dtype=dtype)


def _dates(days: list[datetime.date | None], kind: str) -> pd.Series:
    if kind == "time":
        return pd.Series(pd.to_datetime(pd.Series(days, dtype=object)))
    return pd.Series([None if day is None else day.isoformat() for day in days], dtype=object)


@dataclass(frozen=True)
class Subject:
    """An estimator that the laws are held against, and what it may touch."""

    name: str
    make: Callable[[int], Any] = field(repr=False)
    changes: frozenset[str] = frozenset()
    drops: frozenset[str] = frozenset()

    def with_class(self, mutant: type) -> Subject:
        """The same, made by a mutant of the estimator's class with the same parameters."""
        return Subject(
            mutant.__name__,
            lambda k: mutant(**self.make(k).get_params(deep=False)),
            self.changes,
            self.drops,
        )


IDS = {"person_id": "person_id", "event_id": "event_id"}
REMOVER = Subject(
    "IdentifierRemover", lambda k: IdentifierRemover(["name"]), drops=frozenset({"name"})
)
GENERALIZER = Subject(
    "GeographicGeneralizer",
    lambda k: GeographicGeneralizer(level="state"),
    frozenset({"geography"}),
)
TEMPORAL = Subject(
    "TemporalNoise",
    lambda k: TemporalNoise(**IDS, shift=9, jitter=40, random_state=0),
    frozenset({"date"}),
)
TEMPORAL_WITHOUT_IDS = Subject(
    "TemporalNoise by row",
    lambda k: TemporalNoise(jitter=40, precision="month", random_state=0),
    frozenset({"date"}),
)
OUTCOME = Subject(
    "OutcomeNoise",
    lambda k: OutcomeNoise(**IDS, given="event_type", flip_probability=0.5, random_state=0),
    frozenset({"outcome"}),
)
CENTER = Subject(
    "PersonaMerger center",
    lambda k: PersonaMerger(KEYS, k=k, person_id="person_id", order_by="date"),
    frozenset({*KEYS, "person_id"}),
)
INTERVAL = Subject(
    "PersonaMerger interval",
    lambda k: PersonaMerger(KEYS, k=k, person_id="person_id", representation="interval"),
    frozenset({*KEYS, "person_id"}),
)
NOISE = [TEMPORAL, TEMPORAL_WITHOUT_IDS, OUTCOME]
MERGERS = [CENTER, INTERVAL]
SUBJECTS = [REMOVER, GENERALIZER, *NOISE, *MERGERS]

law = settings(
    # More of them look further: PERSONATWIN_EXAMPLES=1000 pytest tests/properties
    max_examples=int(os.environ.get("PERSONATWIN_EXAMPLES", "20")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def quietly(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call without the remarks on the data, which are many in small frames."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        warnings.simplefilter("ignore", NothingSelectedWarning)
        return function(*arguments)


def plain(values: Any) -> list[Any]:
    """Values as plain Python, every null as None: what a reader of the table would compare."""
    items = values.tolist() if hasattr(values, "tolist") else list(values)
    return [None if pd.isna(item) else item for item in items]


def rows_of(frame: pd.DataFrame, columns: list[str]) -> list[tuple[Any, ...]]:
    """Rows of some columns as tuples that can be counted; a value and its type stand together."""
    return list(zip(*(plain(frame[name]) for name in columns), strict=True))


def in_polars(frame: pd.DataFrame) -> pl.DataFrame:
    """The same in polars, where null is null whatever it was before."""
    objects = {
        name: pd.Series(plain(frame[name].astype(object)), dtype=object).to_numpy()
        for name in frame
        if frame[name].dtype == object or isinstance(frame[name].dtype, pd.CategoricalDtype)
    }
    return pl.from_pandas(frame.reset_index(drop=True).assign(**objects))


def assert_same_values(left: pd.DataFrame, right: pd.DataFrame) -> None:
    """The same columns with the same values in the same rows, whatever the index and dtype."""
    assert list(left.columns) == list(right.columns)
    assert len(left) == len(right)
    for name in left.columns:
        assert plain(left[name]) == plain(right[name]), name


def assert_law_breaks(check: Callable[[Any], None], strategy: st.SearchStrategy[Any]) -> None:
    """See that a law, held against a mutant, fails for some frame: it could catch such a fault."""

    def broken(case: Any) -> bool:
        try:
            check(case)
        except AssertionError:
            return True
        return False

    find(
        strategy,
        broken,
        settings=settings(
            max_examples=300,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
