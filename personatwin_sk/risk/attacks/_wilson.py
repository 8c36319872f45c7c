"""Wilson intervals for shares, and what an attack gains over its control."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from personatwin_sk.exceptions import InputError

__all__ = ["check_confidence", "residual_risk", "wilson_interval"]


def check_confidence(confidence: float) -> None:
    """Refuse a confidence that is none.

    Raises
    ------
    InputError
        It is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise InputError("confidence must be between 0 and 1, both excluded; 0.95 is usual.")


def wilson_interval(
    successes: float, n_trials: int, confidence: float = 0.95
) -> tuple[float, float]:
    r"""Give the two-sided score interval of a share.

    With :math:`\hat p = s/n` and the normal quantile z of :math:`(1 + confidence)/2`,

    .. math:: \frac{\hat p + z^2/2n \pm z \sqrt{\hat p (1-\hat p)/n + z^2/4n^2}}{1 + z^2/n}.

    It stays between 0 and 1 and has a width for no success and for successes only.

    Parameters
    ----------
    successes : float
        Between 0 and `n_trials`. It may be a sum of chances: their variance is no larger than that
        of the draws which they stand for, so that the interval is no shorter than it has to be.
    n_trials : int
        With 0 nothing is known, and the interval is all of 0 to 1.
    confidence : float, default=0.95

    Returns
    -------
    low, high : float

    References
    ----------
    Wilson, E. B. (1927), "Probable inference, the law of succession, and statistical inference",
    JASA 22(158).

    Examples
    --------
    >>> [round(end, 4) for end in wilson_interval(0, 10)]
    [0.0, 0.2775]
    """
    check_confidence(confidence)
    if n_trials == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / n_trials
    middle = share + z * z / (2 * n_trials)
    reach = z * sqrt(max(share * (1 - share), 0.0) / n_trials + z * z / (4 * n_trials**2))
    scale = 1 + z * z / n_trials
    # At the ends the formula gives them exactly; what is left of the difference is rounding.
    low = 0.0 if successes <= 0 else max((middle - reach) / scale, 0.0)
    high = 1.0 if successes >= n_trials else min((middle + reach) / scale, 1.0)
    return low, high


def residual_risk(
    attack: tuple[float, float, float], control: tuple[float, float, float]
) -> tuple[float, float, float]:
    r"""Give what an attack gains over its control, as a share of what could be gained.

    .. math:: R = (r_{attack} - r_{control}) / (1 - r_{control}),

    with the errors of both rates combined as of independent samples, and all cut at 0 and 1.

    Parameters
    ----------
    attack, control : tuple of float
        Rate, low end and high end. The control is the success of the same guesses on people who
        are not in the release, or that of a guess without it.

    Returns
    -------
    risk, low, high : float

    References
    ----------
    Giomi, M., Boenisch, F., Wehmeyer, C. and Tasnadi, B. (2023), "A unified framework for
    quantifying privacy risk in synthetic data", PoPETs 2023(2).

    Examples
    --------
    >>> risk, low, high = residual_risk((0.6, 0.5, 0.7), (0.2, 0.1, 0.3))
    >>> round(risk, 3), round(low, 3), round(high, 3)
    (0.5, 0.36, 0.64)
    """
    rate, rate_low, rate_high = attack
    other, other_low, other_high = control
    if other >= 1.0:
        return 0.0, 0.0, 1.0
    room = 1.0 - other
    risk = (rate - other) / room
    # dR/d(attack) = 1/room, dR/d(control) = (attack - 1)/room^2: each error moves R by its own.
    slope = (1.0 - rate) / room**2
    down = sqrt(((rate - rate_low) / room) ** 2 + ((other_high - other) * slope) ** 2)
    up = sqrt(((rate_high - rate) / room) ** 2 + ((other - other_low) * slope) ** 2)
    cut = [min(max(value, 0.0), 1.0) for value in (risk, risk - down, risk + up)]
    return cut[0], cut[1], cut[2]
