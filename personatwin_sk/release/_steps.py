"""Figures of the original in steps so wide that no single person's value can be read off them."""

from __future__ import annotations

__all__ = ["in_steps"]


def in_steps(share: float, k: int, n_people: int) -> float:
    """Round a share to steps of k people, counted from its nearer end, 0 or 1.

    With all its digits a share says how many people are behind it, and where the release tells the
    other counts, of whom: that of five convictions one was changed, or that in a class of mixed
    labels exactly one is of a group.

    Parameters
    ----------
    share : float
        From -1 to 1.
    k, n_people : int
        Of so many people; a step is k of them.

    Examples
    --------
    >>> [in_steps(share, 5, 100) for share in (0.01, 0.03, 0.5, 0.99, 1.0, -0.93)]
    [0.0, 0.05, 0.5, 1.0, 1.0, -0.95]
    """
    step = min(k / max(n_people, 1), 1.0)
    if abs(share) <= 0.5:
        return round(round(share / step) * step, 9)
    return round((1.0 - round((1.0 - abs(share)) / step) * step) * (1 if share > 0 else -1), 9)
