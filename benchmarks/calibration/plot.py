"""The plot: reported against the best attack, release by release."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.calibration.run import Row
from benchmarks.calibration.score import WIDEST


def draw_plot(rows: Sequence[Row], path: str | Path) -> None:
    """Draw the upper limits over the best attacks; the ending of the path decides the format.

    Points below the diagonal are releases whose limit was beaten; matplotlib has to be there (the
    extra ``report``).

    Parameters
    ----------
    rows : sequence of Row
    path : str or Path
        Ends in ".svg" or ".png".
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 6), layout="constrained")
    for kind in dict.fromkeys(row.setting.kind for row in rows):
        chosen = [row for row in rows if row.setting.kind == kind]
        axes.scatter(
            [row.best for row in chosen],
            [row.upper for row in chosen],
            s=14,
            alpha=0.7,
            linewidths=0,
            label=f"{kind} ({len(chosen)})",
        )
    figures = [row.best for row in rows] + [row.upper for row in rows]
    low, high = max(min(figures), 1e-6) / 1.3, min(max(figures) * 1.3, 1.0)
    ends = np.array([low, high])
    axes.plot(ends, ends, color="black", linewidth=1, label="as reported")
    axes.plot(ends, WIDEST * ends, color="grey", linewidth=1, linestyle=":", label=f"x {WIDEST}")
    axes.set(
        xscale="log",
        yscale="log",
        xlim=ends,
        ylim=ends,
        xlabel="success of the best attack",
        ylabel="reported upper limit",
        title=f"{len(rows)} releases: what was reported, and what attacks reached",
    )
    axes.legend(frameon=False, fontsize=8)
    is_svg = str(path).endswith(".svg")  # which would tell when it was drawn
    figure.savefig(path, metadata={"Date": None} if is_svg else None)
    pyplot.close(figure)
