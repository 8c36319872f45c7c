"""The upper confidence limit of a mean risk."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from personatwin_sk.risk._classes import Classes
from personatwin_sk.risk._population import Standing

__all__ = ["upper_mean"]

# The low end of a population's count is that of an interval at 90 %: below it is 1 in 20.
_LOW_END = float(ndtri(0.95))


def upper_mean(
    standing: Standing,
    classes: Classes,
    confidence: float,
    of_counts: float | None = None,
    *,
    per_record: bool = False,
) -> float:
    r"""Give the upper limit of the mean of 1/F.

    Two kinds of error come in. Counts of one population are fitted to the same figures and may all
    err to one side: their low ends are taken all together, which is the most that they can do. (For
    another confidence than .95 they are moved along on a log scale.) Where F is not counted but
    expected, how many people share a class is a draw of its own in each class, and the mean of many
    is surer than each: :math:`z \sqrt{\sum_c (f_c/n)^2 Var_c(1/F)}` is added.

    Parameters
    ----------
    standing : Standing
    classes : Classes
    confidence : float
        One-sided.
    of_counts : float, optional
        That of the population's counts, where it is another.
    per_record : bool, default=False
        Over memberships rather than over people with the largest of theirs.

    Returns
    -------
    float
        At least the mean, at most that of 1/f; 0 where nobody is released.
    """
    if not len(standing.people):
        return 0.0
    sizes = classes.sizes[classes.class_of_member].astype(float)
    z = float(ndtri(confidence))
    z_of_counts = z if of_counts is None else float(ndtri(of_counts))
    ratio = (standing.low / standing.people) ** (z_of_counts / _LOW_END)
    low = np.maximum(standing.people * ratio, sizes)
    variance = np.zeros(len(sizes)) if standing.variance is None else standing.variance

    def mean(of_member: np.ndarray) -> float:
        risks = of_member if per_record else classes.largest_of_person(of_member)
        return float(risks[~np.isnan(risks)].mean())

    n = len(sizes) if per_record else classes.n_people
    # Each class enters once per member, so that its members give f times f.
    spread = z * float(np.sqrt((sizes * variance).sum())) / n
    return min(mean(1.0 / low) + spread, mean(1.0 / sizes))
