r"""F where the population knows some of the key variables only, or where there is none at all.

The people with the same known values are counted: :math:`N_A` in the population, :math:`n_A` in the
file. How many of those outside the file share the other values is not known; the file tells how
likely each of them does (`_loglinear`), so that F is f and a beta-binomial number of the
:math:`N_A - n_A` others.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from scipy.special import ndtri

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import Table
from personatwin_sk.population import ReferencePopulation
from personatwin_sk.risk._classes import Classes, find_classes
from personatwin_sk.risk._expected import (
    inverse_beta_binomial,
    inverse_binomial,
    inverse_negative_binomial,
)
from personatwin_sk.risk._expected_ends import chance_of_ends
from personatwin_sk.risk._loglinear import calibrate, conditional_shares
from personatwin_sk.risk._population import Standing, stand_behind

__all__ = ["stand_behind_some"]

# How sure the model of q is beside the people of a class: an eighth to either side.
_SHAPE = 64.0
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
    if not known:
        nothing = stand_behind(original, released, quasi_identifiers, classes, None)
        return nothing if sampling_fraction is None else _sampled(classes, sampling_fraction)
    coarse = find_classes(original, released, known, person_id)
    counted = stand_behind(original, released, known, coarse, population)
    row_of_class = np.zeros(classes.n_classes, dtype=np.int64)
    shown = np.flatnonzero(classes.class_of_row >= 0)
    row_of_class[classes.class_of_row[shown]] = shown
    coarse_of_class = coarse.class_of_row[row_of_class]
    at = np.searchsorted(
        coarse.member * max(coarse.n_classes, 1) + coarse.class_of_member,
        classes.member * max(coarse.n_classes, 1) + coarse_of_class[classes.class_of_member],
    )
    unknown = counted.unknown[at]

    f = classes.sizes.astype(float)
    n_known = coarse.sizes[coarse_of_class].astype(float)
    everybody, everybody_low = coarse.sizes.astype(float), coarse.sizes.astype(float)
    surely = ~counted.unknown
    everybody[coarse.class_of_member[surely]] = counted.people[surely]
    everybody_low[coarse.class_of_member[surely]] = counted.low[surely]
    codes = {name: factorize(released[name])[0][row_of_class] for name in quasi_identifiers}
    chance = conditional_shares(
        [codes[name] for name in known],
        [codes[name] for name in quasi_identifiers if name not in known],
        f,
    )
    chance, error = calibrate(chance, f, n_known)
    lowest = chance / (1.0 + float(ndtri(confidence)) * error)
    inverse = _inverse(f, n_known, everybody[coarse_of_class] - n_known, chance)
    highest = _inverse(f, n_known, everybody_low[coarse_of_class] - n_known, lowest)
    highest = np.maximum(inverse, highest)
    # Labels may tell more than whom they cover.
    inverse, highest = (
        np.maximum(risk, chance_of_ends(original, released, quasi_identifiers, classes, 1.0 / risk))
        for risk in (inverse, highest)
    )
    others = np.maximum(everybody[coarse_of_class] - n_known, 0.0)
    variance = (1.0 / f - inverse) * (inverse - 1.0 / (f + others))
    of_member = classes.class_of_member
    sizes = f[of_member]
    return Standing(
        people=np.where(unknown, sizes, np.maximum(1.0 / inverse[of_member], sizes)),
        low=np.where(unknown, sizes, np.maximum(1.0 / highest[of_member], sizes)),
        unknown=unknown,
        modelled=~unknown & (others > 0)[of_member],
        n_raised=counted.n_raised,
        sources=counted.sources,
        n_by_cells=counted.n_by_cells,
        n_untold=counted.n_untold,
        variance=np.where(unknown, 0.0, np.maximum(variance, 0.0)[of_member]),
    )


def _inverse(f: np.ndarray, n_known: np.ndarray, others: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Give E[1/F | f], with q as the model says and as the class's own people say."""
    others = np.maximum(others, 0.0)
    alpha = _SHAPE + f - 1.0
    beta = _SHAPE * (1.0 - q) / q + n_known - f
    # Classes that are alike in all of this are many.
    distinct, number = np.unique(
        np.column_stack([f, others, alpha, beta]), axis=0, return_inverse=True
    )
    f, others, alpha, beta = distinct.T
    result = inverse_binomial(f, others, alpha / (alpha + beta))
    spread = (alpha < _CERTAIN) & (beta >= 1.0) & (others > 0)
    result[spread] = inverse_beta_binomial(f[spread], others[spread], alpha[spread], beta[spread])
    return result[number.reshape(-1)]


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
