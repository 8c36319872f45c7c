"""The gate: what is about to leave is measured again, and what falls short does not leave.

Nothing here asks the steps that made the release; it looks at the two tables and at the originals.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import is_null
from personatwin_sk._core.labels import ValueSet, parse_label
from personatwin_sk.exceptions import InfeasibleRiskError
from personatwin_sk.release._columns import PERSON, ReleaseColumns
from personatwin_sk.release._personas import (
    CLASS_SIZE,
    PERSONA,
    Personas,
    personas_to_dataframe,
    personas_to_event_dataframe,
)
from personatwin_sk.risk import RiskReport

_ROUNDING = 1e-12


def verdict_of(report: RiskReport) -> float:
    """Give the figure that decides: the larger upper limit of class risk and event risk."""
    # np.maximum hands NaN on, where max() would choose by position.
    return float(np.maximum(report.upper, report.event_risk.upper))


def check_classes(
    people: np.ndarray, released: pd.DataFrame, keys: Sequence[Hashable], k: int
) -> int:
    """Count the people of every persona and of every distinct row of the keys; give the fewest.

    Raises
    ------
    InfeasibleRiskError
        If that is fewer than k, or a person is in two personas.
    """
    stays = ~is_null(released[PERSON])
    if not stays.any():
        raise InfeasibleRiskError("Every person was suppressed; nothing is left to release.")
    persona = pd.factorize(released.loc[stays, PERSON])[0]
    row = released.loc[stays, list(keys)].groupby(list(keys), dropna=False, sort=False).ngroup()
    fewest = len(people)
    for group in (persona, row.to_numpy()):
        pairs = pd.DataFrame({"group": group, "person": people[stays]}).drop_duplicates()
        split = len(pairs) - pairs["person"].nunique()
        if split:
            raise InfeasibleRiskError(
                f"{split} people stand in more than one persona; nothing is released."
            )
        fewest = min(fewest, int(pairs["group"].value_counts().min()))
    if fewest < k:
        raise InfeasibleRiskError(
            f"A persona holds {fewest} people where at least {k} were asked for; "
            "nothing is released."
        )
    return fewest


def check_verdict(report: RiskReport, target_risk: float, params: dict[str, Any]) -> float:
    """Hold the measured risk against the target.

    Raises
    ------
    InfeasibleRiskError
        If the verdict is above the target.
    """
    verdict = verdict_of(report)
    if not verdict <= target_risk + _ROUNDING:  # so that NaN does not pass
        raise InfeasibleRiskError(
            f"The release measures a risk of {verdict:.4f}, above the target of {target_risk:g}; "
            "nothing is released.",
            nearest_params=params,
            nearest_risk=verdict,
        )
    return verdict


def check_totals(personas: Personas, n_people: int, n_events: int) -> None:
    """See that the two tables add up to the people and events that were not suppressed.

    Raises
    ------
    InfeasibleRiskError
        If one of them does not.
    """
    for what, found, expected in (
        ("people", personas.n_people, n_people),
        ("events", personas.n_events, n_events),
    ):
        if found != expected:
            raise InfeasibleRiskError(
                f"The personas hold {found} {what} where there are {expected}; nothing is released."
            )


def check_leaks(
    original: pd.DataFrame,
    personas: Personas,
    columns: ReleaseColumns,
    identifiers: Iterable[Hashable],
    k: int,
) -> None:
    """See that no cell of the release is a person id, an event id or a direct identifier.

    Compared are whole cells of text, and the members of labels such as "Asian|White". Labels of
    numbers and dates say nothing of ids that happen to be numbers, so they are left out. A surname
    "White" is no leak of the ethnicity "White": a value stays where at least k people have it in
    that same column of the original.

    Raises
    ------
    InfeasibleRiskError
        If there is one; the message names the columns and the count.
    """
    secret = secret_texts(original, identifiers)
    tables = [personas_to_dataframe(personas).drop(columns=CLASS_SIZE)]
    if personas.has_events:
        tables.append(personas_to_event_dataframe(personas))
    found: dict[Hashable, int] = {}
    for frame in tables:
        if PERSON in frame or columns.event_id in frame:
            raise InfeasibleRiskError("The release has a column of ids; nothing is released.")
        for name in frame.columns:
            cells = _text_members(frame[name]) & secret
            if cells and name != PERSONA:
                cells -= _shared_by(original, name, cells, k)
            if cells:
                found[name] = len(cells)
    if found:
        told = ", ".join(f"{count} in {name!r}" for name, count in found.items())
        raise InfeasibleRiskError(
            f"Values of direct identifiers were found in what would be released ({told}); "
            "nothing is released. Do not keep such a column, or clean it first."
        )


def secret_texts(original: pd.DataFrame, identifiers: Iterable[Hashable]) -> set[str]:
    texts: set[str] = set()
    for name in identifiers:
        values = original.loc[~is_null(original[name]), name].drop_duplicates()
        texts.update(values.astype(str).str.strip())
    return texts - {""}


def _text_members(released: pd.Series) -> set[str]:
    """Give the categories that a released column names, alone or as members of a set."""
    members: set[str] = set()
    for value in released[~is_null(released)].drop_duplicates():
        label = parse_label(value, dates=True)
        parts = label.members if isinstance(label, ValueSet) else (label,)
        members.update(part for part in parts if isinstance(part, str))
        if isinstance(label, str | ValueSet):
            members.add(str(value))
    return members


def _shared_by(original: pd.DataFrame, name: Hashable, cells: set[str], k: int) -> set[str]:
    """Give those of the cells that at least k people have in this column of the original."""
    if name not in original:
        return set()
    texts = original[name].astype(object).map(str)
    pairs = pd.DataFrame({"person": original[PERSON], "text": texts})
    people = pairs[pairs["text"].isin(cells)].drop_duplicates()["text"].value_counts()
    return set(people.index[people >= k])
