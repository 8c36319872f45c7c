"""The privacy ledger: what a pipeline spends per person, and what no epsilon covers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from personatwin_sk.merging import PersonaMerger
from personatwin_sk.noise._accounting import Composition, compose
from personatwin_sk.noise._base import KeyedNoise
from personatwin_sk.noise._ledger_text import as_html, as_text
from personatwin_sk.noise._order_of_steps import check_step_order, noisy_columns
from personatwin_sk.noise._spending import Spending
from personatwin_sk.noise._steps import Step, named_columns, walk

__all__ = ["LedgerRow", "PrivacyLedger", "privacy_ledger"]

_KEPT = "no differential privacy"
# What other steps of ours do, for the table.
_WORDS = {
    "IdentifierRemover": "direct identifiers dropped",
    "GeographicGeneralizer": "places coarsened",
}


@dataclass(frozen=True)
class LedgerRow:
    """One column of one step.

    Parameters
    ----------
    name : str
        The step's name in the pipeline.
    spending : Spending
        What the step says of the column.
    claimed : bool
        Whether its epsilon counts: the claim holds for every column of the step, and nothing else
        in the pipeline voids it.
    remark : str
        Why it does not, or on what condition; "" if there is nothing to say.
    """

    name: str
    spending: Spending
    claimed: bool
    remark: str


@dataclass(frozen=True, repr=False)
class PrivacyLedger:
    """What a pipeline spends, as :func:`privacy_ledger` gives it.

    Parameters
    ----------
    rows : tuple of LedgerRow
        A row per column of each noise step, and one for each other step.
    delta : float
        Of the total by zero-concentrated differential privacy.
    not_covered : tuple of str
        What no epsilon of the ledger covers, in words.
    """

    rows: tuple[LedgerRow, ...]
    delta: float
    not_covered: tuple[str, ...]

    @property
    def claims(self) -> tuple[str, ...]:
        """Names of the steps whose epsilon counts."""
        return tuple(dict.fromkeys(row.name for row in self.rows if row.claimed))

    @property
    def per_event(self) -> Composition | None:
        """What all values of one event cost, in the claimed columns.

        None: nothing is claimed, or a column has no public range.
        """
        costs = [row.spending.whole for row in self.rows if row.claimed]
        known = [cost for cost in costs if cost is not None]
        if not known or len(known) < len(costs):
            return None
        return compose([(cost, 1) for cost in known], self.delta)

    @property
    def per_person(self) -> Composition | None:
        """What all events of one person cost, in the claimed columns.

        None: as for `per_event`, or a step has no bound on a person's events.
        """
        spent = [(row.spending.whole, row.spending.max_events) for row in self.rows if row.claimed]
        known = [(cost, n) for cost, n in spent if cost is not None and n is not None]
        if not known or len(known) < len(spent):
            return None
        return compose(known, self.delta)

    @property
    def summary(self) -> str:
        """The totals, or why there are none, in a sentence or two."""
        if not self.claims:
            return "No step claims differential privacy."
        columns = ", ".join(dict.fromkeys(row.spending.column for row in self.rows if row.claimed))
        event, person = self.per_event, self.per_person
        if event is None:
            return f"Differential privacy of {columns}; no total: a column has no public range."
        words = f"Differential privacy of {columns}: one event costs epsilon {event.basic:.6g}"
        if any(row.claimed and row.spending.per != "value" for row in self.rows):
            words += ", whatever its values change to in their public ranges (the rows say what "
            words += "one day or one step costs)"
        if person is None:
            return f"{words}. No total per person: a step has no bound on a person's events."
        words += f", all events of one person epsilon {person.basic:.6g} by basic composition"
        words += f" (delta 0), or {person.concentrated:.6g} at delta {person.delta:g} by "
        words += f"zero-concentrated differential privacy (rho {person.rho:.6g})"
        return f"{words}. The smaller is that by {person.method}."

    def to_dict(self) -> dict[str, Any]:
        """Give the ledger ready for JSON: neither keys nor seeds nor anybody's value."""
        return {
            "summary": self.summary,
            "claims": list(self.claims),
            "per_event": _total(self.per_event),
            "per_person": _total(self.per_person),
            "delta": self.delta,
            "rows": [
                {
                    "name": row.name,
                    **{
                        key: value
                        for key, value in asdict(row.spending).items()
                        if key not in ("holds", "reason")
                    },
                    "claimed": row.claimed,
                    "remark": row.remark,
                }
                for row in self.rows
            ],
            "not_covered": list(self.not_covered),
        }

    def __repr__(self) -> str:
        return as_text(self.to_dict())

    def _repr_html_(self) -> str:
        return as_html(self.to_dict())


