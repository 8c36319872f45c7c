"""OutcomeNoise: outcomes exchanged at random within what the event type allows."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from numbers import Integral, Real
from typing import Any

import pandas as pd
from sklearn.utils.validation import check_is_fitted

from personatwin_sk._core.frames import Table
from personatwin_sk._core.roles import find_column
from personatwin_sk._core.sklearn_private import Interval
from personatwin_sk.exceptions import InputError
from personatwin_sk.noise._base import KeyedNoise
from personatwin_sk.noise._channel import OutcomeChannel
from personatwin_sk.noise._discrete_laplace import LARGEST_EPSILON, SMALLEST_EPSILON
from personatwin_sk.noise._exchange import ExchangeMaker
from personatwin_sk.noise._mechanisms import draw_numbers
from personatwin_sk.noise._outcome_rules import read_rules
from personatwin_sk.noise._randomised_response import TOTAL
from personatwin_sk.noise._spending import Spending

__all__ = ["OutcomeNoise"]


class OutcomeNoise(KeyedNoise):
    r"""Exchange outcomes at random, each within what its event type allows (PRAM).

    Each outcome keeps its value or is exchanged for another one that the same type of event can
    have, with known probabilities: nobody can be sure that a person's outcome is the true one.
    By default the distribution of outcomes stays what it was; with `epsilon` each outcome is
    protected by differential privacy. Draws are keyed: they depend on a secret key and on whose
    outcome it is, never on where the row stands.

    Parameters
    ----------
    columns : str, int or sequence of these, default=None
        Columns of outcomes: categories, of any type. None takes the column called ``outcome``;
        where there is none a :class:`~personatwin_sk.exceptions.NothingSelectedWarning` says so
        and the table passes unchanged.
    given : str or int, default=None
        Column of the event type. Null is a type of its own. None: all rows are of one type.
    person_id : str or int, default=None
        Column of the person. None: each row is a person of its own.
    event_id : str or int, default=None
        Column of the event's id within the person. None, or no `person_id`: the whole input row
        stands in for what is missing, so that equal rows get equal noise.
    flip_probability : float, default=0.05
        Expected share of the outcomes of each event type that change, from 0 to 1. Where
        `invariant`, it is no more than :math:`1 - \sum_i \pi_i^2`, with :math:`\pi` the
        distribution of the type's outcomes: it is capped there. It has no say where `epsilon` or
        `matrix` says how likely an exchange is.
    epsilon : float, default=None
        Differential privacy of each outcome, from 1e-6 to 500: whatever is released, it is at most
        :math:`e^\varepsilon` times as likely under one true outcome of the event as under any
        other that is allowed, exactly. Needs `person_id` and `event_id`, and no two rows with both
        alike. The claim is true where what is allowed is declared and not learnt from the data,
        by `allowed` or `prior`; it is about the outcome alone, not about the event's type, nor
        about whether there is an outcome at all.
    invariant : bool, default=None
        Whether the expected distribution of outcomes within each event type stays as it is in the
        table of fit, or as the public `prior` says. If False, an outcome is exchanged for any of
        the others that are allowed, all equally likely, which evens the distribution out: with
        `epsilon` this is k-ary randomised response. None is True without `epsilon`, False with it,
        and leaves a `matrix` as it is. True needs a `prior` with `epsilon`, and makes a two-stage
        exchange of a `matrix`.
    prior : mapping, default=None
        Public distribution of the outcomes, the one that an invariant exchange keeps: event type ->
        outcome -> probability; outcome -> probability where `given` is None. It declares what is
        allowed, too, for types that `allowed` does not name. With `epsilon`, every event type that
        has outcomes needs one, and every allowed outcome a probability above 0.
    allowed : mapping of event type -> sequence of outcomes, or sequence of outcomes, default=None
        What each type of event can have; a plain sequence where `given` is None. Types that are
        not named, and all of them with None, allow what the table of fit shows: an outcome that
        turns up later is drawn anew from what was shown, with a
        :class:`~personatwin_sk.exceptions.DataWarning` that counts it (null, if the type is new as
        well). A type with one allowed outcome changes nothing.
    matrix : mapping of event type -> DataFrame or array, or DataFrame or array, default=None
        Probability that a true outcome (row) is released as another (column), of your own making;
        not together with `epsilon`. A table names its outcomes in both index and columns; an array
        has them in the order of `allowed`. Types that it does not name take `flip_probability`.
    pool_below : int, default=1
        Event types with fewer people than this in the table of fit take the outcome distribution
        of all types together, restricted to what they allow: of a handful of people the exchange
        would tell what they had. Without `person_id` each row counts as a person.
    max_events : int, default=None
        Most events of one person whose outcomes are released; those beyond, chosen by a keyed hash
        of their ids, become null, and a warning counts them. Needs `person_id` and `event_id`.
        None: no bound, and `epsilon` says nothing about a person as a whole.
    random_state : int, RandomState instance or None, default=None
        None takes the key from the operating system. An int is for reproducing: whoever knows it
        can take the noise off again.

    Attributes
    ----------
    transition_matrices_ : dict of event type -> DataFrame of shape (n_allowed, n_allowed)
        Probability that a true outcome (row) is released as another (column). Without `given` the
        only key is None, which also stands for the null type; with several columns the keys are
        pairs (column, event type).
    n_features_in_ : int
        Number of columns seen at fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where all are text.

    Raises
    ------
    InputError
        By ``fit`` and ``transform``: parameters that contradict each other, an outcome that is not
        among those declared (counted), or, with `epsilon`, rows with equal ids (counted).

    See Also
    --------
    TemporalNoise : Move and coarsen dates.
    ValueNoise : Noise on numbers that belong to events.

    Notes
    -----
    The invariant exchange is :math:`R = (1 - t) I + t 1 \pi^T` with
    :math:`t = \min(1, f / (1 - \sum_i \pi_i^2))` and :math:`f` the `flip_probability`:
    with probability :math:`t` an outcome is drawn anew from :math:`\pi`, which may hit the old
    one. :math:`\pi R = \pi` exactly. Where nothing at all is known of :math:`\pi` it is uniform.
    With `epsilon` and a public :math:`\pi`, :math:`t = 1 / (1 + (e^\varepsilon - 1)
    \min_i \pi_i)`, the least for which the claim is true. A `matrix` :math:`P` is made invariant
    by a second stage, :math:`Q_{ji} = \pi_i P_{ij} / (\pi P)_j` and :math:`R = P Q`.

    All probabilities are whole numbers out of :math:`2^{62}`, drawn exactly; with `epsilon` they
    are rounded such that the bound holds without any slack.

    With several columns, `allowed`, `prior` and `matrix` hold for all of them; what is for one
    column stands under the pair (column, event type), with None for the type without `given`.

    Null is a value of its own: it is never changed and never drawn.

    Without `epsilon` no differential privacy is claimed. A fitted step holds its key and is as
    secret as the data; :meth:`forget_key` strips it.

    References
    ----------
    Gouweleeuw, Kooiman, Willenborg, de Wolf (1998). Post randomisation for statistical disclosure
    control: theory and implementation. Journal of Official Statistics 14 (4), 463-478.

    Kairouz, Oh, Viswanath (2016). Extremal mechanisms for local differential privacy. Journal of
    Machine Learning Research 17 (17), 1-51.

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk.noise import OutcomeNoise
    >>> events = pd.DataFrame({
    ...     "person_id": [1, 1, 2, 2, 3, 3],
    ...     "event_id": [1, 2, 1, 2, 1, 2],
    ...     "event_type": ["charge"] * 4 + ["bail"] * 2,
    ...     "outcome": ["felony", "felony", "felony", "misdemeanor", "granted", "granted"],
    ... })
    >>> noise = OutcomeNoise(given="event_type", flip_probability=0.15).fit(events)
    >>> noise.transition_matrices_["charge"].round(3)
    released     felony  misdemeanor
    true
    felony          0.9          0.1
    misdemeanor     0.3          0.7
    >>> noise.transform(events)["outcome"].tolist()[4:]
    ['granted', 'granted']

    Differential privacy at epsilon 1 that keeps a published distribution:

    >>> noise = OutcomeNoise(
    ...     given="event_type", person_id="person_id", event_id="event_id",
    ...     epsilon=1.0, invariant=True,
    ...     prior={
    ...         "charge": {"felony": 0.25, "misdemeanor": 0.75},
    ...         "bail": {"granted": 0.5, "denied": 0.5},
    ...     },
    ... ).fit(events)
    >>> noise.transition_matrices_["charge"].round(3)
    released     felony  misdemeanor
    true
    felony        0.475        0.525
    misdemeanor   0.175        0.825
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "columns": [None, str, Integral, "array-like"],
        "given": [None, str, Integral],
        "person_id": [None, str, Integral],
        "event_id": [None, str, Integral],
        "flip_probability": [Interval(Real, 0, 1, closed="both")],
        "epsilon": [None, Interval(Real, SMALLEST_EPSILON, LARGEST_EPSILON, closed="both")],
        "invariant": ["boolean", None],
        "prior": [None, Mapping],
        "allowed": [None, Mapping, "array-like", set, frozenset],
        "matrix": [None, Mapping, "array-like"],
        "pool_below": [Interval(Integral, 1, None, closed="left")],
        "max_events": [None, Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    transition_matrices_: dict[Any, pd.DataFrame]

    def __init__(
        self,
        columns: Any = None,
        *,
        given: Any = None,
        person_id: Any = None,
        event_id: Any = None,
        flip_probability: float = 0.05,
        epsilon: float | None = None,
        invariant: bool | None = None,
        prior: Any = None,
        allowed: Any = None,
        matrix: Any = None,
        pool_below: int = 1,
        max_events: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.columns = columns
        self.given = given
        self.person_id = person_id
        self.event_id = event_id
        self.flip_probability = flip_probability
        self.epsilon = epsilon
        self.invariant = invariant
        self.prior = prior
        self.allowed = allowed
        self.matrix = matrix
        self.pool_below = pool_below
        self.max_events = max_events
        self.random_state = random_state

    def _fit(self, table: Table) -> None:
        automatic = [name for name in table.columns if name == "outcome"]
        chosen = self._fit_roles(table, automatic, "called 'outcome'")
        self._given = find_column(table, self.given, parameter="given", owner="OutcomeNoise")
        self._refuse_contradictions()
        rules = read_rules(chosen, self._given is not None, self.allowed, self.prior, self.matrix)
        given = None if self._given is None else table[self._given]
        people = None
        if self._person is not None and self.pool_below > 1:
            people = pd.factorize(table[self._person])[0]
        self._channels = {
            name: OutcomeChannel(
                table[name],
                given,
                people,
                {event_type: rule.outcomes for event_type, rule in own.items()},
                ExchangeMaker(self.flip_probability, self.epsilon, self.invariant, own).make,
                pool_below=self.pool_below,
                column=name,
                given_column=self._given,
            )
            for name, own in rules.items()
        }
        self.transition_matrices_ = {
            (name, event_type) if len(chosen) > 1 else event_type: pd.DataFrame(
                exchange.weights / TOTAL,
                index=pd.Index(channel.supports[event_type], name="true"),
                columns=pd.Index(channel.supports[event_type], name="released"),
            )
            for name, channel in self._channels.items()
            for event_type, exchange in channel.exchanges.items()
        }

    def _transform(self, table: Table) -> Table:
        columns = self._read_columns(table)
        keys = self._row_keys(columns)
        withheld = self._excess(keys) if self.max_events is not None else None
        given = None if self._given is None else columns[self._given]
        released = {}
        for name, channel in self._channels.items():
            numbers = draw_numbers(keys.of_event("outcome", name))
            released[self._here(table, name)] = channel.release(
                columns[name], given, numbers, withheld
            )
        return table.replace(released, keep_dtype=True)

    def _refuse_contradictions(self) -> None:
        if self.epsilon is not None and self.matrix is not None:
            raise InputError(
                "OutcomeNoise: the parameters epsilon and matrix both say how outcomes are "
                "exchanged; give one of them."
            )
        if self.prior is not None and not self._keeps_prior():
            raise InputError(
                "OutcomeNoise: the parameter prior is the distribution that an invariant exchange "
                "keeps, and this one keeps none; set invariant=True, or leave prior out."
            )
        if self.epsilon is not None and self.invariant and self.prior is None:
            raise InputError(
                "OutcomeNoise: invariant=True with epsilon needs the parameter prior, a public "
                "distribution; that of the data would tell of the data."
            )

    def _keeps_prior(self) -> bool:
        if self.invariant is None:
            return self.epsilon is None and self.matrix is None
        return bool(self.invariant)

    def _spending(self) -> list[Spending]:
        """Tell what the step spends, column by column, for the privacy ledger."""
        has_types = self.given is not None
        if self.columns is None or (self.epsilon is not None and has_types):
            check_is_fitted(self)  # which columns, or which event types, only the table tells
        if hasattr(self, "_channels"):
            learned = {name: channel.n_learned for name, channel in self._channels.items()}
        else:
            names: Any = (
                [self.columns] if isinstance(self.columns, str | Integral) else self.columns
            )
            rules = read_rules(list(names), has_types, self.allowed, self.prior, self.matrix)
            learned = {name: int(None not in own) for name, own in rules.items()}
        return [self._spending_of(name, n_learned) for name, n_learned in learned.items()]

    def _spending_of(self, name: Hashable, n_learned: int) -> Spending:
        if self.epsilon is not None:
            mechanism = "randomised response" + (
                " that keeps a public distribution" if self.invariant else ""
            )
        elif self.matrix is not None:
            mechanism = "exchange by a given matrix"
        else:
            mechanism = f"exchange with probability {self.flip_probability:g}"
        holds = self.epsilon is not None and not n_learned
        if self.epsilon is None:
            reason = "no epsilon was asked for"
        elif not holds:
            reason = (
                f"what {n_learned} event type(s) allow was learnt from the data; "
                "declare it in allowed"
            )
        else:
            reason = "for the outcome alone: its event type, and whether it is null, show"
        return Spending(
            step=type(self).__name__,
            column=str(name),
            mechanism=mechanism,
            protects="the outcome of one event",
            epsilon=None if self.epsilon is None else float(self.epsilon),
            per="value",
            span=1,
            max_events=self.max_events,
            holds=holds,
            reason=reason,
        )
