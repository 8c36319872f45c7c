"""Assessing a released table: the callable with its settings, and the plain function."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np

from personatwin_sk._core.frames import Table
from personatwin_sk._core.roles import find_column, find_columns
from personatwin_sk.exceptions import InputError
from personatwin_sk.population import ReferencePopulation
from personatwin_sk.risk._breakdown import ClassBreakdown
from personatwin_sk.risk._classes import Classes, find_classes
from personatwin_sk.risk._events import EventRisk, measure_events
from personatwin_sk.risk._informed import stand_behind_some
from personatwin_sk.risk._population import Standing
from personatwin_sk.risk._report import RiskFigures, RiskReport
from personatwin_sk.risk._upper import upper_max, upper_mean
from personatwin_sk.risk.attacks import AttackResult, ResidualRisk, attack_names, run_attacks

__all__ = ["ATTACKERS", "ReidentificationRisk", "assess_risk"]

# F is a sum of products; what exceeds f by less than this share of it is rounding.
_ROUNDING = 1e-9

ATTACKERS = ("prosecutor", "journalist", "marketer")


@dataclass(frozen=True)
class ReidentificationRisk:
    """Risk that somebody in a released table is recognised.

    Call it with the original and the released table. It sees only these two, whatever made the
    second of the first.

    Parameters
    ----------
    quasi_identifiers : column or sequence of columns
        What an attacker may know of a person; columns of both tables.
    person_id : column, optional
        Column of the original table with one value per person; None: one row is one person. Where
        the released table has the column too, people who are null in it are suppressed: they are
        counted, and left out of all figures.
    population : ReferencePopulation, optional
        The people among whom an attacker looks. Its columns are matched by name. None: prosecutor
        figures for all attackers.
    attacker : {"prosecutor", "journalist", "marketer"}, default="journalist"
        Who decides. The prosecutor knows that the target is in the file, and is right with 1/f in
        a class of f people. The journalist knows only that the target is in the population, and is
        right with 1/F, where F people of the population may stand behind the row; where the
        population knows some of the quasi-identifiers only, with E[1/F | f]. The marketer
        links all records, and is right with the sum of f/F over the classes, per record.
    known_events : int, default=0
        Dated events of the target that the attacker also knows (all where there are fewer); with
        any, `event_type` and `date` are needed.
    event_type, date : column, optional
        Columns of both tables with one event per row.
    confidence : float, default=0.95
        Of the upper limit of the mean, one-sided; at least 1/2 and below 1. Low ends of all counts
        are taken together, as if they erred together (the counts of one population are fitted to
        the same figures); what is expected of a class rather than counted errs by itself.
    sampling_fraction : float, optional
        Share of the population that is in the file, above 0 and at most 1. Where no population
        knows any of the quasi-identifiers, 1/F is then what is expected in a random sample
        (Benedetti and Franconi 1998), not 1/f.
    attacks : bool, str or sequence of {"linkage", "singling_out"}, default=()
        Attacks to try on the release as well; True: both. What came of them is in the report's
        `attacks` and decides nothing by itself. (Inference has to know what it is to guess: see
        :func:`personatwin_sk.risk.inference_risk`.)
    thorough : bool, default=True
        Whether figures of event risk are wanted that its upper limit does not rest on: gaps between
        events, where only one event is known, and histories without the class. A search over many
        settings can do without.

    stream : int, default=0
        Which draws the figures of event risk rest on where they are sampled; they are the same for
        all releases, so that these can be compared. Of the one that a search chose, other draws
        give a figure that the choice has not seen.
    n_compared : float, default=1
        Releases, at least 1, of which one is to be chosen by these limits. What errs in each of
        them by itself (draws of events, people who are expected in a class) then has limits that
        hold for all of them at once: each at 1 - (1 - confidence) / n_compared (Bonferroni). Counts
        of a population err alike in all of them, and keep their low ends.

    Raises
    ------
    InputError
        A setting is not one of those above.

    See Also
    --------
    assess_risk : The same in one call.

    Examples
    --------
    Six of 400 people are in the file; the attacker does not know that they are:

    >>> import pandas as pd
    >>> from personatwin_sk.population import TablePopulation
    >>> town = TablePopulation.from_frame(pd.DataFrame(
    ...     {"age": ["30-39", "50-59"], "n": [300, 100]}))
    >>> people = pd.DataFrame({"age": [31, 34, 38, 52, 55, 57]})
    >>> released = pd.DataFrame({"age": ["30-39"] * 3 + ["50-59"] * 3})
    >>> report = ReidentificationRisk("age", population=town)(people, released)
    >>> report.prosecutor
    RiskFigures(mean=0.333..., max=0.333...)
    >>> report.journalist
    RiskFigures(mean=0.0066..., max=0.01)
    """

    quasi_identifiers: Hashable | Sequence[Hashable]
    _: KW_ONLY
    person_id: Hashable | None = None
    population: ReferencePopulation | None = None
    attacker: str = "journalist"
    known_events: int = 0
    event_type: Hashable | None = None
    date: Hashable | None = None
    confidence: float = 0.95
    sampling_fraction: float | None = None
    attacks: bool | str | Sequence[str] = ()
    thorough: bool = True
    stream: int = 0
    n_compared: float = 1.0

    def __post_init__(self) -> None:
        if self.attacker not in ATTACKERS:
            raise InputError(f"attacker must be one of {', '.join(map(repr, ATTACKERS))}.")
        known: Any = self.known_events
        if isinstance(known, bool) or not isinstance(known, Integral) or known < 0:
            raise InputError(f"known_events must be a whole number, at least 0, got {known!r}.")
        if self.known_events and (self.event_type is None or self.date is None):
            raise InputError(
                f"known_events={known} needs to know where the events are: name the columns "
                "event_type and date."
            )

        if not 0.5 <= self.confidence < 1:
            raise InputError("confidence must be at least 0.5 and below 1.")
        if not self.n_compared >= 1:
            raise InputError("n_compared must be at least 1.")
        if self.sampling_fraction is not None and not 0 < self.sampling_fraction <= 1:
            raise InputError("sampling_fraction must be above 0 and at most 1, or None.")
        if self.attacks:
            attack_names(self.attacks, None)

    def __call__(self, original: Any, released: Any) -> RiskReport:
        """Measure the risk of a released table.

        Parameters
        ----------
        original, released : table of shape (n_rows, n_columns)
            The same rows in the same order: what came in, and what would leave.

        Returns
        -------
        RiskReport

        Raises
        ------
        InputError
            The tables have different numbers of rows, or some rows of the original no person.
        ColumnNotFoundError
            A named column is not in one of the tables.
        """
        before, after = Table.of(original), Table.of(released)
        if before.n_rows != after.n_rows:
            raise InputError(
                f"The original has {before.n_rows} rows and the released table {after.n_rows}; "
                "give both with the same rows in the same order."
            )
        keys = self._find_columns(before, after)
        classes = find_classes(before, after, keys, self.person_id)
        standing = stand_behind_some(
            before,
            after,
            keys,
            self.person_id,
            classes,
            self.population,
            sampling_fraction=self.sampling_fraction,
            confidence=self._confidence_of_each,
        )
        events = measure_events(
            before,
            after,
            classes,
            known_events=self.known_events,
            event_type=self.event_type,
            date=self.date,
            behind=standing.people,
            confidence=self._confidence_of_each,
            thorough=self.thorough,
            stream=self.stream,
        )
        report = self._report(keys, classes, standing, events)
        return replace(report, attacks=self._attack(original, released)) if self.attacks else report

    def _attack(self, original: Any, released: Any) -> dict[str, AttackResult | ResidualRisk]:
        return run_attacks(
            original,
            released,
            self.quasi_identifiers,
            attacks=self.attacks,
            person_id=self.person_id,
            population=self.population,
            known_events=self.known_events,
            event_type=self.event_type,
            date=self.date,
            confidence=self.confidence,
        )

    @property
    def _confidence_of_each(self) -> float:
        return 1.0 - (1.0 - self.confidence) / self.n_compared

    def _find_columns(self, before: Table, after: Table) -> list[Hashable]:
        """Check that all columns are where they have to be; give the key variables."""
        find_column(before, self.person_id, parameter="person_id", owner="assess_risk (original)")
        for table, name in ((before, "original"), (after, "released")):
            owner = f"assess_risk ({name})"
            keys = find_columns(
                table, self.quasi_identifiers, parameter="quasi_identifiers", owner=owner
            )
            find_column(table, self.event_type, parameter="event_type", owner=owner)
            find_column(table, self.date, parameter="date", owner=owner)
        if not keys:
            raise InputError("quasi_identifiers names no column; name at least one.")
        return keys

    def _report(
        self,
        keys: Sequence[Hashable],
        classes: Classes,
        standing: Standing,
        events: EventRisk,
    ) -> RiskReport:
        in_file = 1.0 / classes.sizes[classes.class_of_member]
        behind = 1.0 / standing.people
        prosecutor = _figures(classes.largest_of_person(in_file))
        risks = classes.largest_of_person(in_file if self.attacker == "prosecutor" else behind)
        journalist = _figures(classes.largest_of_person(behind))
        # The sum of f/F over classes, per record: a person in two classes is two records.
        marketer = _figures(behind)
        confidences = self._confidence_of_each, self.confidence
        decisive, upper = {
            "prosecutor": (prosecutor, prosecutor.mean),
            "journalist": (journalist, upper_mean(standing, classes, *confidences)),
            "marketer": (
                marketer,
                upper_mean(standing, classes, *confidences, per_record=True),
            ),
        }[self.attacker]
        individual = np.where(classes.class_of_row >= 0, risks[classes.person_of_row], np.nan)
        individual.flags.writeable = False
        n_unknown = 0 if self.population is None else classes.count_people(standing.unknown)
        modelled_share = classes.count_people(standing.modelled) / max(classes.n_people, 1)
        return RiskReport(
            attacker=self.attacker,
            k_anonymity=classes.k_anonymity,
            n_people=classes.n_people,
            n_classes=classes.n_classes,
            n_suppressed=classes.n_file_people - classes.n_people,
            population_average_risk=decisive.mean,
            max_risk=decisive.max,
            max_upper=prosecutor.max
            if self.attacker == "prosecutor"
            else upper_max(standing, classes, self._confidence_of_each),
            upper=upper,
            prosecutor=prosecutor,
            journalist=journalist,
            marketer=marketer,
            individual_risks=individual,
            event_risk=events,
            modelled_share=modelled_share,
            n_raised=standing.n_raised,
            n_counted_by_cells=standing.n_by_cells,
            n_untold=standing.n_untold,
            delta_presence=_presence(classes, standing),
            n_unknown_to_population=n_unknown,
            population_sources=standing.sources,
            has_population=self.population is not None,
            census_decides=self.attacker != "prosecutor"
            and bool((behind < in_file * (1 - _ROUNDING)).any()),
            breakdown=ClassBreakdown.of(
                keys,
                classes,
                in_file if self.attacker == "prosecutor" else behind,
                risks,
                per_record=self.attacker == "marketer",
            ),
        )


def _presence(classes: Classes, standing: Standing) -> tuple[float, float]:
    """Give the least and the largest share of the people behind a row who are in the file."""
    share = classes.sizes[classes.class_of_member] / standing.people
    return (float(share.min()), float(share.max())) if len(share) else (0.0, 0.0)


def _figures(risks: np.ndarray) -> RiskFigures:
    """Give mean and largest of risks; NaN are people who are not released."""
    present = risks[~np.isnan(risks)]
    if not len(present):
        return RiskFigures(0.0, 0.0)
    return RiskFigures(float(present.mean()), float(present.max()))


def assess_risk(
    original: Any,
    released: Any,
    quasi_identifiers: Hashable | Sequence[Hashable],
    *,
    person_id: Hashable | None = None,
    population: ReferencePopulation | None = None,
    attacker: str = "journalist",
    known_events: int = 0,
    event_type: Hashable | None = None,
    date: Hashable | None = None,
    confidence: float = 0.95,
    sampling_fraction: float | None = None,
    attacks: bool | str | Sequence[str] = (),
    thorough: bool = True,
    stream: int = 0,
    n_compared: float = 1.0,
) -> RiskReport:
    """Measure the risk that somebody in a released table is recognised.

    Parameters
    ----------
    original, released : table of shape (n_rows, n_columns)
        The same rows in the same order.
    quasi_identifiers, person_id, population, attacker, known_events, event_type, date
        As in :class:`ReidentificationRisk`.
    confidence, sampling_fraction, attacks, thorough, stream, n_compared
        Likewise.

    Returns
    -------
    RiskReport

    Raises
    ------
    InputError
        The tables have different numbers of rows, or a setting or a column cannot be used.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"id": [1, 2, 3, 3], "age": [31, 34, 38, 38]})
    >>> assess_risk(people, people, "age", person_id="id").prosecutor
    RiskFigures(mean=1.0, max=1.0)
    >>> assess_risk(people, people.assign(age="30-39"), "age", person_id="id").k_anonymity
    3
    """
    measure = ReidentificationRisk(
        quasi_identifiers,
        person_id=person_id,
        population=population,
        attacker=attacker,
        known_events=known_events,
        event_type=event_type,
        date=date,
        confidence=confidence,
        sampling_fraction=sampling_fraction,
        attacks=attacks,
        thorough=thorough,
        stream=stream,
        n_compared=n_compared,
    )
    return measure(original, released)
