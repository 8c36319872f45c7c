"""Which exchange an event type gets: a matrix of the user's, randomised response, or PRAM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from personatwin_sk.exceptions import InputError
from personatwin_sk.noise._mechanisms import (
    invariant_matrix,
    shares_of,
    to_weights,
    two_stage_matrix,
    uniform_matrix,
)
from personatwin_sk.noise._outcome_rules import TypeRules
from personatwin_sk.noise._randomised_response import response_weights

__all__ = ["Exchange", "ExchangeMaker"]


@dataclass(frozen=True)
class Exchange:
    """How the outcomes of one event type are exchanged; whole numbers that add up to ``TOTAL``.

    Attributes
    ----------
    weights : ndarray of int64, shape (m, m)
        Rows: true outcome; columns: released outcome.
    anew : ndarray of int64, shape (m,)
        What an outcome that the type does not have is drawn from.
    """

    weights: np.ndarray
    anew: np.ndarray


@dataclass(frozen=True)
class ExchangeMaker:
    """Makes the exchange of each event type of one column.

    Attributes
    ----------
    flip_probability, epsilon, invariant
        As the parameters of ``OutcomeNoise``.
    rules : mapping of event type -> TypeRules
        What is declared; types that are absent have nothing but their counts.
    """

    flip_probability: float
    epsilon: float | None
    invariant: bool | None
    rules: Mapping[Any, TypeRules]

    def make(self, event_type: Any, outcomes: list[Any], counts: np.ndarray) -> Exchange:
        """Make the exchange of one event type.

        Parameters
        ----------
        event_type : event type
        outcomes : list, length m
            What the type allows.
        counts : numpy.ndarray of int64, shape (m,)
            How often each was seen.

        Raises
        ------
        InputError
            There is no public distribution to keep at `epsilon`, or it has a probability of 0.
        """
        rule = self.rules.get(event_type)
        prior = None if rule is None else rule.prior
        matrix = None if rule is None else rule.matrix
        distribution = counts if prior is None else prior
        if matrix is not None:
            if self.invariant:
                matrix = two_stage_matrix(matrix, distribution)
        elif self.epsilon is not None:
            public = self._public(prior, len(outcomes))
            weights = response_weights(public, self.epsilon)
            return Exchange(weights, to_weights(public[np.newaxis])[0])
        elif self.invariant is False:
            matrix = uniform_matrix(len(outcomes), self.flip_probability)
        else:
            matrix = invariant_matrix(distribution, self.flip_probability)
        anew = shares_of(distribution)
        return Exchange(to_weights(matrix), to_weights(anew[np.newaxis])[0])

    def _public(self, prior: np.ndarray | None, n_outcomes: int) -> np.ndarray:
        """Give what outcomes are drawn anew from at epsilon: nothing that the data say."""
        if not self.invariant or (prior is None and n_outcomes == 1):
            return np.full(n_outcomes, 1 / n_outcomes)
        if prior is None:
            raise InputError(
                "OutcomeNoise: invariant=True with epsilon needs a public distribution for each "
                f"event type; the parameter prior has none for one with {n_outcomes} outcomes. "
                "Name it there, or leave invariant out."
            )
        n_never = int((prior <= 0).sum())
        if n_never:
            raise InputError(
                f"OutcomeNoise: the parameter prior gives {n_never} of {n_outcomes} allowed "
                "outcomes of an event type a probability of 0; with epsilon each outcome must be "
                "possible. Take them out of allowed and prior, or give them a small probability."
            )
        return prior
