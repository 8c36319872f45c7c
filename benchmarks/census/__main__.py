"""Measure limits of modelled counts, and score them: ``python -m benchmarks.census``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd

from benchmarks.census.calibrate import as_constants, limits
from benchmarks.census.figures import DATA
from benchmarks.census.means import files, is_low
from benchmarks.census.means import score as score_means
from benchmarks.census.pairs import (
    Pairs,
    age_split_pairs,
    joint_pairs,
    new_york_fit,
    new_york_pairs,
    place_age_pairs,
    place_pairs,
    state_fits,
)
from benchmarks.census.score import ASKED, WIDE_FROM, WIDEST, by_size, row, score
from personatwin_sk.population._uncertainty import AGE_SPLIT, JOINT, PLACE, PLACE_AGES

_COLUMNS = (
    "queries",
    "modelled people",
    "n",
    "held, %",
    "truth below, %",
    "truth above, %",
    "width / count",
    "risk high enough, %",
)
# ZIP codes of a county may be as unlike as counties of the most uneven states, so what is enough on
# the average is not enough; the last tenth of the states would leave no limits at all.
_OF_STATES = 0.9
CALIBRATIONS: dict[str, Callable[[], np.ndarray]] = {
    "_AGE_SPLIT": lambda: limits(age_split_pairs()),
    "_JOINT": lambda: limits(joint_pairs()),
    "_PLACE": lambda: limits(place_pairs(), of_kinds=_OF_STATES),
    "_PLACE_AGES": lambda: limits(place_age_pairs(), of_kinds=_OF_STATES),
}
"""How each table of ``_uncertainty.py`` is measured."""


def markdown(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _fits() -> Iterator[list[str]]:
    for name, tilted in (("state's joint", False), ("learnt from other states", True)):
        of_nesting: dict[str, list[float]] = {}
        for fit in state_fits(tilted=tilted):
            people = float(fit.truth.sum())
            wrong, total = of_nesting.setdefault(fit.nesting, [0.0, 0.0])
            of_nesting[fit.nesting] = [wrong + people * fit.error(), total + people]
        shares = [wrong / total for wrong, total in of_nesting.values()]
        shares.append(new_york_fit(tilted=tilted).error())
        yield [name, *(f"{100 * share:.2f}" for share in shares)]


def _scores(kinds: Sequence[Pairs], how: int) -> list[list[str]]:
    rows = []
    for pairs in kinds:
        rows.append(row("all", score(pairs, how)))
        rows.append(row(f"{WIDE_FROM:,.0f} and more", score(pairs, how, at_least=WIDE_FROM)))
        for smallest, stop, found in by_size(pairs, how):
            rows.append(row(f"{smallest:,g} to {stop:,g}", found))
    return rows


def _mean_limits() -> Iterator[tuple[str, pd.DataFrame]]:
    in_divisions = [fit for fit in state_fits() if fit.nesting == "division"]
    for title, fits in (("New York's counties", [new_york_fit()]), ("states", in_divisions)):
        yield title, score_means(files(fits))


def main() -> int:
    """Print everything; return 1 if a bar is missed in New York."""
    print("People in a wrong cell, % (New York: true margins)\n")
    head = ("start", "in divisions", "in regions", "in the nation", "New York's counties")
    print(markdown(head, list(_fits())))
    for name, measured in CALIBRATIONS.items():
        print(f"\n{name}, without New York: modelled people, low, high\n")
        print("\n".join(f"    {values}," for values in as_constants(measured())))
    fitted = new_york_pairs()
    for title, kinds, how in (
        ("fitted cells and ranges, 2019", fitted, JOINT),
        ("single years within bands, 2023", age_split_pairs(score=True), AGE_SPLIT),
        ("races of counties as shares of the state, 2020", place_pairs(score=True), PLACE),
        ("ages of counties as shares of the state, 2023", place_age_pairs(score=True), PLACE_AGES),
    ):
        print(f"\nNew York: {title}\n\n{markdown(_COLUMNS, _scores(kinds, how))}")
    missed = False
    for title, means in _mean_limits():
        kinds = means[["files", "beaten"]].itertuples(index=False)
        missed |= any(is_low(*kind) for kind in kinds)
        cells = [[str(cell) for cell in row] for row in means.round(2).astype(object).to_numpy()]
        print(f"\nUpper limits of mean risks, {title}\n\n{markdown(list(means), cells)}")
    for pairs in fitted:
        found = score(pairs, JOINT)
        wide = score(pairs, JOINT, at_least=WIDE_FROM)
        missed |= found.is_low or not wide.width <= WIDEST or not found.safe_risk >= ASKED
    print(f"\nBars of fitted counts: {'MISSED' if missed else 'met'} (data: {DATA.name})")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
