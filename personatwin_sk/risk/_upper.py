"""The upper confidence limits of a mean risk, and of the largest one."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from personatwin_sk.risk._classes import Classes
from personatwin_sk.risk._population import Standing

__all__ = ["upper_max", "upper_mean"]

# The low end of a population's count is that of an interval at 90 %: below it is 1 in 20.
_LOW_END = float(ndtri(0.95))
# What one count errs by itself is averaged over these points of a normal distribution.
_POINTS, _WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
# A low end of nobody has no logarithm. So few people: F is never taken to be fewer than f.
_NEARLY_NOBODY = 0.05


def upper_mean(
    standing: Standing,
    classes: Classes,
    confidence: float,
    of_counts: float | None = None,
    *,
    per_record: bool = False,
) -> float:
    r"""Give the upper limit of the mean of 1/F.

    Three kinds of error come in. Counts of one population are fitted to the same figures and may
    err to one side: with :math:`\rho` = ``standing.shared``, the log error of a class's count is

    .. math:: \sigma_c \left(\sqrt{\rho}\, S + \sqrt{1 - \rho}\, E_c\right)

    with S the same for all classes, :math:`E_c` of each class alone, and :math:`\sigma_c` from the
    low end of the count, which is that at 1 in 20. S is put where only 1 - `confidence` lie below
    it; over :math:`E_c` the mean M of 1/F is taken, where F is never taken for more than was
    counted. What the :math:`E_c` add by chance is independent of each other, and skewed as they
    are: the limit is that of a lognormal number with the mean M and the variance
    :math:`V = \sum_c (f_c/n)^2 Var_c(1/F)`, :math:`M e^{zs - s^2/2}` with
    :math:`s^2 = \ln(1 + V/M^2)` (Fenton's approximation of a sum). Where a few classes hold nearly
    everybody that is too little: the limit is at least what each class can do by itself, at its own
    low end while the others are at their means. Where :math:`m = V^2 / \sum_c V_c^2` classes
    matter, :math:`V_c` being what each adds to V, it is taken at 1 - (1 - `confidence`)/m. If rho
    is 1, all low ends are taken together; the limit is never higher than that one.

    Where F is not counted but expected, how many people share a class is a draw of its own in each
    class, and the mean of many is surer than each: :math:`z \sqrt{V}` of these variances is added.

    Parameters
    ----------
    standing : Standing
    classes : Classes
    confidence : float
        One-sided.
    of_counts : float, optional
        That of what the population's counts err alike, where it is another.
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
    n = len(sizes) if per_record else classes.n_people
    expected = np.zeros(len(sizes)) if standing.variance is None else standing.variance

    def mean(of_member: np.ndarray) -> float:
        risks = of_member if per_record else classes.largest_of_person(of_member)
        return float(risks[~np.isnan(risks)].mean())

    def deviation(variance: np.ndarray) -> float:
        # Each class enters once per member, so that its members give f times f.
        return float(np.sqrt((sizes * variance).sum())) / n

    by_chance = z * deviation(expected)
    ratio = (standing.low / standing.people) ** (z_of_counts / _LOW_END)
    all_alike = 1.0 / np.maximum(standing.people * ratio, sizes)
    limits = [mean(1.0 / sizes), mean(all_alike) + by_chance]
    if standing.shared < 1.0:
        risk, variance = _averaged(standing, sizes, z_of_counts)
        average = mean(risk)
        spread = float(np.sqrt(np.log1p((deviation(variance) / average) ** 2)))
        of_sum = average * float(np.exp(z * spread - spread**2 / 2))
        low_end = _low_end_of_one(standing, sizes, variance, confidence, z_of_counts)
        of_one = average + float((sizes * (low_end - risk)).max()) / n
        limits.append(max(of_sum, of_one) + by_chance)
    return min(limits)


def upper_max(standing: Standing, classes: Classes, confidence: float) -> float:
    r"""Give the upper limit of the largest 1/F.

    Whichever class it is in, so that the low ends of all classes have to hold at once: with n
    classes each is taken at 1 - (1 - confidence)/n (Bonferroni), whatever their errors have in
    common. Where F is not counted but expected, 1/f is the only limit that is sure.

    Parameters
    ----------
    standing : Standing
    classes : Classes
    confidence : float
        One-sided.

    Returns
    -------
    float
        At least the largest 1/F, at most the largest 1/f; 0 where nobody is released.
    """
    if not len(standing.people):
        return 0.0
    sizes = classes.sizes[classes.class_of_member].astype(float)
    z = float(ndtri(1.0 - (1.0 - confidence) / len(classes.sizes)))
    behind = standing.people * (standing.low / standing.people) ** (z / _LOW_END)
    if standing.variance is not None:
        behind = np.where(standing.variance > 0, sizes, behind)
    return float((1.0 / np.maximum(np.minimum(behind, standing.people), sizes)).max())


def _averaged(
    standing: Standing, sizes: np.ndarray, z_of_counts: float
) -> tuple[np.ndarray, np.ndarray]:
    """Give mean and variance of 1/F over what each count errs by itself, the rest at its worst.

    For the mean no count is taken to be too low; the variance is that of both sides.
    """
    low = np.maximum(standing.low, np.minimum(_NEARLY_NOBODY, standing.people))
    sigma = np.log(standing.people / low) / _LOW_END
    worst, alone = -z_of_counts * np.sqrt(standing.shared), np.sqrt(1.0 - standing.shared)
    highest, mean, square = (np.zeros(len(sizes)) for _ in range(3))
    for point, weight in zip(_POINTS, _WEIGHTS, strict=True):
        behind = standing.people * np.exp(sigma * (worst + alone * point))
        highest += weight / np.maximum(np.minimum(behind, standing.people), sizes)
        risk = 1.0 / np.maximum(behind, sizes)
        mean += weight * risk
        square += weight * risk * risk
    return highest, np.maximum(square - mean * mean, 0.0)


def _low_end_of_one(
    standing: Standing,
    sizes: np.ndarray,
    variance: np.ndarray,
    confidence: float,
    z_of_counts: float,
) -> np.ndarray:
    """Give 1/F where one of the classes that matter errs by itself as far as it may, too."""
    # A class enters once per member: its members together give the square of its variance.
    squares = float((sizes**3 * variance**2).sum())
    n_classes = float((sizes * variance).sum()) ** 2 / squares if squares else 1.0
    z = float(ndtri(1.0 - (1.0 - confidence) / max(n_classes, 1.0)))
    worst = z_of_counts * np.sqrt(standing.shared) + z * np.sqrt(1.0 - standing.shared)
    people = standing.people * (standing.low / standing.people) ** (worst / _LOW_END)
    return 1.0 / np.maximum(people, sizes)
