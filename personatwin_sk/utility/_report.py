"""All that can be said of a release's usefulness, in figures and in words."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from personatwin_sk.exceptions import InputError
from personatwin_sk.utility._association import AssociationPreserved, association_preserved
from personatwin_sk.utility._disparities import OutcomeDisparities, outcome_disparities
from personatwin_sk.utility._information import InformationKept
from personatwin_sk.utility._marginals import k_marginal
from personatwin_sk.utility._model_score import TrainOnReleased, train_on_released
from personatwin_sk.utility._propensity import PropensityMSE, propensity_mse
from personatwin_sk.utility._sequences import EventSequences, event_sequences
from personatwin_sk.utility._tables import Columns, read_pair, require_aligned

__all__ = ["UtilityReport", "utility_report"]

_OWNER = "utility_report"


@dataclass(frozen=True)
class UtilityReport:
    """What :func:`utility_report` found.

    Attributes
    ----------
    information_kept : float
        One minus the mean of what columns lost.
    losses : mapping of column to float
        What each of them lost, from 0 to 1: the certainty penalty of a key variable, the distance
        of dates, the share of outcomes that changed.
    k_marginal : float
        Of pairs of columns, from 0 to 1000; of single ones where only one is measured.
    propensity : PropensityMSE
    association : AssociationPreserved or None
        None where fewer than two columns are measured.
    disparities : mapping of column to OutcomeDisparities
        Per outcome; empty without a group.
    sequences : EventSequences or None
        None without `event_type` or `person_id`.
    model : TrainOnReleased or None
        None without a target.
    """

    information_kept: float
    losses: Mapping[Hashable, float]
    k_marginal: float
    propensity: PropensityMSE = field(repr=False)
    association: AssociationPreserved | None = field(repr=False)
    disparities: Mapping[Hashable, OutcomeDisparities] = field(repr=False)
    sequences: EventSequences | None = field(repr=False)
    model: TrainOnReleased | None = field(repr=False)

    def describe(self) -> list[str]:
        """Say it in words, a line for each measure."""
        worst = max(self.losses, key=lambda name: self.losses[name])
        apart = self.propensity
        lines = [
            f"{self.information_kept:.1%} of the information is kept; "
            f"{worst} lost the most, {self.losses[worst]:.1%}.",
            f"Joint distributions: k-marginal {self.k_marginal:.0f} of 1000.",
            f"Telling released rows from original ones: propensity MSE {apart.value:.4f}, where "
            f"{apart.expected:.4f} is expected of a new sample.",
        ]
        if self.association is not None:
            first, second, change = self.association.largest_change
            lines.append(
                f"Associations between columns are kept to {self.association.score:.1%}; "
                f"that of {first} and {second} changed the most, by {change:+.2f}."
            )
        for found in self.disparities.values():
            lines += found.describe()
        if self.sequences is not None:
            lines.append(_describe_sequences(self.sequences))
        if self.model is not None:
            lines.append(
                f"A model trained on the release scores {self.model.score:.4f} on real people, "
                f"one trained on the original {self.model.raw_score:.4f}."
            )
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Give all as plain types, ready for JSON."""
        parts = {
            "association": self.association,
            "sequences": self.sequences,
            "model": self.model,
        }
        return {
            "information_kept": self.information_kept,
            "losses": {str(name): float(loss) for name, loss in self.losses.items()},
            "k_marginal": self.k_marginal,
            "propensity": self.propensity.to_dict(),
            "disparities": {str(name): d.to_dict() for name, d in self.disparities.items()},
            **{name: None if part is None else part.to_dict() for name, part in parts.items()},
            "words": self.describe(),
        }


