"""Leaving a server alone for a while that did not answer, so that nobody waits twice."""

from __future__ import annotations

import threading
import time

from personatwin_sk.population.bureau._errors import RecentlyUnreachableError

PAUSE = 300.0
"""Seconds for which a server that did not answer is not asked again by this process."""

_lock = threading.Lock()
_closed_until: dict[str, float] = {}


def check(server: str) -> None:
    """Raise if a server did not answer a short while ago.

    Parameters
    ----------
    server : str
        Base address.

    Raises
    ------
    RecentlyUnreachableError
        It names the minutes for which the server is left alone.
    """
    with _lock:
        wait = _closed_until.get(server, 0.0) - time.monotonic()
    if wait > 0:
        raise RecentlyUnreachableError(
            "the Census Bureau's server did not answer a short while ago; this process asks it "
            f"again in {int(wait // 60) + 1} minute(s)"
        )


def trip(server: str) -> None:
    """Leave a server alone from now on.

    Parameters
    ----------
    server : str
        Base address.
    """
    with _lock:
        _closed_until[server] = time.monotonic() + PAUSE


def reset(server: str | None = None) -> None:
    """Ask a server again.

    Parameters
    ----------
    server : str, optional
        Base address; None = all.
    """
    with _lock:
        if server is None:
            _closed_until.clear()
        else:
            _closed_until.pop(server, None)
