"""How the search of a release came to its setting: in figures and in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from personatwin_sk.model_selection._frontier import tabulate_frontier
from personatwin_sk.release._grid import FLIP, JITTER, LEVEL, PRECISION, Grid, K

__all__ = ["DecisionLog", "setting_in_words"]

# What each stage tries, and why it is taken, after a setting was found and after none was.
_STAGES = {
    "classes": ("Larger classes, all else at the floors of the privacy level.", "", ""),
    "dates": (
        "Coarser dates, and at the coarsest ones dates that are moved further, each with all "
        "sizes of classes.",
        "Smaller classes keep more, and coarser dates may make them safe: dates are blurred next.",
        "Larger classes alone do not do: dates are blurred next.",
    ),
    "places": (
        "Wider places, with everything that was tried before.",
        "",
        "That does not do: wider places, which cost more, are tried next.",
    ),
    "outcomes": (
        "Outcomes that are redrawn more often, at the setting that came nearest.",
        "",
        "That does not do: noisier outcomes are tried next.",
    ),
    "between": (
        "Sizes of classes between one that fails and the next one that does not.",
        "Between a size of classes that fails and the next one that does not may be a more "
        "useful one: these are tried next.",
        "",
    ),
}
_WORDS = {
    K: "k = {}",
    PRECISION: "dates by the {}",
    JITTER: "dates moved by up to {} days",
    LEVEL: "places by {}",
    FLIP: "{:.0%} of outcomes redrawn",
}


def setting_in_words(params: Mapping[str, Any]) -> str:
    """Say a setting of a release's grid in words.

    Examples
    --------
    >>> setting_in_words({"dates__precision": "year", "merge__k": 57})
    'k = 57, dates by the year'
    """
    known = [words.format(params[name]) for name, words in _WORDS.items() if name in params]
    others = [f"{name} = {params[name]}" for name in sorted(params) if name not in _WORDS]
    return ", ".join([*known, *others]) or "everything at the floors"


class DecisionLog:
    """Stages of a search, each with what it tried, what came of it and why the next was taken.

    Parameters
    ----------
    target_risk : float

    Attributes
    ----------
    entries : list of dict
        Ready for JSON; settings, shares and counts only. Of each stage: `stage`, `what` (words),
        `tried` (values by parameter), `n_settings`, `n_measured` (whose risk was measured: what
        cannot win is spared), `n_within_target`, `before` and `after` (`params`, `risk`, `utility`,
        `within_target`: where the search stood, the best of what meets the target, else what is
        nearest to it), `effect` and `next` (words).

    Examples
    --------
    >>> log = DecisionLog(0.05)
    >>> results = {
    ...     "params": [{"merge__k": 5}, {"merge__k": 10}],
    ...     "risk_upper": np.array([0.2, 0.04]),
    ...     "utility": np.array([0.9, 0.8]),
    ...     "feasible": np.array([False, True]),
    ... }
    >>> log.add("classes", [{"merge__k": [5, 10]}], results, 1)
    >>> log.end()
    >>> log.entries[0]["effect"]
    '1 of 2 settings is within 5 %. k = 10 has a risk of 4 % and keeps 80 %, where k = 5 has a
    risk of 20 % and keeps 90 %.'
    """

    def __init__(self, target_risk: float) -> None:
        self.target_risk = target_risk
        self.entries: list[dict[str, Any]] = []
        self._results: list[Mapping[str, Any]] = []

    def add(
        self,
        stage: str,
        grids: Sequence[Grid],
        results: Mapping[str, Any],
        row: int,
    ) -> None:
        """Log a stage.

        Parameters
        ----------
        stage : {"classes", "dates", "places", "outcomes", "between"}
        grids : sequence of dict
            What it tried.
        results : mapping
            ``cv_results_`` of its search.
        row : int
            The setting it chose; where none meets the target, the nearest.
        """
        what, after_success, after_failure = _STAGES[stage]
        if self.entries:
            before = self.entries[-1]["after"]
            self.entries[-1]["next"] = after_success if before["within_target"] else after_failure
        else:
            before = _standing(results, 0)  # the floors: every grid begins with them
        found = _standing(results, row)
        after = found if not self.entries or _is_better(found, before) else before
        measured = int(np.isfinite(results["risk_upper"]).sum())
        within = int(np.count_nonzero(results["feasible"]))
        self.entries.append(
            {
                "stage": stage,
                "what": what,
                "tried": _values_of(grids),
                "n_settings": len(results["params"]),
                "n_measured": measured,
                "n_within_target": within,
                "before": before,
                "after": after,
                "effect": f"{self._count(within, measured, results)} "
                f"{_compare(found, before, stays=after is before)}",
                "next": "",
            }
        )
        self._results.append(results)

    def end(self) -> None:
        """Say why the search ends."""
        last = self.entries[-1]
        if not last["after"]["within_target"]:
            last["next"] = "Nothing is left to try: there is no release."
        elif self.is_unbeaten():
            last["next"] = (
                "No setting that was tried keeps more, and going further would give up more: the "
                "search ends."
            )
        else:
            chosen = setting_in_words(last["after"]["params"])
            last["next"] = (
                f"Of all that was tried within the target, {chosen} keeps most: the search ends."
            )

    def is_unbeaten(self) -> bool:
        """Tell whether what the search stands at is the most useful of all settings so far."""
        stands = self.entries[-1]["after"]
        most = max(float(np.nanmax(results["utility"])) for results in self._results)
        return bool(stands["within_target"] and stands["utility"] >= most)

    def frontier(self) -> list[dict[str, Any]]:
        """List the Pareto-optimal settings of all stages, from the safest on.

        Returns
        -------
        list of dict
            `params`, `words`, `risk`, `utility`, `within_target`, `knee`, `chosen`; ready for JSON.
        """
        params = [setting for results in self._results for setting in results["params"]]
        joined = {
            name: np.concatenate([np.asarray(results[name]) for results in self._results])
            for name in ("risk_upper", "utility", "feasible")
        }
        stands = self.entries[-1]["after"]
        chosen = None
        if stands["within_target"]:
            # The same setting may come in two stages; its figures are those it was chosen with.
            chosen = next(
                row
                for row, setting in enumerate(params)
                if joined["feasible"][row]
                and setting == stands["params"]
                and joined["utility"][row] == stands["utility"]
            )
        table = tabulate_frontier(joined, chosen)
        return [
            {
                "params": dict(params[row.Index]),
                "words": setting_in_words(params[row.Index]),
                "risk": float(row.risk_upper),
                "utility": float(row.utility),
                "within_target": bool(row.feasible),
                "knee": bool(row.knee),
                "chosen": bool(row.chosen),
            }
            for row in table.itertuples()
        ]

    def _count(self, within: int, measured: int, results: Mapping[str, Any]) -> str:
        target = _percent(self.target_risk)
        verb = "is" if within == 1 else "are"
        settings = "setting" if measured == 1 else "settings"
        if measured < len(results["params"]):
            settings = f"measured {settings}"
        if not within:
            return f"None of {measured} {settings} is within {target}."
        return f"{within} of {measured} {settings} {verb} within {target}."


def _standing(results: Mapping[str, Any], row: int) -> dict[str, Any]:
    # A search spares what cannot win; JSON has no NaN.
    risk, utility = (float(results[name][row]) for name in ("risk_upper", "utility"))
    return {
        "params": dict(results["params"][row]),
        "risk": risk if np.isfinite(risk) else None,
        "utility": utility if np.isfinite(utility) else None,
        "within_target": bool(results["feasible"][row]),
    }


def _is_better(found: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Tell whether the search moves on to what a stage found."""
    if found["within_target"] != before["within_target"]:
        return bool(found["within_target"])
    if found["within_target"]:
        return (found["utility"], -found["risk"]) > (before["utility"], -before["risk"])
    return bool(found["risk"] < before["risk"])


def _compare(found: Mapping[str, Any], before: Mapping[str, Any], *, stays: bool) -> str:
    words = f"{_capital(setting_in_words(found['params']))} {_figures(found)}"
    old = _figures(before)
    if old and found["params"] != before["params"]:
        words += f", where {setting_in_words(before['params'])} {old}"
    return f"{words}; the latter stays." if stays else f"{words}."


def _figures(standing: Mapping[str, Any]) -> str:
    risk, utility = standing["risk"], standing["utility"]
    known = [
        f"has a risk of {_percent(risk)}" if risk is not None else "",
        f"keeps {_percent(utility)}" if utility is not None else "",
    ]
    return " and ".join(words for words in known if words)


def _capital(words: str) -> str:
    # "k" is a symbol and stays as it is.
    return words if words.startswith("k ") else words[:1].upper() + words[1:]


def _values_of(grids: Iterable[Grid]) -> dict[str, list[Any]]:
    """Give all values that each parameter took in some grids, each once."""
    values: dict[str, dict[Any, None]] = {}
    for grid in grids:
        for name, listed in grid.items():
            values.setdefault(name, {}).update(dict.fromkeys(listed))
    return {name: list(listed) for name, listed in values.items()}


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"