def utility_report(
    original: Any,
    released: Any,
    quasi_identifiers: Columns,
    *,
    person_id: Hashable | None = None,
    dates: Columns = (),
    outcomes: Columns = (),
    event_type: Hashable | None = None,
    group: Hashable | None = None,
    target: Hashable | None = None,
    scoring: str | Callable[..., float] | None = None,
    estimator: Any = None,
    cv: Any = 5,
    min_people: int = 5,
    random_state: int = 0,
    hierarchies: Mapping[Any, Any] | None = None,
) -> UtilityReport:
    """Measure a release by everything that its columns allow.

    Parameters
    ----------
    original, released : table or array-like of shape (n_rows, n_columns)
        The table before and after; row i of one is row i of the other.
    quasi_identifiers, dates, outcomes : column or sequence of columns
        What :func:`~personatwin_sk.information_kept` measures; all of them, and `event_type`, are
        what the other measures look at, row by row.
    person_id : column, optional
        Whose row it is, read from the original. None: each row is somebody else.
    event_type : column, optional
        Gives the sequences of events, in the order of the first of `dates`, and compares outcomes
        within each type.
    group : column, optional
        Gives the disparities of each outcome between its values.
    target, scoring, estimator, cv : optional
        Give the models of :func:`train_on_released`, which predict `target` from the key variables,
        the event columns and `event_type`, without itself.
    min_people : int, default=5
        Disparities between groups of fewer people are left out.
    random_state : int, default=0
        For models and their folds.
    hierarchies : mapping of column -> Hierarchy or table, optional
        Key variables whose original values are labels of a hierarchy of the user's own.

    Returns
    -------
    UtilityReport

    Raises
    ------
    ColumnNotFoundError
        A named column is in one of the tables only, or in none.
    InputError
        The tables do not align row by row, are empty, or no column is named.

    Notes
    -----
    Figures and words name groups and outcomes of at least `min_people` people; transition matrices,
    which may rest on single people, are in the report's attributes but not in ``to_dict``.

    Examples
    --------
    >>> import pandas as pd
    >>> before = pd.DataFrame({"age": [20, 30, 40, 60] * 5, "sex": list("FFMM") * 5})
    >>> after = before.assign(age=["20-30", "20-30", "40-60", "40-60"] * 5)
    >>> report = utility_report(before, after, ["age", "sex"])
    >>> report.information_kept, report.losses
    (0.8125, {'age': 0.375, 'sex': 0.0})
    >>> report.k_marginal  # each age of the original is half of the released class
    1000.0
    >>> print(report.describe()[0])
    81.2% of the information is kept; age lost the most, 37.5%.
    """
    before, after, found = read_pair(
        original,
        released,
        {
            "quasi_identifiers": quasi_identifiers,
            "dates": dates,
            "outcomes": outcomes,
            "event_type": _listed(event_type),
            "group": _listed(group),
            "target": _listed(target),
        },
        owner=_OWNER,
    )
    require_aligned(before, after, owner=_OWNER)
    measured = [*found["quasi_identifiers"], *found["dates"], *found["outcomes"]]
    columns = list(dict.fromkeys([*measured, *found["event_type"]]))
    if not measured:
        raise InputError(
            f"{_OWNER}: there is no column to measure; name quasi_identifiers, dates or outcomes."
        )
    of_keys = {
        name: table
        for name, table in (hierarchies or {}).items()
        if name in found["quasi_identifiers"]
    }
    information = InformationKept(
        before,
        found["quasi_identifiers"],
        person_id=person_id,
        dates=found["dates"],
        outcomes=found["outcomes"],
        hierarchies=of_keys,
    )
    features = [name for name in columns if name not in found["target"]]
    return UtilityReport(
        information_kept=information(after),
        losses=dict(information.losses(after)),
        k_marginal=k_marginal(before, after, columns, min(2, len(columns)), hierarchies=of_keys),
        propensity=propensity_mse(
            before, after, columns, random_state=random_state, hierarchies=of_keys
        ),
        association=association_preserved(before, after, columns, hierarchies=of_keys)
        if len(columns) > 1
        else None,
        disparities={
            outcome: outcome_disparities(
                before,
                after,
                outcome,
                found["group"][0],
                by=event_type,
                person_id=person_id,
                min_people=min_people,
                hierarchies={k: v for k, v in of_keys.items() if k == group},
            )
            for outcome in found["outcomes"]
            if found["group"]
        },
        sequences=event_sequences(
            before,
            after,
            found["event_type"][0],
            person_id=person_id,
            date=found["dates"][0] if found["dates"] else None,
        )
        if found["event_type"] and person_id is not None
        else None,
        model=train_on_released(
            before,
            after,
            found["target"][0],
            scoring=scoring,
            estimator=estimator,
            features=features,
            person_id=person_id,
            cv=cv,
            random_state=random_state,
            hierarchies={k: v for k, v in of_keys.items() if k in features},
        )
        if found["target"]
        else None,
    )


def _listed(column: Hashable | None) -> list[Hashable]:
    return [] if column is None else [column]


def _describe_sequences(found: EventSequences) -> str:
    text = f"Sequences: {found.transition_score:.1%} of the transitions between events are kept"
    if found.gap_score == found.gap_score:  # not NaN: there are gaps
        text += (
            f"; gaps between events are {found.gap_distance:.1f} days off, "
            f"where their mean is {found.mean_gap:.1f}"
        )
    return text + "."
