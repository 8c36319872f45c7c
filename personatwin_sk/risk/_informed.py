r"""F where the population knows some of the key variables only, or where there is none at all.

The people with the same known traits are counted: :math:`N_A` in the population, :math:`n_A` in the
file (`_known_hulls`). How many of those outside the file share the other traits is not known; the
file tells how likely each of them does, so that F is f and a beta-binomial number of the
:math:`N_A - n_A` others. Where nothing was merged, `_loglinear` says how likely; where labels cover
several values, or known traits are shared with other classes, `_label_shares` and the people of the
class do.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtri

from personatwin_sk._core.frames import Table
from personatwin_sk.population import ReferencePopulation
from personatwin_sk.risk._classes import Classes
from personatwin_sk.risk._expected import (
    inverse_beta_binomial,
    inverse_binomial,
    inverse_negative_binomial,
)
from personatwin_sk.risk._expected_ends import ExpectedEnds
from personatwin_sk.risk._known_hulls import KnownTraits, count_known
from personatwin_sk.risk._label_shares import LabelShares
from personatwin_sk.risk._loglinear import calibrate, conditional_shares
from personatwin_sk.risk._population import Standing, stand_behind

__all__ = ["stand_behind_some"]

# How sure the model of q is beside the people of a class: an eighth to either side.
_SHAPE = 64.0
# People that the shares of labels count for, beside those of a class. With 4 or 16 the mean risk is
# no nearer to the truth (see `_label_shares`).
_LABEL_PEOPLE = 8.0
# From here on q is as good as known.
_CERTAIN = 400.0


def stand_behind_some(
    original: Table,
    released: Table,
    quasi_identifiers: Sequence[Hashable],
    person_id: Hashable | None,
    classes: Classes,
    population: ReferencePopulation | None,
    *,
    sampling_fraction: float | None = None,
    confidence: float = 0.95,
) -> Standing:
    """Count the people behind each class, or expect them where they cannot be counted.

    Parameters
    ----------
    original, released : Table
    quasi_identifiers : sequence of column
    person_id : column or None
    classes : Classes
        Of all quasi-identifiers.
    population : ReferencePopulation or None
    sampling_fraction : float, optional
        Share of the population that is in the file: used where no key variable can be counted.
    confidence : float, default=0.95
        Of the low end of what is expected.

    Returns
    -------
    Standing
        `people` is 1 / E[1/F | f] where F is not counted; such classes are modelled.

    References
    ----------
    Benedetti, R. and Franconi, L. (1998), for a sampling fraction; Rocher, L., Hendrickx, J. M. and
    de Montjoye, Y.-A. (2019), Nature Communications 10:3069, for chances given some traits.
    """
    columns = () if population is None else population.columns
    known = [name for name in quasi_identifiers if name in columns]
    if len(known) == len(quasi_identifiers):
        return stand_behind(original, released, known, classes, population)
    if population is None or not known:
        nothing = stand_behind(original, released, quasi_identifiers, classes, None)
        return nothing if sampling_fraction is None else _sampled(classes, sampling_fraction)
    f = classes.sizes.astype(float)
    traits = count_known(original, released, known, person_id, classes, population)
    shares = LabelShares(original, quasi_identifiers, classes, population)
    chances = _Chances(quasi_identifiers, known, classes, traits, shares, confidence)
    inverse = chances.inverse(traits.people)
    highest = np.maximum(inverse, chances.inverse(traits.low, lowest=True))
    # Labels may tell more than whom they cover.
    ends = ExpectedEnds(original, released, quasi_identifiers, classes, shares)
    inverse, highest = (np.maximum(risk, ends.chance(1.0 / risk)) for risk in (inverse, highest))
    others = np.maximum(traits.people - traits.in_file, 0.0)
    variance = (1.0 / f - inverse) * (inverse - 1.0 / (f + others))
    of_member = classes.class_of_member
    sizes, unknown = f[of_member], traits.unknown
    return Standing(
        people=np.where(unknown, sizes, np.maximum(1.0 / inverse[of_member], sizes)),
        low=np.where(unknown, sizes, np.maximum(1.0 / highest[of_member], sizes)),
        unknown=unknown,
        modelled=~unknown & (others > 0)[of_member],
        n_raised=traits.standing.n_raised,
        sources=traits.standing.sources,
        n_by_cells=traits.standing.n_by_cells,
        n_untold=traits.standing.n_untold,
        variance=np.where(unknown, 0.0, np.maximum(variance, 0.0)[of_member]),
    )


class _Chances:
    """How likely somebody with the known traits of a class has its other traits: q, as a beta.

    Parameters
    ----------
    columns, known : sequence of column
    classes : Classes
    traits : KnownTraits
    shares : LabelShares
    confidence : float
        Of the low end of what the log-linear model says.
    """

    def __init__(
        self,
        columns: Sequence[Hashable],
        known: Sequence[Hashable],
        classes: Classes,
        traits: KnownTraits,
        shares: LabelShares,
        confidence: float,
    ) -> None:
        self._f = classes.sizes.astype(float)
        self._in_file = traits.in_file
        codes = [
            _in_order(labels)[label]
            for label, labels in zip(classes.label_codes, classes.labels, strict=True)
        ]
        given = [at for at, name in enumerate(columns) if name in known]
        asked = [at for at, name in enumerate(columns) if name not in known]
        model = conditional_shares(
            [codes[at] for at in given], [codes[at] for at in asked], self._f
        )
        self._model, error = calibrate(model, self._f, self._in_file)
        self._least = self._model / (1.0 + float(ndtri(confidence)) * error)
        # The model knows labels, not what they cover.
        self._by_labels = traits.overlaps.copy()
        self._covered = np.ones(len(self._f))
        for at in asked:
            self._by_labels |= shares.n_held(at) > 1
            self._covered *= shares.covered(at, given)
            given = [*given, at]

    def inverse(self, people: np.ndarray, *, lowest: bool = False) -> np.ndarray:
        """Give E[1/F | f], with q as was said before and as the class's own people say.

        Parameters
        ----------
        people : ndarray of float, shape (n_classes,)
            Of the population, with the known traits.
        lowest : bool, default=False
            Take the low end of what the model says.
        """
        f, others = self._f, np.maximum(people - self._in_file, 0.0)
        q = self._least if lowest else self._model
        alpha = _SHAPE + f - 1.0
        beta = _SHAPE * (1.0 - q) / q + self._in_file - f
        of_labels = self._by_labels
        alpha[of_labels] = (_LABEL_PEOPLE * self._covered + f)[of_labels]
        beta[of_labels] = (_LABEL_PEOPLE * (1.0 - self._covered) + self._in_file - f)[of_labels]
        beta[of_labels] = np.maximum(beta[of_labels], 1.0)
        # Classes that are alike in all of this are many.
        distinct, number = np.unique(
            np.column_stack([f, others, alpha, beta]), axis=0, return_inverse=True
        )
        f, others, alpha, beta = distinct.T
        result = inverse_binomial(f, others, alpha / (alpha + beta))
        spread = (alpha < _CERTAIN) & (beta >= 1.0) & (others > 0)
        result[spread] = inverse_beta_binomial(
            f[spread], others[spread], alpha[spread], beta[spread]
        )
        return result[number.reshape(-1)]


def _in_order(labels: pd.Series) -> np.ndarray:
    """Give the rank of each label: numbers, also those written as text, before words, null last."""
    numbers = pd.to_numeric(labels.astype(object), errors="coerce").to_numpy(dtype=float)
    words = np.arange(len(labels))  # they are sorted already
    return np.argsort(np.lexsort((words, numbers)))


def _sampled(classes: Classes, fraction: float) -> Standing:
    """Give what a sampling fraction says by itself."""
    sizes = classes.sizes.astype(float)
    inverse = inverse_negative_binomial(sizes, fraction)
    variance = np.maximum((1.0 / sizes - inverse) * inverse, 0.0)
    of_member = classes.class_of_member
    people = np.maximum(1.0 / inverse[of_member], sizes[of_member])
    nobody = np.zeros(len(of_member), dtype=bool)
    return Standing(
        people=people,
        low=people,
        unknown=nobody,
        modelled=~nobody & (fraction < 1),
        n_raised=0,
        sources=(),
        variance=variance[of_member],
    )