def privacy_ledger(
    pipeline: Any, *, delta: float = 1e-6, n_settings: int | None = None
) -> PrivacyLedger:
    r"""Add up what a pipeline's noise spends per person, and name what it does not cover.

    A step's epsilon is claimed only if it holds for every column of the step. A person's total is
    the sum over the claimed columns of epsilon, times the steps that the public range has (days of
    the window), times the largest number of the person's events; it protects any change of all
    these values. Smaller for many events, at a small `delta`, is the total by zero-concentrated
    differential privacy, :math:`\rho + 2 \sqrt{\rho \ln(1 / \delta)}` with
    :math:`\rho = \sum \varepsilon^2 / 2`.

    Parameters
    ----------
    pipeline : estimator
        A Pipeline, a search around one (what it chose counts, once it is fitted), a
        ColumnTransformer, or one step; fitted or not.
    delta : float, default=1e-6
        Between 0 and 1, both excluded; should be well below one over the number of people.
    n_settings : int, default=None
        How many settings were tried in all, where there were more searches than the one at hand:
        said among what is not covered. None: those of the searches in `pipeline`.

    Returns
    -------
    PrivacyLedger
        With `rows`, `claims`, `per_event`, `per_person`, `not_covered`, `to_dict()`.

    Raises
    ------
    ValueError
        Noise on key variables stands after a merger, or `delta` is out of its range.
    NotFittedError
        What a noise step spends is only known when it has seen a table.

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk.noise import OutcomeNoise
    >>> events = pd.DataFrame({
    ...     "person": ["a", "a", "b"], "event": [1, 2, 1],
    ...     "outcome": ["guilty", "guilty", "acquitted"],
    ... })
    >>> noise = OutcomeNoise(
    ...     person_id="person", event_id="event", epsilon=0.5, max_events=4,
    ...     allowed=["guilty", "acquitted"],
    ... )
    >>> ledger = privacy_ledger(noise.fit(events))
    >>> ledger.per_event.epsilon, ledger.per_person.basic
    (0.5, 2.0)
    >>> ledger.claims
    ('OutcomeNoise',)
    """
    if not 0 < delta < 1:
        raise ValueError("delta must be between 0 and 1, both excluded.")
    check_step_order(pipeline)
    steps = walk(pipeline)
    rows: list[LedgerRow] = []
    for step in steps:
        if isinstance(step.estimator, KeyedNoise):
            rows += _noise_rows(step, steps)
        else:
            rows.append(_other_row(step))
    tried = [count for step in steps for count in step.searches]
    return PrivacyLedger(
        tuple(rows), delta, _not_covered(steps, tried if n_settings is None else [n_settings])
    )


def _noise_rows(step: Step, steps: list[Step]) -> list[LedgerRow]:
    spendings = step.estimator._spending()
    voids = [_voided(step, spending, steps) if spending.holds else "" for spending in spendings]
    good = [spending.holds and not void for spending, void in zip(spendings, voids, strict=True)]
    # Columns of one step are one claim: users read "this step is private", not "half of it".
    claimed = all(good)
    rest = "" if claimed else "another column of the step has no guarantee"
    return [
        LedgerRow(step.name, spending, claimed, _joined(spending.reason, void, rest if own else ""))
        for spending, void, own in zip(spendings, voids, good, strict=True)
    ]


