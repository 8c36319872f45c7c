r"""E[1/F | f]: what a class of f people of the file stands for where F itself is not known.

All of it is one integral: with :math:`G(s) = E[s^{F-f}]`,

.. math:: E[1/F] = \int_0^1 s^{f-1} G(s) \, ds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit, hyp1f1, hyp2f1

__all__ = [
    "inverse_beta_binomial",
    "inverse_binomial",
    "inverse_negative_binomial",
    "inverse_poisson",
]

# From here on the series needs few terms; the function of SciPy overflows at about 90.
_SERIES_FROM = 50
_SERIES_TERMS = 64
# Nodes of the integral over s = 1 - u, and where exp(-rate * u) has vanished.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)
_REACH = 34.0
# Nodes of the trapezoidal rule over the logit of q, which converges exponentially here: what gives
# 8 digits for any shapes, and for those that both reach the second number.
_N_LOGITS, _N_NARROW = 112, 40
_NARROW_FROM = 4.0
_CHUNK = 2**14


def inverse_negative_binomial(f: Any, fraction: Any) -> np.ndarray:
    r"""Give E[1/F | f] where nothing is known but the share of the population in the file.

    F - f is negative binomial, and with :math:`\pi` the fraction,

    .. math:: E[1/F] = \frac{\pi^f}{f} {}_2F_1(f, f; f+1; 1-\pi)
              = \frac{\pi}{f} {}_2F_1(1, 1; f+1; 1-\pi).

    The second form, Euler's transformation of the first, keeps 11 digits for all f up to 1e6 and
    fractions down to 1e-12.

    Parameters
    ----------
    f : array-like of float
        People of the file in the class, at least 1.
    fraction : array-like of float
        Above 0 and at most 1.

    Returns
    -------
    ndarray

    References
    ----------
    Benedetti, R. and Franconi, L. (1998), "Statistical and technological solutions for controlled
    data dissemination".

    Examples
    --------
    >>> inverse_negative_binomial([1, 2, 2], [0.1, 0.1, 1.0]).round(4).tolist()
    [0.2558, 0.0827, 0.5]
    """
    f, fraction = np.broadcast_arrays(np.asarray(f, float), np.asarray(fraction, float))
    few = np.minimum(f, _SERIES_FROM)
    hypergeometric = np.asarray(hyp2f1(1.0, 1.0, few + 1.0, 1.0 - fraction))
    many = f > _SERIES_FROM
    if many.any():
        term = np.ones(many.sum())
        total = term.copy()
        for n in range(_SERIES_TERMS):
            term = term * (1.0 - fraction[many]) * (n + 1.0) / (f[many] + 1.0 + n)
            total += term
        hypergeometric[many] = total
    return fraction / f * hypergeometric


def inverse_poisson(f: Any, mean: Any) -> np.ndarray:
    r"""Give E[1/F | f] where F - f is Poisson: :math:`{}_1F_1(1; f+1; -\mu)/f`.

    Parameters
    ----------
    f : array-like of float
        At least 1.
    mean : array-like of float
        Expected people of the class outside the file, 0 or more.

    Returns
    -------
    ndarray
        To 11 digits.

    References
    ----------
    Skinner, C. and Shlomo, N. (2008), "Assessing identification risk in survey microdata using
    log-linear models", JASA 103(483).

    Examples
    --------
    >>> inverse_poisson([1, 1, 3], [0.0, 2.0, 2.0]).round(4).tolist()
    [1.0, 0.4323, 0.2162]
    """
    f, mean = np.asarray(f, float), np.asarray(mean, float)
    return np.asarray(hyp1f1(1.0, f + 1.0, -mean) / f)


def inverse_binomial(f: Any, n_others: Any, q: Any) -> np.ndarray:
    r"""Give E[1/F | f] where F - f is binomial: each of M others is in the class with chance q.

    For f = 1 it is :math:`(1 - (1-q)^{M+1}) / ((M+1) q)`; else

    .. math:: \int_0^1 s^{f-1} (1 - q + qs)^M ds

    by 20 Gauss-Legendre nodes on the part that has not vanished: 11 digits for whole M. M need not
    be whole.

    Parameters
    ----------
    f : array-like of float
        At least 1.
    n_others : array-like of float
        M, 0 or more.
    q : array-like of float
        Between 0 and 1.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> inverse_binomial([1, 1, 2], [10, 10, 10], [0.0, 1.0, 1.0]).round(6).tolist()
    [1.0, 0.090909, 0.083333]
    """
    columns = np.broadcast_arrays(*(np.asarray(part, float) for part in (f, n_others, q)))
    shape = columns[0].shape
    f, n_others, q = (column.reshape(-1) for column in columns)
    result = np.empty(len(f))
    for start in range(0, len(f), _CHUNK):
        part = slice(start, start + _CHUNK)
        result[part] = _integrate(f[part, None], n_others[part, None], q[part, None])
    exact = (f == 1) & (n_others * q > 0) & (q < 1)
    m, p = n_others[exact] + 1.0, q[exact]
    result[exact] = -np.expm1(m * np.log1p(-p)) / (m * p)
    return result.reshape(shape)[()]


def _integrate(f: np.ndarray, m: np.ndarray, q: np.ndarray) -> np.ndarray:
    # The integrand is at most exp(-rate u), u = 1 - s.
    rate = f - 1.0 + m * q
    top = np.minimum(1.0, _REACH / np.maximum(rate, _REACH))
    u = (_NODES + 1.0) / 2.0 * top
    value = np.exp((f - 1.0) * np.log1p(-u) + m * np.log1p(-q * u))
    return (value * (_WEIGHTS / 2.0 * top)).sum(axis=1)


def inverse_beta_binomial(f: Any, n_others: Any, alpha: Any, beta: Any) -> np.ndarray:
    r"""Give E[1/F | f] where F - f is binomial with a q that is itself beta distributed.

    The binomial of `inverse_binomial` is averaged over q by the trapezoidal rule over its logit,
    between points beyond which next to nothing lies: 8 digits.

    Parameters
    ----------
    f, n_others : array-like of float
        As in `inverse_binomial`.
    alpha, beta : array-like of float
        At least 1.

    Returns
    -------
    ndarray

    Examples
    --------
    With any q between 0 and 1 as likely, there are one, two or three: (1 + 1/2 + 1/3) / 3.

    >>> inverse_beta_binomial([1], [2], [1], [1]).round(6).tolist()
    [0.611111]
    """
    columns = np.broadcast_arrays(*(np.asarray(part, float) for part in (f, n_others, alpha, beta)))
    flat = [column.reshape(-1) for column in columns]
    is_narrow = np.minimum(flat[2], flat[3]) >= _NARROW_FROM
    result = np.empty(len(is_narrow))
    for chosen, n_logits in ((is_narrow, _N_NARROW), (~is_narrow, _N_LOGITS)):
        rows = np.flatnonzero(chosen)
        step = _CHUNK // n_logits + 1
        for start in range(0, len(rows), step):
            some = rows[start : start + step]
            f_, m_, a_, b_ = (column[some, None] for column in flat)
            result[some] = _average(f_, m_, a_, b_, n_logits)
    return result.reshape(columns[0].shape)[()]


def _average(
    f: np.ndarray, n_others: np.ndarray, alpha: np.ndarray, beta: np.ndarray, n_logits: int
) -> np.ndarray:
    """Average the binomial over q at so many logits."""
    low, high = _logit_range(alpha, beta)
    logit = low + (high - low) * np.linspace(0.0, 1.0, n_logits)
    log_density = -alpha * np.logaddexp(0.0, -logit) - beta * np.logaddexp(0.0, logit)
    weight = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)
    return (weight * inverse_binomial(f, n_others, expit(logit))).sum(axis=1)


def _logit_range(alpha: np.ndarray, beta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give logits of q beyond which there is next to nothing: the tails fall as exp(-shape x)."""
    centre = np.log(alpha / beta)
    spread = 7.0 * np.sqrt(1.0 / alpha + 1.0 / beta)
    return centre - spread - 24.0 / alpha, centre + spread + 24.0 / beta
