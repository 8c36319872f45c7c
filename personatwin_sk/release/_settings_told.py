"""What is told of the chosen setting and of the population: no key, no seed."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline

from personatwin_sk.population import ReferencePopulation
from personatwin_sk.risk import RiskReport


def settings_of(pipeline: Pipeline) -> dict[str, Any]:
    """List what the steps were set to; never a key or a seed."""
    told = {
        "merge": ("k", "representation"),
        "geography": ("level", "min_population", "state"),
        "dates": ("jitter", "shift", "precision"),
        "outcomes": ("flip_probability", "invariant"),
        "numbers": ("spread",),
    }
    return {
        f"{step}__{name}": pipeline.named_steps[step].get_params()[name]
        for step, names in told.items()
        if step in pipeline.named_steps
        for name in names
    }


def source_of(population: ReferencePopulation | None, report: RiskReport) -> dict[str, Any] | None:
    if population is None:
        return None
    provenance = getattr(population, "provenance", None)
    return {
        "kind": type(population).__name__,
        "sources": list(report.population_sources),
        "modelled": getattr(provenance, "modelled", ""),
        "notice": getattr(provenance, "notice", ""),
    }