def _voided(step: Step, spending: Spending, steps: list[Step]) -> str:
    """Say what else in the pipeline voids a claim that the step alone would earn; "" if nothing."""
    for other in steps:
        if other is step:
            continue
        if isinstance(other.estimator, PersonaMerger) and not step.is_before(other):
            used = [
                *named_columns(other.estimator.sensitive, other.estimator),
                *named_columns(other.estimator.order_by, other.estimator),
            ]
            if spending.column in map(str, used):
                return f"the merger {other.name!r} looks at the column before there is noise on it"
        if not isinstance(other.estimator, KeyedNoise):
            continue
        if spending.column not in map(str, noisy_columns(other.estimator)):
            continue
        if _same_key(step.estimator, other.estimator):
            return f"its draws are those of {other.name!r} on the same column: both have one key"
        if step.is_before(other):
            continue  # what comes after noise only works on what was released already
        if not all(own.holds for own in other.estimator._spending()):
            where = "before" if other.is_before(step) else "beside"
            return f"{other.name!r} {where} it works on the same column without a guarantee"
    return ""


def _same_key(one: KeyedNoise, other: KeyedNoise) -> bool:
    """Tell whether two steps would draw the same noise for the same events."""
    if type(one) is not type(other):
        return False
    keys = getattr(one, "_key", None), getattr(other, "_key", None)
    if None not in keys:
        return bool(keys[0] == keys[1])
    seeds = one.random_state, other.random_state
    return all(isinstance(seed, int) for seed in seeds) and seeds[0] == seeds[1]


def _other_row(step: Step) -> LedgerRow:
    """Give the row of a step that is no noise."""
    kind = type(step.estimator).__name__
    if isinstance(step.estimator, PersonaMerger):
        words = f"key variables: classes of at least {step.estimator.k} people (k-anonymity)"
    else:
        words = _WORDS.get(kind, "not known to the ledger")
    spending = Spending(
        kind,
        "",
        words,
        "",
        epsilon=None,
        per="value",
        span=None,
        max_events=None,
        holds=False,
        reason=_KEPT,
    )
    return LedgerRow(step.name, spending, claimed=False, remark=_KEPT)


def _not_covered(steps: list[Step], tried: list[int | None]) -> tuple[str, ...]:
    """Name what no epsilon covers; `tried` counts the settings of each search."""
    says = [
        "Columns that no row with a claim names, how many events a person has, of which types, and "
        "which of their values are null.",
    ]
    if any(isinstance(step.estimator, PersonaMerger) for step in steps):
        says.append(
            "The key variables and the grouping of people into personas, which was made from the "
            "data: k-anonymity protects them, not epsilon."
        )
    says.append(
        "Fitting again, and transforming corrected values of the same events: each fit has a new "
        "key and spends again, and noise that stays the same shows the difference."
    )
    for count in dict.fromkeys(tried):
        settings = "settings" if count is None else f"{count} settings"
        says.append(
            f"The search over {settings}: each of them is fitted with noise of its own, and the "
            "choice among them looks at the data."
        )
    if any(step.branches for step in steps if isinstance(step.estimator, KeyedNoise)):
        says.append(
            "Branches beside the noise: what they let through of the same columns without it."
        )
    seeded = [
        step.name
        for step in steps
        if isinstance(step.estimator, KeyedNoise) and step.estimator.random_state is not None
    ]
    if seeded:
        says.append(
            f"Keys that are not from the operating system ({', '.join(seeded)}): whoever knows "
            "what they were made from can take the noise off."
        )
    return tuple(says)


def _joined(*remarks: str) -> str:
    return "; ".join(remark for remark in remarks if remark)


def _total(total: Composition | None) -> dict[str, Any] | None:
    if total is None:
        return None
    return {**asdict(total), "epsilon": total.epsilon, "method": total.method}
