"""A population small enough to count by hand, and hand-written readings of labels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pytest

ALIASES = {"Male": "M", "Man": "M", "Woman": "F", "Female": "F"}


def values_of(label: Any) -> set[Any] | None:
    """What a label covers, as a set of single values; None where it covers nothing known."""
    if label is None or label is pd.NA or label != label:
        return None
    if isinstance(label, frozenset):
        parts = [values_of(member) for member in label]
        return None if any(part is None for part in parts) else set().union(*parts)  # type: ignore[arg-type]
    if isinstance(label, str) and "|" in label:
        return values_of(frozenset(label.split("|")))
    if isinstance(label, str) and label.count("-") == 1 and label.replace("-", "").isdigit():
        low, high = label.split("-")
        return set(range(int(low), int(high) + 1))
    if isinstance(label, str):
        return {int(label)} if label.isdigit() else {ALIASES.get(label, label)}
    return {int(label)}


class ToyPopulation:
    """Counts a list of people one by one. Values that nobody has and "X" are unknown to it."""

    def __init__(
        self, people: Iterable[dict[str, Any]], *, low: float = 1.0, modelled: Iterable[Any] = ()
    ) -> None:
        self.people = list(people)
        self.low = low
        self.modelled = set(modelled)
        self.columns = tuple(self.people[0])
        self.n_calls = 0

    def count(self, frame: pd.DataFrame) -> pd.DataFrame:
        self.n_calls += 1
        rows = []
        for query in frame.to_dict("records"):
            covers = {name: values_of(label) for name, label in query.items()}
            unmatched = tuple(n for n, c in covers.items() if c is None or "X" in c)
            n = sum(
                all(name in unmatched or person[name] in covers[name] for name in covers)
                for person in self.people
            )
            modelled = any(c & self.modelled for c in covers.values() if c is not None)
            rows.append(
                {
                    "count": float(n),
                    "low": n * self.low,
                    "high": float(n),
                    "modelled": modelled,
                    "source": "by hand",
                    "level": "toy",
                    "unmatched": unmatched,
                }
            )
        columns = ["count", "low", "high", "modelled", "source", "level", "unmatched"]
        return pd.DataFrame(rows, columns=columns, index=frame.index)


@pytest.fixture(scope="session")
def toy() -> type[ToyPopulation]:
    return ToyPopulation


@pytest.fixture(scope="session")
def read_label() -> Any:
    return values_of


def draw_rows(rng: np.random.Generator, n_rows: int) -> pd.DataFrame:
    """Rows of a few people with nulls, several rows per person, and a released copy."""
    ages = rng.integers(28, 42, n_rows)
    frame = pd.DataFrame(
        {
            "who": rng.integers(0, max(n_rows // 2, 1), n_rows),
            "age": ages,
            "gender": rng.choice(np.array(["M", "F", "Male", "X", None], dtype=object), n_rows),
        }
    )
    return frame


@pytest.fixture(scope="session")
def rows_of_people() -> Any:
    return draw_rows
