"""How far a search is, on stderr: one line that is written over, or a line for each candidate."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from personatwin_sk.model_selection._candidates import Candidate

__all__ = ["Progress"]

_BAR = 10
# Seconds between two looks of the one line: on a terminal, and where lines stay.
_PAUSE, _PAUSE_OF_LINES = 0.1, 10.0


class Progress:
    """Writes what comes of candidates: figures only, no setting and no value.

    Parameters
    ----------
    n_candidates : int
    verbose : int
        0: nothing is written. 1: one line, which a terminal sees change; elsewhere it is written
        anew, every ten seconds at most. More: a line for each candidate that was fitted and for
        each risk that was measured.
    clock : callable, default=time.monotonic
        Gives seconds.
    """

    def __init__(
        self, n_candidates: int, verbose: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._n = n_candidates
        self._verbose = int(verbose)
        self._clock = clock
        self._start = clock()
        self._told = -np.inf
        self._width = 0
        self._n_fitted = self._n_measured = 0
        self._best: Candidate | None = None

    def grow(self, n: int) -> None:
        """Take note that there are more candidates than was known."""
        self._n += n

    def tell(self, before: Candidate, now: Candidate) -> None:
        """Take note of what has become of one candidate; say so if it is time."""
        self._n_fitted += _is_fitted(now) and not _is_fitted(before)
        self._n_measured += now.evaluated and not before.evaluated
        if now.feasible and (self._best is None or _rank(now) > _rank(self._best)):
            self._best = now
        if self._verbose == 1:
            pause = _PAUSE if _is_terminal() else _PAUSE_OF_LINES
            if self._clock() - self._told >= pause:
                self._show()
        elif self._verbose > 1:
            line = f"[RiskAwareSearch {self._n_fitted}/{self._n}] {_outcome(now)}"
            print(line, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Write the last look, and leave its line."""
        if self._verbose == 1:
            self._show()
            if _is_terminal():
                print(file=sys.stderr, flush=True)

    def _show(self) -> None:
        self._told = self._clock()
        line = self._line(self._told - self._start)
        if _is_terminal():
            # Blanks wipe out what a longer line has left behind.
            print("\r" + line.ljust(self._width), end="", file=sys.stderr, flush=True)
            self._width = len(line)
        else:
            print(line, file=sys.stderr, flush=True)

    def _line(self, seconds: float) -> str:
        share = self._n_fitted / max(self._n, 1)
        bar = ("#" * int(share * _BAR)).ljust(_BAR)
        rate = f", {self._n_fitted / seconds:.1f}/s" if self._n_fitted and seconds > 0 else ""
        best = (
            "none meets the target yet"
            if self._best is None
            else f"best: utility {self._best.utility:.4g}, risk {self._best.risk_upper:.4g}"
        )
        return (
            f"RiskAwareSearch {share:4.0%} |{bar}| {self._n_fitted}/{self._n} fitted, "
            f"{self._n_measured} risks measured [{_clock_time(seconds)}{rate}] {best}"
        )


def _is_terminal() -> bool:
    return sys.stderr.isatty()


def _is_fitted(candidate: Candidate) -> bool:
    return candidate.evaluated or not np.isnan(candidate.utility)


def _rank(candidate: Candidate) -> tuple[float, float]:
    return candidate.utility, -candidate.risk_upper


def _outcome(candidate: Candidate) -> str:
    if candidate.error is not None:
        return "failed"
    if not _is_fitted(candidate):
        return "left out: it cannot be as useful as one that meets the target"
    figures = f"utility {candidate.utility:.4g}, {candidate.fit_time:.2g} s"
    if not candidate.evaluated:
        return f"fitted, {figures}"
    verdict = "met" if candidate.feasible else "not met"
    return f"risk {candidate.risk_upper:.4g} ({verdict}), {figures}"


def _clock_time(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"
