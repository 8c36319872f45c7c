"""A few figures on the histories of personas: how much of them could be told."""

from __future__ import annotations

from typing import Any

import numpy as np

from personatwin_sk.release._histories import PersonaHistories
from personatwin_sk.release._personas import CLASS_SIZE

__all__ = ["histories_told"]

_ABOUT = {
    "events_per_person": "number of events per person",
    "repeat_share": "share of people with several events",
    "recidivism_share": "share of people with a second run of events",
}


def histories_told(histories: PersonaHistories | None) -> dict[str, Any] | None:
    """Sum up for how many personas histories are told, and the mean where it is for all of them.

    Parameters
    ----------
    histories : PersonaHistories or None

    Returns
    -------
    dict or None
        ``least_people``; ``figures``, each with ``name``, ``value``, and whether it is a ``share``;
        and ``words``. None without histories. Each figure of a persona rests on k people, and so
        does each mean of several.
    """
    if histories is None:
        return None
    summary = histories.summary
    size = summary[CLASS_SIZE].astype(float).to_numpy()
    people = float(np.nansum(size))
    figures: list[dict[str, Any]] = [
        {"name": "personas", "value": float(len(summary)), "share": False}
    ]
    words = [f"Each figure of a persona's history rests on at least {histories.k} people."]
    for name, text in _ABOUT.items():
        values = summary[name].astype(float).to_numpy()
        told = ~np.isnan(values) & ~np.isnan(size)
        if not told.any() or people == 0:
            words.append(f"Of no persona the {text} could be told.")
            continue
        share = float(size[told].sum() / people)
        figures.append(
            {"name": f"people in personas with the {text}", "value": share, "share": True}
        )
        line = (
            f"The {text} is told for {int(told.sum()):,} of {len(summary):,} personas, which "
            f"{share:.1%} of the people are in"
        )
        if told.all():
            mean = float((values * size).sum() / size.sum())
            figures.append({"name": text, "value": mean, "share": name != "events_per_person"})
            shown = f"{mean:.2f}" if name == "events_per_person" else f"{mean:.1%}"
            words.append(f"{line}; over these it is {shown}.")
        else:
            # Whether it may be told depends on the figure: a mean of these is not one of all.
            words.append(f"{line}.")
    hidden = {name: n for name, n in histories.n_suppressed.items() if n and name != "events"}
    if hidden:
        words.append(
            "Figures that too few people are behind, and others that would give them away, are not "
            f"told: {', '.join(f'{n:,} of {name}' for name, n in hidden.items())}."
        )
    return {"least_people": histories.k, "figures": figures, "words": words}
